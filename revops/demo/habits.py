"""What becomes of a lead that was handed to somebody: their pace, the lead's worth, and chance. Pure."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from revops.demo import dealings, words
from revops.demo.cast import Habit
from revops.demo.market import pick
from revops.demo.promising import Promiser
from sla.business_time import Calendar

MINUTE, HALF_HOUR, HOUR = 60, 1_800, 3_600

IDEAL = frozenset(["Logistics", "Manufacturing"])


@dataclass(slots=True)
class Handed:
    """A lead as its new owner finds it. `worth`: 1 = an ordinary one, 0.05 = junk."""

    lead_id: int
    owner_id: int
    at: datetime
    cell: str
    hand: str
    worth: float
    employees: int
    firm: str
    industry: str = ""


@dataclass(slots=True, order=True)
class Act:
    """Something somebody will do. `kind`: touch, accept, reject, recycle, disqualify, confirm, convert, edit, win, lose;
    step and done, book and held, each of the lead or of its deal (`data["deal"]`); pause, backdate, give; move, lines,
    discount, approve, objection and handover of its deal."""

    at: datetime
    seq: int
    kind: str = field(compare=False)
    lead_id: int = field(compare=False)
    by: int = field(compare=False)
    data: dict[str, Any] = field(compare=False, default_factory=dict)


class Planner:
    def __init__(self, rng: Random, *, until: datetime) -> None:
        self.rng, self.until = rng, until
        self.promiser = Promiser(rng)
        self.seq = 0

    def plan(self, lead: Handed, habit: Habit, hours: Calendar) -> list[Act]:
        """Every act there will be, in order of time; those after today simply never happen."""
        acts: list[Act] = []
        rng = self.rng
        tier = (
            "hot"
            if lead.hand in {"demo", "contact"} or lead.cell == "A1"
            else "intent"
            if lead.cell in {"A2", "B1"}
            else "std"
        )
        usual = {"hot": 1.8 * MINUTE, "intent": 18 * MINUTE, "std": 4 * HOUR}[tier]
        delay = self._about(usual * habit.pace, 0.45)
        late = rng.random() < habit.misses
        if late:
            delay = self._about({"hot": 40 * MINUTE, "intent": 5 * HOUR, "std": 30 * HOUR}[tier] * habit.pace, 0.7)
        answered = self._open(hours, lead.at, delay)
        if delay < HALF_HOUR and hours.is_open(lead.at):
            answered = lead.at + timedelta(seconds=delay)  # nobody goes home in the middle of it
        elif not late:
            answered = self._within(hours, lead.at, answered, lead.at + timedelta(hours=23))
        spoke = rng.random() < 0.2 + 0.25 * min(lead.worth, 1.5)
        self._touch(acts, lead, answered, two_way=spoke)
        at = answered
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            at = self._open(hours, at, self._about(5 * HOUR, 0.7))
            spoke = spoke or rng.random() < 0.3
            self._touch(acts, lead, at, two_way=spoke and rng.random() < 0.6)
        decided = self._open(hours, answered, self._about(2.2 * HOUR * habit.pace, 1.0))
        if rng.random() < habit.misses * 0.7:
            decided = max(decided, self._open(hours, lead.at + timedelta(hours=48), self._about(4 * HOUR, 0.8)))
        else:
            decided = max(answered, self._within(hours, lead.at, decided, lead.at + timedelta(hours=46)))
        self._decide(acts, lead, habit, hours, decided)
        return sorted(acts)

    def take_over(self, lead_id: int, owner: int, at: datetime) -> Act | None:
        """What the next owner does of a lead that came by somebody's breach, nine times of ten."""
        if self.rng.random() > 0.9:
            return None
        self.seq += 1
        data = {"kind": "call", "outcome": "attempt", "note": self.rng.choice(words.NOTES["attempt"])}
        return Act(at + timedelta(seconds=self._about(2 * MINUTE, 0.4)), self.seq, "touch", lead_id, owner, data)

    # --- the decision and what follows ---------------------------------------------

    def _decide(self, acts: list[Act], lead: Handed, habit: Habit, hours: Calendar, at: datetime) -> None:
        rng = self.rng
        fit = {"A": 1.0, "B": 0.8}.get(lead.cell[:1], 0.5)
        engaged = {"1": 1.15, "2": 1.0}.get(lead.cell[1:], 0.85)
        likes = min(0.96, (0.24 + 0.48 * min(lead.worth, 1.6)) * (0.45 + 0.55 * fit) * engaged * habit.yes)
        luck = rng.random()
        if luck < likes:
            self._act(acts, at, "accept", lead)
            self._pursue(acts, lead, habit, hours, at)
        elif lead.worth < 0.1 and luck > 0.8:
            self._act(acts, at, "disqualify", lead, reason=rng.choice(["student", "spam"]))
        elif luck < likes + (1 - likes) * (0.28 if lead.worth > 0.1 else 0.03):
            self._recycle(acts, lead, at)
        else:
            self._act(acts, at, "reject", lead, **self._no(lead))

    def _no(self, lead: Handed) -> dict[str, str]:
        small = 5 if lead.employees < 60 else 1
        reason = pick(self.rng, [("not_icp_size", small), ("no_need", 3), ("bad_data", 2 if lead.worth > 0.1 else 8),
                                 ("not_icp_industry", 2), ("no_authority", 2), ("duplicate", 1), ("other", 0.7)])  # fmt: skip
        return {"reason": reason, "note": "Asked for the prize, not for us." if reason == "other" else ""}

    def _pursue(self, acts: list[Act], lead: Handed, habit: Habit, hours: Calendar, since: datetime) -> None:
        """From accepted to an SQL or back to nurture, most within the week that is allowed; some never answer."""
        rng = self.rng
        if rng.random() < 0.1:
            return self._chase(acts, lead, hours, since)
        end = self._week(hours, since, self._open(hours, since, self._about(21 * HOUR, 0.6)))
        moments, at = [since], since
        for _ in range(rng.choice([1, 2, 2, 3])):
            at = self._open(hours, at, self._about(7 * HOUR, 0.7))
            if at < end:
                self._touch(acts, lead, at, two_way=rng.random() < 0.5)
                moments.append(at)
        self._steps(acts, lead, hours, [*moments[::2], end], "sal")
        if rng.random() < 0.02 and len(moments) > 1:
            self._act(acts, moments[1] + timedelta(seconds=70), "pause", lead, days=rng.choice([2, 3, 4]))
        if rng.random() < min(0.85, 0.38 + 0.16 * lead.worth):
            items = {item: dict(zip(("value", "evidence"), rng.choice(options), strict=True))
                     for item, options in words.BANT.items()}  # fmt: skip
            self._act(acts, end, "confirm", lead, items=items)
            self._open_deal(acts, lead, habit, hours, end)
        else:
            self._recycle(acts, lead, end)

    def _chase(self, acts: list[Act], lead: Handed, hours: Calendar, since: datetime) -> None:
        """Nobody picks up: as many attempts as were promised, by phone and mail, and then it goes back. A few are
        forgotten for weeks instead."""
        rng, at, moments = self.rng, since, [since]
        idle = rng.random() < 0.15 and since + timedelta(days=32) < self.until
        for n in range(rng.choice([4, 5, 6]) if idle else 8):
            at = self._open(hours, at, rng.uniform(10, 20) * HOUR if idle else rng.uniform(3.4, 4.7) * HOUR)
            kind, outcome = ("email" if n % 2 else "call"), "attempt"
            self._act(acts, at, "touch", lead, kind=kind, outcome=outcome, note=rng.choice(words.NOTES[outcome]))
            moments.append(at)
        over = max(at, since + timedelta(days=rng.uniform(21.5, 27))) if idle else at
        end = self._open(hours, over, rng.uniform(0.2, 2) * HOUR)
        self._steps(acts, lead, hours, [*moments[::3], end], "sal")
        self._recycle(acts, lead, end, reason="timing" if idle else "unable_to_reach")

    def _open_deal(self, acts: list[Act], lead: Handed, habit: Habit, hours: Calendar, since: datetime) -> None:
        rng = self.rng
        at = self._week(hours, since, self._open(hours, since, self._about(14 * HOUR, 0.7)))
        self._steps(acts, lead, hours, [since, at], "sql")
        if rng.random() > 0.74:
            self._recycle(acts, lead, at)
            return
        size = 0.7 + 0.5 * math.log10(max(lead.employees, 10)) / 2
        ideal = lead.industry in IDEAL  # who makes or moves goods buys more, and sooner
        size *= 2.1 if ideal else 0.8
        amount = round(self._about(30_000 * size, 0.55) / 500) * 500 * 100
        # Some take longer than one and a half times what is usual, which is what time in stage allows.
        days = min(max(9, self._about(27 if ideal else 50, 0.35)), 64 if rng.random() < 0.95 else 88)
        close = at + timedelta(days=days)
        what = rng.choice(["rollout", "pilot", "team plan", "platform"])
        self._act(
            acts,
            at,
            "convert",
            lead,
            amount=max(amount, 400_000),
            close_on=_weekday(close),
            company=lead.firm,
            what=what,
        )
        if rng.random() < 0.4:
            pushed = at + timedelta(days=days * rng.uniform(0.4, 0.9))
            close += timedelta(days=rng.uniform(3, 10))
            self._act(
                acts,
                pushed,
                "edit",
                lead,
                close_on=_weekday(close),
                amount=round(amount * rng.choice([1, 1, 0.9, 1.2])),
            )
        step, moments = at, [at]
        for _ in range(rng.choice([2, 3, 4, 5])):
            step = self._open(hours, step, self._about(30 * HOUR, 0.6))
            if step < close:
                self._touch(acts, lead, step, two_way=rng.random() < 0.75)
                moments.append(step)
        closed = self._open(hours, close + timedelta(days=rng.gauss(0, 1.5)), 60)
        self._steps(acts, lead, hours, [*moments[::2], max(closed, step)], "deal")
        dealings.plan(self._act, acts, lead, opened=at, closed=closed, amount=max(amount, 400_000), what=what)
        won = min(0.6, (0.1 + 0.105 * lead.worth) * habit.closes * (2.0 if ideal else 0.95))
        if rng.random() < won:
            self._act(acts, max(at, closed - timedelta(hours=26)), "handover", lead, minutes=20 + lead.lead_id % 90)
            self._act(acts, closed, "win", lead)
            self._hand_over(acts, lead, hours, closed)
        else:
            reason = pick(rng, [("no_decision", 24), ("competitor", 22), ("price", 14), ("no_budget", 12), ("timing", 14),
                                ("no_fit", 8), ("no_need", 6)])  # fmt: skip
            rival = rng.choice(words.COMPETITORS) if reason == "competitor" else ""
            self._act(acts, closed, "lose", lead, reason=reason, competitor=rival, note=rng.choice(words.LOSS_NOTES))

    def _hand_over(self, acts: list[Act], lead: Handed, hours: Calendar, won: datetime) -> None:
        """The call with the customer success manager is booked in two days, mostly, and held in ten; now and then the
        customer is missing and it is held again."""
        rng = self.rng
        booked = self._open(hours, won, (26 * HOUR if rng.random() < 0.09 else self._about(3 * HOUR, 0.6)))
        when = self._at_the_hour(hours, booked, rng.uniform(22, 55) * HOUR)
        if rng.random() < 0.07:
            when = self._at_the_hour(hours, won + timedelta(days=14), rng.uniform(9, 20) * HOUR)
        self._act(acts, booked, "book", lead, when=when)
        held = when + timedelta(minutes=rng.uniform(28, 55))
        if rng.random() < 0.06:
            self._act(acts, held, "held", lead, customer=False)
            when = self._at_the_hour(hours, held, rng.uniform(7, 12) * HOUR)
            self._act(acts, held + timedelta(minutes=6), "book", lead, when=when)
            held = when + timedelta(minutes=rng.uniform(28, 55))
        self._act(acts, held, "held", lead, customer=True)

    def _steps(self, acts: list[Act], lead: Handed, hours: Calendar, moments: list[datetime], kind: str) -> None:
        for said, what, by_when, done in self.promiser.steps(hours, moments, kind=kind, forgets=kind == "sal"):
            self._act(acts, said, "step", lead, what=what, by_when=by_when, deal=kind == "deal")
            if done is not None:
                self._act(acts, done, "done", lead, deal=kind == "deal")

    # --- small acts --------------------------------------------------------------------

    def _touch(self, acts: list[Act], lead: Handed, at: datetime, *, two_way: bool) -> None:
        kind = pick(self.rng, [("call", 6), ("email", 4), ("meeting", 1 if two_way else 0), ("linkedin", 0.6)])
        outcome = "two_way" if two_way else "attempt"
        self._act(acts, at, "touch", lead, kind=kind, outcome=outcome, note=self.rng.choice(words.NOTES[outcome]))

    def _recycle(self, acts: list[Act], lead: Handed, at: datetime, *, reason: str = "") -> None:
        reason = reason or pick(
            self.rng, [("timing", 5), ("no_budget", 4), ("no_need", 2), ("using_competitor", 2), ("no_authority", 1)]
        )
        track = {"using_competitor": "competitive", "no_need": "product-education"}.get(reason, "nurture-late")
        back = (at + timedelta(days=self.rng.choice([45, 60, 90, 120, 180]))).date()
        self._act(acts, at, "recycle", lead, reason=reason, track=track, revisit_on=back)

    def _act(self, acts: list[Act], at: datetime, kind: str, lead: Handed, /, **data: Any) -> None:
        self.seq += 1
        acts.append(Act(at, self.seq, kind, lead.lead_id, lead.owner_id, data))

    def _week(self, hours: Calendar, since: datetime, end: datetime) -> datetime:
        """`end`, or, nearly always, before a week in the stage is over."""
        if self.rng.random() < 0.05:
            return end
        return self._within(hours, since, end, since + timedelta(days=6.6))

    def _within(self, hours: Calendar, since: datetime, at: datetime, limit: datetime) -> datetime:
        """`at`, or some open moment before `limit` where there is one."""
        room = hours.elapsed(since, limit) if at > limit else 0
        return self._open(hours, since, float(room) * self.rng.uniform(0.6, 0.95)) if room > HALF_HOUR else at

    def _at_the_hour(self, hours: Calendar, since: datetime, seconds: float) -> datetime:
        when = hours.advance(since, int(seconds))
        return when.replace(minute=when.minute // 30 * 30, second=0, microsecond=0)

    def _about(self, median: float, spread: float) -> float:
        return median * math.exp(self.rng.gauss(0, spread))

    def _open(self, hours: Calendar, at: datetime, seconds: float) -> datetime:
        """So many seconds of the person's own open time later, never quite on the second."""
        return hours.advance(at, max(1, int(seconds))) + timedelta(milliseconds=self.rng.randrange(1000))


def _weekday(at: datetime) -> date:
    day = at.date()
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
