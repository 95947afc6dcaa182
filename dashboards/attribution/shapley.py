"""Shapley values. With "conversions of the journeys whose channels all lie in S" as the worth of S they equal an equal
split of each conversion over its distinct channels, which is how the product computes them (`weights.distinct`).
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import factorial

Worth = Mapping[frozenset[str], int | Fraction]


def values(worth: Worth) -> dict[str, Fraction]:
    """φ of each player for any worth of coalitions; those not named are worth 0. For up to some 15 players."""
    players = sorted(set().union(*worth)) if worth else []
    n = len(players)
    found = {}
    for player in players:
        others = [p for p in players if p != player]
        found[player] = sum(
            (
                Fraction(factorial(size) * factorial(n - size - 1), factorial(n))
                * Fraction(worth.get(frozenset({*group, player}), 0) - worth.get(frozenset(group), 0))
                for size in range(n)
                for group in combinations(others, size)
            ),
            Fraction(0),
        )
    return found


def worth_of(journeys: Mapping[tuple[str, ...], tuple[int, int]]) -> dict[frozenset[str], int]:
    """v(S) of every coalition: conversions of the journeys all of whose channels are in S."""
    players = sorted({key for path in journeys for key in path})
    return {
        frozenset(group): sum(won for path, (won, _) in journeys.items() if set(path) <= set(group))
        for size in range(len(players) + 1)
        for group in combinations(players, size)
    }


def of_journeys(journeys: Mapping[tuple[str, ...], tuple[int, int]]) -> dict[str, Fraction]:
    """The same by the equal split: as many steps as there are paths, however many channels."""
    found: dict[str, Fraction] = {}
    for path, (won, _) in journeys.items():
        for key in set(path):
            found[key] = found.get(key, Fraction(0)) + Fraction(won, len(set(path)))
    return found
