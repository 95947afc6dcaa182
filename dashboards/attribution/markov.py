"""First-order absorbing Markov chain over channels (DOMAIN 5.3), solved exactly as a linear system.

Removal effects come from one inverse: the chance to convert without channel c is x(start) − h·x(c), where h is the
chance to reach c at all, and x the chance to convert from each state (c then counts as a dead end).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chain:
    """`base`: chance to convert; `without`: the same with a channel made a dead end; `effects`: 1 − without ÷ base."""

    base: float
    without: Mapping[str, float]
    effects: Mapping[str, float]

    @property
    def shares(self) -> dict[str, float]:
        """Each channel's part of the credit, summing to 1; empty when nothing converts."""
        whole = sum(self.effects.values())
        return {key: effect / whole for key, effect in self.effects.items()} if whole > 0 else {}


def chain(journeys: Mapping[Sequence[str], tuple[int, int]]) -> Chain:
    """`journeys`: channels in order → (how many converted, how many did not). Repeats in a row are one visit."""
    import numpy

    keys = list(dict.fromkeys(key for path in journeys for key in path))
    place = {key: n for n, key in enumerate(keys, 1)}  # 0 is the start
    n = len(keys) + 1
    moves = numpy.zeros((n, n))
    converts, ends = numpy.zeros(n), numpy.zeros(n)
    for path, (won, lost) in journeys.items():
        here = 0
        for key in path:
            there = place[key]
            if there != here:
                moves[here, there] += won + lost
                here = there
        converts[here] += won
        ends[here] += lost
    out = moves.sum(axis=1) + converts + ends
    out[out == 0] = 1
    visits = numpy.linalg.inv(numpy.eye(n) - moves / out[:, None])
    chance = visits @ (converts / out)
    base = float(chance[0])
    reach = visits[0] / numpy.diag(visits)
    without = {key: float(chance[0] - reach[i] * chance[i]) for key, i in place.items()}
    effects = {key: max(0.0, 1 - kept / base) if base else 0.0 for key, kept in without.items()}
    return Chain(base, without, effects)
