"""What was late, newest first: who had it when it fell due, how late it was noticed, and what became of it.

Read from the journal, where a breach that was voided later still stands (DOMAIN 1.5): its row says so. Where the lead's
and the owner's response clock fell due together, they are one breach.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.lib import bulk, cursors
from sla import state
from sla.business_time import Calendar
from sla.models import Clock
from sla.policies import hours

PAGE = 50
AT_ONCE = 1_000
DAY = timedelta(days=1)
LONGEST = 60  # days looked back for the last open hours


@dataclass(frozen=True, slots=True)
class Asked:
    """Which breaches. `people`: owners at due, None = all and those of nobody; `since`, `until`: when they fell due."""

    people: tuple[int, ...] | None = None
    target: str = ""
    tier: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Breach:
    """`owner`: id of whoever had it at due. `late`: open seconds until it was done, or until now. `lag`: seconds until
    it was noticed. `after`: moved, limit, nobody, done, voided, cancelled, open; `to`: the user it moved to."""

    entry: int
    at: datetime
    clock: Clock
    owner: int | None
    late: int
    lag: float
    after: str
    to: int | None


@dataclass(slots=True)
class Page:
    rows: list[Breach]
    next: str = ""


# The owner's own clock, which falls due with the lead's, is what moves a lead on.
FROM = """
      FROM journal_entry e JOIN sla_clock c ON c.id = (e.data->>'clock')::bigint
      LEFT JOIN LATERAL (
           SELECT x.outcome, x.to_owner_id FROM sla_hop x JOIN sla_clock o ON o.id = x.clock_id
            WHERE x.lead_id = c.lead_id AND o.target = c.target AND o.due_at = c.due_at
            ORDER BY o.id DESC LIMIT 1) hop ON true
     WHERE e.kind = 'clock.breached' AND NOT c.history AND coalesce(c.lead_id, c.deal_id) IS NOT NULL
       AND NOT (c.scope = 'owner' AND c.target = 'first_response' AND EXISTS (
           SELECT 1 FROM sla_clock o WHERE o.lead_id = c.lead_id AND o.target = c.target AND o.scope = 'lead'
              AND o.due_at = c.due_at))"""


def page(asked: Asked, *, now: datetime, cursor: str = "", size: int = PAGE) -> Page:
    """One page by keyset; two statements whatever its length. Raises Invalid for a cursor that we never wrote."""
    edge = cursors.read(cursor) if cursor else None
    rows = _some(asked, edge, size + 1)
    found = Page(_read(rows[:size], now=now))
    if len(rows) > size:
        found.next = cursors.write(rows[size - 1][1], rows[size - 1][0])
    return found


def count(asked: Asked, *, most: int = 10_000) -> int:
    """How many, counted to `most` + 1."""
    text, params = _conditions(asked, None)
    [(n,)] = bulk.query(f"SELECT count(*) FROM (SELECT 1 {FROM}{text} LIMIT {int(most) + 1}) x", params)
    return n


def every(asked: Asked, *, now: datetime) -> Iterator[Breach]:
    """All of them, in lots: for a file."""
    edge = None
    while True:
        rows = _some(asked, edge, AT_ONCE)
        yield from _read(rows, now=now)
        if len(rows) < AT_ONCE:
            return
        edge = rows[-1][1], rows[-1][0]


def since_open(calendar: Calendar, now: datetime, seconds: int) -> datetime:
    """The moment from which until now `seconds` were open: yesterday's opening on a Monday is Friday's."""
    start = now
    for _ in range(LONGEST):
        start -= DAY
        spare = calendar.elapsed(start, now) - seconds
        if spare >= 0:
            return calendar.next_open(calendar.advance(start, int(spare)))
    return start


def _some(asked: Asked, edge: tuple[datetime, int] | None, size: int) -> list[tuple]:
    text, params = _conditions(asked, edge)
    select = "SELECT e.id, e.at, e.recorded_at, c.id, (e.data->>'owner')::bigint, hop.outcome, hop.to_owner_id"
    return bulk.query(
        f"{select} {FROM}{text} ORDER BY e.at DESC, e.id DESC LIMIT %(size)s", {**params, "size": size}
    )


def _conditions(asked: Asked, edge: tuple[datetime, int] | None) -> tuple[str, dict]:
    """Only what is asked for stands in the text, so that the index on (kind, at) serves the rest."""
    text, params = "", {}
    if asked.people is not None:
        text += " AND (e.data->>'owner')::bigint = ANY (%(people)s)"
        params["people"] = list(asked.people)
    if asked.target:
        text += " AND c.target = %(target)s"
        params["target"] = asked.target
    if asked.tier is not None:
        text += " AND c.tier = %(tier)s"
        params["tier"] = asked.tier
    if asked.since:
        text += " AND e.at >= %(since)s"
        params["since"] = asked.since
    if asked.until:
        text += " AND e.at < %(until)s"
        params["until"] = asked.until
    if edge:
        text += " AND e.at <= %(at)s AND (e.at, e.id) < (%(at)s, %(pk)s)"
        params |= {"at": edge[0], "pk": edge[1]}
    return text, params


def _read(rows: list[tuple], *, now: datetime) -> list[Breach]:
    clocks = Clock.objects.select_related(
        "lead__person", "lead__company", "lead__owner", "deal__company", "deal__owner", "calendar_version", "policy"
    ).in_bulk([row[3] for row in rows])
    found = []
    for entry, at, recorded, pk, owner, hop, to in rows:
        clock = clocks[pk]
        until = clock.stopped_at or now
        late = int(hours(clock.calendar_version).elapsed(at, until)) if until > at else 0
        lag = ((clock.detected_at or recorded) - at).total_seconds()
        found.append(Breach(entry, at, clock, owner, late, max(lag, 0.0), _after(clock, hop, now), to))
    return found


def _after(clock: Clock, hop: str, now: datetime) -> str:
    status = state.of(clock, now)
    if status == "met":
        return "voided"
    if status in ("met_late", "breached_cancelled"):
        return "done" if status == "met_late" else "cancelled"
    if status == "cancelled":
        return "voided"
    return hop if hop in ("moved", "limit", "nobody") else "open"
