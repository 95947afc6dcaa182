"""The arithmetic behind the KPIs: standard library only, no clock, no database.

Ratios stay exact until they are shown; a ratio over nothing is None, never 0. Percentiles are Hyndman–Fan type 7
(linear interpolation), the same as PostgreSQL's `percentile_cont`, and take infinity for "not yet".
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

SMALL_SAMPLE = 20
Z95 = 1.959963984540054


def ratio(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """part ÷ whole, exact; None when there is nothing to divide by."""
    return Fraction(part) / Fraction(whole) if whole else None


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """The Wilson score interval of hits ÷ n as two shares; None for n = 0."""
    if n <= 0:
        return None
    p = hits / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return max(0.0, (centre - spread) / below), min(1.0, (centre + spread) / below)


def is_small(n: int) -> bool:
    """Rates from fewer rows than this are said as counts, with their interval and without an arrow."""
    return n < SMALL_SAMPLE


def percentile(values: Iterable[float], share: float) -> float | None:
    """Type 7. `math.inf` stands for "not reached": between a number and infinity lies infinity. None when empty."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    if place == low:
        return ordered[low]
    below, above = ordered[low], ordered[low + 1]
    return math.inf if math.isinf(above) else below + (place - low) * (above - below)


def median(values: Iterable[float]) -> float | None:
    return percentile(values, 0.5)


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
        """More than 30% rejected, strictly; None when fewer than 20 were decided: too few to judge."""
        return None if is_small(self.decided) else self.rejected * 10 > self.decided * 3


def attainment(*, met: int, met_late: int, overdue: int, breached_cancelled: int) -> Fraction | None:
    """K11: met ÷ everything that fell due; cancelling cannot launder a breach."""
    return ratio(met, met + met_late + overdue + breached_cancelled)
