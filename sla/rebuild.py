"""Prove that what is stored of each clock follows from the journal, its pauses, its line and hours; repair the rest.

In lots: the clocks of a lot are held while their story is read, so that nothing moves meanwhile, and memory stays small
however many there are. A healthy database has nothing to say. A repair is a fact of its own, `clock.repaired`, with
what was there before.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from journal import record
from journal.record import Fact
from leads import due
from revops.lib import bulk
from sla import clocks, pausing, policies
from sla.models import Clock, Pause, Policy, Target
from sla.planner import Marks, Planner
from teams.models.calendar import CalendarVersion

log = logging.getLogger("revops.sla")
LOT = 500
DUE = 100
FIELDS = ("phase", "outcome", "stopped_at", "due_at", "breached_at", "next_at", "next_level", "resume_at")
ENDS = {"clock.met": "met", "clock.met_late": "met_late", "clock.not_required": "not_required"}
MISSED = ("met_late", "breached_cancelled")
AGREED = (Target.NEXT_STEP.value, Target.STAGE_AGE.value)  # their due may be agreed or usual instead of computed


@dataclass(frozen=True, slots=True)
class Difference:
    """`clock_id` null: of the lead's own `next_due_at`."""

    clock_id: int | None
    lead_id: int | None
    field: str
    stored: Any
    expected: Any

    def __str__(self) -> str:
        where = f"clock {self.clock_id}" if self.clock_id else f"lead {self.lead_id}"
        return f"{where}: {self.field} is {_said(self.stored)}, the journal says {_said(self.expected)}"


@dataclass(slots=True)
class Checked:
    clocks: int = 0
    differences: int = 0
    repaired: int = 0


def check(*, at: datetime, repair: bool = False, tell: Any = None) -> Checked:
    """Go over every clock and then every lead's soonest due; `tell(Difference)` hears each one as it is found."""
    done = Checked()
    for ids in _lots():
        with transaction.atomic():
            held, lot = _hold(ids)
            found = [difference for clock in held for difference in _compare(clock, lot)]
            if repair and found:
                _repair(held, found, lot, at=at)
        done.clocks += len(held)
        _count(done, found, repair, tell)
    for leads in _lead_lots():
        found = _leads(leads, at=at, repair=repair)
        _count(done, found, repair, tell)
    return done


def _count(done: Checked, found: Sequence[Difference], repair: bool, tell: Any) -> None:
    done.differences += len(found)
    done.repaired += len(found) if repair else 0
    for difference in found:
        if repair:
            log.warning("Repaired: %s", difference)
        if tell is not None:
            tell(difference)


# --- what is there -----------------------------------------------------------


@dataclass(slots=True)
class _Lot:
    facts: dict[int, list[tuple[str, datetime, dict[str, Any]]]] = field(default_factory=dict)
    begun: dict[tuple[str, int, str, str], set[datetime]] = field(default_factory=dict)
    pauses: dict[int, list[Pause]] = field(default_factory=dict)
    told: dict[int, int] = field(default_factory=dict)
    breached: set[int] = field(default_factory=set)
    lines: dict[int, Policy] = field(default_factory=dict)
    hours: dict[int, CalendarVersion] = field(default_factory=dict)
    planner: Planner = field(default_factory=Planner)


def _lots() -> Iterator[list[tuple[int, int | None]]]:
    last = 0
    text = """SELECT id, lead_id FROM sla_clock
               WHERE id > %s AND coalesce(lead_id, deal_id) IS NOT NULL AND target <> 'discount'
               ORDER BY id LIMIT %s"""
    while lot := bulk.query(text, [last, LOT]):
        yield lot
        last = lot[-1][0]


def _hold(ids: Sequence[tuple[int, int | None]]) -> tuple[list[Clock], _Lot]:
    """Leads before clocks, as everywhere; then all that was ever said of these clocks. Seven statements a lot."""
    leads = sorted({lead for _, lead in ids if lead is not None})
    bulk.query("SELECT id FROM leads_lead WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [leads])
    pks = [pk for pk, _ in ids]
    held = list(Clock.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",), no_key=True))
    lot = _Lot(lines=policies.pinned(clock.policy_id for clock in held if clock.policy_id))
    versions = {clock.calendar_version_id for clock in held if clock.calendar_version_id}
    lot.hours = CalendarVersion.objects.in_bulk(versions) if versions else {}
    for pause in Pause.objects.filter(clock__in=pks):
        lot.pauses.setdefault(pause.clock_id, []).append(pause)
    for pk, level, breached in bulk.query(
        "SELECT clock_id, max(level), bool_or(level = 100) FROM sla_effect WHERE clock_id = ANY (%s) GROUP BY clock_id",
        [pks],
    ):
        lot.told[pk] = level
        if breached:
            lot.breached.add(pk)
    wanted = set(pks)
    deals = sorted({clock.deal_id for clock in held if clock.deal_id is not None})
    struck: set[int] = set()
    rows = bulk.query(
        """SELECT id, kind, subject_kind, subject_id, at, data::text FROM journal_entry
            WHERE (subject_kind, subject_id) IN (SELECT 'lead', unnest(%s::bigint[])
                                                 UNION ALL SELECT 'deal', unnest(%s::bigint[]))
              AND (kind LIKE 'clock.%%' OR kind = 'lead.unmerged')
              AND kind NOT IN ('clock.warned', 'clock.escalated', 'clock.unheard')
            ORDER BY id""",
        [leads + _former(pks), deals],
    )
    for _, kind, _, _, _, data in rows:
        if kind == "lead.unmerged":
            struck |= set(bulk.loads(data).get("entries", []))  # what a merge told that was taken back
    for entry, kind, subject_kind, subject, moment, data in rows:
        if entry in struck:
            continue
        said = bulk.loads(data)
        if kind == "clock.started":
            for one in said.get("clocks", []):
                if one.get("due"):
                    place = (subject_kind, subject, one["target"], one["scope"])
                    lot.begun.setdefault(place, set()).add(datetime.fromisoformat(one["due"]))
        for pk in {said.get("clock"), said.get("from") if kind == "clock.merged" else None} & wanted:
            lot.facts.setdefault(pk, []).append((kind, moment, said))
    return held, lot


def _former(clock_ids: Sequence[int]) -> list[int]:
    """Leads into which one of these clocks' leads was merged: what became of it is told there."""
    return [row[0] for row in bulk.query(
        """SELECT DISTINCT l.merged_into_id FROM sla_clock c JOIN leads_lead l ON l.id = c.lead_id
            WHERE c.id = ANY (%s) AND l.merged_into_id IS NOT NULL""", [list(clock_ids)])]  # fmt: skip


# --- what must be ------------------------------------------------------------


@dataclass(slots=True)
class _Story:
    """What the facts of one clock add up to. `due`: as last said, None = as computed."""

    phase: str = "running"
    outcome: str = ""
    stopped_at: datetime | None = None
    due: datetime | None = None
    ended_in_pause: bool = False
    kept: bool = False  # met although it had been late: shown by evidence, or merged


def _told(clock: Clock, lot: _Lot) -> _Story:
    story = _Story()
    for kind, moment, said in lot.facts.get(clock.pk, []):
        if kind in ENDS or kind == "clock.cancelled":
            story.ended_in_pause = story.phase == "paused"
            # What it was due before the pause is not when it would have been due now.
            story.due = None if story.ended_in_pause else story.due
            story.phase, story.outcome, story.stopped_at = "stopped", ENDS.get(kind) or said["outcome"], moment
        elif kind == "clock.reinstated":
            story.phase = "paused" if story.ended_in_pause else "running"
            story.outcome, story.stopped_at, story.ended_in_pause = "", None, False
        elif kind == "clock.paused" and not said.get("stands"):
            story.phase = "paused"
        elif kind == "clock.resumed":
            story.phase = "stopped" if story.phase == "stopped" else "running"
            story.due = _moment(said.get("due")) or story.due
        elif kind == "clock.retargeted":
            story.due = _moment(said.get("to"))
        elif kind == "clock.merged":
            _merged(story, clock, moment, said)
    return story


def _merged(story: _Story, clock: Clock, moment: datetime, said: dict[str, Any]) -> None:
    if said.get("from") == clock.pk:
        # It may have ended before: then it keeps its moment.
        before = said["before"]["loser"].get("stopped_at")
        story.phase, story.outcome = "stopped", "cancelled"
        story.stopped_at = _moment(before) or max(moment, clock.started_at)
        story.due = _moment(said["before"]["loser"].get("due_at"))
        story.ended_in_pause = story.due is None
        return
    story.due, story.outcome, story.stopped_at = _moment(said["due"]), said["outcome"], _moment(said["stopped"])
    story.phase = "stopped" if story.outcome else "paused" if said.get("paused") else "running"
    story.ended_in_pause = False


def _expected(clock: Clock, lot: _Lot) -> dict[str, Any]:
    story = _told(clock, lot)
    if clock.phase == "stopped" and clock.stopped_at and (clock.history or _never_ran(clock, lot)):
        # Kept when it began: it never ran, so no fact tells its end.
        story = _Story("stopped", "", clock.stopped_at)
    deadline = _deadline(clock, lot, story)
    if story.phase == "stopped" and not story.outcome:
        story.outcome = "met" if story.stopped_at is not None and story.stopped_at <= deadline else "met_late"
    paused, running = story.phase == "paused", story.phase == "running"
    shown: datetime | None = None if paused or (story.ended_in_pause and story.outcome != "met") else deadline
    late = story.outcome in MISSED or (running and clock.pk in lot.breached)
    held = _open(clock, lot) if paused else None
    next_at, next_level = None, None
    if running and not clock.history:
        next_at, next_level = pausing.next_rung(_marks(clock, lot, deadline), lot.told.get(clock.pk, 0))
    return {
        "phase": story.phase, "outcome": story.outcome, "stopped_at": story.stopped_at, "due_at": shown,
        "breached_at": deadline if late else None, "next_at": next_at, "next_level": next_level,
        "resume_at": held.until if held else None,
    }  # fmt: skip


def _never_ran(clock: Clock, lot: _Lot) -> bool:
    return clock.target == Target.ASSIGNMENT.value and clock.pk not in lot.facts


def _deadline(clock: Clock, lot: _Lot, story: _Story) -> datetime:
    """As last said; else by line, hours and pauses; what was agreed is what it began with."""
    if story.due is not None:
        return story.due
    line, calendar = lot.lines[clock.policy_id or 0], lot.hours.get(clock.calendar_version_id or 0)
    windows = _windows(clock, lot)
    plain = lot.planner.marks(line, calendar, clock.started_at)
    begun = lot.begun.get((*pausing.subject_of(clock), clock.target, clock.scope), set())
    base = plain.due_at
    if clock.seconds != plain.seconds or (clock.target in AGREED and plain.due_at not in begun):
        # Cut by the promise it took the place of, agreed with somebody, or usual here: it began with that.
        counted = lot.planner.again(line, calendar, clock.started_at, clock.seconds).due_at
        said = pausing.said_due(clock)
        base = counted if counted in begun else said if said in begun and said is not None else counted
    if not windows:
        return base
    again = lot.planner.again(line, calendar, clock.started_at, clock.seconds, windows)
    return again.due_at if story.ended_in_pause else max(base, again.due_at)


def _marks(clock: Clock, lot: _Lot, deadline: datetime) -> Marks:
    """The rungs as stored while they belong to that deadline, else climbed anew."""
    stored = Marks(deadline, clock.seconds, list(clock.levels), list(clock.marks))
    if dict(zip(clock.levels, clock.marks, strict=False)).get(DUE) == deadline:
        return stored
    line, calendar = lot.lines[clock.policy_id or 0], lot.hours.get(clock.calendar_version_id or 0)
    return lot.planner.again(line, calendar, clock.started_at, clock.seconds, _windows(clock, lot), no_earlier=deadline)


def _windows(clock: Clock, lot: _Lot) -> list[tuple[datetime, datetime]]:
    return [(p.from_at, p.to_at) for p in lot.pauses.get(clock.pk, []) if not p.stands and p.to_at is not None]


def _open(clock: Clock, lot: _Lot) -> Pause | None:
    return next((p for p in lot.pauses.get(clock.pk, []) if p.to_at is None and not p.stands), None)


def _compare(clock: Clock, lot: _Lot) -> list[Difference]:
    if clock.policy_id not in lot.lines:
        return []
    expected = _expected(clock, lot)
    return [
        Difference(clock.pk, clock.lead_id, name, getattr(clock, name), expected[name])
        for name in FIELDS
        if getattr(clock, name) != expected[name]
    ]


# --- repair ------------------------------------------------------------------


def _repair(held: Sequence[Clock], found: Sequence[Difference], lot: _Lot, *, at: datetime) -> None:
    wrong: dict[int, dict[str, Any]] = {}
    for difference in found:
        wrong.setdefault(difference.clock_id or 0, {})[difference.field] = difference.expected
    facts, leads = [], set()
    for clock in held:
        changes = wrong.get(clock.pk)
        if not changes:
            continue
        was = {name: _said(getattr(clock, name)) for name in changes}
        for name, value in changes.items():
            setattr(clock, name, value)
        if clock.phase == "running" and clock.due_at is not None:
            marks = _marks(clock, lot, clock.due_at)
            clock.levels, clock.marks = marks.levels, marks.at
        clock.save()
        leads |= {clock.lead_id} - {None}
        data = {"clock": clock.pk, "target": clock.target, "scope": clock.scope, "was": was,
                "is": {name: _said(value) for name, value in changes.items()}}  # fmt: skip
        facts.append(Fact("clock.repaired", *pausing.subject_of(clock), at, data=data))
    record.append(facts, now=at)
    due.remember(clocks.soonest(sorted(leads)))


# --- leads: the soonest due they remember ------------------------------------


def _lead_lots() -> Iterator[list[int]]:
    last = 0
    while lot := bulk.query("SELECT id FROM leads_lead WHERE id > %s ORDER BY id LIMIT %s", [last, LOT * 10]):
        yield [row[0] for row in lot]
        last = lot[-1][0]


def _leads(leads: Sequence[int], *, at: datetime, repair: bool) -> list[Difference]:
    """What lists are ordered by: the soonest open deadline."""
    rows = bulk.query(
        """SELECT l.id, l.next_due_at, o.due FROM leads_lead l
             LEFT JOIN (SELECT lead_id, min(due_at) AS due FROM sla_clock
                         WHERE lead_id = ANY (%s) AND phase <> 'stopped' AND NOT history GROUP BY lead_id) o
               ON o.lead_id = l.id
            WHERE l.id = ANY (%s) AND l.next_due_at IS DISTINCT FROM o.due ORDER BY l.id""",
        [leads, leads],
    )
    if repair and rows:
        with transaction.atomic():
            wrong = [row[0] for row in rows]
            bulk.query("SELECT id FROM leads_lead WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [wrong])
            due.remember(clocks.soonest(wrong))
    return [Difference(None, lead, "next_due_at", stored, expected) for lead, stored, expected in rows]


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _said(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else "nothing" if value in (None, "") else str(value)
