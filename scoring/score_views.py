"""The part of the lead page that takes a moment: the score over time, and what would make it an MQL."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from leads.models import Lead, Snapshot
from leads.models.stage import Stage
from leads.views.doors import find
from revops.lib.frame import reader_zone
from revops.lib.words import moment
from scoring import counterfactual, cuts, definitions, goal_words, history_line
from scoring.models import ScoringModel


@login_required
@require_GET
def of_lead(request: HttpRequest, pk: int) -> HttpResponse:
    """A fragment; empty for a closed lead, whose score stands still, and while nothing is published."""
    lead, now = find(pk), request.now
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    if model is None or not lead.is_open:
        return HttpResponse("")
    line = cuts.line(at=now)
    points = history_line.of(lead.pk, now=now, model=model)
    drawing = history_line.drawn(
        points, model, now=now, zone=reader_zone(request), mode=line.mode, cut=line.cut, handed=_handed(lead)
    )
    goal, steps = _goal(lead, model, now, reader_zone(request))
    return render(request, "scoring/_score_line.html", {"drawing": drawing, "goal": goal, "steps": steps})


def _handed(lead: Lead) -> tuple[datetime, float, float] | None:
    return Snapshot.objects.filter(lead=lead).values_list("at", "fit", "engagement").first()


def _goal(lead: Lead, model: ScoringModel, now: datetime, zone: ZoneInfo) -> tuple[str, list[str]]:
    if lead.stage != Stage.INQUIRY:
        found = counterfactual.lifting(lead.pk, now=now, model=model)
        return goal_words.lifting(found, model) if found else ("", [])
    if lead.person.suppressed:
        return "Do not contact: this person never becomes an MQL.", []
    definition = definitions.current("mql", at=now)
    found = counterfactual.of(lead.pk, now=now, model=model, definition=definition)
    if found is None or definition is None:
        return "", []
    failing = ""
    if not (found.meets or found.enough):
        until = counterfactual.waits_until(lead.pk, now=now) if lead.cycle > 1 else None
        failing = (
            goal_words.waiting(moment(until, now, zone, "day"))
            if until
            else str(definitions.check(definition.predicate, lead.pk, as_of=now))
        )
    return goal_words.becoming(found, model, failing)
