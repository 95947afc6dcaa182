"""The scoreboard, put together. No number is made here."""

from datetime import datetime
from typing import Any

from dashboards import sheet
from dashboards.filters import UNKNOWN
from dashboards.meetings import verbs
from dashboards.scoreboard import alarm, culprits, drawings, promised, quota, stamps
from dashboards.scoreboard.month import Asked, first_of
from marketing.models import Channel
from scoring import definitions
from sla import commitments
from teams.models import Organisation, Team, TeamKind, User

BACK = 18


def context(asked: Asked, *, now: datetime, organisation: Organisation, user: Any) -> dict[str, Any]:
    found = sheet.opened(asked.filters, now=now, organisation=organisation)
    agreed = commitments.in_force(asked.first)
    rings = alarm.of(found, agreed)
    definition = definitions.current("mql", at=found.as_of)
    inputs = quota.committed(agreed.get("volume"))
    today = asked.today or asked.first
    seen = quota.measured(now=now, today=today, organisation=organisation, as_of=asked.filters.as_of)
    blame = culprits.of(found) if rings.rings else None
    return {
        "asked": asked, "sheet": found, "choices": choices(asked, now=now, organisation=organisation),
        "alarm": rings, "culprit": blame.first if blame else None,
        "sales": promised.sales(asked, found, promised.lines_in_force(asked, found), agreed),
        "marketing": promised.marketing(asked, found, agreed, definition.version if definition else None),
        "inputs": inputs, "sensitivity": quota.sensitivity(inputs, seen) if inputs else "",
        "trend": drawings.trend(asked, rings, now=now, organisation=organisation),
        "volume": drawings.volume(asked, found, agreed.get("volume")),
        "reasons": alarm.reasons(found), "sources": alarm.by_source(found, rings), "reps": alarm.by_rep(found, rings),
        "stamps": stamps.of(found, agreed), "may_start": verbs.may_start(user),
        "trend_head": ["Month", "Rejected", "Of", "Interval"], "volume_head": ["Day", "Delivered", "So far"],
        "whose": asked.href().partition("?")[2],
    }  # fmt: skip


def choices(asked: Asked, *, now: datetime, organisation: Organisation) -> dict[str, Any]:
    today = organisation.today(now)
    months = [first_of(today, n) for n in range(BACK)]
    if asked.first not in months:
        months.append(asked.first)
    names = {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    teams = list(Team.objects.filter(kind=TeamKind.SALES).order_by("name").values_list("id", "name"))
    reps = list(User.objects.sellers().order_by("name").values_list("id", "name"))
    return {
        "months": [(f"{month:%Y-%m}", f"{month:%B %Y}", month == asked.first) for month in months],
        "teams": _with(teams, asked.filters.team, Team), "reps": _with(reps, asked.filters.owner, User),
        "sources": sorted(names.items(), key=lambda pair: (pair[0] == UNKNOWN, pair[1])),
    }  # fmt: skip


def _with(pairs: list[tuple[int, str]], chosen: int | None, model: Any) -> list[tuple[int, str]]:
    """The chosen one stays in the list even when it is no longer offered."""
    if chosen is None or chosen in dict(pairs):
        return pairs
    name = model.objects.filter(pk=chosen).values_list("name", flat=True).first()
    return [*pairs, (chosen, name or f"{model._meta.verbose_name} {chosen}")]
