"""Which touches count toward a minimum, and when it is reached (DOMAIN 1.3, TOUCH_MIN). Pure: no Django, no clock."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Touched = tuple[datetime, str]  # when, and by which kind: call, email, …


@dataclass(frozen=True, slots=True)
class Rule:
    """`touches` must be counted, in at least `channels` kinds; at most `per_day` a kind and local day are counted."""

    touches: int
    channels: int
    per_day: int

    @classmethod
    def of(cls, terms: Mapping[str, Any]) -> "Rule":
        return cls(int(terms.get("touches", 8)), int(terms.get("channels", 2)), int(terms.get("per_day", 2)))


def counted(touches: Iterable[Touched], rule: Rule, zone: str) -> list[Touched]:
    """Those that count, in order of time; a kind's third call of a day in `zone` is no further attempt."""
    tz = ZoneInfo(zone)
    seen: Counter[tuple[str, Any]] = Counter()
    found = []
    for at, kind in sorted(touches):
        day = kind, at.astimezone(tz).date()
        seen[day] += 1
        if seen[day] <= rule.per_day:
            found.append((at, kind))
    return found


def reached_at(touches: Iterable[Touched], rule: Rule, zone: str) -> datetime | None:
    """The moment of the counted touch that makes both the number and the channels enough; None before that."""
    kinds = set()
    for number, (at, kind) in enumerate(counted(touches, rule, zone), start=1):
        kinds.add(kind)
        if number >= rule.touches and len(kinds) >= rule.channels:
            return at
    return None
