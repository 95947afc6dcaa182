"""A deadline explains itself: which hours counted, what was skipped, and when it would have been due otherwise."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sla import panels, state
from sla.business_time import ROUND_THE_CLOCK, Calendar, Span
from sla.models import Clock
from sla.policies import hours
from teams.models import Organisation


@dataclass(slots=True)
class DeadlineReceipt:
    """`spans` run from start to due; `counted`: open seconds used until now (or the stop); `left`: open seconds to due.

    `as_ordinary`: due without the dated closures (holidays), `round_the_clock`: due if every hour counted; each null
    when it makes no difference.
    """

    clock: dict[str, Any]
    policy: str
    policy_version: int | None
    calendar: str
    calendar_version: int | None
    timezone: str
    spans: list[Span] = field(default_factory=list)
    counted: int = 0
    left: int = 0
    as_ordinary: datetime | None = None
    round_the_clock: datetime | None = None


def of(clock_id: int, *, now: datetime) -> DeadlineReceipt:
    """Raises Clock.DoesNotExist. One query, and one for the reporting zone when the clock runs round the clock."""
    clock = Clock.objects.select_related("policy__policy_set", "calendar_version__calendar").get(pk=clock_id)
    return of_clock(clock, now=now)


def of_clock(clock: Clock, *, now: datetime) -> DeadlineReceipt:
    version, open_hours = clock.calendar_version, hours(clock.calendar_version)
    receipt = DeadlineReceipt(
        clock=panels.shown(clock, now=now),
        policy=clock.policy.name if clock.policy else "",
        policy_version=clock.policy.policy_set.version if clock.policy else None,
        calendar=version.calendar.name if version else "Round the clock",
        calendar_version=version.number if version else None,
        timezone=version.tz if version else Organisation.get().timezone,
    )
    if clock.due_at is None:
        return receipt
    pauses = [(pause.from_at, pause.to_at) for pause in clock.pauses.all() if not pause.stands]
    until = min(clock.stopped_at or now, clock.due_at)
    receipt.spans = open_hours.spans(clock.started_at, clock.due_at, pauses)
    receipt.counted = int(open_hours.elapsed(clock.started_at, max(until, clock.started_at), pauses))
    if state.of(clock, now) == state.RUNNING:
        receipt.left = int(open_hours.elapsed(max(now, clock.started_at), clock.due_at, pauses))
    if clock.policy and clock.policy.unit == "seconds":
        receipt.round_the_clock = _other(ROUND_THE_CLOCK, clock)
        if version and version.closed:
            receipt.as_ordinary = _other(Calendar(version.tz, _weekly(version.weekly)), clock)
    return receipt


def _other(calendar: Calendar, clock: Clock) -> datetime | None:
    due = calendar.advance(clock.started_at, clock.seconds)
    return due if due != clock.due_at else None


def _weekly(weekly: dict) -> dict[int, list[tuple[str, str]]]:
    return {int(day): [(opens, closes) for opens, closes in windows] for day, windows in weekly.items()}
