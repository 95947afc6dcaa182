"""A clock stands still for a reason its line allows, and goes on with the time it had left (DOMAIN 1.5, 1.6).

A pause is a window in a table of its own, never a shifted start: closed hours are not paid twice. Whoever holds the
clock's row first decides: a stop beats a pause, and a pause after the breach is written down and changes nothing. That
an owner is away is no reason; the lead is given to somebody else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from journal import record
from journal.record import Fact
from leads import due
from revops.lib import bulk
from revops.lib.errors import Forbidden, Invalid, Refused
from sla import clocks, parking, policies
from sla.business_time import Calendar
from sla.firing import NOT_SET_ASIDE
from sla.models import Clock, Pause, PauseReason
from sla.planner import Marks, Planner
from teams import access
from teams.models import User
from teams.models.calendar import CalendarVersion

FURTHEST = timedelta(days=5 * 365)  # ahead; what has no end says so
LONGEST = 5  # business days somebody may pause without their manager
NAMES = {
    "first_response": "First response", "assignment": "Assignment", "disposition": "The decision clock",
    "touch_minimum": "The touches", "stage_age": "Time in stage", "next_step": "The next step",
    "handoff_sched": "Booking the hand-over call", "handoff_call": "Holding the hand-over call",
}  # fmt: skip
DUE = 100


def pause(
    clock: Clock, *, by: User, at: datetime, reason: str, until: datetime | None = None, note: str = "",
    via: str = "page",
) -> Clock:  # fmt: skip
    """Stop counting from `at` on; with `until` it goes on by itself then. The same pause twice is one.

    More than five business days of the clock's hours, earlier pauses counted in, or no end at all, needs the manager
    of the owner's team or an administrator. On an overdue clock the pause is recorded and the breach stands.
    """
    subject = _subject(clock)
    access.require_work(by, subject, "pause")
    if reason not in PauseReason.values:
        raise Invalid(f"Choose one of the reasons: {', '.join(PauseReason.values)}.", code="invalid_choice",
                      field="reason")  # fmt: skip
    if until is not None and until <= at:
        raise Invalid("The end of a pause must be after now.", code="past", field="until")
    if until is not None and until - at > FURTHEST:
        raise Invalid("A pause ends within five years, or has no end yet.", code="too_far", field="until")
    with transaction.atomic():
        held = _hold(clock)
        require_pausable(held)
        open_pause = held.pauses.filter(to_at=None).first()
        if open_pause is not None:
            if open_pause.by_id == by.pk and open_pause.reason == reason and open_pause.until == until:
                return held
            label = PauseReason(open_pause.reason).label.lower()
            raise Refused(f"This clock is paused already: {label}. Resume it first; nothing was changed.",
                          code="paused")  # fmt: skip
        _require_reason(held, reason)
        approved = _approved(held, subject, by=by, at=at, until=until)
        late = held.breached_at is not None or (held.due_at is not None and at >= held.due_at)
        Pause.objects.create(clock=held, reason=reason, note=note.strip()[:400], from_at=max(at, held.started_at),
                             until=until, stands=late, by=by, approved_by=by if approved else None)  # fmt: skip
        if late:
            Clock.objects.filter(pk=held.pk).update(resume_at=None)
        else:
            Clock.objects.filter(pk=held.pk).update(
                phase="paused", due_at=None, next_at=None, next_level=None, resume_at=until
            )
            _remember([held.lead_id])
        data = {"clock": held.pk, "target": held.target, "tier": held.tier, "scope": held.scope, "owner": held.owner_id,
                "reason": reason, "until": until, "stands": late}  # fmt: skip
        record.append([Fact("clock.paused", *subject_of(held), at, by=by.pk, via=via, data=data)], now=at)
    held.refresh_from_db()
    return held


def resume(clock: Clock, *, by: User, at: datetime, via: str = "page") -> Clock:
    """Count again from `at` on; due moves by the open time that was paused. On a clock that isn't paused: nothing."""
    access.require_work(by, _subject(clock), "pause")
    with transaction.atomic():
        held = _hold(clock)
        if held.phase == "paused":
            _go_on([held], {held.pk: at}, by=by.pk, now=at, via=via)
        else:
            _end_standing(held, by=by, at=at, via=via)
    held.refresh_from_db()
    return held


def drain(now: datetime, limit: int) -> int:
    """Let the clocks go on whose pause ends by itself; answers how many. They go on from the moment agreed, however
    late this comes. One that the database refuses is set aside."""
    over = bulk.query(
        f"""SELECT c.id, c.lead_id FROM sla_clock c
             WHERE c.phase = 'paused' AND c.resume_at <= %(now)s AND {NOT_SET_ASIDE}
             ORDER BY c.resume_at, c.id LIMIT %(limit)s""",
        {"now": now, "limit": limit},
    )
    leads = dict(over)
    return parking.apart(list(leads), lambda ids: _resume(ids, leads, now), at=now)


def _resume(ids: Sequence[int], leads_of: Mapping[int, int | None], now: datetime) -> int:
    with transaction.atomic():
        # Leads before clocks, as everywhere; whoever holds a clock now is stopping or resuming it.
        leads = sorted({lead for pk in ids if (lead := leads_of[pk]) is not None})
        free = bulk.query(
            "SELECT id FROM leads_lead WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", [leads]
        )
        held_leads = {row[0] for row in free}
        wanted = [pk for pk in ids if leads_of[pk] is None or leads_of[pk] in held_leads]
        held = list(
            Clock.objects.filter(pk__in=wanted, phase="paused", resume_at__lte=now)
            .order_by("id").select_for_update(of=("self",), no_key=True, skip_locked=True)
        )  # fmt: skip
        _go_on(held, {c.pk: c.resume_at or now for c in held}, by=None, now=now, via="task")
    return len(held)


def open_pauses(clock_ids: Sequence[int]) -> dict[int, Pause]:
    """{clock: its pause that has not ended}, in one query."""
    return {p.clock_id: p for p in Pause.objects.filter(clock_id__in=list(clock_ids), to_at=None)}


def windows(clock_ids: Sequence[int]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """{clock: the windows in which it did not count}, as the arithmetic takes them; an open one ends with None."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {pk: [] for pk in clock_ids}
    for pk, from_at, to_at in bulk.query(
        "SELECT clock_id, from_at, to_at FROM sla_pause WHERE clock_id = ANY (%s) AND NOT stands ORDER BY from_at, id",
        [list(clock_ids)],
    ):
        found[pk].append((from_at, to_at))
    return found


def told_levels(clock_ids: Sequence[int]) -> dict[int, int]:
    """{clock: the highest rung that fired}; clocks of which nothing was told are left out."""
    return dict(bulk.query("SELECT clock_id, max(level) FROM sla_effect WHERE clock_id = ANY (%s) GROUP BY clock_id",
                           [list(clock_ids)]))  # fmt: skip


def next_rung(marks: Marks, told: int) -> tuple[datetime | None, int | None]:
    """The first rung not told yet: when, and which; (None, None) when all were."""
    return next(((at, level) for level, at in zip(marks.levels, marks.at, strict=True) if level > told), (None, None))


def said_due(clock: Clock) -> datetime | None:
    """When the clock is due, or was when it was paused."""
    return clock.due_at or dict(zip(clock.levels, clock.marks, strict=False)).get(DUE)


def require_pausable(clock: Clock) -> None:
    """Raises Refused when this clock can't be paused at all, whoever asks and for whatever reason."""
    if clock.phase == "stopped" or clock.history:
        raise Refused("This clock has ended: there is nothing to pause. Nothing was changed.", code="stopped")
    line = policies.pinned([clock.policy_id]).get(clock.policy_id) if clock.policy_id else None
    if line is None or not line.pause_reasons:
        name = NAMES.get(clock.target, "This clock")
        kind = f" of a {clock.tier} lead" if clock.tier in ("hot", "standard") else ""
        raise Refused(f"{name}{kind} can’t be paused: the promise allows no reason for it. Give the lead to somebody "
                      "who can answer; nothing was changed.", code="never_paused")  # fmt: skip


def due_if_resumed(clock: Clock, *, at: datetime) -> datetime:
    """When a paused clock would be due if it went on at `at`."""
    line = policies.pinned([clock.policy_id])[clock.policy_id]
    windows_so_far = [(from_at, to_at or at) for from_at, to_at in windows([clock.pk])[clock.pk]]
    least = max(filter(None, (said_due(clock), at)))
    marks = Planner().again(
        line, clock.calendar_version, clock.started_at, clock.seconds, windows_so_far, no_earlier=least
    )
    return marks.due_at


def subject_of(clock: Clock) -> tuple[str, int]:
    return clocks.subject_of(clock.lead_id, clock.deal_id)


MOVED = {
    "id": "bigint", "due_at": "timestamptz", "levels": "text", "marks": "text", "next_at": "timestamptz",
    "next_level": "int",
}  # fmt: skip


def _go_on(held: Sequence[Clock], moments: Mapping[int, datetime], *, by: int | None, now: datetime, via: str) -> None:
    """End the open pauses of these clocks (locked, paused) at their moments and set their new due."""
    if not held:
        return
    ids = [clock.pk for clock in held]
    relation, params = bulk.source({"clock_id": "bigint", "at": "timestamptz"}, [(pk, moments[pk]) for pk in ids])
    bulk.run([(
        f"""UPDATE sla_pause p SET to_at = greatest(v.at, p.from_at), ended_by_id = %s FROM {relation}
             WHERE p.clock_id = v.clock_id AND p.to_at IS NULL""",
        [by, *params],
    )])  # fmt: skip
    lines = policies.pinned(clock.policy_id for clock in held if clock.policy_id)
    hours = _versions(held)
    paused, told, planner = windows(ids), told_levels(ids), Planner()
    rows, facts = [], []
    for clock in held:
        line, calendar = lines[clock.policy_id], hours.get(clock.calendar_version_id)
        # Never earlier than it was, and nobody is late the moment a pause ends for what happened before.
        least = max(filter(None, (said_due(clock), moments[clock.pk])))
        marks = planner.again(line, calendar, clock.started_at, clock.seconds, paused[clock.pk], no_earlier=least)
        rows.append((clock.pk, marks.due_at, *marks.texts, *next_rung(marks, told.get(clock.pk, 0))))
        data = {"clock": clock.pk, "target": clock.target, "tier": clock.tier, "scope": clock.scope,
                "owner": clock.owner_id, "due": marks.due_text}  # fmt: skip
        facts.append(Fact("clock.resumed", *subject_of(clock), moments[clock.pk], by=by, via=via, data=data))
    relation, params = bulk.source(MOVED, rows)
    bulk.run([
        (f"""UPDATE sla_clock c SET phase = 'running', resume_at = NULL, due_at = v.due_at,
                    levels = v.levels::smallint[], marks = v.marks::timestamptz[],
                    next_at = v.next_at, next_level = v.next_level
               FROM {relation} WHERE c.id = v.id""", params),
        (parking.RELEASE, [ids]),
        record.statement(facts, now=now),
    ])  # fmt: skip
    _remember([clock.lead_id for clock in held])


def _end_standing(held: Clock, *, by: User, at: datetime, via: str) -> None:
    """A pause that was recorded after the breach ends; due stays what it was."""
    ended = held.pauses.filter(to_at=None, from_at__lte=at).update(to_at=at, ended_by=by)
    if ended:
        data = {"clock": held.pk, "target": held.target, "tier": held.tier, "scope": held.scope,
                "owner": held.owner_id, "due": held.due_at}  # fmt: skip
        record.append([Fact("clock.resumed", *subject_of(held), at, by=by.pk, via=via, data=data)], now=at)


def _subject(clock: Clock) -> Any:
    """The lead or the deal with its owner: whose right it is to pause."""
    subject = clock.lead if clock.lead_id is not None else clock.deal
    assert subject is not None
    return subject


def _hold(clock: Clock) -> Clock:
    """The clock as it now is, locked; its lead first, as everywhere."""
    if clock.lead_id is not None:
        bulk.query("SELECT 1 FROM leads_lead WHERE id = %s FOR NO KEY UPDATE", [clock.lead_id])
    return Clock.objects.select_for_update(of=("self",), no_key=True).get(pk=clock.pk)


def _require_reason(held: Clock, reason: str) -> None:
    line = policies.pinned([held.policy_id])[held.policy_id]
    name = NAMES.get(held.target, "This clock")
    if reason not in line.pause_reasons:
        allowed = " or ".join(PauseReason(code).label.lower() for code in line.pause_reasons)
        raise Refused(f"{name} can be paused only for: {allowed}. Nothing was changed.", code="reason", field="reason")


def _approved(held: Clock, subject: Any, *, by: User, at: datetime, until: datetime | None) -> bool:
    """Whether the length needed approval, which `by` may then give; raises Forbidden when they may not."""
    calendar = policies.hours(held.calendar_version)
    earlier = [(p.from_at, p.to_at) for p in held.pauses.exclude(to_at=None)]
    if until is not None and not _too_long(calendar, at, until, earlier):
        return False
    team = subject.owner.team_id if subject.owner_id else None
    if by.is_service or not (by.is_admin or (team is not None and by.manages_team(team))):
        what = "A pause without an end" if until is None else f"More than {LONGEST} business days of pause"
        raise Forbidden(f"{what} needs the team’s manager or an administrator. Nothing was changed.", code="too_long",
                        field="until")  # fmt: skip
    return True


def _too_long(calendar: Calendar, at: datetime, until: datetime, earlier: Sequence[tuple[datetime, datetime]]) -> bool:
    used = sum((calendar.elapsed(from_at, to_at) for from_at, to_at in earlier), start=calendar.elapsed(at, until))
    return used > calendar.elapsed(at, calendar.close_of_business_days(at, LONGEST))


def _versions(held: Sequence[Clock]) -> dict[int | None, Any]:
    ids = {clock.calendar_version_id for clock in held if clock.calendar_version_id}
    return dict(CalendarVersion.objects.in_bulk(ids))


def _remember(lead_ids: Sequence[int | None]) -> None:
    leads = sorted({lead for lead in lead_ids if lead is not None})
    if leads:
        due.remember(clocks.soonest(leads))


def find(pk: int) -> Clock | None:
    """A clock with all that the verbs ask about, in one query."""
    return Clock.objects.select_related(
        "lead__person", "lead__owner__team", "deal__owner__team", "policy", "calendar_version", "owner"
    ).filter(pk=pk).first()  # fmt: skip
