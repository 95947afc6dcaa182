"""The clocks of leads as pages and REST show them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import prefetch_related_objects

from revops.lib import bulk
from sla import state
from sla.business_time import Calendar, NeverOpens, part_of
from sla.models import Clock
from sla.policies import hours

NAMES = {
    "first_response": "first response", "assignment": "assignment", "disposition": "disposition",
    "touch_minimum": "touches", "stage_age": "time in stage", "next_step": "next step",
    "handoff_sched": "hand-over call booked", "handoff_call": "hand-over call held", "discount": "discount decided",
    "content": "first answer",
}  # fmt: skip
TARGET_ORDER = {target: place for place, target in enumerate(NAMES)}
FAR = datetime.max.replace(tzinfo=UTC)  # where a paused clock, which has no due, stands among the others


def clocks(lead_ids: Sequence[int], *, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """{lead id: its clocks, open ones first, due first, paused ones after}; one query whatever the number of leads, and
    one more where any is paused."""
    found: dict[int, list[dict[str, Any]]] = {lead_id: [] for lead_id in lead_ids}
    rows = list(
        Clock.objects.filter(lead_id__in=list(lead_ids))
        .select_related("calendar_version", "policy")
        .order_by("lead_id", "due_at", "id")
    )
    prefetch_related_objects([clock for clock in rows if clock.phase == state.PAUSED], "pauses")
    for clock in rows:
        found[clock.lead_id or 0].append(shown(clock, now=now))
    for shown_clocks in found.values():
        shown_clocks.sort(key=lambda c: (c["closed"], c["due_at"] or FAR, TARGET_ORDER.get(c["target"], 9), c["id"]))
    return found


def states(lead_ids: Sequence[int], *, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """{lead id: its clocks as REST lists them}, open ones first, due first: facts and state, no countdown."""
    found: dict[int, list[dict[str, Any]]] = {lead_id: [] for lead_id in lead_ids}
    rows = bulk.query(
        """SELECT lead_id, id, target, tier, scope, run, phase, outcome, started_at, due_at, stopped_at
             FROM sla_clock WHERE lead_id = ANY (%s::bigint[]) ORDER BY phase = 'stopped', due_at, id""",
        [list(lead_ids)],
    )
    for lead_id, pk, target, tier, scope, run, phase, outcome, started_at, due_at, stopped_at in rows:
        found[lead_id].append({
            "id": pk, "target": target, "tier": tier, "scope": scope, "run": run,
            "state": state.state_of(phase, outcome, due_at, now),
            "started_at": started_at, "due_at": due_at, "stopped_at": stopped_at,
        })  # fmt: skip
    return found


def shown(clock: Clock, *, now: datetime) -> dict[str, Any]:
    """One clock with all that the page's countdown needs, so that the page never computes business time.

    `seconds`: open seconds from start to due, pauses left out. `left`: open seconds until due, standing still while it
    is paused (and then without a due); negative when late: seconds past due. `closes`: when the present open window
    ends, null when it doesn't; `opens`: when counting goes on, null while it is open.
    """
    status = state.of(clock, now)
    open_hours = hours(clock.calendar_version)
    marks = dict(zip(clock.levels, clock.marks, strict=False))
    left = opens = closes = None
    if status == state.RUNNING and clock.due_at:
        begins = max(now, clock.started_at)
        left = int(open_hours.elapsed(begins, clock.due_at))
        opens = None if open_hours.is_open(now) else _opens(open_hours, now)
        closes = open_hours.next_close(now) if open_hours.is_open(now) and clock.calendar_version_id else None
    elif status == state.PAUSED:
        pauses = [(pause.from_at, pause.to_at) for pause in clock.pauses.all() if not pause.stands]
        left = max(0, clock.seconds - int(open_hours.elapsed(clock.started_at, max(now, clock.started_at), pauses)))
    elif status == state.OVERDUE:
        left = -int((now - clock.due_at).total_seconds())
    return {
        "id": clock.pk,
        "target": clock.target,
        "name": NAMES.get(clock.target, clock.target),
        "tier": clock.tier,
        "scope": clock.scope,
        "run": clock.run,
        "state": status,
        "closed": clock.phase == "stopped",
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at or (clock.due_at if status == state.OVERDUE else None),
        "seconds": clock.seconds,
        "left": left,
        "resumes": clock.resume_at,
        "at50": marks.get(50) or _part(clock, open_hours, 50, left, now),
        "at90": marks.get(90) or _part(clock, open_hours, 90, left, now),
        "deal": clock.deal_id,
        "closes": closes,
        "opens": opens,
        "owner": clock.owner_id,
        "timezone": clock.calendar_version.tz if clock.calendar_version else "UTC",
        "calendar": clock.calendar_version_id,
        "policy": clock.policy.name if clock.policy else "",
        "unit": clock.policy.unit if clock.policy else "",
        "amount": clock.policy.amount if clock.policy else None,
        "pausable": clock.phase != "stopped" and not clock.history and _may_pause(clock),
        "reason": clock.reason,
        "history": clock.history,
    }


def _may_pause(clock: Clock) -> bool:
    return bool(clock.policy and clock.policy.pause_reasons)


def _part(clock: Clock, open_hours: Calendar, level: int, left: int | None, now: datetime) -> datetime | None:
    """Colours follow the share used even where the policy warns at other levels (UX 6); pauses that are over are in
    what is left."""
    if clock.phase == "stopped" or clock.due_at is None:
        return None
    used = part_of(clock.seconds, level)
    try:
        if left is not None and left > clock.seconds - used:
            return open_hours.advance(max(now, clock.started_at), left - (clock.seconds - used))
        return open_hours.advance(clock.started_at, used)
    except NeverOpens:
        return clock.due_at


def _opens(open_hours: Calendar, now: datetime) -> datetime | None:
    """None too where it never opens again: the deadline was counted round the clock."""
    try:
        return open_hours.next_open(now)
    except NeverOpens:
        return None
