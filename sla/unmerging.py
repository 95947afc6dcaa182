"""Clocks of two leads that are two again: each keeps its own promise, as if they had never been one.

The rows are back already (leads.duplicates.unmerging); a clock that went on in between was stopped, warned or found
late by the promise of both, and is set right here by its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from journal import record
from journal.record import Fact
from leads import due
from revops.lib import bulk
from sla import clocks, pausing, policies
from sla.models import Clock, Effect
from sla.planner import Marks, Planner
from sla.targets import response
from teams.models.calendar import CalendarVersion

DUE = 100
KEPT = ("met", "met_late")
MADE = """SELECT c.row::bigint FROM journal_change c
           WHERE c.work_id = %s AND c."table" = 'sla_clock' AND c.op = 'I'"""


def make_way(work_id: int, stands: bool) -> None:
    """Before the rows go back. `stands`: the lead stays what it became, so the clocks that the merge began for it stay
    with all that hangs on them; otherwise what came to hang on these since goes with them."""
    if stands:
        bulk.run([
            (f"""DELETE FROM journal_change n USING sla_effect e
                  WHERE n.work_id = %s AND n."table" = 'sla_effect' AND n.op = 'I' AND e.id = n.row::bigint
                    AND e.clock_id IN ({MADE})""", [work_id, work_id]),
            (f"""DELETE FROM journal_change n USING sla_pause p
                  WHERE n.work_id = %s AND n."table" = 'sla_pause' AND n.op = 'I' AND p.id = n.row::bigint
                    AND p.clock_id IN ({MADE})""", [work_id, work_id]),
            ("""DELETE FROM journal_change WHERE work_id = %s AND "table" = 'sla_clock' AND op = 'I'""", [work_id]),
        ])  # fmt: skip
        return
    bulk.run([
        (f"DELETE FROM {table} WHERE clock_id IN ({MADE})", [work_id])
        for table in ("sla_effect", "sla_pause", "sla_hop", "sla_parked")
    ] + [(f"UPDATE sla_nextstep SET clock_id = NULL WHERE clock_id IN ({MADE})", [work_id])])  # fmt: skip


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """Hears `lead.unmerged`, whose leads are held by whoever takes the merge back."""
    for fact in facts:
        if fact.kind == "lead.unmerged" and "loser" in fact.data:
            _part(fact.subject_id, fact.data, fact, now=now)


def _part(kept: int, data: dict[str, Any], fact: Fact, *, now: datetime) -> None:
    both = [kept, data["loser"]]
    held = list(
        Clock.objects.filter(lead__in=both, pk__in=data["clocks"]).order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )  # fmt: skip
    lines = policies.pinned(clock.policy_id for clock in held if clock.policy_id)
    calendars = CalendarVersion.objects.in_bulk({c.calendar_version_id for c in held if c.calendar_version_id})
    merged, planner, news = datetime.fromisoformat(data["merged"]), Planner(), list[Fact]()
    for clock in held:
        if clock.policy_id in lines and not clock.history:
            marks = _own(clock, planner, lines[clock.policy_id or 0], calendars.get(clock.calendar_version_id or 0))
            news += _settle(clock, marks, merged, fact, now=now)
    record.append(news, now=now)
    answers = clocks.answered(both)
    clocks.stop([stop for lead, at in answers.items() for stop in response.answer(lead, at)], now=now, via=fact.via)
    due.remember(clocks.soonest(both))


def _own(clock: Clock, planner: Planner, line: Any, calendar: CalendarVersion | None) -> Marks:
    """Its own rungs: as they are back, or counted anew when a pause in between had moved them."""
    windows = [(a, b) for a, b in pausing.windows([clock.pk])[clock.pk] if b is not None]
    stored = dict(zip(clock.levels, clock.marks, strict=True))
    if not windows and DUE in stored:
        return Marks(stored[DUE], clock.seconds, list(clock.levels), list(clock.marks))
    return planner.again(line, calendar, clock.started_at, clock.seconds, windows)


def _settle(clock: Clock, marks: Marks, merged: datetime, fact: Fact, *, now: datetime) -> list[Fact]:
    """What happened to it since the merge, judged by its own promise."""
    was = clock.outcome
    until = clock.stopped_at if clock.phase == "stopped" and clock.stopped_at else now
    told = _told(clock, marks, merged, until)
    clock.levels, clock.marks = marks.levels, marks.at
    clock.next_at = clock.next_level = None
    if clock.phase != "paused":
        clock.due_at = marks.due_at
    late = marks.due_at < until
    if clock.phase == "stopped":
        if clock.outcome in KEPT:
            clock.outcome = "met_late" if late else "met"
        elif clock.outcome in ("cancelled", "breached_cancelled"):
            clock.outcome = "breached_cancelled" if late else "cancelled"
        late = late and clock.outcome in ("met_late", "breached_cancelled")
    elif clock.phase == "running":
        clock.next_at, clock.next_level = pausing.next_rung(marks, told)
        late = late and told >= DUE  # one that nobody has noticed yet is left to the pulse
    else:
        late = False
    clock.breached_at = marks.due_at if late else None
    clock.detected_at = (clock.detected_at or now) if late else None
    clock.save()
    if clock.phase != "stopped" or clock.outcome == was:
        return []
    kind = f"clock.{clock.outcome}" if clock.outcome in KEPT else "clock.cancelled"
    data = {"clock": clock.pk, "target": clock.target, "tier": clock.tier, "scope": clock.scope,
            "owner": clock.owner_id, "outcome": clock.outcome, "reason": "unmerged"}  # fmt: skip
    return [Fact(kind, "lead", clock.lead_id or 0, until, by=fact.by, via=fact.via, data=data)]


def _told(clock: Clock, marks: Marks, merged: datetime, until: datetime) -> int:
    """The highest rung that was told of it and is its own; one told since that it has not reached was the other's, and
    is told again in its time."""
    reached = dict(zip(marks.levels, marks.at, strict=True))
    told = 0
    for effect in Effect.objects.filter(clock=clock):
        own = reached.get(effect.level)
        if effect.detected_at > merged and own is not None and effect.effective_at != own:
            if own >= until:
                effect.delete()
                continue
            effect.effective_at = own
            effect.save()
        told = max(told, effect.level)
    return told
