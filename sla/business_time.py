"""Opening hours and the arithmetic of deadlines on them. Pure: no database, no clock, standard library only.

A day's wall-clock edges become instants first and all arithmetic is then on one line of whole microseconds, so a change
of clocks, a lunch break and a midnight are no special cases. An edge in a spring gap moves forward by the gap; one in
an autumn overlap means its first occurrence. Datetimes taken are aware, those given are UTC; `seconds` are open
seconds. Each week is worked out once for a calendar and kept: a year ahead is 52 look-ups.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sla.opening_hours import Closed, Weekly, Windows, read_closed, read_weekly, read_zone

Pauses = Iterable[tuple[datetime, datetime | None]]  # [from, until); None: nobody has resumed yet
Line = list[tuple[int, int]]  # microseconds since 1970 UTC, sorted, apart
Kind = Literal["counted", "closed", "paused"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL_EPOCH = EPOCH.replace(tzinfo=None)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE
FOREVER = 1 << 62
LONGEST = 100 * 366 * 86_400  # seconds; more is a slip of the keyboard
HORIZON = 400  # days; a calendar shut for longer is a mistake, not a schedule


class NeverOpens(ValueError):
    """No open second within 400 days, or a pause without an end: there is no such moment to answer with."""


class Span(NamedTuple):
    """A piece of a deadline receipt. `reason`: "" when counted, else "night", "break", "weekend", "day off", "closed
    2026-11-26" or "paused". Paused is open time that was not counted; a closed hour inside a pause stays closed."""

    start: datetime
    end: datetime
    kind: Kind
    reason: str


class _Week(NamedTuple):
    number: int
    start: int
    end: int
    line: Line  # from its own start
    total: int


@dataclass(frozen=True, init=False)
class Calendar:
    """Opening hours in one zone; immutable, hashable. `tz`: IANA name. `weekly`: {0…6 or "0"…"6": [("HH:MM", "HH:MM"),
    …]}, 0 = Monday, a day left out is closed, "24:00" ends a day. `closed`: dates shut all day, or {date: windows that
    replace that day's}; dates may be ISO text. Raises ValueError naming the field."""

    tz: str
    weekly: tuple[Windows, ...]
    closed: tuple[tuple[int, Windows], ...]
    _zone: ZoneInfo = field(repr=False, compare=False)
    _dated: dict[int, Windows] = field(repr=False, compare=False)
    _regular: Line = field(repr=False, compare=False)  # a week without a surprise, from Monday 00:00
    _regular_total: int = field(repr=False, compare=False)
    _midnights: dict[int, int] = field(repr=False, compare=False)
    _weeks: dict[int, _Week] = field(repr=False, compare=False)

    def __init__(self, tz: str, weekly: Weekly, closed: Closed = ()) -> None:
        days, dated, zone = read_weekly(weekly), read_closed(closed), read_zone(tz)
        if not any(days) and not any(dated.values()):
            raise ValueError("weekly: never open, needs at least one window")
        regular = _joined((i * DAY + a * MINUTE, i * DAY + b * MINUTE) for i in range(7) for a, b in days[i])
        total = sum(b - a for a, b in regular)
        values: tuple[Any, ...] = (tz, days, tuple(sorted(dated.items())), zone, dated, regular, total, {}, {})
        for name, value in zip(self.__dataclass_fields__, values, strict=True):
            object.__setattr__(self, name, value)

    def advance(self, start: datetime, seconds: int | Fraction, pauses: Pauses = ()) -> datetime:
        """The least t ≥ start with elapsed(start, t, pauses) == seconds, so a full day's work lands on closing time;
        for 0 the first open, unpaused instant. NeverOpens when there is none."""
        need = int(seconds * SECOND)
        if need != seconds * SECOND or not 0 <= seconds <= LONGEST:
            raise ValueError(f"seconds: {seconds} is not 0 to 100 years in whole microseconds")
        for a, b in _running(_micro(start, "start"), FOREVER, pauses):
            if b < FOREVER and ((got := self._open(a, b)) < need or not got):
                need -= got
            else:
                return _moment(self._reach(a, need))
        raise NeverOpens("pauses: the last one has no end, so nothing is due yet")

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int | Fraction:
        """Open, unpaused seconds in [start, end); 0 when end ≤ start. Exact, so that comparing with a target never
        rounds: an int when whole, else a Fraction (`int()` it to show or store it)."""
        micro = sum(self._open(a, b) for a, b in _running(_micro(start, "start"), _micro(end, "end"), pauses))
        return Fraction(micro, SECOND) if micro % SECOND else micro // SECOND

    def close_of_business_days(self, start: datetime, n: int) -> datetime:
        """Closing time of the n-th business day strictly after the local date of `start`; n ≥ 1."""
        if n < 1:
            raise ValueError(f"n: {n} is not 1 or more business days")
        day, shut = self._local_day(_micro(start, "start")), 0
        while shut <= HORIZON:
            day += 1
            hours = self._hours(day)
            n, shut = (n - 1, 0) if hours else (n, shut + 1)
            if n == 0:
                return _moment(max(b for _, b in hours))
        raise NeverOpens(f"calendar: no business day in {HORIZON} days")

    def same_business_day(self, start: datetime, cutoff_minutes: int = 60) -> datetime:
        """Closing time of the start's own day when at least `cutoff_minutes` of open time remain in it (0: any at
        all), else of the next business day."""
        at = _micro(start, "start")
        close = max((b for _, b in self._hours(self._local_day(at))), default=at)
        left = self._open(at, close)
        return _moment(close) if left and left >= cutoff_minutes * MINUTE else self.close_of_business_days(start, 1)

    def is_open(self, at: datetime) -> bool:
        micro = _micro(at, "at")
        return self._open(micro, micro + 1) == 1

    def next_open(self, at: datetime) -> datetime:
        """`at` itself while open, else the next opening; NeverOpens after 400 days of closed doors."""
        return self.advance(at, 0)

    def next_close(self, at: datetime) -> datetime | None:
        """The first closing after `at`; None when the doors then stay open for 400 days on end."""
        opened = close = self._reach(_micro(at, "at"), 0)
        while close - opened <= HORIZON * DAY:
            week = self._week_of(close)
            end = next((b for a, b in week.line if a <= close - week.start < b), None)
            if end is None:
                return _moment(close)
            close = week.start + end
        return None

    def opens_within(self, start: datetime, days: int = HORIZON) -> bool:
        """Whether any second of the next `days` days is open: to be asked before a calendar is saved."""
        at = _micro(start, "start")
        return self._open(at, at + days * DAY) > 0

    def has_closed_dates_in(self, year: int) -> bool:
        """False: due dates of that year know no holiday, which is worth a warning."""
        return any(date.fromordinal(day).year == year for day in self._dated)

    def spans(self, start: datetime, end: datetime, pauses: Pauses = ()) -> list[Span]:
        """[start, end) without a hole, in order; the counted pieces sum to `elapsed`. Closed time is cut at local
        midnight where the reason changes, so a night, a holiday and a weekend are each a piece."""
        s, e = _micro(start, "start"), _micro(end, "end")
        opened = self._line(s, e)
        counted = [piece for a, b in _running(s, e, pauses) for piece in self._line(a, b)]
        pieces: list[tuple[int, int, Kind, str]] = [(a, b, "counted", "") for a, b in counted]
        pieces += [(a, b, "paused", "paused") for x, y in opened for a, b in _gaps(x, y, counted)]
        pieces += [(a, b, "closed", why) for x, y in _gaps(s, e, opened) for a, b, why in self._shut(x, y)]
        joined: list[Span] = []
        for a, b, kind, why in sorted(pieces):
            if joined and joined[-1][2:] == (kind, why):
                joined[-1] = joined[-1]._replace(end=_moment(b))
            else:
                joined.append(Span(_moment(a), _moment(b), kind, why))
        return joined

    def _reach(self, at: int, need: int) -> int:
        """The least t ≥ at with `need` open microseconds in [at, t); for 0 the first open t."""
        week, idle = self._week_of(at), 0
        while idle < HORIZON // 7 + 2:
            if at <= week.start and week.total < need:
                need -= week.total
            else:
                for a, b in week.line:
                    a = max(a, at - week.start)
                    if a < b:
                        if need <= b - a:
                            return week.start + a + need
                        need -= b - a
            idle = 0 if week.total else idle + 1
            week = self._week(week.number + 1)
        raise NeverOpens(f"calendar: not open once in {HORIZON} days")

    def _open(self, start: int, end: int) -> int:
        """Open microseconds in [start, end)."""
        total, week = 0, self._week_of(start)
        while week.start < end:
            if start <= week.start and week.end <= end:
                total += week.total
            else:
                s, e = start - week.start, end - week.start
                total += sum(max(0, min(b, e) - max(a, s)) for a, b in week.line)
            week = self._week(week.number + 1)
        return total

    def _line(self, start: int, end: int) -> Line:
        """The open stretches of [start, end)."""
        found, week = [], self._week_of(start)
        while week.start < end:
            found += [(max(week.start + a, start), min(week.start + b, end)) for a, b in week.line]
            week = self._week(week.number + 1)
        return _joined(found)

    def _week_of(self, at: int) -> _Week:
        number = (self._local_day(at) - 1) // 7
        week = self._week(number)
        # Clocks put back across a Monday's midnight show Sunday again after the Monday has begun.
        return week if at < week.end else self._week(number + 1)

    def _week(self, number: int) -> _Week:
        week = self._weeks.get(number)
        if week is None:
            monday = number * 7 + 1
            start, end = self._midnight(monday), self._midnight(monday + 7)
            # Two days more on either side: a gap may carry an edge out of its own day, even past Monday.
            near = range(monday - 2, monday + 9)
            # Clocks changed twice inside four days would pass unseen; the closest since 1970 were six days apart.
            even = all(self._midnight(monday + i) == start + i * DAY for i in (-2, 2, 5, 9))
            if even and self._dated.keys().isdisjoint(near):
                line, total = self._regular, self._regular_total
            else:
                hours = [(a, b) for day in near for a, b in self._hours(day)]
                line = _joined((max(a, start) - start, min(b, end) - start) for a, b in hours)
                total = sum(b - a for a, b in line)
            week = self._weeks[number] = _Week(number, start, end, line, total)
        return week

    def _hours(self, day: int) -> Line:
        """One local day's windows as instants; a window that a gap swallows is gone."""
        windows = self._dated.get(day, self.weekly[(day - 1) % 7])
        return [(a, b) for a, b in ((self._instant(day, x), self._instant(day, y)) for x, y in windows) if a < b]

    def _shut(self, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """A closed stretch with its reasons; a date with its own hours blames only the usual hours it takes away."""
        day = self._local_day(start)
        while start < end:
            while self._midnight(day + 1) <= start:
                day += 1
            usual = [(self._instant(day, a), self._instant(day, b)) for a, b in self.weekly[(day - 1) % 7]]
            hours, special = self._hours(day), day in self._dated
            if special and (not hours or any(a <= start < b for a, b in usual)):
                why = f"closed {date.fromordinal(day).isoformat()}"
            elif not hours:
                why = "weekend" if (day - 1) % 7 > 4 else "day off"
            elif hours[0][0] < start < max(b for _, b in hours):
                why = "break"
            elif special and usual and usual[0][0] < start < max(b for _, b in usual):
                why = f"closed {date.fromordinal(day).isoformat()}"  # the usual break of a day cut short
            else:
                why = "night"
            edges = [self._midnight(day + 1), end, *(edge for window in usual for edge in window)]
            stop = min(edge for edge in edges if edge > start)
            yield start, stop, why
            start = stop

    def _local_day(self, at: int) -> int:
        return _moment(at).astimezone(self._zone).toordinal()

    def _midnight(self, day: int) -> int:
        if day not in self._midnights:
            self._midnights[day] = self._instant(day, 0)
        return self._midnights[day]

    def _instant(self, day: int, minutes: int) -> int:
        return _instant(datetime.fromordinal(day) + timedelta(minutes=minutes), self._zone)


def add_days(start: datetime, n: int, tz: str) -> datetime:
    """The same wall-clock time in `tz` n local days later, which is not n times 24 hours; n ≥ 0."""
    if n < 0:
        raise ValueError(f"n: {n} is not 0 or more days")
    at, zone = _micro(start, "start"), read_zone(tz)
    wall = _moment(at).astimezone(zone).replace(tzinfo=None) + timedelta(days=n)
    return _moment(_instant(wall, zone) if n else at)


def part_of(seconds: int, percent: int) -> int:
    """Open seconds after which `percent` of a target are used up, rounded up: when a warning is due."""
    return -(-seconds * percent // 100)


def _instant(wall: datetime, zone: ZoneInfo) -> int:
    # A plain wall clock has fold=0, which is just our rule: in a gap it means the offset before it, so forward, and in
    # an overlap the first of the two.
    return (wall - WALL_EPOCH - (zone.utcoffset(wall) or timedelta())) // MICROSECOND


def _micro(at: datetime, name: str) -> int:
    if at.utcoffset() is None:
        raise ValueError(f"{name}: {at} has no time zone")
    return (at - EPOCH) // MICROSECOND


def _moment(micro: int) -> datetime:
    return EPOCH + timedelta(microseconds=micro)


def _running(start: int, end: int, pauses: Pauses) -> Iterator[tuple[int, int]]:
    stops = [(_micro(a, "pauses"), FOREVER if b is None else _micro(b, "pauses")) for a, b in pauses]
    if any(a > b for a, b in stops):
        raise ValueError("pauses: one ends before it starts")
    return _gaps(start, end, sorted(stops))


def _gaps(start: int, end: int, line: Line) -> Iterator[tuple[int, int]]:
    """What a sorted line leaves of [start, end)."""
    for a, b in line:
        if start < min(a, end):
            yield start, min(a, end)
        start = max(start, b)
    if start < end:
        yield start, end


def _joined(pieces: Iterable[tuple[int, int]]) -> Line:
    """Sorted, the empty dropped, what touches or overlaps made one."""
    line: Line = []
    for a, b in sorted(pieces):
        if line and a <= line[-1][1]:
            line[-1] = (line[-1][0], max(b, line[-1][1]))
        elif a < b:
            line.append((a, b))
    return line


ROUND_THE_CLOCK = Calendar("UTC", {day: [("00:00", "24:00")] for day in range(7)})
