"""Which rules let in what sales sends back this month, for the scoring room (settings.SCORING_FEEDBACK)."""

from datetime import datetime

from dashboards import sheet
from dashboards.scoreboard import crossing, culprits
from dashboards.scoreboard.month import read
from scoring.learning.feedback import LetIn
from teams.models import Organisation

NAMED = 5


def rules(now: datetime) -> list[LetIn]:
    """The month's rules that at least a few of the rejected hang on alone, the most telling first."""
    organisation = Organisation.get()
    asked = read({}, "", now=now, organisation=organisation)
    found = culprits.of(sheet.opened(asked.filters, now=now, organisation=organisation))
    named = [
        one
        for one in found.culprits
        if one.line is not None and one.rejected >= culprits.FEWEST and one.excess > 0
    ]  # fmt: skip
    return [_told(one, found, asked.name) for one in named[:NAMED]]


def _told(one: culprits.Culprit, found: culprits.Found, month: str) -> LetIn:
    rejected = [found.crossed[lead] for lead in found.blames[one.key].leads.get("rejected", [])]
    worth = float(one.points.lstrip("+") or 0)
    return LetIn(
        one.line, one.name, worth, one.rejected, one.all_rejected, one.accepted, one.all_accepted, month,
        crossing.enough(rejected, one.key, worth),
    )  # fmt: skip
