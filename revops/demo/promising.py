"""What people say will happen next and when they then do it: a step before each touch, most in time, a few forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from revops.demo import words
from sla.business_time import Calendar

HOUR = 3_600
HALF_HOUR = timedelta(minutes=30)
FORGOTTEN, SLIPS = 0.02, 0.07  # share of steps


class Promiser:
    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def steps(
        self, hours: Calendar, moments: Sequence[datetime], *, kind: str, forgets: bool = True
    ) -> list[tuple[datetime, str, datetime, datetime | None]]:
        """[(when it is said, what, by when, when it is done)] from the first of `moments` to the last, where something
        else ends them: the last step stays open."""
        rng, found = self.rng, []
        for n, (said, then) in enumerate(pairwise(moments)):
            last = n == len(moments) - 2
            if forgets and rng.random() < FORGOTTEN:
                continue
            by_when = self._by_when(hours, said, then)
            what = rng.choice(words.STEPS["close" if last and kind == "deal" else kind])
            done = None if last else then - timedelta(seconds=rng.uniform(5, 40))
            found.append((said + timedelta(seconds=rng.uniform(20, 50)), what, by_when, done))
        return found

    def _by_when(self, hours: Calendar, said: datetime, then: datetime) -> datetime:
        """A full half hour, some time after it will really be done; before it when it slips."""
        rng = self.rng
        if rng.random() < SLIPS:
            room = float(hours.elapsed(said, then))
            by_when = hours.advance(said, max(1, int(max(room * 0.4, room - rng.uniform(1, 8) * HOUR))))
        else:
            by_when = hours.advance(then, int(rng.uniform(0.5, 5) * HOUR))
        by_when = by_when.replace(minute=by_when.minute // 30 * 30, second=0, microsecond=0)
        return by_when if by_when > said + HALF_HOUR else by_when + 2 * HALF_HOUR
