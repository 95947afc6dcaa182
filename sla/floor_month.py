"""How fast first responses were this month, in open time: the median and the slow end, and the answers behind both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from revops.lib import bulk, cursors, statistics
from sla.models import Clock
from sla.policies import hours
from teams.models.calendar import CalendarVersion

PAGE = 50


@dataclass(frozen=True, slots=True)
class Speed:
    """Open seconds, type 7 (DOMAIN 0); None when nothing was answered."""

    n: int
    median: int | None = None
    p90: int | None = None


DUE = """
  FROM sla_clock c
 WHERE c.target = 'first_response' AND NOT c.history AND c.due_at >= %(since)s AND c.due_at < %(now)s"""
# What stood still is not waiting; a pause that was taken after the breach stops nothing.
PAUSES = """(SELECT array_agg(ARRAY[p.from_at, p.to_at] ORDER BY p.from_at) FROM sla_pause p
              WHERE p.clock_id = c.id AND NOT p.stands)"""
ANSWERED = " AND c.scope = 'lead' AND c.outcome IN ('met', 'met_late')"
OWN = " AND c.scope = 'owner' AND c.outcome NOT IN ('cancelled', 'not_required')"


def speed(people: Sequence[int] | None, *, since: datetime, now: datetime) -> Speed:
    """Of the response clocks due in [since, now) that were answered, charged to these people."""
    text, params = _of(people, since, now)
    rows = bulk.query(f"SELECT c.started_at, c.stopped_at, c.calendar_version_id, {PAUSES} {text}", params)
    if not rows:
        return Speed(0)
    calendars = _calendars({row[2] for row in rows})
    taken = [
        int(calendars[version].elapsed(started, stopped, [(a, b) for a, b in pauses or ()]))
        for started, stopped, version, pauses in rows
    ]
    middle, slow = statistics.percentile(taken, 0.5), statistics.percentile(taken, 0.9)
    return Speed(len(taken), middle and round(middle), slow and round(slow))


@dataclass(slots=True)
class Page:
    """`rows`: (clock, open seconds it took)."""

    rows: list[tuple[Clock, int]]
    next: str = ""


def page(
    people: Sequence[int] | None, *, since: datetime, now: datetime, own: bool = False, cursor: str = "",
    size: int = PAGE,
) -> Page:  # fmt: skip
    """The answers behind `speed`, due last first, by keyset; `own`: the owners' clocks that count as kept or not."""
    text, params = _of(people, since, now, OWN if own else ANSWERED)
    if cursor:
        at, pk = cursors.read(cursor)
        text += " AND (c.due_at, c.id) < (%(at)s, %(pk)s)"
        params |= {"at": at, "pk": pk}
    ids = bulk.query(f"SELECT c.id, c.due_at {text} ORDER BY c.due_at DESC, c.id DESC LIMIT {size + 1}", params)
    found = Clock.objects.select_related(
        "lead__person", "lead__company", "owner", "calendar_version", "policy"
    ).prefetch_related("pauses")
    clocks = found.in_bulk([pk for pk, _ in ids[:size]])
    shown = [clocks[pk] for pk, _ in ids[:size]]
    answer = Page([(c, _taken(c, now)) for c in shown])
    if len(ids) > size:
        answer.next = cursors.write(ids[size - 1][1], ids[size - 1][0])
    return answer


def _taken(clock: Clock, now: datetime) -> int:
    pauses = [(pause.from_at, pause.to_at) for pause in clock.pauses.all() if not pause.stands]
    return int(hours(clock.calendar_version).elapsed(clock.started_at, clock.stopped_at or now, pauses))


def _of(people: Sequence[int] | None, since: datetime, now: datetime, which: str = ANSWERED) -> tuple[str, dict]:
    some = " AND c.owner_id = ANY (%(people)s)" if people is not None else ""
    return DUE + which + some, {"people": list(people or ()), "since": since, "now": now}


def _calendars(versions: set[int | None]) -> dict:
    found = CalendarVersion.objects.in_bulk([pk for pk in versions if pk is not None])
    return {pk: hours(found.get(pk)) if pk is not None else hours(None) for pk in versions}
