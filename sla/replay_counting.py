"""What a set of lines would have made of promises whose story is known: one pass, each promise on both sides."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from revops.lib.statistics import median
from sla.draft_checks import YEAR
from sla.draft_differences import rungs_of
from sla.models import Policy, Unit
from sla.planner import Marks, Planner
from sla.policies import hours
from sla.replay_history import CalendarBook, Conditions, Past
from teams.models.calendar import CalendarVersion

MET, LATE, OPEN, GONE, NONE = "met", "late", "open", "gone", "none"


@dataclass(slots=True)
class Verdict:
    """What came of one promise under one line. `waited`: open seconds until the answer, None without one."""

    line: Policy | None
    state: str = NONE
    due_at: datetime | None = None
    waited: float | None = None
    moved: int = 0
    notices: int = 0


@dataclass(slots=True)
class Tally:
    """One side of the table."""

    met: int = 0
    late: int = 0
    gone: int = 0
    moved: int = 0
    notices: int = 0
    waits: list[float] = field(default_factory=list)
    by_hour: list[int] = field(default_factory=lambda: [0] * 24)

    def add(self, verdict: Verdict, zone: ZoneInfo) -> None:
        self.notices += verdict.notices
        self.moved += verdict.moved
        if verdict.state == GONE:
            self.gone += 1
            return
        if verdict.waited is not None:
            self.waits.append(verdict.waited)
        if verdict.state == MET:
            self.met += 1
        elif verdict.due_at is not None:
            self.late += 1
            self.by_hour[verdict.due_at.astimezone(zone).hour] += 1

    @property
    def median_wait(self) -> float | None:
        """Of those answered."""
        return median(self.waits)


@dataclass(slots=True)
class Share:
    """How a person, or everybody, kept the promises of one line. Those judged on both sides."""

    clocks: int = 0
    met_before: int = 0
    met_after: int = 0

    def add(self, before: Verdict, after: Verdict) -> None:
        self.clocks += 1
        self.met_before += before.state == MET
        self.met_after += after.state == MET


@dataclass
class Count:
    """Everything that is counted, to be fed lot by lot. `young_from`: promises begun then or later are left out."""

    conditions: Conditions
    before_lines: Sequence[tuple[int, Policy]]
    after_lines: Sequence[tuple[int, Policy]]
    changed: frozenset[UUID]
    tiers: frozenset[str] | None
    book: CalendarBook
    zone: ZoneInfo
    now: datetime
    young_from: datetime
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    young: int = 0
    unfinished: int = 0
    hits_before: Counter = field(default_factory=Counter)
    hits: Counter = field(default_factory=Counter)
    slices: dict[tuple[UUID, int | None], Share] = field(default_factory=dict)
    turned: Counter = field(default_factory=Counter)
    planner: Planner = field(default_factory=Planner)

    def feed(self, pasts: Iterable[Past]) -> None:
        for past in pasts:
            self._one(past)

    def _one(self, past: Past) -> None:
        old, new = picked(self.before_lines, past), picked(self.after_lines, past)
        for line, counter in ((old, self.hits_before), (new, self.hits)):
            if line is not None:
                counter[line.line] += 1
        counts_old, counts_new = self._counts(old), self._counts(new)
        if not counts_old and not counts_new:
            return
        if past.started_at >= self.young_from:
            self.young += 1
            return
        before, after = self._verdict(old, past), self._verdict(new, past)
        if OPEN in (before.state, after.state):
            self.unfinished += 1
            return
        if counts_old:
            self.before.add(before, self.zone)
        if counts_new:
            self.after.add(after, self.zone)
        self._slice(past, before, after)

    def _counts(self, line: Policy | None) -> bool:
        return line is not None and (self.tiers is None or line.tier in self.tiers)

    def _slice(self, past: Past, before: Verdict, after: Verdict) -> None:
        line = next((v.line for v in (after, before) if v.line and v.line.line in self.changed), None)
        judged = {MET, LATE}
        if line is None or before.state not in judged or after.state not in judged:
            return
        for who in (past.owner_id, 0):  # 0 = everybody
            self.slices.setdefault((line.line, who), Share()).add(before, after)
        if before.state != after.state and before.line is not None and after.line is not None:
            way = "green" if after.state == MET else "red"
            self.turned[way, before.line.unit, before.line.amount, after.line.unit, after.line.amount] += 1

    def _verdict(self, line: Policy | None, past: Past) -> Verdict:
        if line is None:
            return Verdict(None)
        if line.unit in YEAR and line.amount > YEAR[Unit(line.unit)]:
            return Verdict(line, OPEN)  # never published, and counting a million days takes its time
        calendar = self.book.of(line, past)
        try:
            marks = self.planner.marks(line, calendar, past.started_at, past.pauses)
        except ValueError:  # never open, or not one business day
            return Verdict(line, OPEN)
        verdict = Verdict(line, _state(past, marks.due_at, self.now), marks.due_at)
        ends = min((at for at in (past.answered_at, past.gone_at) if at), default=self.now)
        if past.answered_at is not None:
            elapsed = hours(calendar).elapsed(past.started_at, past.answered_at, past.pauses)
            verdict.waited = float(elapsed)
        verdict.notices = _notices(line, marks, ends)
        if verdict.state == LATE:
            verdict.moved = self._moves(line, marks, calendar, ends)
        return verdict

    def _moves(self, line: Policy, marks: Marks, calendar: CalendarVersion | None, ends: datetime) -> int:
        """How often it would have gone on: each owner gets the line's time from the moment it is theirs."""
        if not any(rung["then"] == "reassign" for rung in rungs_of(line)):
            return 0
        due, moved = marks.due_at, 0
        while moved < line.hops and due < ends:
            moved += 1
            due = hours(calendar).advance(due, max(marks.seconds, 1))
        return moved


def picked(lines: Sequence[tuple[int, Policy]], past: Past) -> Policy | None:
    return next((line for place, line in lines if past.holds[place]), None)


def _state(past: Past, due: datetime, now: datetime) -> str:
    answered, gone = past.answered_at, past.gone_at
    if answered is not None and (gone is None or answered <= gone):
        return MET if answered <= due else LATE
    if gone is not None:
        return GONE if gone <= due else LATE
    return LATE if now > due else OPEN


def _notices(line: Policy, marks: Marks, ends: datetime) -> int:
    """One a person a rung that was reached before it ended; equality at due is still in time."""
    people = {rung["level"]: len(set(rung["who"])) for rung in rungs_of(line)}
    return sum(people.get(level, 0) for level, at in zip(marks.levels, marks.at, strict=True) if at < ends)
