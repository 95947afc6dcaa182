"""What the draft would have meant: the panel that follows each change, and the leads that would come and go."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from revops.lib.errors import DomainError, Invalid
from scoring import drafts, rescoring
from scoring.definitions import drafts as definition_drafts
from scoring.models import Definition, ReplayRun, ScoringModel
from scoring.replay import lists, running
from scoring.studio import effect
from teams.doors import for_roles

only_admins = for_roles()


@only_admins
@require_http_methods(["GET", "POST"])
def panel(request: HttpRequest) -> HttpResponse:
    """A fragment for the page, a page of its own without a script. A POST stops what runs."""
    draft, live, proposal = asked()
    days = _days(request, draft)
    context: dict[str, Any] = {
        "draft": draft,
        "live": live,
        "proposal": proposal,
        "days": days,
        "choices": effect.CHOICES,
    }
    run: ReplayRun | None = None
    try:
        if request.method == "POST":
            run = running.newest(draft, days=days)
            run = running.cancel(run, at=request.now) if run else None
        elif draft is not None or "days" in request.GET:
            run = running.begin(
                draft, days=days, definition=proposal if draft else None, now=request.now, by=request.user
            )
    except DomainError as refusal:
        context["problem"] = refusal.detail
    context["run"] = run
    found = running.result(run) if run else None
    if run is not None and found is not None:
        context |= effect.of(run, found)
    return render(request, "scoring/_studio_effect.html" if request.htmx else "scoring/studio_effect.html", context)


@only_admins
@require_GET
def leads(request: HttpRequest, which: str) -> HttpResponse:
    """Leads that would come in newly, or stay out now, newest first, in pages."""
    draft, live, _ = asked()
    run = running.newest(draft, days=_days(request, draft)) if draft else None
    if run is None or running.result(run) is None:
        raise Http404
    list_of = {"entering": lists.entering, "leaving": lists.leaving}[which]
    try:
        found = list_of(run, after=request.GET.get("after", ""))
    except Invalid:
        raise Http404 from None
    title = "Newly handed over under the draft" if which == "entering" else "Not handed over any more under the draft"
    context = {
        "page": found,
        "title": title,
        "which": which,
        "draft": draft,
        "live": live,
        "run": run,
        "back": "/scoring/",
    }
    return render(request, "scoring/studio_replay_leads.html", context)


@login_required
@require_GET
def rescored(request: HttpRequest) -> HttpResponse:
    """How far everybody is scored again, for the banner that asks once a second."""
    run = rescoring.latest()
    found = rescoring.progress(run) if run is not None else None
    if found is None or not (found.running or found.still or found.crossed):
        return HttpResponse("")
    return render(request, "scoring/_studio_rescoring.html", {"rescoring": found})


def asked() -> tuple[ScoringModel | None, ScoringModel, Definition | None]:
    """(what is replayed beside the live model, the live model, the proposed MQL definition it is asked with). The live
    model itself when only the definition would change; None when nothing would."""
    live, proposal = drafts.live(), definition_drafts.the_draft("mql")
    draft = drafts.the_draft() or (live if proposal is not None else None)
    return draft, live, proposal


def _days(request: HttpRequest, draft: ScoringModel | None) -> int:
    asked = request.GET.get("days") or request.POST.get("days") or ""
    return {str(days): days for days in effect.CHOICES}.get(asked) or effect.days_of(draft)
