"""The models of DOMAIN 5.2 as whole numbers whose proportions are the credit of each touch. Pure.

`n` touches, `lc` and `oc` as in `paths.Path`. A milestone a deal does not have gives its share to the others in
proportion; so do middle touches that are not there. A touch that is two milestones gets both shares.
"""

from collections.abc import Sequence
from functools import lru_cache

from dashboards.attribution.paths import DIRECT

SCALE = 60  # bits a decaying weight is kept in: more than a float has


def first(n: int) -> tuple[int, ...]:
    return (1,) + (0,) * (n - 1)


def last(n: int) -> tuple[int, ...]:
    return (0,) * (n - 1) + (1,)


def last_non_direct(channels: Sequence[str]) -> tuple[int, ...]:
    """The last touch that is not direct; the last one when all are."""
    n = len(channels)
    place = next((i for i in range(n - 1, -1, -1) if channels[i] != DIRECT), n - 1)
    return tuple(int(i == place) for i in range(n))


def linear(n: int) -> tuple[int, ...]:
    return (1,) * n


@lru_cache(4096)
def position(n: int, shares: tuple[int, int, int] = (40, 20, 40)) -> tuple[int, ...]:
    """Shares of the first touch, of all between, and of the last."""
    return _marked(n, n - 1, ((0, shares[0]), (n - 1, shares[2])), shares[1])


@lru_cache(4096)
def u_shaped(n: int, lc: int | None) -> tuple[int, ...]:
    """40/20/40 on the first touch and the one that made them known; touches after it get nothing."""
    return _marked(n, n - 1 if lc is None else lc, ((0, 40), (lc, 40)), 20)


@lru_cache(4096)
def w_shaped(n: int, lc: int | None, oc: int | None) -> tuple[int, ...]:
    """30/30/30 on first touch, known, opened, 10 between; touches after the opening get nothing."""
    return _marked(n, n - 1 if oc is None else oc, ((0, 30), (lc, 30), (oc, 30)), 10)


@lru_cache(4096)
def full_path(n: int, lc: int | None, oc: int | None) -> tuple[int, ...]:
    """22.5 each on first touch, known, opened and the closing touch, 10 between."""
    return _marked(n, n - 1, ((0, 225), (lc, 225), (oc, 225), (n - 1, 225)), 100)


def decay(days: Sequence[float], half_life: float) -> tuple[int, ...]:
    """2^(−days ÷ half-life), whole weeks not floored. Counted from the last touch, so that old paths do not vanish."""
    nearest = min(days)
    return tuple(int(2.0 ** (SCALE - (day - nearest) / half_life)) for day in days)


def distinct(keys: Sequence[str]) -> tuple[int, ...]:
    """Equal parts to the distinct keys, at the first touch of each: what Shapley comes to (DOMAIN 5.4)."""
    seen: set[str] = set()
    return tuple(int(not (key in seen or seen.add(key))) for key in keys)  # type: ignore[func-returns-value]


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` minor units by weight; the parts sum to it exactly (largest remainder, ties to the earlier touch)."""
    whole = sum(weights)
    if not whole:
        weights, whole = (1,) * len(weights), len(weights)
    parts = [amount * w // whole for w in weights]
    rest = amount - sum(parts)
    if rest:
        order = sorted(range(len(parts)), key=lambda i: (-(amount * weights[i] % whole), i))
        for i in order[:rest]:
            parts[i] += 1
    return parts


def _marked(n: int, end: int, marks: Sequence[tuple[int | None, int]], middle: int) -> tuple[int, ...]:
    """Shares at the marks up to `end`, and one share for all touches between them."""
    kept = [(place, share) for place, share in marks if place is not None and place <= end]
    places = {place for place, _ in kept}
    between = [i for i in range(end + 1) if i not in places]
    weights = [0] * n
    for place, share in kept:
        weights[place] += share * max(len(between), 1)
    for i in between:
        weights[i] = middle
    return tuple(weights)
