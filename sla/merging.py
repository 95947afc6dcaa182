"""Clocks of two leads that turn out to be one: earliest start, the pauses of both, earliest answer (DOMAIN 1.6).

Of each promise the survivor keeps one clock, under the promise that is due first, so that a merge buys no time; the
loser's ends as merged. A breach lives on in the survivor's clock unless what was done on either record shows that it
was none. What somebody missed as an owner before stays theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest

from journal import record
from journal.record import Fact
from leads import due
from revops.lib import bulk
from sla import clocks, pausing, policies
from sla.models import Clock, Hop, NextStep, Parked, Pause, Policy, Target
from sla.planner import Planner
from sla.targets import response
from teams.models.calendar import CalendarVersion

FR, STEP = Target.FIRST_RESPONSE.value, Target.NEXT_STEP.value
OVER = ("cancelled", "breached_cancelled")  # ended without an answer: a promise of the past
KEPT = ("met", "met_late")
DUE = 100


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """Hears `lead.merged`, whose leads are held by whoever merges them."""
    for fact in facts:
        if fact.kind == "lead.merged":
            _Merge(fact.subject_id, fact.data["loser"], fact, now=now).run()


@dataclass(slots=True)
class _Promise:
    """What the survivor's clock is to be. `base`: the clock whose promise is due first."""

    start: datetime
    due: datetime
    seconds: int
    base: Clock
    windows: list[tuple[datetime, datetime | None]]


class _Merge:
    """One survivor and one loser."""

    def __init__(self, survivor: int, loser: int, fact: Fact, *, now: datetime) -> None:
        self.survivor, self.loser, self.fact, self.now, self.at = survivor, loser, fact, now, fact.at
        held = list(
            Clock.objects.filter(lead__in=[survivor, loser]).order_by("pk")
            .select_for_update(of=("self",), no_key=True)
        )  # fmt: skip
        self.lines = policies.pinned(clock.policy_id for clock in held if clock.policy_id)
        self.calendars = CalendarVersion.objects.in_bulk(
            {clock.calendar_version_id for clock in held if clock.calendar_version_id}
        )
        self.mine = [clock for clock in held if clock.lead_id == survivor]
        self.theirs = [clock for clock in held if clock.lead_id == loser]
        self.windows = pausing.windows([clock.pk for clock in held])
        self.planner, self.facts = Planner(), list[Fact]()
        [(self.answered, self.owner)] = bulk.query(
            "SELECT first_response_at, owner_id FROM leads_lead WHERE id = %s", [survivor]
        )

    def run(self) -> None:
        self._steps()
        for target in Target.values:
            if target == STEP:
                continue
            other = _last(self.theirs, target, "lead")
            if other is not None:
                self._pair(_last(self.mine, target, "lead"), other)
        self._owners()
        self._end([clock for clock in self.theirs if clock.phase != "stopped"])
        record.append(self.facts, now=self.now)
        clocks.stop(self._answers(), now=self.now, via=self.fact.via)
        due.remember(clocks.soonest([self.survivor, self.loser]))

    # --- the promises to the lead ---------------------------------------------

    def _pair(self, own: Clock | None, other: Clock) -> None:
        before = {"survivor": _as_was(own), "loser": _as_was(other)}
        pair = [clock for clock in (own, other) if clock is not None]
        promise, done = self._promise(pair), self._done(pair)
        voided = [clock.pk for clock in pair if clock.breached_at and done and done[0] <= promise.due]
        kept = own or self._copy(other)
        self._absorb(kept, other)
        told = pausing.told_levels([kept.pk]).get(kept.pk, 0)
        marks = self.planner.again(
            self._line(promise.base), self._calendar(promise.base), promise.start, promise.seconds,
            [(a, b) for a, b in promise.windows if b is not None], no_earlier=promise.due,
        )  # fmt: skip
        kept.policy_id, kept.tier = promise.base.policy_id, promise.base.tier
        kept.calendar_version_id = promise.base.calendar_version_id
        kept.started_at, kept.seconds, kept.history = promise.start, promise.seconds, all(c.history for c in pair)
        kept.levels, kept.marks = marks.levels, marks.at
        until = _until(pair)
        kept.next_at = kept.next_level = kept.resume_at = None
        open_until = [b for _, b in promise.windows if b is None]
        if done is not None:
            self._fulfilled(kept, pair, promise, *done)
        elif open_until and not self._late(pair, promise):
            kept.phase, kept.due_at, kept.outcome, kept.stopped_at = "paused", None, "", None
            kept.resume_at = until
        else:
            kept.phase, kept.due_at, kept.outcome, kept.stopped_at = "running", promise.due, "", None
            if self._late(pair, promise):
                self._breach(kept, pair, promise)
                told = max(told, DUE)
            kept.next_at, kept.next_level = pausing.next_rung(marks, told)
        kept.save()
        if kept.phase != "paused":
            # A pause that the end or the breach overtook is over.
            Pause.objects.filter(clock=kept, to_at=None, stands=False).update(
                to_at=Greatest(F("from_at"), Value(kept.stopped_at or self.at))
            )
        self._cancel(other)
        self._tell(kept, other, before, promise.due, voided)

    def _tell(
        self, kept: Clock, other: Clock, before: dict[str, Any], due_at: datetime | None, voided: Sequence[int] = ()
    ) -> None:
        self.facts.append(Fact(
            "clock.merged", "lead", self.survivor, self.at, by=self.fact.by, via=self.fact.via,
            data={"clock": kept.pk, "from": other.pk, "target": kept.target, "tier": kept.tier, "scope": kept.scope,
                  "owner": kept.owner_id, "started": kept.started_at.isoformat(),
                  "due": due_at and due_at.isoformat(),
                  "paused": kept.phase == "paused",
                  "outcome": kept.outcome, "stopped": kept.stopped_at and kept.stopped_at.isoformat(),
                  "voided": list(voided), "before": before},
        ))  # fmt: skip

    def _promise(self, pair: Sequence[Clock]) -> _Promise:
        """Each clock's deadline with the pauses of both; the first of them is what was promised."""
        windows = sorted({window for clock in pair for window in self.windows[clock.pk]}, key=lambda w: (w[0], str(w)))
        ended = [(a, b) for a, b in windows if b is not None]
        deadlines = []
        for clock in pair:
            said = pausing.said_due(clock)
            marks = self.planner.again(self._line(clock), self._calendar(clock), clock.started_at, clock.seconds, ended,
                                       no_earlier=said)  # fmt: skip
            deadlines.append((marks.due_at, clock))
        promised, base = min(deadlines, key=lambda found: (found[0], found[1].pk))
        start = min(clock.started_at for clock in pair)
        hours = policies.hours(self._calendar(base))
        return _Promise(start, promised, int(hours.elapsed(start, promised, ended)), base, windows)

    def _done(self, pair: Sequence[Clock]) -> tuple[datetime, str] | None:
        """(when, outcome) of the earliest thing done on either record that keeps this promise."""
        start = min(clock.started_at for clock in pair)
        if pair[0].target == FR:
            return (self.answered, "met") if self.answered is not None and self.answered >= start else None
        kept = [(clock.stopped_at, "met") for clock in pair if clock.outcome in KEPT and clock.stopped_at]
        spared = [(c.stopped_at, c.outcome) for c in pair if c.outcome == "not_required" and c.stopped_at]
        return min(kept or spared, default=None)

    def _late(self, pair: Sequence[Clock], promise: _Promise) -> bool:
        """A breach that was noticed; one that was not is left to the pulse, which dates it at due all the same."""
        return any(clock.breached_at is not None for clock in pair) and promise.due < self.now

    def _fulfilled(self, kept: Clock, pair: Sequence[Clock], promise: _Promise, at: datetime, outcome: str) -> None:
        kept.phase, kept.due_at, kept.stopped_at, kept.outcome = "stopped", promise.due, at, outcome
        if outcome == "met" and at > promise.due:
            kept.outcome = "met_late"
            self._breach(kept, pair, promise)
        else:
            kept.reason = "late_evidence" if any(clock.breached_at for clock in pair) else kept.reason
            kept.breached_at = None

    def _breach(self, kept: Clock, pair: Sequence[Clock], promise: _Promise) -> None:
        """It was due when it was, and whoever had it then answers for it."""
        noticed = [clock.detected_at for clock in pair if clock.detected_at]
        kept.breached_at, kept.detected_at = promise.due, min(noticed, default=self.now)
        kept.owner_id = promise.base.owner_id
        bulk.run([(
            """INSERT INTO sla_effect (clock_id, event, level, effective_at, detected_at)
               VALUES (%s, 'breach', 100, %s, %s) ON CONFLICT DO NOTHING""",
            [kept.pk, promise.due, kept.detected_at],
        )])  # fmt: skip

    def _copy(self, other: Clock) -> Clock:
        """The survivor had no such promise: it goes on there, with all that was told of it."""
        run = Clock.objects.filter(lead=self.survivor, target=other.target, scope=other.scope).count() + 1
        fields = {f.attname: getattr(other, f.attname) for f in Clock._meta.concrete_fields if f.attname != "id"}
        return Clock.objects.create(**{**fields, "lead_id": self.survivor, "run": run, "next_at": None,
                                       "next_level": None})  # fmt: skip

    def _absorb(self, kept: Clock, other: Clock) -> None:
        """What was told of the loser's clock is not told again of the survivor's; its pauses count there too."""
        bulk.run([
            ("""INSERT INTO sla_effect (clock_id, event, level, effective_at, detected_at)
                SELECT %s, event, level, effective_at, detected_at FROM sla_effect WHERE clock_id = %s
                ON CONFLICT DO NOTHING""", [kept.pk, other.pk]),
        ])  # fmt: skip
        still = Pause.objects.filter(clock=kept, to_at=None).first()
        for pause in Pause.objects.filter(clock=other):
            if pause.to_at is None and still is not None:
                # Two that have not ended become one: from the earlier on, until both would be over.
                still.from_at, still.stands = min(still.from_at, pause.from_at), still.stands and pause.stands
                still.until = _later(still.until, pause.until)
                still.save()
                continue
            pause.pk, pause.clock, pause._state.adding = None, kept, True
            pause.save()

    def _cancel(self, other: Clock) -> None:
        Pause.objects.filter(clock=other, to_at=None, from_at__lte=self.at).update(to_at=self.at)
        other.phase, other.outcome, other.reason = "stopped", "cancelled", "merged"
        other.stopped_at = other.stopped_at or max(self.at, other.started_at)
        other.breached_at = other.next_at = other.next_level = other.resume_at = None
        other.save()
        Parked.objects.filter(clock=other).exclude(clock__in=Hop.objects.filter(done_at=None).values("clock")).delete()

    # --- the promises of owners ----------------------------------------------

    def _owners(self) -> None:
        """An owner's own clock goes on where the survivor had none and keeps the loser's owner; else it ends. What they
        were late with stays theirs, unless the lead was answered by then on either record."""
        own, other = _last(self.mine, FR, "owner"), _last(self.theirs, FR, "owner")
        if other is None or other.phase == "stopped":
            self._void(own)
            return
        if own is None and other.owner_id == self.owner and not self._answered_by(other):
            before = {"survivor": None, "loser": _as_was(other)}
            kept = self._copy(other)
            self._absorb(kept, other)
            told = pausing.told_levels([kept.pk]).get(kept.pk, 0)
            rungs = zip(kept.levels, kept.marks, strict=True)
            upcoming = next(((at, level) for level, at in rungs if level > told), (None, None))
            if kept.phase == "running":
                kept.next_at, kept.next_level = upcoming
            kept.save()
            self._cancel(other)
            self._tell(kept, other, before, pausing.said_due(kept))
        self._void(own)

    def _void(self, own: Clock | None) -> None:
        """Answered in time on the other record: what the survivor's owner missed was none."""
        if own is not None and own.outcome == "met_late" and self._answered_by(own):
            own.outcome, own.breached_at, own.reason, own.stopped_at = "met", None, "late_evidence", self.answered
            own.save()
            self.facts.append(Fact(
                "clock.met", "lead", self.survivor, own.stopped_at or self.at, by=self.fact.by, via=self.fact.via,
                data={"clock": own.pk, "target": own.target, "tier": own.tier, "scope": own.scope,
                      "owner": own.owner_id, "outcome": "met", "reason": "late_evidence"},
            ))  # fmt: skip

    def _answered_by(self, clock: Clock) -> bool:
        by = pausing.said_due(clock)
        return self.answered is not None and by is not None and clock.started_at <= self.answered <= by

    def _answers(self) -> list[clocks.Stop]:
        """What still runs on the survivor and was answered on the other record."""
        return list(response.answer(self.survivor, self.answered)) if self.answered is not None else []

    # --- the rest -------------------------------------------------------------

    def _steps(self) -> None:
        """One next step a lead: the survivor's own, else the loser's with its clock."""
        step = NextStep.objects.filter(lead=self.loser, state="open").first()
        if step is None:
            return
        if NextStep.objects.filter(lead=self.survivor, state="open").exists():
            NextStep.objects.filter(pk=step.pk).update(state="dropped", closed_at=self.at, closed_by=self.fact.by)
            return
        step.lead_id = self.survivor
        clock = next((clock for clock in self.theirs if clock.pk == step.clock_id and clock.phase != "stopped"), None)
        if clock is not None:
            before = {"survivor": None, "loser": _as_was(clock)}
            kept = self._copy(clock)
            self._absorb(kept, clock)
            kept.next_at, kept.next_level = clock.next_at, clock.next_level
            kept.save()
            step.clock = kept
            self._cancel(clock)
            self._tell(kept, clock, before, pausing.said_due(kept))
        step.save()

    def _end(self, rest: Sequence[Clock]) -> None:
        """Whatever of the loser still runs ends here; what was late stays late."""
        for clock in rest:
            late = clock.breached_at is not None and not (clock.target == FR and self._answered_by(clock))
            self._cancel(clock)
            if late:
                Clock.objects.filter(pk=clock.pk).update(
                    outcome="breached_cancelled", breached_at=F("due_at"), detected_at=clock.detected_at
                )
            self.facts.append(Fact(
                "clock.cancelled", "lead", self.loser, self.at, by=self.fact.by, via=self.fact.via,
                data={"clock": clock.pk, "target": clock.target, "tier": clock.tier, "scope": clock.scope,
                      "owner": clock.owner_id, "outcome": "breached_cancelled" if late else "cancelled",
                      "reason": "merged"},
            ))  # fmt: skip

    def _line(self, clock: Clock) -> Policy:
        return self.lines[clock.policy_id]

    def _calendar(self, clock: Clock) -> CalendarVersion | None:
        return self.calendars[clock.calendar_version_id] if clock.calendar_version_id else None


def _until(pair: Sequence[Clock]) -> datetime | None:
    """When those of them that are paused all go on by themselves; None: when somebody says so."""
    paused = [clock.resume_at for clock in pair if clock.phase == "paused"]
    return reduce(_later, paused) if paused else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """None has no end, so nothing is later."""
    return None if one is None or other is None else max(one, other)


def _last(found: Sequence[Clock], target: str, scope: str) -> Clock | None:
    """The clock of the present cycle: the highest run, unless it ended without an answer."""
    runs = [clock for clock in found if (clock.target, clock.scope) == (target, scope)]
    last = max(runs, key=lambda clock: clock.run, default=None)
    return None if last is None or last.outcome in OVER or last.policy_id is None else last


def _as_was(clock: Clock | None) -> dict[str, Any] | None:
    """For an un-merge: ids, codes and moments."""
    if clock is None:
        return None
    names = """pk policy_id calendar_version_id tier owner_id started_at seconds due_at phase breached_at detected_at
               stopped_at outcome reason resume_at levels marks""".split()
    return {name: getattr(clock, name) for name in names}
