"""How much is given away, and who may: pure arithmetic of DOMAIN 6, exact, bounds included. Money in minor units."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

PLACES = Decimal("0.0001")
MOST = Decimal("999.9999")
MAY_GIVE = {"rep": "a rep may give this", "manager": "a manager may give this", "director": "a director may give this",
            "vp": "a VP may give this", "cfo": "the CFO may give this"}  # fmt: skip


def combined(list_amount: int | None, discount: int, costs: Sequence[int] = ()) -> Fraction | None:
    """(discount + our cost of the gives) ÷ list, in percent, exact; None without a list to measure by."""
    if not list_amount:
        return None
    return Fraction(100 * (discount + sum(costs)), list_amount)


def asked(list_amount: int, percent: Decimal, costs: Sequence[int] = ()) -> Fraction:
    """The same of a discount said in percent of the list."""
    return Fraction(percent) + Fraction(100 * sum(costs), list_amount)


def level_of(share: Fraction, bounds: Mapping[str, Decimal]) -> str:
    """The lowest level that may give `share` percent; above all bounds the highest. `bounds`: {level: up to}."""
    ordered = sorted(bounds.items(), key=lambda pair: pair[1])
    return next((level for level, up_to in ordered if share <= Fraction(up_to)), ordered[-1][0])


def kept(list_amount: int, percent: Decimal, given: Fraction) -> int:
    """What is left to us when `given` percent is given away in place of a discount of `percent`; minor units."""
    return round((Fraction(percent) - given) * list_amount / 100)


def stored(share: Fraction) -> Decimal:
    """To four places, upwards: what is kept never says less than was given."""
    exact = (Decimal(share.numerator) / Decimal(share.denominator)).quantize(PLACES, rounding=ROUND_CEILING)
    return min(exact, MOST)


def said(share: Fraction | Decimal, places: int = 2, *, bound: bool = False) -> str:
    """12.5 of 12.5000: as many places as say something, two at most. What is given is said upwards and a `bound`
    downwards, so that more than a bound never reads like it."""
    step = Decimal(1).scaleb(-places)
    shown = f"{stored(Fraction(share)).quantize(step, rounding=ROUND_FLOOR if bound else ROUND_CEILING):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def may_give(level: str) -> str:
    """Who may give as much, in words; empty for no level."""
    return MAY_GIVE.get(level, "")
