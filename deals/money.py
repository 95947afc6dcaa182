"""Money at the doors: people and JSON write decimals, the record keeps integer minor units."""

import re
from decimal import Decimal, InvalidOperation

from revops.lib import amounts
from revops.lib.errors import Invalid

# Currencies without cents would need their own exponent; all we keep so far have two places.
PLACES = 2
LARGEST = 10**13  # minor units: a hundred billion; above it somebody typed a phone number


def minor(value: Decimal | str | int, *, field: str = "amount") -> int:
    """ "126000.00" → 12600000. Raises Invalid for what is no amount, has more than two places, or is absurd."""
    try:
        exact = amounts.exact(str(value))
    except InvalidOperation:
        raise Invalid("The amount is not a number, such as 126000.00.", code="not_a_number", field=field) from None
    if not exact.is_finite():
        raise Invalid("The amount is not a number, such as 126000.00.", code="not_a_number", field=field)
    cents = exact.scaleb(PLACES)
    if cents != cents.to_integral_value():
        raise Invalid("An amount has at most two decimal places.", code="too_precise", field=field)
    if abs(cents) > LARGEST:
        raise Invalid("The amount is larger than 100,000,000,000.", code="too_large", field=field)
    return int(cents)


def major(cents: int | None) -> Decimal | None:
    """12600000 → Decimal("126000.00"); None stays None."""
    return None if cents is None else Decimal(cents).scaleb(-PLACES)


def as_json(cents: int | None, currency: str) -> dict[str, str] | None:
    """{"amount": "126000.00", "currency": "USD"}, or None when the amount is unknown."""
    return None if cents is None else {"amount": str(major(cents)), "currency": currency}


def currency(code: str, *, field: str = "currency") -> str:
    """A three-letter code in capitals; raises Invalid."""
    if not re.fullmatch(r"[A-Za-z]{3}", code or ""):
        raise Invalid("A currency is three letters, such as USD.", code="bad_currency", field=field)
    return code.upper()
