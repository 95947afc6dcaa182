"""A set as a whole: what the draft would have meant, publishing it, throwing it away, and the way back."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from sla import drafts, policy_board, policy_effect, policy_words, replaying
from sla.draft_differences import between, lines_of
from sla.models import Carry, Policy, PolicySet, SetState
from teams.doors import for_roles
from teams.models import Calendar

only_admins = for_roles()
VERSIONS = 40


@only_admins
@require_http_methods(["GET", "POST"])
def effect(request: HttpRequest, slug: str) -> HttpResponse:
    """The last 90 days under the draft: a fragment for the page, a page of its own without a script. What takes long is
    counted by a worker and looked at again; a POST stops it."""
    if slug not in policy_board.TARGETS:
        raise Http404
    target = policy_board.TARGETS[slug]
    draft, live = drafts.the_draft(), drafts.live()
    context: dict[str, Any] = {"draft": draft, "live": live, "slug": slug, "target": target}
    if draft is not None and request.method == "POST":
        context["run"] = replaying.stop(draft, target=target, at=request.now)
    elif draft is not None:
        context["run"] = run = replaying.begin(draft, now=request.now, target=target, by=request.user)
        found = replaying.result(run)
        context |= policy_effect.of(found, draft, live, chosen=request.GET.get("line", "")) if found else {}
    template = "sla/_policy_effect.html" if request.htmx else "sla/policy_effect.html"
    return render(request, template, context)


@only_admins
def publish(request: HttpRequest) -> HttpResponse:
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    state = policy_board.state_of(request.user, now=request.now)
    mode = request.POST.get("mode") or request.GET.get("mode") or Carry.PIN
    back = _next(request)
    context = {
        "draft": draft, "live": state.live, "open": policy_board.open_clocks(state.live), "modes": Carry.choices,
        "mode": mode, "blocked": state.blocked, "back": back, "next": back,
        "changes": _words(state.before, state.lines),
        "seen": draft.edited_at.isoformat() if draft.edited_at else "",
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "sla/policy_publish.html", context)
    try:
        kept = drafts.publish(draft, by=request.user, at=request.now, change_mode=mode, seen=seen.of(request))
    except DomainError as refusal:
        return refused(request, "sla/policy_publish.html", context, problem=refusal.detail, status=refusal.status)
    told = f"v{kept.version} is live. New leads use it from now."
    return done(request, told, to=back, undo=_undo(state.live, back), reload=True)


@only_admins
def discard(request: HttpRequest) -> HttpResponse:
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    back = _next(request)
    state = policy_board.state_of(request.user, now=request.now)
    context = {"draft": draft, "back": back, "next": back, "verb_tone": "danger",
               "changes": _words(state.before, state.lines), "by": policy_board.editors(draft),
              "seen": draft.edited_at.isoformat() if draft.edited_at else ""}  # fmt: skip
    if request.method != "POST":
        return render(request, "sla/policy_discard.html", context)
    try:
        drafts.discard(draft, by=request.user, at=request.now, seen=seen.of(request))
    except DomainError as refusal:
        return refused(request, "sla/policy_discard.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"Draft {draft.version} is discarded. What is live stays.", to=back, reload=True)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Every version: who, when, and what it said otherwise than the one before it. Seven queries."""
    sets = list(
        PolicySet.objects.exclude(state__in=[SetState.DRAFT, SetState.LAW]).select_related("published_by", "based_on")
        .prefetch_related("lines__steps").order_by("-version")[:VERSIONS]
    )  # fmt: skip
    by_id = {one.pk: one for one in sets}
    named = dict(Calendar.objects.values_list("id", "name"))
    rows = []
    for one in sets:
        former = by_id.get(one.based_on_id)
        old, new = list(former.lines.all()) if former else [], list(one.lines.all())
        rows.append(
            {
                "set": one,
                "changes": [policy_words.change(found, named, [*new, *old]) for found in between(old, new)]
                if former
                else [],
                "first": former is None,
            }
        )
    state_admins = "" if request.user.role == "admin" else policy_board.administrators()
    return render(request, "sla/policy_history.html", {"rows": rows, "admins": state_admins})


@only_admins
def roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """An older version goes live again, as a new one. Its undo is the way back from there."""
    to = get_object_or_404(PolicySet.objects.exclude(state__in=[SetState.DRAFT, SetState.LAW]), version=version)
    live, back = drafts.live(), _next(request, "/sla/history/")
    context = {
        "to": to, "live": live, "back": back, "next": back, "open": policy_board.open_clocks(live),
        "draft": drafts.the_draft(), "changes": _words(lines_of(live), lines_of(to)),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "sla/policy_rollback.html", context)
    try:
        kept = drafts.roll_back(to, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "sla/policy_rollback.html", context, problem=refusal.detail, status=refusal.status)
    if kept.pk == live.pk:
        return done(request, f"v{live.version} says the same: nothing was changed.", to=back, reload=True)
    told = f"v{kept.version} is live and says what v{to.version} said."
    return done(request, told, to=back, undo=_undo(live, back), reload=True)


def _words(before: list[Policy], after: list[Policy]) -> list[dict[str, str]]:
    named = dict(Calendar.objects.values_list("id", "name"))
    return [policy_words.change(one, named, [*after, *before]) for one in between(before, after)]


def _undo(former: PolicySet, back: str) -> str:
    return f"/sla/history/{former.version}/rollback/?next={back}"


def _next(request: HttpRequest, otherwise: str = "/sla/") -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = wanted.startswith("/sla/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else otherwise
