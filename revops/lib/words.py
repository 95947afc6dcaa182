"""How numbers, money, dates and times are written, everywhere: pages, CSV, notices, the API's sentences.

Pure functions: no clock, no request, no database. Moments are aware datetimes, zones are `ZoneInfo`,
durations are seconds. Shares round half-up to one decimal; countdowns always round down, so that
nobody is promised a second that isn't there.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

MINUS = "−"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SMALL_SAMPLE = 20
MINUTE, HOUR, DAY = 60, 3_600, 86_400


# --- numbers ------------------------------------------------------------------
def rounded(value, places: int) -> Decimal:
    """Half-up on the decimal digits people see (2.675 becomes 2.68, unlike binary rounding)."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(value, places: int = 0) -> str:
    """1544 → 1,544; a true minus."""
    shown = rounded(value, places)
    return f"{MINUS if shown < 0 else ''}{abs(shown):,}"


def signed(value, places: int = 0) -> str:
    """15 → +15, -1.1 → −1.10 with two places; zero has no sign."""
    shown = rounded(value, places)
    return f"{'+' if shown > 0 else MINUS if shown < 0 else ''}{abs(shown):,}"


def share(value, places: int = 1) -> str:
    """0.316 → 31.6%. The value is a fraction of one."""
    return number(Decimal(str(value)) * 100, places) + "%"


def point_change(value, places: int = 1) -> str:
    """Change of a share, −0.021 → −2.1 pt."""
    return signed(Decimal(str(value)) * 100, places) + " pt"


def fraction(part: int, whole: int) -> str:
    """A share never stands without its fraction; under 20 the counts come first and no share is claimed."""
    if not whole:
        return "n/a: 0 in this period"
    if whole < SMALL_SAMPLE:
        return f"{number(part)} of {number(whole)}, small sample"
    return f"{share(Decimal(part) / Decimal(whole))} ({number(part)} of {number(whole)})"


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def largest_remainder(values: Sequence, places: int) -> list[Decimal]:
    """The values rounded so that they add up to their rounded sum; the largest remainders get the odd units."""
    unit = Decimal(1).scaleb(-places)
    exact = [Decimal(str(value)) for value in values]
    floors = [(value / unit).to_integral_value(rounding="ROUND_FLOOR") for value in exact]
    missing = int((rounded(sum(exact, Decimal(0)), places) / unit) - sum(floors, Decimal(0)))
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i] / unit, i))
    for i in by_remainder[:missing]:
        floors[i] += 1
    return [(floor * unit).quantize(unit) for floor in floors]


# --- money --------------------------------------------------------------------
def money(amount, currency: str = "USD") -> str:
    """$126,000; cents only when there are some."""
    exact = rounded(amount, 2)
    places = 0 if exact == exact.to_integral_value() else 2
    shown = f"{abs(exact):,.{places}f}"
    symbol = SYMBOLS.get(currency)
    return f"{MINUS if exact < 0 else ''}{symbol + shown if symbol else f'{shown} {currency}'}"


def money_short(amount, currency: str = "USD") -> str:
    """$840, $15.9k, $1.35M: for cards; the exact amount belongs in the title."""
    exact = abs(rounded(amount, 2))
    places = 0
    for size, letter, places in ((Decimal(1_000_000), "M", 2), (Decimal(1_000), "k", 1)):
        if rounded(exact / size, places) >= 1:
            shown = f"{rounded(exact / size, places):,}"
            shown = (shown.rstrip("0").rstrip(".") if "." in shown else shown) + letter
            break
    else:
        shown = f"{rounded(exact, 0):,}"
    symbol = SYMBOLS.get(currency)
    sign = MINUS if Decimal(str(amount)) < 0 else ""
    return f"{sign}{symbol}{shown}" if symbol else f"{sign}{shown} {currency}"


# --- lengths of time --------------------------------------------------------------
def _length(seconds: int, own: bool) -> str:
    if seconds < 5 * MINUTE or (own and seconds < HOUR):
        return f"{seconds // MINUTE}:{seconds % MINUTE:02}"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return f"{seconds // HOUR} h {seconds % HOUR // MINUTE:02}"
    if seconds < 7 * DAY:
        days, hours = seconds // DAY, seconds % DAY // HOUR
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{seconds // DAY} d"


def duration(seconds, own: bool = False) -> str:
    """A countdown, rounded down: 1:52 · 24 min · 5 h 10 · 1 d 7 h · 11 d. Negative: 0:40 late · 3 d late.

    `own`: the clock a page is about also shows seconds under an hour (24:18).
    """
    if seconds >= 0:
        return _length(int(seconds), own)
    late = int(-seconds)
    return (f"{late // DAY} d" if late >= DAY else _length(late, False)) + " late"


def span(seconds) -> str:
    """A measured length, in full: 21 min 20 s · 8 h 54 min · 2 d 3 h. For receipts."""
    whole = int(Decimal(str(abs(seconds))).to_integral_value(rounding=ROUND_DOWN))
    sign = MINUS if seconds < 0 and whole else ""
    if whole < MINUTE:
        return f"{sign}{whole} s"
    for big, small, big_word, small_word in (
        (MINUTE, 1, "min", "s"),
        (HOUR, MINUTE, "h", "min"),
        (DAY, HOUR, "d", "h"),
    ):
        if whole < big * (60 if big < HOUR else 24) or big == DAY:
            rest = whole % big // small
            return f"{sign}{whole // big} {big_word}" + (f" {rest} {small_word}" if rest else "")
    raise AssertionError("unreachable: days have no upper bound")


# --- moments ----------------------------------------------------------------------
def day_of(day: date, today: date) -> str:
    """today · tomorrow · Wed · 12 Nov · 3 Feb 2025"""
    away = (day - today).days
    if away == 0:
        return "today"
    if away == 1:
        return "tomorrow"
    if abs(away) < 7:
        return f"{day:%a}"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def moment(at: datetime, now: datetime, zone: ZoneInfo, style: str = "") -> str:
    """`at` as the reader says it, in `zone`.

    "" today 08:38 · Wed 17:08 · 12 Nov · 3 Feb 2025; "seconds" today 08:38:40 · 12 Nov 08:38:40;
    "full" always with the time; "time" 08:38; "day" never with the time.
    """
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M:%S}" if style == "seconds" else f"{local:%H:%M}"
    if style == "time":
        return clock
    day = day_of(local.date(), today)
    near = abs((local.date() - today).days) < 7
    return day if style == "day" or (style == "" and not near) else f"{day} {clock}"


def heading_of_day(day: date, today: date) -> str:
    """For groups of a timeline: Today, Fri 27 Nov · Wed 25 Nov · 3 Feb 2025."""
    words = f"{day:%a} {day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"
    return f"Today, {words}" if day == today else words


def instant(at: datetime, zone: ZoneInfo) -> str:
    """Everything about a moment, for the hover: Fri 27 Nov 2026 08:38:40 CST."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M:%S %Z}"


def deadline(at: datetime, now: datetime, zone: ZoneInfo, reader: ZoneInfo, seconds: bool = True) -> str:
    """In the clock's own zone, named; and in the reader's when that reads differently."""
    words = f"{moment(at, now, zone, 'seconds' if seconds else 'full')} {at.astimezone(zone):%Z}"
    if at.astimezone(zone).utcoffset() != at.astimezone(reader).utcoffset():
        words += f" · {moment(at, now, reader, 'time')} your time"
    return words


def utc(at: datetime) -> str:
    """ISO 8601 with Z, for `datetime` attributes and JSON."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> int:
    """Since 1970, what the page's clocks compare."""
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def period(start: date, end: date) -> str:
    """29 Aug – 26 Nov; years only when they differ. Both ends included."""
    years = start.year != end.year
    return (
        f"{start.day} {start:%b %Y} – {end.day} {end:%b %Y}"
        if years
        else f"{start.day} {start:%b} – {end.day} {end:%b}"
    )


def initials(name: str) -> str:
    """First and last word: Jonah Reyes → JR; one word: its first two letters."""
    parts = [part for part in name.replace("-", " ").split() if part[0].isalnum()]
    if not parts:
        return "?"
    return (parts[0][0] + parts[-1][0] if len(parts) > 1 else parts[0][:2]).upper()
