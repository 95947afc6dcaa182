"""Clocks that run take what changed under them: the promise, the opening hours, the table of time zones.

In lots, each all or nothing; a clock's row is held while its deadline moves, so that a drain sees the old one or the
new one and never half of each. What is late or ended never changes; no deadline is ever set before the moment of the
change, so that nobody is late by somebody else's edit; pauses taken stay taken (DOMAIN 1.6).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from journal import record
from journal.record import Fact
from leads import due
from revops.lib import bulk
from sla import clocks, pausing, policies
from sla.models import Clock, Policy, PolicySet, Target, Unit
from sla.planner import Marks, Planner
from sla.targets import stage_age
from teams.models.calendar import CalendarVersion

LOT = 1_000
AGREED = {Target.NEXT_STEP.value}  # due when somebody said; nothing computes it


@dataclass(slots=True)
class _New:
    """What a clock is to be: its line, hours and rungs. `tightened`: due was moved to now, it had been before."""

    line: Policy
    calendar: CalendarVersion | None
    marks: Marks
    tightened: bool = False


@dataclass(slots=True)
class _Lot:
    """Clocks held, with what each decision needs; `pauses` are those that ended, `since` when the present one began."""

    clocks: list[Clock]
    lines: dict[int, Policy]
    calendars: dict[int, CalendarVersion]
    pauses: dict[int, list[tuple[datetime, datetime]]]
    since: dict[int, datetime]
    planner: Planner = field(default_factory=Planner)

    def line(self, clock: Clock) -> Policy | None:
        return self.lines.get(clock.policy_id) if clock.policy_id else None

    def calendar(self, clock: Clock) -> CalendarVersion | None:
        return self.calendars[clock.calendar_version_id] if clock.calendar_version_id else None


Plan = Callable[[_Lot], dict[int, _New]]


def carry(policy_set: PolicySet, *, by: Any, at: datetime, via: str = "page") -> int:
    """Open clocks of former sets take this one's lines, with the time used and the pauses they had; how many changed.

    B27: begun at 10:00 with 3 h, at 11:00 changed to 2 h, due 12:00. A deadline that would have passed is now. The same
    line in its new words goes on; where its condition changed, or a line is new, the conditions decide as things are.
    """
    policies.forget()
    fresh = {line.line: line for line in policy_set.lines.prefetch_related("steps")}

    def plan(lot: _Lot) -> dict[int, _New]:
        return _carried(lot, fresh, at=at)

    return _all(_open(at).exclude(policy__policy_set=policy_set), plan, because="carry", by=_id(by), at=at, via=via)


def recalendar(version: CalendarVersion, *, by: Any, at: datetime, via: str = "page") -> int:
    """Open clocks on older versions of this calendar are counted by this one; due moves either way, never before `at`.
    Answers how many changed."""
    older = _open(at).filter(
        calendar_version__calendar=version.calendar_id, calendar_version__number__lt=version.number
    )

    def plan(lot: _Lot) -> dict[int, _New]:
        return {
            clock.pk: _New(line, version, _on(lot, clock, line, version, at=at))
            for clock in lot.clocks
            if (line := lot.line(clock))
        }

    return _all(older, plan, because="calendar", by=_id(by), at=at, via=via)


def rezone(*, at: datetime, by: Any = None, via: str = "task") -> int:
    """After the table of time zones changed: every open clock is counted anew by the hours it pinned (RELIABILITY F35).
    Answers how many moved. To be run by a process that was started since."""

    def plan(lot: _Lot) -> dict[int, _New]:
        return {
            clock.pk: _New(line, calendar, _on(lot, clock, line, calendar, at=at, trusted=False))
            for clock in lot.clocks
            if (line := lot.line(clock)) and (calendar := lot.calendar(clock))
        }

    return _all(_open(at).exclude(calendar_version=None), plan, because="zone", by=_id(by), at=at, via=via)


# --- what a clock is to be ---------------------------------------------------


def _carried(lot: _Lot, fresh: dict[Any, Policy], *, at: datetime) -> dict[int, _New]:
    leads = sorted({clock.lead_id for clock in lot.clocks if clock.lead_id})
    deals = sorted({clock.deal_id for clock in lot.clocks if clock.deal_id})
    terms: dict[tuple[str, int], policies.Terms] = {}
    terms |= {("lead", pk): found for pk, found in policies.terms(leads, as_of=at).items()} if leads else {}
    terms |= {("deal", pk): found for pk, found in policies.deal_terms(deals, as_of=at).items()} if deals else {}
    sets = {line.policy_set_id for line in lot.lines.values()}
    known = dict.fromkeys(Policy.objects.filter(policy_set__in=sets).values_list("policy_set_id", "line"))
    stages = dict(bulk.query("SELECT id, stage FROM leads_lead WHERE id = ANY (%s)", [leads])) if leads else {}
    stand = stage_age.standing(deals)
    found = {}
    for clock in lot.clocks:
        old, promised = lot.line(clock), terms.get(pausing.subject_of(clock))
        if old is None or promised is None:
            continue
        line = _line_of(old, fresh, promised.lines.get(clock.target), known)
        if line is None:
            continue
        same_hours = (old.hours, old.calendar_id) == (line.hours, line.calendar_id)
        calendar = lot.calendar(clock) if same_hours else promised.calendar(line)
        stage = stand.get(clock.deal_id, ("", None)) if clock.deal_id else (stages.get(clock.lead_id, ""), None)
        found[clock.pk] = _under(lot, clock, line, calendar, stage, at=at)
    return found


def _line_of(old: Policy, fresh: dict[Any, Policy], matched: Policy | None, known: dict) -> Policy | None:
    """The new line of a clock: its own in its new words, unless conditions changed or a line is new."""
    same = fresh.get(old.line)
    unchanged = same is not None and same.target == old.target and same.condition == old.condition
    if unchanged and (matched is None or (old.policy_set_id, matched.line) in known):
        return same
    return matched or (same if same is not None and same.target == old.target else None)


def _under(
    lot: _Lot, clock: Clock, line: Policy, calendar: CalendarVersion | None, stage: tuple[str, int | None], *,
    at: datetime,
) -> _New:
    """The clock under another line: same start, same pauses, the new time. `stage`: and the days it allows."""
    pauses, said = lot.pauses[clock.pk], pausing.said_due(clock)
    if clock.target in AGREED and said is not None:
        return _New(line, calendar, lot.planner.marks(line, calendar, clock.started_at, due_at=said))
    marks = lot.planner.marks(line, calendar, clock.started_at, pauses)
    name, limit = stage
    usual = stage_age.usual(line, name, now=at, limit=limit) if clock.target == Target.STAGE_AGE.value else None
    if usual is not None and clock.started_at + usual > marks.due_at:
        marks = lot.planner.marks(line, calendar, clock.started_at, due_at=clock.started_at + usual)
        if pauses:
            marks = lot.planner.again(line, calendar, clock.started_at, marks.seconds, pauses, no_earlier=marks.due_at)
    # A paused clock has used its time up to the pause; it may be late only from when it goes on.
    passed = marks.due_at <= lot.since.get(clock.pk, at)
    if passed and clock.phase == "running":
        marks = lot.planner.again(line, calendar, clock.started_at, marks.seconds, pauses, no_earlier=at)
    return _New(line, calendar, marks, tightened=passed)


def _on(
    lot: _Lot, clock: Clock, line: Policy, calendar: CalendarVersion | None, *, at: datetime, trusted: bool = True
) -> Marks:
    """The clock on other hours: as many open seconds as before, or the day its unit names on them.

    `trusted` False: the old hours can't be counted any more as they were when due was set.
    """
    start, pauses, said, planner = clock.started_at, lot.pauses[clock.pk], pausing.said_due(clock), lot.planner
    if clock.target in AGREED and said is not None:
        return planner.marks(line, calendar, start, due_at=said)
    if line.unit == Unit.SECONDS:
        marks = planner.again(line, calendar, start, clock.seconds, pauses)
    else:
        marks = planner.marks(line, calendar, start, pauses)
        before = planner.marks(line, lot.calendar(clock), start, pauses) if trusted else None
        if said is not None and before is not None and before.due_at > said:
            marks = planner.marks(line, calendar, start, pauses, no_later=said)
        elif said is not None and (
            before.due_at < said if before is not None else clock.target == Target.STAGE_AGE.value
        ):
            marks = planner.marks(line, calendar, start, due_at=max(said, marks.due_at))
    if marks.due_at < at and clock.phase == "running":
        marks = planner.again(line, calendar, start, marks.seconds, pauses, no_earlier=at)
    return marks


# --- lots --------------------------------------------------------------------

CHANGED = {
    "id": "bigint", "policy_id": "bigint", "tier": "text", "calendar_version_id": "bigint", "seconds": "int",
    "due_at": "timestamptz", "tightened": "bool", "levels": "text", "marks": "text", "next_at": "timestamptz",
    "next_level": "int",
}  # fmt: skip


def _open(at: datetime):
    """Not ended, not late (noticed or not), not of the past; a paused clock has no due to be late by."""
    in_time = Q(phase="running", due_at__gte=at) | Q(phase="paused")
    return Clock.objects.filter(in_time, breached_at=None, history=False, request=None, content_request=None)


def _all(which: Any, plan: Plan, *, because: str, by: int | None, at: datetime, via: str) -> int:
    return sum(_change(lot, plan, because=because, by=by, at=at, via=via) for lot in _lots(which))


def _lots(which: Any) -> Iterator[list[tuple[int, int | None]]]:
    """(clock, lead) in the order of ids, a lot at a time."""
    last = 0
    while lot := list(which.filter(pk__gt=last).order_by("pk").values_list("pk", "lead_id")[:LOT]):
        yield lot
        last = lot[-1][0]


def _change(
    ids: Sequence[tuple[int, int | None]], plan: Plan, *, because: str, by: int | None, at: datetime, via: str
) -> int:
    with transaction.atomic():
        # Leads before clocks, each in the order of ids, as everywhere.
        leads = sorted({lead for _, lead in ids if lead is not None})
        bulk.query("SELECT id FROM leads_lead WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [leads])
        held = list(
            _open(at).filter(pk__in=[pk for pk, _ in ids]).order_by("pk").select_for_update(of=("self",), no_key=True)
        )
        windows = pausing.windows([clock.pk for clock in held])
        ended = {pk: [(a, b) for a, b in found if b is not None] for pk, found in windows.items()}
        since = {pk: a for pk, found in windows.items() for a, b in found if b is None}
        lot = _Lot(held, *_pinned(held), ended, since)
        new, told = plan(lot), pausing.told_levels([clock.pk for clock in held])
        rows, facts, moved = [], [], []
        for clock in held:
            to = new.get(clock.pk)
            if to is None or _same(clock, to):
                continue
            paused = clock.phase == "paused"
            rung = (None, None) if paused else pausing.next_rung(to.marks, told.get(clock.pk, 0))
            rows.append((
                clock.pk, to.line.pk, to.line.tier, to.calendar.pk if to.calendar else None, to.marks.seconds,
                None if paused else to.marks.due_at, clock.tightened or to.tightened, *to.marks.texts, *rung,
            ))  # fmt: skip
            said = pausing.said_due(clock)
            data = {"clock": clock.pk, "target": clock.target, "tier": to.line.tier, "scope": clock.scope,
                    "owner": clock.owner_id, "from": said.isoformat() if said else None, "to": to.marks.due_text,
                    "because": because, "tightened": to.tightened, "line": to.line.pk}  # fmt: skip
            facts.append(Fact("clock.retargeted", *pausing.subject_of(clock), at, by=by, via=via, data=data))
            moved.append(clock.lead_id)
        if rows:
            relation, params = bulk.source(CHANGED, rows)
            sets = ", ".join(f"{name} = v.{name}" for name in CHANGED if name not in ("id", "levels", "marks"))
            bulk.run([
                (f"""UPDATE sla_clock c SET {sets}, levels = v.levels::smallint[], marks = v.marks::timestamptz[]
                       FROM {relation} WHERE c.id = v.id""", params),
                record.statement(facts, now=at),
            ])  # fmt: skip
            due.remember(clocks.soonest(sorted({lead for lead in moved if lead is not None})))
    return len(rows)


def _same(clock: Clock, to: _New) -> bool:
    return (
        clock.policy_id == to.line.pk
        and clock.calendar_version_id == (to.calendar.pk if to.calendar else None)
        and pausing.said_due(clock) == to.marks.due_at
        and clock.marks == to.marks.at
        and clock.levels == to.marks.levels
    )


def _pinned(held: Sequence[Clock]) -> tuple[dict[int, Policy], dict[int, CalendarVersion]]:
    versions = {clock.calendar_version_id for clock in held if clock.calendar_version_id}
    return (
        policies.pinned(clock.policy_id for clock in held if clock.policy_id),
        CalendarVersion.objects.in_bulk(versions) if versions else {},
    )


def _id(by: Any) -> int | None:
    return by if by is None or isinstance(by, int) else by.pk
