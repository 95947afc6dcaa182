"""The models side by side: what each is called, how it is drawn, and how it weighs a path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboards.attribution import weights
from dashboards.attribution.paths import Path

Shares = tuple[int, int, int]
LEAST = 100  # conversions that a model made of the data needs
DRAWN = ("first", "last", "linear", "w", "full_path", "markov")


@dataclass(frozen=True, slots=True)
class Model:
    """`weigh(path, keys)`: whole numbers in proportion to each touch's credit; None where credit is of all paths
    together. `of_data`: needs `LEAST` conversions and paths that did not convert."""

    key: str
    name: str
    says: str
    weigh: Callable[[Path, Sequence[str]], Sequence[int]] | None
    of_data: bool = False


def models(*, half_life: float = 30, own: Shares | None = None) -> list[Model]:
    """In the order they are shown. `own`: shares of the first touch, of those between, of the last."""
    found = [
        Model("first", "First touch", "All to the first touch.", lambda p, k: weights.first(len(k))),
        Model("last", "Last touch", "All to the last touch before the win.", lambda p, k: weights.last(len(k))),
        Model(
            "last_non_direct", "Last, not direct", "The last touch that is not a direct visit, if there is another.",
            lambda p, k: weights.last_non_direct([step.channel for step in p.steps]),
        ),
        Model("linear", "Linear", "The same to each touch.", lambda p, k: weights.linear(len(k))),
        Model(
            "position", "Position 40/20/40", "40% first, 40% last, 20% over those between.",
            lambda p, k: weights.position(len(k)),
        ),
        Model(
            "u", "U 40/40/20", "40% first touch, 40% the touch that made them known, 20% between; nothing later.",
            lambda p, k: weights.u_shaped(len(k), p.lc),
        ),
        Model(
            "w", "W", "30% each: first touch, known, deal opened; 10% between; nothing later.",
            lambda p, k: weights.w_shaped(len(k), p.lc, p.oc),
        ),
        Model(
            "full_path", "Full path", "22.5% each: first touch, known, deal opened, last before the win; 10% between.",
            lambda p, k: weights.full_path(len(k), p.lc, p.oc),
        ),
        Model(
            "decay", f"Decay, {half_life:g} d", f"Worth half every {half_life:g} days before the win.",
            lambda p, k: weights.decay(p.days, half_life),
        ),
    ]  # fmt: skip
    if half_life != 7:
        found.append(
            Model("decay_7", "Decay, 7 d", "Worth half every 7 days before the win.",
                  lambda p, k: weights.decay(p.days, 7))
        )  # fmt: skip
    if own is not None:
        shares, name = own, "/".join(map(str, own))
        found.append(
            Model("own", f"Own {name}", f"{own[0]} parts first, {own[1]} between, {own[2]} last: your own weights.",
                  lambda p, k: weights.position(len(k), shares))
        )  # fmt: skip
    return [
        *found,
        Model("markov", "Markov", "What would be lost without it, in a chain of all paths, won and lost.", None, True),
        Model(
            "shapley", "Shapley", "The same to each distinct one of a path: what Shapley values come to here. Not "
            "smarter than linear without repeats.", lambda p, k: weights.distinct(k), True,
        ),
    ]  # fmt: skip
