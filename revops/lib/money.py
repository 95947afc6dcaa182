"""Money between JSON and the database: {"amount": "126000.00", "currency": "USD"} ↔ integer minor units. Pure."""

import re
from decimal import Decimal
from typing import Any

# ISO 4217: how many digits the minor unit has, where it isn't two.
_DIGITS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)  # fmt: skip
_AMOUNT = re.compile(r"-?\d{1,13}(?:\.\d{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")


def digits(currency: str) -> int:
    return _DIGITS.get(currency, 2)


def major(minor: int, currency: str) -> Decimal:
    """12600000 US cents → Decimal("126000.00")."""
    return Decimal(minor).scaleb(-digits(currency))


def as_json(minor: int | None, currency: str) -> dict[str, str] | None:
    return None if minor is None else {"amount": f"{major(minor, currency):f}", "currency": currency}


def read(data: Any, *, field: str = "amount", least: int | None = None) -> tuple[int, str, list[dict[str, str]]]:
    """(minor units, currency, errors as [{field, code, detail}]); the first two mean nothing when there are errors.

    `least`: the smallest amount allowed, in minor units. The amount is a text: binary fractions can't say 0.10.
    """
    if not isinstance(data, dict):
        return _wrong(field, "not_money", 'Give money like {"amount": "126000.00", "currency": "USD"}.')
    for name in data:
        if name not in {"amount", "currency"}:
            return _wrong(f"{field}.{name[:100]}", "unknown_field", "There is no such field.")
    amount, currency = data.get("amount"), data.get("currency")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return _wrong(f"{field}.currency", "invalid_currency", "Give a currency of ISO 4217, like USD.")
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount):
        return _wrong(f"{field}.amount", "invalid_amount", 'Give the amount as a text like "126000.00".')
    minor = Decimal(amount).scaleb(digits(currency))
    if minor != minor.to_integral_value():
        detail = f"{currency} has {digits(currency)} digits after the point."
        return _wrong(f"{field}.amount", "too_precise", detail)
    if least is not None and minor < least:
        return _wrong(f"{field}.amount", "too_small", f"Give at least {major(least, currency)} {currency}.")
    return int(minor), currency, []


def _wrong(field: str, code: str, detail: str) -> tuple[int, str, list[dict[str, str]]]:
    return 0, "", [{"field": field, "code": code, "detail": detail}]
