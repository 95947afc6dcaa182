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
