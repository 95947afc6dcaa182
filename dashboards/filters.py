"""What a number is asked about: a period, and whose or whence. Read from the address, written back into it.

Keys: `from`, `to` (local dates, both included); `days` up to `to`, which wins over `from` (90 up to today if unsaid;
beside both of them it is another choice than they are: so many days up to today);
`compare` (previous, month, year, none); `source` (a channel's code or `unknown`), `owner` and `team` (ids), `segment`
(of the company's size), `as_of` (an instant).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime

from leads import company_size
from revops.lib import words
from revops.lib.errors import Invalid

DEFAULT_DAYS = 90
CHOICES = (30, 90, 365)
COMPARE = ("previous", "month", "year", "none")
UNKNOWN = "unknown"
LONGEST = 3_660  # days
EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [starts, ends) in UTC, seen as known at `seen`."""

    starts: datetime
    ends: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Filters:
    """`start` and `end` are local days of the reporting zone, both included. `as_of` None means now."""

    start: date
    end: date
    zone: str = "UTC"
    compare: str = "previous"
    source: str = ""
    owner: int | None = None
    team: int | None = None
    segment: str = ""
    as_of: datetime | None = None

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def before(self) -> tuple[date, date] | None:
        """The days compared with: as many before, the calendar month before, or the same dates a year earlier."""
        if self.compare == "none":
            return None
        if self.compare == "month":
            last = self.start.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last
        if self.compare == "year":
            return _year_before(self.start), _year_before(self.end)
        return self.start - timedelta(days=self.days), self.start - timedelta(days=1)

    def window(self, as_of: datetime) -> Window:
        return Window(midnight(self.start, self.zone), midnight(self.end + timedelta(days=1), self.zone), as_of)

    def window_before(self, as_of: datetime) -> Window | None:
        """The earlier period, seen from as long after its start as `as_of` is after this one's: like with like."""
        if self.before is None:
            return None
        start, end = self.before
        starts, ends = midnight(start, self.zone), midnight(end + timedelta(days=1), self.zone)
        return Window(starts, ends, as_of - (midnight(self.start, self.zone) - starts))

    def query(self, **changes) -> str:
        """The address of the same question with `changes`; a value of None drops the key."""
        pairs = {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "compare": self.compare if self.compare != "previous" else None,
            "source": self.source or None,
            "owner": self.owner,
            "team": self.team,
            "segment": self.segment or None,
            "as_of": instant(self.as_of) if self.as_of else None,
        } | changes
        return urlencode({key: value for key, value in pairs.items() if value is not None})

    def at(self, as_of: datetime) -> "Filters":
        return replace(self, as_of=as_of)

    @property
    def words(self) -> str:
        """29 Aug – 26 Nov, 90 days"""
        return f"{words.period(self.start, self.end)}, {words.plural(self.days, 'day')}"

    @property
    def compare_words(self) -> str:
        return {
            "previous": f"vs the {self.days} days before", "month": "vs the month before", "year": "vs a year before",
            "none": "no comparison",
        }[self.compare]  # fmt: skip


def instant(at: datetime) -> str:
    """ISO 8601 to the microsecond: an as-of that is rounded would show other rows."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def midnight(day: date, zone: str) -> datetime:
    """The instant a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def parse(query: Mapping[str, str], *, zone: str, now: datetime) -> Filters:
    """Raises Invalid naming every key that cannot be read. Empty values count as not given."""
    wrong: list[dict] = []

    def read(key: str, reader, sentence: str):
        text = (query.get(key) or "").strip()
        if not text:
            return None
        try:
            value = reader(text)
        except (ValueError, OverflowError):
            value = None
        if value is None:
            wrong.append({"field": key, "code": "invalid", "detail": sentence})
        return value

    today = now.astimezone(ZoneInfo(zone)).date()
    start = read("from", _date, "A date such as 2026-08-29.")
    end = read("to", _date, "A date such as 2026-11-26.")
    days = read("days", lambda t: int(t) if 1 <= int(t) <= LONGEST else None, f"A number of days from 1 to {LONGEST}.")
    if days and start and end:
        end = None
    as_of = read("as_of", _instant, "An instant with its zone, such as 2026-11-27T14:14:22Z.")
    if as_of and as_of > now:
        wrong.append({"field": "as_of", "code": "future", "detail": "Nothing is known yet of the future."})
    filters = Filters(
        start=_start(start, end or today, days),
        end=end or max(today, start or today),
        zone=zone,
        compare=read("compare", lambda t: t if t in COMPARE else None, "previous, month, year or none.") or "previous",
        source=read("source", _code, "The code of a channel, or unknown.") or "",
        owner=read("owner", _id, "The id of a user."),
        team=read("team", _id, "The id of a team."),
        segment=read("segment", lambda t: t if t in company_size.NAMES else None, f"{', '.join(company_size.NAMES)}.")
        or "",
        as_of=as_of,
    )
    if not wrong and filters.start > filters.end:
        wrong.append({"field": "to", "code": "order", "detail": "The period ends before it begins."})
    if not wrong and filters.days > LONGEST:
        wrong.append({"field": "from", "code": "too_long", "detail": f"A period has at most {LONGEST} days."})
    if wrong:
        raise Invalid("The filters cannot be read.", errors=wrong)
    return filters


def _start(start: date | None, end: date, days: int | None) -> date:
    return start if start and not days else end - timedelta(days=(days or DEFAULT_DAYS) - 1)


def _date(text: str) -> date | None:
    found = parse_date(text)
    return found if found and EARLIEST <= found <= date(2200, 1, 1) else None


def _instant(text: str) -> datetime | None:
    found = parse_datetime(text[:11] + text[11:].replace(" ", "+"))  # a plus in an address reads as a space
    return found.astimezone(UTC) if found and found.tzinfo and found.year >= EARLIEST.year else None


def _code(text: str) -> str | None:
    return text if len(text) <= 32 and text.isprintable() else None


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**63 else None


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
