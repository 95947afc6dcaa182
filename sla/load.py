"""Who carries how much, and who is at work when: the people of a floor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk
from teams import shifts
from teams.models import Role

OWNERS = [Role.SALES.value, Role.SUCCESS.value, Role.ADMIN.value]


@dataclass(slots=True)
class Person:
    """`cap`: the most open leads any of their pools gives them, None = no limit. `late`, `kept`, `judged` are filled in
    by the page: open clocks late now, and promises kept of those that fell due this month."""

    id: int
    name: str
    team: str
    open: int
    cap: int | None
    benched_at: datetime | None
    shift: shifts.ShiftState
    late: int = 0
    kept: int = 0
    judged: int = 0

    @property
    def full(self) -> bool:
        return self.cap is not None and self.open >= self.cap

    @property
    def takes_turns(self) -> bool:
        return self.shift.on and self.benched_at is None and not self.full

    @property
    def until(self) -> datetime | None:
        """When the present shift ends: at closing, or when a leave begins; None while off, or when it never does."""
        if not self.shift.on or self.shift.at is None:
            return None
        begins = [starts for starts, _ in self.shift.away if starts > self.shift.at]
        ends = [end for end in (self.shift.hours.next_close(self.shift.at), *begins) if end is not None]
        return min(ends, default=None)


def people(ids: Sequence[int] | None, *, at: datetime) -> list[Person]:
    """Those who may own leads, of `ids` or all of them, by name; one statement."""
    some = "AND u.id = ANY (%(ids)s)" if ids is not None else ""
    rows = bulk.query(
        f"""
        SELECT u.id, u.name, coalesce(t.name, ''), coalesce(held.n, 0), pooled.cap, u.benched_at, {shifts.COLUMNS}
          FROM teams_user u {shifts.JOINS}
          LEFT JOIN LATERAL (SELECT count(*) AS n FROM leads_lead l
                              WHERE l.owner_id = u.id AND l.stage = ANY (%(open)s)) held ON true
          LEFT JOIN LATERAL (SELECT CASE WHEN bool_and(m.cap IS NOT NULL) THEN max(m.cap) END AS cap
                               FROM leads_poolmember m WHERE m.user_id = u.id) pooled ON true
         WHERE u.is_active AND NOT u.is_service AND u.role = ANY (%(roles)s) {some}
         ORDER BY u.name, u.id""",
        {"ids": list(ids or ()), "open": [str(s) for s in OPEN_STAGES], "roles": OWNERS, "as_of": at},
    )
    return [Person(*row[:6], shift=shifts.state(row[6:], at=at)) for row in rows]


@dataclass(slots=True)
class Change:
    """From `at` on, `on` people are at work; `came` and `went` are names."""

    at: datetime
    on: int
    came: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)


def on_shift(found: Sequence[Person]) -> int:
    return sum(1 for person in found if person.shift.on)


def changes(found: Sequence[Person], *, now: datetime, ahead: timedelta) -> list[Change]:
    """When people come and go in the time ahead, in order."""
    edges: dict[datetime, Change] = {}
    for person in found:
        if person.shift.reason == "inactive":
            continue
        for begins, ends in _at_work(person.shift, now, now + ahead):
            if begins > now:
                edges.setdefault(begins, Change(begins, 0)).came.append(person.name)
            if ends < now + ahead:
                edges.setdefault(ends, Change(ends, 0)).went.append(person.name)
    on, ordered = on_shift(found), []
    for at in sorted(edges):
        change = edges[at]
        on += len(change.came) - len(change.went)
        change.on = on
        ordered.append(change)
    return ordered


def _at_work(shift: shifts.ShiftState, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Open and not on leave, inside [start, end)."""
    pauses = [(max(a, start), min(b, end)) for a, b in shift.away if a < end and b > start]
    joined: list[tuple[datetime, datetime]] = []
    for span in shift.hours.spans(start, end, pauses):
        if span.kind != "counted":
            continue
        if joined and joined[-1][1] == span.start:
            joined[-1] = joined[-1][0], span.end
        else:
            joined.append((span.start, span.end))
    return joined


def fullest_first(found: Sequence[Person]) -> list[Person]:
    """As a manager reads them: at work first, then who is late, then who carries most of what they can."""

    def place(person: Person) -> tuple[Any, ...]:
        share = person.open / person.cap if person.cap else 0
        return not person.shift.on, -person.late, -share, -person.open, person.name

    return sorted(found, key=place)
