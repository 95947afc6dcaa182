"""/scoring/learning/: what the outcomes teach. Reading is for everybody signed in, verbs for admins."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.runs import RunState
from scoring.learning import accepting, feedback, leads_table, rot, running
from scoring.learning import page as learning_page
from scoring.models import LearningRun, ScoringModel, Suggestion
from teams import access
from teams.doors import for_roles

only_admins = for_roles()
HOME = "/scoring/learning/"


@login_required
@require_http_methods(["GET", "HEAD"])
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "scoring/learning.html", _context(request))


@only_admins
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    outcome = _outcome(request.POST.get("outcome"))
    keep = {name for name in request.POST.getlist("keep") if len(name) <= 120}
    try:
        running.begin(outcome=outcome, keep=keep, now=request.now, by=request.user)
    except DomainError as refusal:
        return _refused(request, refusal)
    return redirect(f"{HOME}?outcome={outcome}")


@login_required
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the run is; the whole page again once it is over."""
    run = running.newest(_outcome(request.GET.get("outcome")))
    if run is None or run.state != RunState.RUNNING:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {"run": run, "may": access.may(request.user, "administer")}
    return render(request, "scoring/_learning_run.html", context)


@only_admins
@require_POST
def cancel(request: HttpRequest, run: int) -> HttpResponse:
    found = get_object_or_404(LearningRun, pk=run)
    found.cancel(at=request.now)
    return done(request, "Stopped. Nothing was changed.", to=f"{HOME}?outcome={found.outcome}", reload=True)


@only_admins
@require_POST
def accept(request: HttpRequest, suggestion: int) -> HttpResponse:
    found = get_object_or_404(Suggestion.objects.select_related("run"), pk=suggestion)
    try:
        draft = accepting.accept(found, by=request.user, at=request.now)
    except DomainError as refusal:
        return _refused(request, refusal, outcome=found.run.outcome)
    told = f"Taken into draft {draft.version}. Nobody is affected until you publish it."
    return done(request, told, to=f"{HOME}?outcome={found.run.outcome}", reload=True)


@only_admins
@require_POST
def propose(request: HttpRequest, line: UUID) -> HttpResponse:
    """The rule that let in what sales sent back, changed in the draft; the studio replays it."""
    try:
        draft, change = feedback.propose(line, by=request.user, at=request.now)
    except DomainError as refusal:
        return _refused(request, refusal)
    told = f"In draft {draft.version} {change.said}. The replay shows what that would have meant."
    stays = draft.rules.filter(line=line).exists()
    return done(request, told, to=f"/scoring/rules/{line}/#line-{line}" if stays else "/scoring/", reload=True)


def _context(request: HttpRequest, *, outcome: str = "") -> dict[str, Any]:
    outcome = _outcome(outcome or request.GET.get("outcome"))
    run = running.newest(outcome)
    found = running.result(run)
    ripe, young = leads_table.expected(outcome, request.now)
    live = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    context: dict[str, Any] = {
        "run": run, "outcome": outcome, "may": access.may(request.user, "administer"), "ripe": ripe, "young": young,
        "horizon": leads_table.HORIZONS[outcome], "live": live, "rot": rot.look(request.now),
        "let_in": feedback.rules(request.now),
        "tabs": [
            {"href": f"{HOME}?outcome={code}", "label": label, "current": code == outcome}
            for code, label in learning_page.OUTCOMES.items()
        ],
    }  # fmt: skip
    if run is not None and found is not None:
        context |= learning_page.of(run, found)
        context["older_model"] = live is not None and found["model"] != live.version
    return context


def _refused(request: HttpRequest, refusal: DomainError, *, outcome: str = "") -> HttpResponse:
    context = _context(request, outcome=outcome) | {"problem": refusal.detail}
    return render(request, "scoring/learning.html", context, status=refusal.status)


def _outcome(asked: str | None) -> str:
    return asked if asked in learning_page.OUTCOMES else "sql"
