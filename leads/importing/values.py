"""Cells become values, or a Refusal that says why not. Pure."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from leads.importing.reading import Refusal

YES = frozenset({"yes", "true", "y", "1", "1.0", "ja", "oui", "si", "sí", "sim"})
NO = frozenset({"no", "false", "n", "0", "0.0", "nein", "non", "não"})
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def moment(text: str, *, formats: list[str], zone: ZoneInfo, now: datetime, column: str) -> datetime:
    """An instant in UTC. A date alone is the start of that local day."""
    at = _parsed(text, formats, zone)
    if at is None:
        raise Refusal("wrong_date", f"{column}: {text[:60]!r} is not a date of the form {' or '.join(formats)}.")
    if at > now:
        raise Refusal("future_date", f"{column}: {text[:60]!r} lies after today.")
    if at < EARLIEST:
        raise Refusal("date_too_early", f"{column}: {text[:60]!r} lies before 1990.")
    return at


def _parsed(text: str, formats: list[str], zone: ZoneInfo) -> datetime | None:
    for form in formats:
        try:
            if form in {"epoch_s", "epoch_ms"}:
                return datetime.fromtimestamp(float(text) / (1000 if form == "epoch_ms" else 1), UTC)
            at = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 (the zone follows)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def is_date(text: str, *, formats: list[str], zone: ZoneInfo) -> bool:
    return _parsed(text, formats, zone) is not None


def local_date(text: str, *, formats: list[str], zone: ZoneInfo, column: str) -> date:
    """A calendar day, which may lie ahead (a planned close)."""
    at = _parsed(text, formats, zone)
    if at is None:
        raise Refusal("wrong_date", f"{column}: {text[:60]!r} is not a date of the form {' or '.join(formats)}.")
    return at.astimezone(zone).date()


def number(text: str) -> Decimal | None:
    """A finite number; thousands separators of the 1,234.5 kind are allowed."""
    try:
        value = Decimal(text.replace(",", "") if "." in text or text.count(",") != 1 else text.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal(10) ** 18 else None


def whole(text: str, *, column: str, most: int = 2_147_483_647) -> int:
    value = number(text)
    if value is None or value != value.to_integral_value() or not 0 <= value <= most:
        raise Refusal("wrong_number", f"{column}: {text[:60]!r} is not a whole number.")
    return int(value)


def minor_units(text: str, *, column: str, digits: int) -> int:
    """Money in minor units; refuses what is negative or finer than the currency."""
    value = number(text.strip("$€£ "))
    scaled = None if value is None else value.scaleb(digits)
    if scaled is None or scaled != scaled.to_integral_value() or not 0 <= scaled < 2**62:
        raise Refusal("wrong_amount", f"{column}: {text[:60]!r} is not an amount.")
    return int(scaled)


def yes_no(text: str) -> bool | None:
    low = text.casefold()
    return True if low in YES else False if low in NO else None


def limited(text: str, most: int, *, column: str) -> str:
    if len(text) > most:
        raise Refusal("too_long", f"{column}: {len(text)} characters, at most {most} fit.")
    return text
