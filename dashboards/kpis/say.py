"""How figures are said, the same on pages, in CSV and in the API's `text`."""

from decimal import Decimal
from fractions import Fraction
from math import inf

from dashboards.kpis.base import Number
from revops.lib import words


def exact(value: Number, places: int = 6) -> Decimal:
    """A number as a decimal, rounded half-up far behind what anybody reads."""
    if isinstance(value, Fraction):
        return words.rounded(Decimal(value.numerator) / Decimal(value.denominator), places)
    return words.rounded(value, places)


def share(value: Number) -> str:
    return words.share(exact(value, 9))


def money(cents: Number, currency: str) -> str:
    """Whole units; cents are for records, not for averages."""
    return words.money(words.rounded(exact(cents) / 100, 0), currency)


def days(value: Number | None) -> str:
    """6.1 · 61 · 104, without the unit: one decimal under ten days."""
    if value is None:
        return "n/a"
    if value == inf:
        return "not reached"
    return words.number(exact(value), 1 if value < 10 else 0).removesuffix(".0")


def seconds(value: Number | None) -> str:
    """How long something took: 40 s · 21 min · 5 h 10 min · 3 d 4 h."""
    if value is None:
        return "n/a"
    return "not reached" if value == inf else words.span(int(exact(value)))


def count(value: Number) -> str:
    return words.number(exact(value))


def trimmed(value: Number, places: int) -> str:
    """3.33 · 3.4 · 73: no zeros at the end."""
    text = words.number(exact(value, 9), places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def value(number: Number | None, unit: str, currency: str = "USD", *, short: bool = False) -> str:
    """The number with its unit: 27.0% · $48,600 · $15.9k a day · 61 d · 21 min · 1,544 · 3.33 (a ratio) · 78.8."""
    if number is None:
        return "n/a"
    if unit == "text":
        return str(number)
    if unit == "share":
        return share(number)
    if unit in {"money", "money_per_day"}:
        return words.money_short(exact(number) / 100, currency) if short else money(number, currency)
    if unit in {"ratio", "points"}:
        return trimmed(number, 1 if short or unit == "points" else 2)
    if unit == "months":
        return "1 month" if trimmed(number, 1) == "1" else f"{trimmed(number, 1)} months"
    if unit == "days":
        return days(number) + (" d" if number != inf else "")
    return seconds(number) if unit == "seconds" else count(number)
