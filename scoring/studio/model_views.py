"""The model as a whole: publishing a draft, trying it in the shadow, throwing it away, and the way back."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from revops.lib.words import number, plural
from scoring import drafts, publishing, rescoring, shadow
from scoring.definitions import current
from scoring.draft_differences import between, rules_of
from scoring.models import ScoringModel
from scoring.studio import board
from scoring.studio import words as studio_words
from teams.doors import for_roles
from teams.models import User

only_admins = for_roles()
VERSIONS = 40
BACK = "/scoring/"


@only_admins
def publish(request: HttpRequest) -> HttpResponse:
    """The draft, or (`shadow` in the address) what runs in the shadow."""
    from_shadow = "shadow" in request.GET
    draft = drafts.the_shadow() if from_shadow else drafts.the_draft()
    if draft is None:
        raise Http404
    live = drafts.live()
    wrong = next((one.text for one in drafts.problems(draft) if one.blocks), "")
    context = {
        "draft": draft, "live": live, "changes": changes_of(live, draft), "blocked": wrong, "back": BACK,
        "hand_over": request.POST.get("hand_over", "wait"), "seen": _said(draft), "from_shadow": from_shadow,
        "action": request.get_full_path(), **_would(draft, request.now),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/studio_publish.html", context)
    try:
        now_too = request.POST.get("hand_over") == "now"
        kept = publishing.publish(draft, by=request.user, at=request.now, hand_over=now_too, seen=seen.of(request))
    except DomainError as refusal:
        return refused(request, "scoring/studio_publish.html", context, problem=refusal.detail, status=refusal.status)
    told = f"v{kept.version} is live. Open leads are scored again now."
    return done(request, told, to=BACK, undo=_undo(live), reload=True)


@only_admins
def discard(request: HttpRequest) -> HttpResponse:
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    context = {
        "draft": draft, "back": BACK, "verb_tone": "danger", "by": board.editors(draft), "seen": _said(draft),
        "changes": changes_of(draft.based_on or drafts.live(), draft),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/studio_discard.html", context)
    try:
        drafts.discard(draft, by=request.user, at=request.now, seen=seen.of(request))
    except DomainError as refusal:
        return refused(request, "scoring/studio_discard.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"Draft {draft.version} is discarded. What is live stays.", to=BACK, reload=True)


@only_admins
def begin_shadow(request: HttpRequest) -> HttpResponse:
    """The draft scores silently beside what is live."""
    draft = drafts.the_draft()
    if draft is None:
        raise Http404
    live = drafts.live()
    context = {"draft": draft, "live": live, "back": BACK, "days": publishing.SHADOW_DAYS, "seen": _said(draft),
               "changes": changes_of(live, draft)}  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/studio_shadow.html", context)
    try:
        days = int(request.POST.get("days") or 0) if (request.POST.get("days") or "").isdecimal() else 0
        kept = publishing.shadow(draft, by=request.user, at=request.now, days=days, seen=seen.of(request))
    except DomainError as refusal:
        return refused(request, "scoring/studio_shadow.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"v{kept.version} scores silently beside v{drafts.live().version}.", to=BACK, reload=True)


@only_admins
def shadow_verb(request: HttpRequest, verb: str) -> HttpResponse:
    """End it (it is the draft again) or let it run two weeks more."""
    model = drafts.the_shadow()
    if request.method != "POST" or model is None:
        raise Http404
    try:
        if verb == "end":
            publishing.end_shadow(model, by=request.user, at=request.now)
            return done(request, f"v{model.version} is the draft again.", to=BACK, reload=True)
        kept = publishing.extend_shadow(model, by=request.user, at=request.now)
    except DomainError as refusal:
        return done(request, refusal.detail, to=BACK, reload=True)
    left = (kept.shadow_until - request.now).days if kept.shadow_until else 0
    return done(request, f"The shadow runs {plural(left, 'day')} more.", to=BACK, reload=True)


@login_required
@require_GET
def shadow_leads(request: HttpRequest, which: str) -> HttpResponse:
    """Leads that only one of the two hands over."""
    model = drafts.the_shadow()
    if model is None or which not in shadow.WHICH:
        raise Http404
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else 0
    found = shadow.page(model, which, now=request.now, after=after)
    titles = {"both": "Handed over by both", "only_live": "Handed over only by what is live",
              "only_shadow": "Only the shadow would hand over"}  # fmt: skip
    context = {"leads": found, "title": titles[which], "which": which, "back": BACK,
               "next": found[-1].lead_id if len(found) == shadow.LISTED else None}  # fmt: skip
    return render(request, "scoring/studio_shadow_leads.html", context)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Every version: who, when, and what it said otherwise than the one before it. Seven queries."""
    models = list(
        ScoringModel.objects.filter(state__in=["published", "retired"]).select_related("published_by")
        .prefetch_related("groups", "rules__group").order_by("-version")[:VERSIONS]
    )  # fmt: skip
    by_id = {model.pk: model for model in models}
    rows = []
    for model in models:
        former = by_id.get(model.based_on_id)
        rows.append({"model": model, "first": former is None, "changes": _changes(former, model) if former else []})
    admins = "" if request.user.role == "admin" else board.administrators()
    return render(request, "scoring/studio_history.html", {"rows": rows, "admins": admins})


@only_admins
def roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """An older version goes live again, as a new one. Its undo is the way back from there."""
    to = get_object_or_404(ScoringModel.objects.filter(state__in=["published", "retired"]), version=version)
    live = drafts.live()
    context = {
        "to": to, "live": live, "back": "/scoring/history/", "draft": drafts.the_draft(),
        "changes": changes_of(live, to), "hand_over": request.POST.get("hand_over", "wait"),
        **_would(to, request.now),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/studio_rollback.html", context)
    try:
        now_too = request.POST.get("hand_over") == "now"
        kept = publishing.roll_back(to, by=request.user, at=request.now, hand_over=now_too)
    except DomainError as refusal:
        return refused(request, "scoring/studio_rollback.html", context, problem=refusal.detail, status=refusal.status)
    if kept.pk == live.pk:
        return done(request, f"v{live.version} says the same: nothing was changed.", to=BACK, reload=True)
    told = f"v{kept.version} is live and says what v{to.version} said."
    return done(request, told, to=BACK, undo=_undo(live), reload=True)


def changes_of(before: ScoringModel, after: ScoringModel) -> list[dict[str, str]]:
    rules = [*rules_of(after), *rules_of(before)]
    return [studio_words.change(one, rules) for one in drafts.differences(after, against=before)]


def _changes(before: ScoringModel, after: ScoringModel) -> list[dict[str, str]]:
    """The same from what was prefetched."""
    from scoring.draft_differences import of_cuts, of_groups

    old, new = (sorted(one.rules.all(), key=lambda rule: (rule.position, rule.pk)) for one in (before, after))
    found = [*of_cuts(before, after), *of_groups(before, after), *between(old, new)]
    return [studio_words.change(one, [*new, *old]) for one in found]


def _would(model: ScoringModel, now: datetime) -> dict[str, Any]:
    """How many open leads meet the definition right now under it, and on whose desks they would land."""
    definition = current("mql", at=now)
    if definition is None:
        return {"would": None}
    found = rescoring.would_hand_over(model, definition=definition, now=now)
    names = dict(User.objects.filter(pk__in=[pk for pk in found.by_owner if pk]).values_list("pk", "name"))
    whose = sorted(((n, names.get(pk or 0, "nobody’s yet")) for pk, n in found.by_owner.items()), reverse=True)
    return {
        "would": found,
        "whose": [f"{name} {number(n)}" for n, name in whose[:5]],
        "whose_more": max(0, len(whose) - 5),
    }


def _undo(former: ScoringModel) -> str:
    return f"/scoring/history/{former.version}/rollback/"


def _said(draft: ScoringModel) -> str:
    return draft.edited_at.isoformat() if draft.edited_at else ""
