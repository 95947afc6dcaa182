"""Reads a calendar file that people upload: its all-day events are dates on which nobody is there."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr
from icalendar import Calendar as Parsed
from icalendar import Event

from revops.lib.errors import Invalid

LARGEST = 1_000_000  # bytes
MOST = 1_000  # dates
REPEATS = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


@dataclass(slots=True)
class Read:
    """`dates`: {date: what the event is called}; `timed`: events with times of day, which close nothing here."""

    dates: dict[date, str] = field(default_factory=dict)
    timed: int = 0


def read(content: bytes, *, first: date, last: date) -> Read:
    """All-day events from `first` to `last`, repeated ones each time. Raises Invalid naming the field `file`."""
    if len(content) > LARGEST:
        raise Invalid("The file is larger than 1 MB.", field="file", code="too_large")
    try:
        parsed = Parsed.from_ical(content)
    except (ValueError, UnicodeError, IndexError, KeyError, TypeError):
        raise Invalid("This is not a calendar file (.ics).", field="file", code="unreadable") from None
    found = Read()
    for event in parsed.walk("VEVENT"):
        try:
            _take(event, found, first, last)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            what = str(event.get("summary", "without a name"))[:60]
            raise Invalid(f"The event “{what}” can't be read.", field="file", code="unreadable") from None
        if len(found.dates) > MOST:
            raise Invalid(f"The file closes more than {MOST:,} days.", field="file", code="too_many")
    found.dates = dict(sorted(found.dates.items()))
    return found


def _take(event: Event, found: Read, first: date, last: date) -> None:
    start = event.decoded("dtstart")
    if isinstance(start, datetime):
        found.timed += 1
        return
    end = event.decoded("dtend") if "dtend" in event else start + timedelta(days=1)
    days = max(1, min((end - start).days, 366))
    name = " ".join(str(event.get("summary", "")).split())[:80]
    excluded = _excluded(event)
    for begins in _beginnings(event, start, first - timedelta(days=days), last):
        for offset in range(days):
            day = begins + timedelta(days=offset)
            if first <= day <= last and begins not in excluded:
                found.dates[day] = name


def _beginnings(event: Event, start: date, first: date, last: date) -> list[date]:
    rule = event.get("rrule")
    if rule is None:
        return [start]
    if rule.get("freq", [""])[0] not in REPEATS:
        raise ValueError("an all-day event does not repeat within the day")
    repeated = rrulestr(rule.to_ical().decode(), dtstart=_midnight(start))
    opens, closes = _midnight(max(first, start)), _midnight(last)
    found: list[date] = []
    for moment in repeated.xafter(opens, inc=True):
        if moment > closes or len(found) > MOST:
            break
        found.append(moment.date())
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _excluded(event: Event) -> set[date]:
    given = event.get("exdate", [])
    lists = given if isinstance(given, list) else [given]
    return {moment.dt for one in lists for moment in one.dts}
