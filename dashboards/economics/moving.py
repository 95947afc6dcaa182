"""Moving money from one channel to another, as arithmetic: standard library only.

It multiplies what each channel brought for its money in the period. It knows nothing of audiences that run dry, so it
is no forecast.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Channel:
    """Programme spend in minor units and new customers of the period."""

    name: str
    spend: int
    customers: int


@dataclass(frozen=True, slots=True)
class Moved:
    """`money` in minor units; customers as exact fractions; `why` it can't be worked out, or empty."""

    money: Fraction = Fraction(0)
    fewer: Fraction = Fraction(0)
    more: Fraction = Fraction(0)
    why: str = ""

    @property
    def net(self) -> Fraction:
        return self.more - self.fewer


def move(share: Fraction, origin: Channel, target: Channel) -> Moved:
    """`share` of the origin's spend at each channel's customers per money spent."""
    if origin.name == target.name:
        return Moved(why="choose two channels")
    for channel in (origin, target):
        if not channel.spend:
            return Moved(why=f"no spend entered for {channel.name}")
    money = share * origin.spend
    return Moved(money, share * origin.customers, money * Fraction(target.customers, target.spend))
