"""Taking turns: the smooth weighted round robin of DOMAIN 1.2. Pure.

Each turn adds everybody's weight to their standing, gives the turn to the highest (ties: list order) and takes the sum
of all weights from them. 5/1/1 gives a a b a c a a. Who isn't eligible this time stands still, so nobody who was away
gets a flood later.
"""

from collections.abc import Sequence


def take_turn(standing: dict[int, int], eligible: Sequence[tuple[int, int]]) -> int:
    """Whose turn it is among `eligible` [(user id, weight ≥ 1)], in list order; moves `standing` {user id: standing}.

    Standings are bounded by the sum of the weights, whatever the number of turns. Raises ValueError for an empty list.
    """
    if not eligible:
        raise ValueError("Nobody to take a turn.")
    best = eligible[0][0]
    total = 0
    for user, weight in eligible:
        standing[user] = standing.get(user, 0) + weight
        total += weight
        if standing[user] > standing[best]:
            best = user
    standing[best] -= total
    return best
