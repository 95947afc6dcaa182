"""A plan as a whole: publishing the draft, throwing it away, every version there was, and the way back."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from leads.attributes import asked_once
from leads.models import RoutingPlan, RoutingRun
from leads.routing import board, drafts, month, page_words, publishing, waiting
from leads.routing.draft_differences import OPTIONS, between
from leads.routing.drafts import Difference
from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from revops.lib.runs import RunState
from teams import access
from teams.doors import for_roles

only_admins = for_roles()
HERE, HISTORY = "/routing/", "/routing/history/"
VERSIONS = 40


@only_admins
@asked_once()
def publish(request: HttpRequest) -> HttpResponse:
    """GET says what it would mean: what is different, whose leads it would have moved, what is held."""
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    state = board.state_of(request.user)
    context = {
        "draft": draft, "live": state.live, "changes": state.changes, "blocked": state.blocked, "back": HERE,
        "warnings": [one.text for one in state.problems if not one.blocks], "held": waiting.counts()["held"],
        "run": _counted(draft, request), "seen": state.seen,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "leads/routing/publish.html", context)
    try:
        kept = publishing.publish(draft, note=request.POST.get("note", "").strip(), **seen.by(request))
    except DomainError as refusal:
        return refused(request, "leads/routing/publish.html", context, problem=refusal.detail, status=refusal.status)
    told = f"v{kept.version} is live. The next lead goes by it; who has one keeps it."
    return done(request, told, to=HERE, undo=_undo(state.live), reload=True)


@only_admins
def discard(request: HttpRequest) -> HttpResponse:
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    state = board.state_of(request.user)
    context = {"draft": draft, "back": HERE, "verb_tone": "danger", "changes": state.changes, "seen": state.seen,
               "by": page_words.editors(draft)}  # fmt: skip
    if request.method != "POST":
        return render(request, "leads/routing/discard.html", context)
    try:
        drafts.discard(draft, **seen.by(request))
    except DomainError as refusal:
        return refused(request, "leads/routing/discard.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"Draft {draft.version} is discarded. What is live stays.", to=HERE, reload=True)


@login_required
@require_GET
@asked_once()
def history(request: HttpRequest) -> HttpResponse:
    """Every version that was live, and what it said otherwise than the one before it. Five queries."""
    plans = list(
        RoutingPlan.objects.exclude(state="draft").select_related("published_by")
        .prefetch_related("rules__pool", "rules__person").order_by("-version")[:VERSIONS]
    )  # fmt: skip
    by_id = {plan.pk: plan for plan in plans}
    rows = [
        {"plan": plan, "changes": _changes(former, plan) if (former := by_id.get(plan.based_on_id)) else None}
        for plan in plans
    ]
    may = access.may(request.user, "administer")
    context = {"rows": rows, "may": may, "admins": "" if may else page_words.administrators()}
    return render(request, "leads/routing/history.html", context)


@only_admins
@asked_once()
def roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """An older version goes live again, as a new one. Its undo is the way back from there."""
    to = get_object_or_404(RoutingPlan.objects.exclude(state="draft"), version=version)
    live = drafts.live()
    changes = [page_words.change(one) for one in drafts.differences(to, against=live)]
    context = {"to": to, "live": live, "back": HISTORY, "draft": drafts.the_draft(), "changes": changes}
    if request.method != "POST":
        return render(request, "leads/routing/rollback.html", context)
    try:
        kept = publishing.roll_back(to, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "leads/routing/rollback.html", context, problem=refusal.detail, status=refusal.status)
    if kept.pk == live.pk:
        return done(request, f"v{live.version} says the same: nothing was changed.", to=HISTORY, reload=True)
    told = f"v{kept.version} is live and says what v{to.version} said."
    return done(request, told, to=HISTORY, undo=_undo(live), reload=True)


def _counted(draft: RoutingPlan, request: HttpRequest) -> RoutingRun | None:
    """The draft's last run, if it is of the draft as it is now."""
    run = month.newest(draft)
    counted = run is not None and run.state == RunState.DONE and month.stands_for(run, now=request.now)
    return run if counted else None


def _changes(former: RoutingPlan, plan: RoutingPlan) -> list[dict[str, str]]:
    options = [
        Difference(None, label, name, getattr(former, name), getattr(plan, name))
        for name, label in OPTIONS.items()
        if getattr(former, name) != getattr(plan, name)
    ]
    old, new = (_in_order(one) for one in (former, plan))
    return [page_words.change(one) for one in [*options, *between(old, new)]]


def _in_order(plan: RoutingPlan) -> list[Any]:
    return sorted(plan.rules.all(), key=lambda rule: (rule.position, rule.pk))


def _undo(former: RoutingPlan) -> str:
    return f"{HISTORY}{former.version}/rollback/"
