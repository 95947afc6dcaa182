"""From log-odds to points (DOMAIN 3.5) and back. Pure.

PDO: as many points double the odds. A coefficient β of log-odds is worth β · PDO / ln 2 points.
"""

import math
from dataclasses import dataclass

from revops.lib.statistics import Z95

PDO = 20
FACTOR = PDO / math.log(2)  # 28.8539
BASE_SCORE, BASE_ODDS = 600, 50
OFFSET = BASE_SCORE - FACTOR * math.log(BASE_ODDS)  # 487.1229
MOST = 50  # one rule alone fills at most half of the hundred


@dataclass(frozen=True, slots=True)
class Estimate:
    """Log-odds with their standard error; `low`, `high`: 95%."""

    beta: float
    se: float

    @property
    def low(self) -> float:
        return self.beta - Z95 * self.se

    @property
    def high(self) -> float:
        return self.beta + Z95 * self.se

    @property
    def sure(self) -> bool:
        """Whether the interval leaves nought out."""
        return self.low > 0 or self.high < 0


def of(beta: float) -> int:
    """Whole points, half away from nought."""
    exact = beta * FACTOR
    return int(math.copysign(math.floor(abs(exact) + 0.5), exact)) if abs(exact) >= 0.5 else 0


def capped(points: float, *, cap: float | None = None) -> float:
    """Within what one rule may give: its group's cap where that is lower."""
    most = MOST if cap is None else min(MOST, cap)
    return max(-MOST, min(most, points))


def two_by_two(with_hits: int, with_n: int, without_hits: int, without_n: int) -> Estimate:
    """A single yes/no feature, unregularised (Woolf). An empty cell gets half a lead in each."""
    cells = [with_hits, with_n - with_hits, without_hits, without_n - without_hits]
    if not all(cells):
        cells = [cell + 0.5 for cell in cells]
    a, b, c, d = cells
    return Estimate(math.log(a / b) - math.log(c / d), math.sqrt(sum(1 / cell for cell in cells)))
