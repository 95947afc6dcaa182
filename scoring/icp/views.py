"""/scoring/icp/: whom we are looking for, what that is taken from, who agreed, and whether it still holds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from scoring import approving
from scoring.icp import deriving, lifts, validation, verbs, words
from scoring.models import Icp, Side
from teams.doors import for_roles
from teams.models import Organisation, Role, User

HERE = "/scoring/icp/"
only_admins = for_roles()
FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Voice:
    """One side of an agreement: who said yes, when; or whether this reader may."""

    side: Side
    by: User | None
    at: datetime | None
    mine: bool


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """`?version=` shows the table of an older one; `?all=1` the whole table."""
    present, coming = verbs.in_force(), verbs.open_one()
    shown = _version(request) or coming or present
    trial = validation.of(present, now=request.now) if present is not None else None
    context: dict[str, Any] = {
        "present": present, "coming": coming, "shown": shown, "admin": request.user.role == Role.ADMIN,
        "present_criteria": _criteria(present, trial),
        "coming_voices": _voices(coming, request.user), "present_voices": _voices(present, None),
        "verdict": _verdict(trial, present), "since": trial and _compared(trial.since), "match": validation.MATCH,
        "quarters": [_quarter(one) for one in trial.quarters] if trial else [],
        "due": present is not None and present.review_on is not None and
        present.review_on <= Organisation.get().today(request.now),
        "versions": list(Icp.objects.exclude(state=Icp.State.DRAFT).order_by("-version")[:12]),
        "seen": coming.edited_at.isoformat() if coming else "",
        "removal": f"{HERE}{coming.pk}/removal/" if coming else "",
        "due_text": f"It was agreed to look at v{present.version} again on {present.review_on:%-d %b %Y}."
        if present and present.review_on else "",
    }  # fmt: skip
    if shown is not None:
        context |= _table(shown, every=bool(request.GET.get("all")), edited=shown == coming and context["admin"])
    elif not context["versions"]:
        context["empty"] = _why_empty(request.now)
    return render(request, "scoring/icp.html", context)


def answering(verb: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A verb's view: refusals become the sentence they carry."""

    @login_required
    @wraps(verb)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return verb(request, *args, **kwargs)
        except DomainError as refusal:
            context = {"back": HERE, "status": refusal.status}
            return refused(request, "leads/refused.html", context, problem=refusal.detail, status=refusal.status)

    return inside


@only_admins
@require_POST
@answering
def derive(request: HttpRequest) -> HttpResponse:
    icp = verbs.derive(by=request.user, at=request.now)
    return done(
        request, f"Draft v{icp.version} is counted from {icp.basis['customers']} customers.", to=HERE, reload=True
    )


@only_admins
@require_POST
@answering
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    icp = get_object_or_404(Icp, pk=pk)
    keeps = request.POST.get("keep") == "yes"
    verb = verbs.keep if keeps else verbs.drop
    verb(icp, request.POST.get("attribute", ""), request.POST.get("value", ""), **seen.by(request))
    back = f"{HERE}?all=1" if request.GET.get("all") else HERE
    return done(request, "Kept in the draft." if keeps else "Taken out of the draft.", to=f"{back}#values", reload=True)


@only_admins
@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, pk: int) -> HttpResponse:
    icp = get_object_or_404(Icp, pk=pk)
    said = request.POST.get("sentence", icp.sentence)
    context = {"icp": icp, "sentence": said, "back": HERE, "seen": icp.edited_at.isoformat(), "longest": verbs.LONGEST}
    if request.method == "GET":
        return render(request, "scoring/icp_sentence.html", context)
    try:
        verbs.say(icp, said, **seen.by(request))
    except DomainError as refusal:
        status = 422 if refusal.status == 400 else refusal.status
        return refused(request, "scoring/icp_sentence.html", context, problem=refusal.detail, status=status)
    return done(request, "The sentence is kept in the draft.", to=HERE, reload=True)


@only_admins
@require_POST
@answering
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    icp = verbs.propose(get_object_or_404(Icp, pk=pk), **seen.by(request))
    return done(request, f"v{icp.version} waits for marketing and sales.", to=HERE, reload=True)


@only_admins
@require_POST
@answering
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    icp = verbs.withdraw(get_object_or_404(Icp, pk=pk), by=request.user, at=request.now)
    return done(request, f"v{icp.version} is a draft again.", to=HERE, reload=True)


@only_admins
@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    icp = get_object_or_404(Icp, pk=pk)
    context = {"icp": icp, "back": HERE, "seen": icp.edited_at.isoformat(), "verb_tone": "danger"}
    if request.method == "GET":
        return render(request, "scoring/icp_removal.html", context)
    try:
        verbs.discard(icp, **seen.by(request))
    except DomainError as refusal:
        return refused(request, "scoring/icp_removal.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"Draft v{icp.version} is discarded. What is in force stays.", to=HERE, reload=True)


@require_POST
@answering
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    icp = verbs.approve(get_object_or_404(Icp, pk=pk), side=request.POST.get("side", ""), **seen.by(request))
    if icp.state == Icp.State.PUBLISHED:
        return done(request, f"Both sides agree: v{icp.version} is in force.", to=HERE, reload=True)
    return done(request, "Approved. The other side is asked too.", to=HERE, reload=True)


# --- what the page shows ------------------------------------------------------


def _version(request: HttpRequest) -> Icp | None:
    wanted = request.GET.get("version", "")
    if not wanted:
        return None
    found = Icp.objects.filter(version=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 10 else None
    if found is None:
        raise Http404
    return found


def _voices(icp: Icp | None, reader: Any) -> list[Voice]:
    if icp is None:
        return []
    given = {yes.side: yes for yes in icp.approvals.select_related("by")}
    spoke = any(reader is not None and yes.by_id == reader.pk for yes in given.values())
    own = approving.sides_of(reader) if reader is not None and icp.state == Icp.State.PROPOSED and not spoke else []
    return [
        Voice(side, yes.by if (yes := given.get(side)) else None, yes.at if yes else None, side in own and yes is None)
        for side in Side
    ]


def _criteria(icp: Icp | None, trial: validation.Trial | None) -> list[dict[str, Any]]:
    if icp is None:
        return []
    found = trial.criteria if trial else []
    return [
        {
            "text": words.criterion(one), "lift": words.times(one["lift"]), "best": one["best"], "n": one["n"],
            "interval": words.interval((one["low"], one["high"])), "trial": _compared(found[i]) if found else None,
        }
        for i, one in enumerate(icp.criteria)
    ]  # fmt: skip


def _table(icp: Icp, *, every: bool, edited: bool) -> dict[str, Any]:
    basis, chosen = icp.basis, verbs.chosen(icp)
    rows = [
        row | {
            "chosen": (row["attribute"], row["value"]) in chosen, "may": row["n"] >= lifts.LEAST,
            "times": words.times(row["lift"]), "interval": words.interval((row["low"], row["high"])),
            "said": words.VERDICTS[row["verdict"]],
        }
        for row in basis.get("rows", [])
    ]  # fmt: skip
    rows.sort(key=lambda row: not row["chosen"])  # what was chosen first; the rest in its order
    worth = [row for row in rows if row["chosen"] or row["verdict"] != "few"]
    few = len(rows) - len(worth)
    shown = rows if every else worth[:FIRST_ROWS]
    return {
        "rows": shown, "more": len(rows) - len(shown), "few": few, "basis": basis,
        "missing": words.missing(basis), "edits": edited and icp.state == Icp.State.DRAFT,
        "counted_at": datetime.fromisoformat(basis["at"]) if basis.get("at") else None,
        "targeting": any(row["targeting"] for row in shown),
    }  # fmt: skip


def _verdict(trial: validation.Trial | None, icp: Icp | None) -> dict[str, Any] | None:
    return words.verdict(trial.since, icp.version) if trial and icp else None


def _quarter(one: validation.Quarter) -> dict[str, Any]:
    return {"name": f"Q{(one.start.month + 2) // 3} {one.start.year}", "source": one.source, **_compared(one.found)}


def _compared(found: validation.Comparison) -> dict[str, Any]:
    arms = [
        {
            "name": name, "n": arm.n, "won": arm.won, "rate": words.interval(arm.interval), "cycle": arm.cycle,
            "cycles": words.days(arm.cycle_interval), "wins": arm.cycles,
        }
        for name, arm in (("matched", found.match), ("others", found.other))
    ]  # fmt: skip
    return {"arms": arms, "unknown": found.unknown, "gap": words.gap(found)}


def _why_empty(now: datetime) -> dict[str, Any]:
    found = deriving.customers(at=now)
    return {"enough": found >= lifts.FEWEST, "text": words.too_few(found) if found < lifts.FEWEST else ""}
