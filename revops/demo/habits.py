"""What becomes of a lead that was handed to somebody: their pace, the lead's worth, and chance. Pure."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from revops.demo import words
from revops.demo.cast import Habit
from revops.demo.market import pick
from sla.business_time import Calendar

MINUTE, HOUR, DAY = 60, 3_600, 86_400


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


@dataclass(slots=True, order=True)
class Act:
    """Something somebody will do. `kind`: touch, accept, reject, recycle, disqualify, confirm, convert, edit, win, lose."""

    at: datetime
    seq: int
    kind: str = field(compare=False)
    lead_id: int = field(compare=False)
    by: int = field(compare=False)
    data: dict[str, Any] = field(compare=False, default_factory=dict)


class Planner:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
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
        usual = {"hot": 2.2 * MINUTE, "intent": 18 * MINUTE, "std": 4 * HOUR}[tier]
        delay = self._about(usual * habit.pace, 0.55)
        if rng.random() < habit.misses:
            delay = self._about({"hot": 40 * MINUTE, "intent": 5 * HOUR, "std": 30 * HOUR}[tier] * habit.pace, 0.8)
        answered = self._open(hours, lead.at, delay)
        spoke = rng.random() < 0.2 + 0.25 * min(lead.worth, 1.5)
        self._touch(acts, lead, answered, two_way=spoke)
        at = answered
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            at = self._open(hours, at, self._about(5 * HOUR, 0.7))
            spoke = spoke or rng.random() < 0.3
            self._touch(acts, lead, at, two_way=spoke and rng.random() < 0.6)
        decided = self._open(hours, answered, self._about(2.2 * HOUR * habit.pace, 1.0))
        if rng.random() < habit.misses * 0.8:
            decided = max(decided, lead.at + timedelta(hours=48 + self._about(20, 0.8)))
        self._decide(acts, lead, habit, hours, decided)
        return sorted(acts)

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
        """From accepted to an SQL or back to nurture; a few lie about for months."""
        rng, at = self.rng, since
        for _ in range(rng.choice([1, 2, 2, 3, 4, 5])):
            at = self._open(hours, at, self._about(9 * HOUR, 0.8))
            self._touch(acts, lead, at, two_way=rng.random() < 0.5)
        at = self._open(hours, max(at, since), self._about(20 * HOUR, 0.7))
        wins = min(0.85, 0.38 + 0.16 * lead.worth)
        luck = rng.random()
        if luck < wins:
            items = {item: dict(zip(("value", "evidence"), rng.choice(options), strict=True))
                     for item, options in words.BANT.items()}  # fmt: skip
            self._act(acts, at, "confirm", lead, items=items)
            self._open_deal(acts, lead, habit, hours, at)
        elif luck < wins + 0.97 * (1 - wins):
            self._recycle(acts, lead, at)

    def _open_deal(self, acts: list[Act], lead: Handed, habit: Habit, hours: Calendar, since: datetime) -> None:
        rng = self.rng
        at = self._open(hours, since, self._about(14 * HOUR, 0.8))
        if rng.random() > 0.74:
            if rng.random() < 0.95:
                self._recycle(acts, lead, at)
            return
        size = 0.7 + 0.5 * math.log10(max(lead.employees, 10)) / 2
        amount = round(self._about(30_000 * size, 0.55) / 500) * 500 * 100
        days = max(9, self._about(52, 0.5))
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
            close += timedelta(days=rng.uniform(7, 40))
            self._act(
                acts,
                pushed,
                "edit",
                lead,
                close_on=_weekday(close),
                amount=round(amount * rng.choice([1, 1, 0.9, 1.2])),
            )
        step = at
        for _ in range(rng.choice([2, 3, 4, 5])):
            step = self._open(hours, step, self._about(30 * HOUR, 0.6))
            if step < close:
                self._touch(acts, lead, step, two_way=rng.random() < 0.75)
        closed = self._open(hours, close + timedelta(days=rng.gauss(0, 3)), 60)
        won = min(0.6, (0.1 + 0.105 * lead.worth) * habit.closes)
        if rng.random() < won:
            self._act(acts, closed, "win", lead)
        else:
            reason = pick(rng, [("no_decision", 24), ("competitor", 22), ("price", 14), ("no_budget", 12), ("timing", 14),
                                ("no_fit", 8), ("no_need", 6)])  # fmt: skip
            rival = rng.choice(words.COMPETITORS) if reason == "competitor" else ""
            self._act(acts, closed, "lose", lead, reason=reason, competitor=rival, note=rng.choice(words.LOSS_NOTES))

    # --- small acts --------------------------------------------------------------------

    def _touch(self, acts: list[Act], lead: Handed, at: datetime, *, two_way: bool) -> None:
        kind = pick(self.rng, [("call", 6), ("email", 4), ("meeting", 1 if two_way else 0), ("linkedin", 0.6)])
        outcome = "two_way" if two_way else "attempt"
        self._act(acts, at, "touch", lead, kind=kind, outcome=outcome, note=self.rng.choice(words.NOTES[outcome]))

    def _recycle(self, acts: list[Act], lead: Handed, at: datetime) -> None:
        reason = pick(
            self.rng, [("timing", 5), ("no_budget", 4), ("no_need", 2), ("using_competitor", 2), ("no_authority", 1)]
        )
        track = {"using_competitor": "competitive", "no_need": "product-education"}.get(reason, "nurture-late")
        back = (at + timedelta(days=self.rng.choice([45, 60, 90, 120, 180]))).date()
        self._act(acts, at, "recycle", lead, reason=reason, track=track, revisit_on=back)

    def _act(self, acts: list[Act], at: datetime, kind: str, lead: Handed, /, **data: Any) -> None:
        self.seq += 1
        acts.append(Act(at, self.seq, kind, lead.lead_id, lead.owner_id, data))

    def _about(self, median: float, spread: float) -> float:
        return median * math.exp(self.rng.gauss(0, spread))

    def _open(self, hours: Calendar, at: datetime, seconds: float) -> datetime:
        """So many seconds of the person's own open time later, never quite on the second."""
        return hours.advance(at, max(1, int(seconds))) + timedelta(milliseconds=self.rng.randrange(1000))


def _weekday(at: datetime) -> date:
    day = at.date()
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
