"""Keeps each KPI as it stands when the local day is over: for the 90 days up to it, seen from its last instant."""

from datetime import date, datetime, timedelta

from dashboards import sheet
from dashboards.filters import DEFAULT_DAYS, Filters, midnight
from dashboards.kpis import registry, say
from dashboards.kpis.base import Figure
from dashboards.snapshots.models import Snapshot
from teams.models import Organisation

INSTANT = timedelta(microseconds=1)
CATCH_UP = 7  # days: after a longer silence the line has a gap, which is the truth


def keep(now: datetime) -> list[date]:
    """The days kept: yesterday, and those before it that were missed. However often it is called, once a day."""
    organisation = Organisation.get()
    today = organisation.today(now)
    last = Snapshot.objects.order_by("-day").values_list("day", flat=True).first()
    first = last + timedelta(days=1) if last else today - timedelta(days=1)
    first = max(first, today - timedelta(days=CATCH_UP))
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    for day in days:
        keep_day(day, now=now, organisation=organisation)
    return days


def keep_day(day: date, *, now: datetime, organisation: Organisation) -> None:
    """All KPIs of one day; a day that is kept stays as it is."""
    found = seen_then(day, now=now, organisation=organisation)
    rows = []
    for kpi in registry.ALL:
        answer = found.answer(kpi)
        value, na = plain(answer.figure)
        rows.append(Snapshot(
            kpi=kpi.key, day=day, as_of=found.as_of, value=value, na=na[:160], hits=answer.figure.hits,
            n=answer.figure.n, rows=answer.found.now.n(""),
        ))  # fmt: skip
    Snapshot.objects.bulk_create(rows, ignore_conflicts=True)


def seen_then(day: date, *, now: datetime, organisation: Organisation) -> sheet.Sheet:
    """The sheet a day's line comes from: today's facts as of that day's last instant. What was kept differs from it by
    the facts that came, or were taken back, since."""
    filters = Filters(day - timedelta(days=DEFAULT_DAYS - 1), day, organisation.timezone, compare="none")
    over = midnight(day + timedelta(days=1), organisation.timezone) - INSTANT
    return sheet.opened(filters.at(min(over, now)), now=now, organisation=organisation)


def plain(figure: Figure):
    """(value to six places or None, why there is none)."""
    if figure.value is None or figure.value == float("inf"):
        return None, figure.na or "not reached"
    return say.exact(figure.value, 6), ""
