"""Shares with their uncertainty, and percentiles: standard library only, the same for every room.

A rate from fewer than `SMALL_SAMPLE` rows is said as counts. Percentiles are Hyndman–Fan type 7 (linear interpolation),
the same as PostgreSQL's `percentile_cont`, and take infinity for "not yet".
"""

import math
from collections.abc import Iterable

SMALL_SAMPLE = 20
Z95 = 1.959963984540054


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


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> tuple[float, float] | None:
    """95% interval of hits ÷ n − other_hits ÷ other_n, two independent groups (Newcombe 1998, method 10, from the
    Wilson intervals of both); None when a group is empty."""
    first, second = wilson(hits, n), wilson(other_hits, other_n)
    if first is None or second is None:
        return None
    p, q = hits / n, other_hits / other_n
    below = math.hypot(p - first[0], second[1] - q)
    above = math.hypot(first[1] - p, q - second[0])
    return max(-1.0, p - q - below), min(1.0, p - q + above)


def median_interval(values: Iterable[float]) -> tuple[float, float] | None:
    """Interval of the median by order statistics, at least 95% sure whatever the distribution; None under six values.

    The narrowest symmetric pair of order statistics whose binomial coverage is 95% or more."""
    ordered = sorted(values)
    n = len(ordered)
    outside, total, skip = 0.0, 2.0**-n if n < 1000 else 0.0, 0
    if n >= 1000:  # 2^−n leaves the floats; the normal approximation is exact to a rank there
        skip = max(0, math.floor((n - Z95 * math.sqrt(n)) / 2) - 1)
        return ordered[skip], ordered[n - 1 - skip]
    chance = total
    while 2 * (outside + chance) <= 0.05:
        outside += chance
        skip += 1
        chance *= (n - skip + 1) / skip
    return None if skip == 0 else (ordered[skip - 1], ordered[n - skip])
