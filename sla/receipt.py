"""A deadline explains itself: which hours counted, what was skipped, and when it would have been due otherwise."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla import panels, planner, state
from sla.business_time import ROUND_THE_CLOCK, Calendar, Span
from sla.models import Clock, PauseReason, Unit
from sla.policies import hours
from teams.models import CalendarVersion, Organisation

MOST_DAYS = 3  # closed dates in the way that are taken away one by one; more are taken away together
REASONS = dict(PauseReason.choices)


@dataclass(slots=True)
class PauseTold:
    """`to_at` null while it lasts; `until`: when it is to end by itself. `stands`: it came after the breach and moved
    nothing."""

    reason: str
    label: str
    from_at: datetime
    to_at: datetime | None
    until: datetime | None
    by: str
    stands: bool


@dataclass(slots=True)
class Otherwise:
    """What due would be without one thing. `what`: day, holidays, breaks, pauses, hours (every hour counted)
    or earlier (the promise it took the place of). `kept`: whether it would have been kept; null while it is open."""

    what: str
    name: str
    due_at: datetime
    kept: bool | None


@dataclass(slots=True)
class DeadlineReceipt:
    """`spans` run from start to due (to now while paused); closed dates carry their names. `counted`: open seconds used
    until now (or the stop); `left`: open seconds to due."""

    clock: dict[str, Any]
    policy: str
    policy_version: int | None
    calendar: str
    calendar_version: int | None
    timezone: str
    unit: str = Unit.SECONDS.value
    amount: int | None = None
    spans: list[Span] = field(default_factory=list)
    counted: int = 0
    left: int = 0
    pauses: list[PauseTold] = field(default_factory=list)
    without: list[Otherwise] = field(default_factory=list)


def of(clock_id: int, *, now: datetime) -> DeadlineReceipt:
    """Raises Clock.DoesNotExist. Two queries, and one for the reporting zone when the clock runs round the clock."""
    return of_clock(explained().get(pk=clock_id), now=now)


def explained() -> Any:
    """Clocks with all that their receipts need."""
    return Clock.objects.select_related("policy__policy_set", "calendar_version__calendar").prefetch_related(
        "pauses__by"
    )


def of_clock(clock: Clock, *, now: datetime) -> DeadlineReceipt:
    """Of a clock from `explained()`."""
    version, open_hours, line = clock.calendar_version, hours(clock.calendar_version), clock.policy
    told = list(clock.pauses.all())
    receipt = DeadlineReceipt(
        clock=panels.shown(clock, now=now),
        policy=line.name if line else "",
        policy_version=line.policy_set.version if line else None,
        calendar=version.calendar.name if version else "Round the clock",
        calendar_version=version.number if version else None,
        timezone=version.tz if version else Organisation.get().timezone,
        unit=line.unit if line else Unit.SECONDS.value,
        amount=line.amount if line else None,
        pauses=[
            PauseTold(p.reason, REASONS.get(p.reason, p.reason), p.from_at, p.to_at, p.until, str(p.by or ""), p.stands)
            for p in told
        ],
    )
    pauses = [(pause.from_at, pause.to_at) for pause in told if not pause.stands]
    ends = clock.due_at or max(now, clock.started_at)
    until = max(min(clock.stopped_at or now, ends), clock.started_at)
    receipt.spans = [_named(span, version) for span in open_hours.spans(clock.started_at, ends, pauses)]
    receipt.counted = int(open_hours.elapsed(clock.started_at, until, pauses))
    if clock.due_at is None:
        receipt.left = max(0, clock.seconds - receipt.counted) if clock.phase == "paused" else 0
        return receipt
    if state.of(clock, now) == state.RUNNING:
        receipt.left = int(open_hours.elapsed(max(now, clock.started_at), clock.due_at, pauses))
    receipt.without = [
        Otherwise(what, name, due, None if clock.stopped_at is None else clock.stopped_at <= due)
        for what, name, due in _otherwise(clock, receipt.spans, pauses)
        if due != clock.due_at
    ]
    return receipt


def _otherwise(clock: Clock, spans: list[Span], pauses: list) -> list[tuple[str, str, datetime]]:
    """(what is taken away, its name, due without it); what makes no difference is dropped by the caller."""
    version, line = clock.calendar_version, clock.policy
    if line is None or clock.target == "next_step":  # agreed with somebody: nothing was computed
        return []
    due = _Due(clock, line)
    found = []
    if line.unit == Unit.SECONDS and clock.seconds < line.amount and not clock.tightened:
        return [("earlier", "", hours(version).advance(clock.started_at, line.amount, pauses))]
    if version is not None and line.unit != Unit.DAYS:
        days = sorted({span.start.astimezone(ZoneInfo(version.tz)).date() for span in spans if _dated(span)})
        if len(days) <= MOST_DAYS:
            for day in days:
                found.append(("day", _name(day, version), due(_without([day], version), pauses)))
        if len(days) > 1:
            found.append(("holidays", "", due(_without(days, version), pauses)))
        if any(span.reason == "break" for span in spans):
            found.append(("breaks", "", due(_unbroken(version), pauses)))
    if pauses:
        found.append(("pauses", "", due(hours(version), [])))
    if version is not None and line.unit == Unit.SECONDS:
        found.append(("hours", "", due(ROUND_THE_CLOCK, [])))
    return found


class _Due:
    """The due instant of one clock on any calendar."""

    def __init__(self, clock: Clock, line: Any) -> None:
        self.clock, self.line = clock, line

    def __call__(self, calendar: Calendar, pauses: list) -> datetime:
        start, seconds = self.clock.started_at, self.clock.seconds
        closed = [(a, b) for a, b in pauses if b is not None]
        if self.line.unit in (Unit.BUSINESS_DAYS, Unit.SAME_BUSINESS_DAY):
            plain = planner.target(self.line.unit, self.line.amount, calendar, start, self.line.terms)
            seconds = int(calendar.elapsed(start, plain))
            return max(plain, calendar.advance(start, seconds, closed)) if closed else plain
        return calendar.advance(start, seconds, closed)


def _without(days: list[date], version: CalendarVersion) -> Calendar:
    gone = {day.isoformat() for day in days}
    closed = {day: windows for day, windows in version.closed.items() if day not in gone}
    return Calendar(version.tz, _weekly(version.weekly), closed)


def _unbroken(version: CalendarVersion) -> Calendar:
    """From the first opening of each day to its last closing."""
    def span(windows: list) -> list[tuple[str, str]]:
        return [(min(a for a, _ in windows), max(b for _, b in windows))] if windows else []

    weekly = {int(day): span(windows) for day, windows in version.weekly.items()}
    return Calendar(version.tz, weekly, {day: span(windows) for day, windows in version.closed.items()})


def _weekly(weekly: dict) -> dict[int, list[tuple[str, str]]]:
    return {int(day): [(opens, closes) for opens, closes in windows] for day, windows in weekly.items()}


def _dated(span: Span) -> bool:
    return span.kind == "closed" and span.reason not in ("night", "weekend", "break", "day off")


def _named(span: Span, version: CalendarVersion | None) -> Span:
    if version is None or not span.reason.startswith("closed "):
        return span
    return span._replace(reason=version.names.get(span.reason.removeprefix("closed "), "") or span.reason)


def _name(day: date, version: CalendarVersion) -> str:
    return version.names.get(day.isoformat(), "") or f"{day.day} {day:%b}"
