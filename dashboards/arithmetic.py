"""The arithmetic behind the KPIs: standard library only, no clock, no database.

Ratios stay exact until they are shown; a ratio over nothing is None, never 0. Percentiles are Hyndman–Fan type 7
(linear interpolation), the same as PostgreSQL's `percentile_cont`, and take infinity for "not yet".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from revops.lib.statistics import SMALL_SAMPLE, Z95, is_small, median, percentile, wilson

__all__ = [
    "SMALL_SAMPLE", "Z95", "is_small", "median", "percentile", "wilson",  # said in revops.lib.statistics
]  # fmt: skip


def ratio(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """part ÷ whole, exact; None when there is nothing to divide by."""
    return Fraction(part) / Fraction(whole) if whole else None


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def largest_remainder(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """`total` whole units split by weight so that the parts sum to it exactly; ties go to the earlier part."""
    if not weights:
        return []
    whole = sum(Fraction(w) for w in weights)
    if not whole:
        weights, whole = [1] * len(weights), Fraction(len(weights))
    exact = [Fraction(w) * total / whole for w in weights]
    parts = [math.floor(e) for e in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def survival_percentile(finished: dict[float, int], waiting: dict[float, int], share: float = 0.5) -> float | None:
    """Kaplan–Meier: the least time by which at least `share` have left, those still waiting counted until now.

    Both map a duration to how many had it. `math.inf` when that share is not reached; None when nobody entered.
    """
    at_risk = sum(finished.values()) + sum(waiting.values())
    if not at_risk:
        return None
    staying, wanted = 1.0, 1 - share + 1e-12  # as wide as the rounding of a million products
    for time in sorted(finished.keys() | waiting.keys()):
        left = finished.get(time, 0)
        if left:
            staying *= 1 - left / at_risk
            if staying <= wanted:
                return time
        at_risk -= left + waiting.get(time, 0)
    return math.inf


# --- formulas named in the domain document ------------------------------------------


def velocity_money(
    deals: int, win_rate: Fraction | None, amount: Fraction | None, days: float | Fraction | None
) -> Fraction | None:
    """K01: money a day = open deals × win rate × average won amount ÷ average cycle days; None without a cycle."""
    if win_rate is None or amount is None or not days:
        return None
    return deals * win_rate * amount / Fraction(days)


@dataclass(frozen=True, slots=True)
class Dispositions:
    """Section 2.5: leads handed over in a period by their first disposition; the pending stand beside."""

    accepted: int
    rejected: int
    recycled: int
    pending: int = 0

    @property
    def decided(self) -> int:
        return self.accepted + self.rejected + self.recycled

    @property
    def acceptance(self) -> Fraction | None:
        return ratio(self.accepted, self.decided)

    @property
    def rejection(self) -> Fraction | None:
        return ratio(self.rejected, self.decided)

    @property
    def alarm(self) -> bool | None:
        return rejection_rings(self.rejected, self.decided)


def rejection_rings(
    rejected: int, decided: int, *, percent: int | Fraction = 30, least: int = SMALL_SAMPLE
) -> bool | None:
    """Strictly more than `percent` of the decided were rejected; None under `least` decided: too few to judge."""
    return None if decided < least else Fraction(rejected) * 100 > Fraction(percent) * decided


def marketing_quota(revenue: int, deal_size: int | Fraction, rate: Fraction) -> int:
    """K30: SQLs needed = target ÷ deal size ÷ SQL-to-deal rate, rounded up; money in the same unit."""
    return math.ceil(Fraction(revenue) / Fraction(deal_size) / rate)


def by_month(quarter: int) -> list[int]:
    """A quarter's number over its three months: 160 → 54, 53, 53."""
    return largest_remainder(quarter, [1, 1, 1])


def weekdays(first: date, last: date) -> int:
    """Mondays to Fridays from `first` to `last`, both counted; 0 when `last` is before `first`."""
    days = max(0, (last - first).days + 1)
    whole, rest = divmod(days, 7)
    return whole * 5 + sum((first.weekday() + n) % 7 < 5 for n in range(rest))


def pace(delivered: int, target: int, *, elapsed: int, total: int) -> Fraction | None:
    """Delivered ÷ what is expected by now (target × weekdays elapsed ÷ all of them); None while nothing is expected."""
    expected = Fraction(target * elapsed, total) if total else Fraction(0)
    return ratio(delivered, expected)


def attainment(*, met: int, met_late: int, overdue: int, breached_cancelled: int) -> Fraction | None:
    """K11: met ÷ everything that fell due; cancelling cannot launder a breach."""
    return ratio(met, met + met_late + overdue + breached_cancelled)
