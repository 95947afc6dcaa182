"""What a customer brings over their life (K18): standard library only, money in whatever unit the revenue has."""

from dataclasses import dataclass
from fractions import Fraction

CAP = 60  # months
ENOUGH = 20  # customers


@dataclass(frozen=True, slots=True)
class Lifetime:
    """`value`: gross margin over the whole life; `first_60`: what of it comes within the cap, customers leaving on the
    way; `months`: the life counted; `why`: the reason it was capped, or empty."""

    value: Fraction
    first_60: Fraction
    months: Fraction
    why: str = ""


def value(arpa: Fraction, margin: Fraction, churn: Fraction, *, customers: int) -> Lifetime:
    """ARPA × gross margin ÷ churn, all monthly. `churn` and `margin` are shares. A life nobody has seen end, or seen in
    fewer than 20 customers, is counted as at most 60 months."""
    month = arpa * margin
    if not churn:
        return Lifetime(month * CAP, month * CAP, Fraction(CAP), "nobody left")
    first = month * (1 - (1 - churn) ** CAP) / churn
    life = 1 / churn
    if customers < ENOUGH:
        counted = min(life, Fraction(CAP))
        return Lifetime(month * counted, first, counted, f"fewer than {ENOUGH} customers")
    return Lifetime(month * life, first, life)
