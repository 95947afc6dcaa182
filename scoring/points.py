"""Points are counted in whole ten-thousandths, so that lines add up to the score exactly, in SQL and in Python."""

from decimal import ROUND_HALF_UP, Decimal

UNIT = 10_000
FULL = 100 * UNIT
MOST_POINTS = 100  # of one rule, of either sign: a score has a hundred
DEFAULT_HALF_LIFE = 14.0  # days, of a rule whose every touch counts (DOMAIN 3.2)


def units(points: float) -> int:
    """±20.5 points → ±205,000 ten-thousandths."""
    return int((Decimal(str(points)) * UNIT).to_integral_value(ROUND_HALF_UP))


def points(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)
