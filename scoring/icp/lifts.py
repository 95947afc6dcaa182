"""Who the best customers are, and what sets them apart: arithmetic of DOMAIN 6 "ICP", no Django and no clock."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from revops.lib.statistics import newcombe, percentile, wilson

M = 10  # how many customers of the average kind each value is mixed with
LEAST = 5  # customers that have the value, before anything is said of it
FEWEST = 20  # customers, before a profile is derived
TOP = 0.75
# measure -> (what it is called, how more of it counts)
MEASURES: dict[str, tuple[str, Callable[[float], float]]] = {
    "value": ("what they bought", lambda one: one),
    "cycle": ("how fast they decided", lambda one: -one),
    "health": ("health", lambda one: one),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """`value` in whole money, `cycle` in days, `health` 0–100; None = unknown."""

    key: int
    value: float | None = None
    cycle: float | None = None
    health: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """`best`: keys of the top quartile. `ranked`: how many had any measure. `known`: measure → customers it is known
    of; a measure of which nothing is known is left out for everybody."""

    best: frozenset[int]
    ranked: int
    known: dict[str, int]


def ranked(customers: Sequence[Customer]) -> Ranking:
    """The top quartile of the mean percentile (midrank) over the measures that are known of a customer.

    Whoever stands exactly at the quartile belongs to it, so with ties it may be more than a quarter."""
    sums: dict[int, list[float]] = {}
    known: dict[str, int] = {}
    for measure, (_, better) in MEASURES.items():
        given = [(one.key, better(found)) for one in customers if (found := getattr(one, measure)) is not None]
        known[measure] = len(given)
        ordered = sorted(found for _, found in given)
        for key, found in given:
            midrank = (bisect_left(ordered, found) + bisect_right(ordered, found)) / 2
            sums.setdefault(key, []).append(midrank / len(ordered))
    means = {key: sum(one) / len(one) for key, one in sums.items()}
    cut = percentile(means.values(), TOP)
    # Means of equal parts can differ in the last bit.
    best = frozenset(key for key, mean in means.items() if cut is not None and mean >= cut - 1e-12)
    return Ranking(best, len(means), known)


@dataclass(frozen=True, slots=True)
class Lift:
    """A value among customers: `b` best of `n`. `raw` and `lift` are ratios to p0; `low`, `high` the interval of b ÷ n.

    `verdict`: kept (more often best), against (less often), unclear (the interval holds p0), few (n < 5).
    """

    b: int
    n: int
    raw: float | None
    lift: float | None
    low: float | None
    high: float | None
    verdict: str


def lift(b: int, n: int, p0: float) -> Lift:
    """Smoothed: ((b + m·p0) ÷ (n + m)) ÷ p0. `p0`: share of best among all customers; 0 or 1 tells nothing apart."""
    interval = wilson(b, n)
    if interval is None or not 0 < p0 < 1:
        return Lift(b, n, None, None, None, None, "few" if n < LEAST else "unclear")
    low, high = interval
    if n < LEAST:
        verdict = "few"
    elif low > p0:
        verdict = "kept"
    else:
        verdict = "against" if high < p0 else "unclear"
    return Lift(b, n, b / n / p0, (b + M * p0) / (n + M) / p0, low, high, verdict)


def describes_targeting(best_with: int, best: int, lost_with: int, lost: int) -> bool | None:
    """Whether a value is about as common among those who were lost as among the best customers: then it says whom we
    sell to, not who succeeds. About: the interval of the difference holds zero. None when one side is empty."""
    interval = newcombe(best_with, best, lost_with, lost)
    return None if interval is None else interval[0] <= 0
