"""Hunter or farmer, by segment (DOMAIN 6): standard library only, money in minor units, shares as fractions."""

from dataclasses import dataclass
from fractions import Fraction

LEAST = 10  # customers
HUNTER, FARMER, HYBRID, GENERALISTS, FIX, UNKNOWN = "hunter", "farmer", "hybrid", "generalists", "fix", "unknown"
NAMES = {
    HUNTER: "Hunter-led", FARMER: "Farmer-led", HYBRID: "Hybrid", GENERALISTS: "Generalists",
    FIX: "Fix economics first", UNKNOWN: "Insufficient",
}  # fmt: skip
SMALL_ACV = 10_000_00
SHORT_CYCLE = 45  # days
FEW_SELLERS = 5


@dataclass(frozen=True, slots=True)
class Inputs:
    """`acv` of new business, `cycle` in days, `expansion`: its share of new and expansion revenue. None: unknown."""

    customers: int
    acv: Fraction | None
    cycle: float | None
    ltv_cac: Fraction | None
    expansion: Fraction | None
    nrr: Fraction | None
    sellers: int


@dataclass(frozen=True, slots=True)
class Motion:
    kind: str
    because: str

    @property
    def name(self) -> str:
        return NAMES[self.kind]


def of(x: Inputs) -> Motion:
    """The first rule that fits, in words. Unknown with fewer than 10 customers or without a deciding input."""
    if x.customers < LEAST:
        return Motion(UNKNOWN, f"{x.customers} of {LEAST} customers needed")
    if x.ltv_cac is None:
        return Motion(UNKNOWN, "LTV : CAC is not known")
    if x.ltv_cac < 1:
        return Motion(FIX, "a customer brings less than they cost")
    missing = [name for name, value in (("contract value", x.acv), ("sales cycle", x.cycle),
                                        ("share of expansion", x.expansion)) if value is None]  # fmt: skip
    if x.acv is None or x.cycle is None or x.expansion is None:
        return Motion(UNKNOWN, f"the {' and the '.join(missing)} {'are' if len(missing) > 1 else 'is'} not known")
    if x.acv < SMALL_ACV and x.cycle <= SHORT_CYCLE and x.expansion < Fraction(30, 100):
        return Motion(HUNTER, "small contracts, sold fast, that seldom grow")
    grows = x.expansion >= Fraction(40, 100) or (x.nrr is not None and x.nrr >= Fraction(110, 100))
    if x.ltv_cac >= 3 and grows:
        return Motion(FARMER, "customers are worth it and grow")
    if x.sellers <= FEW_SELLERS:
        return Motion(GENERALISTS, f"neither fits, and {x.sellers} sellers are too few to split")
    return Motion(HYBRID, "neither fits alone")
