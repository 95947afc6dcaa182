"""Points are counted in whole ten-thousandths, so that lines add up to the score exactly, in SQL and in Python."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

UNIT = 10_000
FULL = 100 * UNIT
MOST_POINTS = 1_000
DEFAULT_HALF_LIFE = 14.0  # days, of a rule whose every touch counts (DOMAIN 3.2)


def units(points: float) -> int:
    """±20.5 points → ±205,000 ten-thousandths."""
    return int((Decimal(str(points)) * UNIT).to_integral_value(ROUND_HALF_UP))


def points(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)


def shown(parts: Sequence[Decimal], total: Decimal, places: int = 2) -> list[Decimal]:
    """The parts rounded to `places` so that they add up to the rounded total (largest remainder; ties: the earlier).

    `parts` must sum to `total`.
    """
    step = Decimal(1).scaleb(-places)
    floors = [part.quantize(step, ROUND_FLOOR) for part in parts]
    missing = int((total.quantize(step, ROUND_HALF_UP) - sum(floors, Decimal(0))) / step)
    nearest = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
    for i in nearest[: max(missing, 0)]:
        floors[i] += step
    return floors
