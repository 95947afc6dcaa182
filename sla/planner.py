"""When each rung of a line's ladder is reached, worked out once for a batch of clocks that begin alike. Pure."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sla.business_time import ROUND_THE_CLOCK, Calendar, NeverOpens, add_days, part_of
from sla.models import Policy, Unit
from sla.policies import hours, ladder
from teams.models.calendar import CalendarVersion

log = logging.getLogger("revops.sla")

Pauses = Sequence[tuple[datetime, datetime | None]]


@dataclass
class Marks:
    """`seconds`: open seconds from start to due, pauses left out. `levels` and `at` run in parallel, in order of time;
    100 is at `due_at`. `always`: the hours asked for end too soon, so every hour was counted."""

    due_at: datetime
    seconds: int
    levels: list[int] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    always: bool = False

    @cached_property
    def texts(self) -> tuple[str, str]:
        """Both as PostgreSQL writes arrays; many clocks of a batch share their marks."""
        levels, at = ",".join(map(str, self.levels)), ",".join(moment.isoformat() for moment in self.at)
        return f"{{{levels}}}", f"{{{at}}}"

    @cached_property
    def due_text(self) -> str:
        return self.due_at.isoformat()


class Planner:
    """Deadlines on calendars; the same start and target on the same calendar are worked out once a batch."""

    def __init__(self) -> None:
        self._kept: dict[tuple, Marks] = {}

    def marks(
        self, line: Policy, calendar: CalendarVersion | None, start: datetime, pauses: Pauses = (), *,
        amount: int | None = None, due_at: datetime | None = None, no_later: datetime | None = None,
    ) -> Marks:  # fmt: skip
        """`amount`: instead of the line's own. `due_at`: agreed, not computed. `no_later`: due then at the latest.

        Raises NeverOpens for a pause without an end.
        """
        amount = line.amount if amount is None else amount
        key = (line.pk, amount, calendar.pk if calendar else None, start, tuple(pauses), due_at, no_later)
        if key not in self._kept:
            self._kept[key] = _counted(
                lambda open_hours: _plan(line, open_hours, start, pauses, amount, due_at, no_later), calendar
            )
        return self._kept[key]

    def again(
        self, line: Policy, calendar: CalendarVersion | None, start: datetime, seconds: int, pauses: Pauses = (), *,
        no_earlier: datetime | None = None,
    ) -> Marks:  # fmt: skip
        """Marks of a clock that has `seconds` of open time already, after its pauses or its hours changed.

        `no_earlier`: due then at the earliest. Raises NeverOpens for a pause without an end.
        """
        key = (line.pk, calendar.pk if calendar else None, start, seconds, tuple(pauses), no_earlier)
        if key not in self._kept:
            self._kept[key] = _counted(
                lambda open_hours: _again(line, open_hours, start, seconds, pauses, no_earlier), calendar
            )
        return self._kept[key]


def _counted(plan: Callable[[Calendar], Marks], calendar: CalendarVersion | None) -> Marks:
    """On hours that end before the deadline does, round the clock: a lead is never turned away for its calendar."""
    try:
        return plan(hours(calendar))
    except NeverOpens:
        found = plan(ROUND_THE_CLOCK)
        found.always = True
        log.error("Calendar version %s is not open for long enough; counted round the clock",
                  calendar.pk if calendar else None)  # fmt: skip
        return found


def _again(
    line: Policy, calendar: Calendar, start: datetime, seconds: int, pauses: Pauses, no_earlier: datetime | None
) -> Marks:
    due = calendar.advance(start, seconds, pauses)
    due = due if no_earlier is None else max(due, no_earlier)
    return _climb(line, calendar, start, due, seconds, pauses)


def _plan(
    line: Policy, calendar: Calendar, start: datetime, pauses: Pauses, amount: int, due_at: datetime | None,
    no_later: datetime | None,
) -> Marks:  # fmt: skip
    due = due_at or target(line.unit, amount, calendar, start, line.terms)
    seconds = int(calendar.elapsed(start, due))
    if pauses and due_at is None:
        # Days become the open time they had; a pause never makes anything due earlier (DOMAIN 1.4).
        due = max(due, calendar.advance(start, seconds, pauses))
    if no_later is not None and no_later < due:
        due = no_later
        seconds = int(calendar.elapsed(start, due, pauses))
    return _climb(line, calendar, start, due, seconds, pauses)


def _climb(
    line: Policy, calendar: Calendar, start: datetime, due: datetime, seconds: int, pauses: Pauses
) -> Marks:  # fmt: skip
    marks = Marks(due, seconds)
    rungs = ladder(line)
    for level, _ in rungs:
        if level < 100:
            marks.levels.append(level)
            marks.at.append(min(due, calendar.advance(start, part_of(seconds, level), pauses)))
    marks.levels.append(100)
    marks.at.append(due)
    for level, after in rungs:
        if level > 100 and after:
            marks.levels.append(level)
            # Strictly after due and never before the step below it, whatever calendar and line say: marks are in order.
            last = max(marks.at[-1], due + timedelta(microseconds=level - 100))
            marks.at.append(max(calendar.advance(due, after), last))
    return marks


def target(unit: str, amount: int, calendar: Calendar, start: datetime, terms: dict[str, Any]) -> datetime:
    """The due instant of an unpaused clock (units of DOMAIN 1.4)."""
    if unit == Unit.SAME_BUSINESS_DAY:
        return calendar.same_business_day(start, int(terms.get("cutoff", 3_600)) // 60)
    if unit == Unit.BUSINESS_DAYS:
        return calendar.close_of_business_days(start, amount)
    if unit == Unit.DAYS:
        return add_days(start, amount, calendar.tz)
    return calendar.advance(start, amount)
