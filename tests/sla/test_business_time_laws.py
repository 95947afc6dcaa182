"""Laws that every calendar obeys, and the equality with a walk over painted minutes that knows no shortcut."""

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sla.business_time import Calendar, add_days

# Half-hour shifts, gaps at and before midnight, two changes a month apart, odd offsets, and the usual ones.
ZONES = [
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Nuuk",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "Antarctica/Troll",
    "America/Asuncion",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Gaza",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "UTC",
]
FIRST, LAST = datetime(2020, 1, 10, tzinfo=UTC), datetime(2036, 12, 1, tzinfo=UTC)
SPAN = int((LAST - FIRST).total_seconds())
DAY = 86_400


def changes(zone):
    """The instants, to the hour, at which this zone's clocks change."""
    at, found, before = FIRST, [], FIRST.astimezone(zone).utcoffset()
    while at < LAST:
        at += timedelta(hours=6)
        if (after := at.astimezone(zone).utcoffset()) != before:
            found.append(at - timedelta(hours=6))
            before = after
    return found


CHANGES = {name: changes(ZoneInfo(name)) for name in ZONES}


def hhmm(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def windows(draw, least=0):
    step = draw(st.sampled_from([1, 15, 30]))
    edges = draw(st.lists(st.integers(0, 1440 // step), min_size=2 * least, max_size=6, unique=True))
    edges = sorted(edge * step for edge in edges)
    return [(hhmm(a), hhmm(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def moments(draw, zone):
    """Any microsecond of 2020 to 2036, most of them within days of a change of clocks if there is one."""
    if CHANGES[zone] and draw(st.integers(0, 3)):
        seconds = draw(st.integers(-4 * DAY, 2 * DAY))
        return draw(st.sampled_from(CHANGES[zone])) + timedelta(
            seconds=seconds, microseconds=draw(st.sampled_from([0, 1, 999_999]))
        )
    return FIRST + timedelta(seconds=draw(st.integers(0, SPAN)), microseconds=draw(st.integers(0, 999_999)))


@st.composite
def cases(draw):
    """A calendar, a start and up to three pauses around it, overlapping or empty as they fall."""
    zone = draw(st.sampled_from(ZONES))
    start = draw(moments(zone))
    weekly = draw(st.dictionaries(st.integers(0, 6), windows(), max_size=7))
    weekly[draw(st.integers(0, 6))] = draw(windows(least=1))
    around = st.integers(-3, 20).map(lambda days: (start + timedelta(days=days)).date())
    closed = draw(st.dictionaries(around, st.one_of(st.just([]), windows()), max_size=4))
    pause = st.tuples(st.integers(-3 * DAY, 20 * DAY), st.integers(0, 5 * DAY))
    pauses = [
        (start + timedelta(seconds=a), start + timedelta(seconds=a + length))
        for a, length in draw(st.lists(pause, max_size=3))
    ]
    return Calendar(zone, weekly, closed), start, pauses, (zone, weekly, closed)


SECONDS = st.one_of(st.integers(0, 7_200), st.integers(0, 40 * 3600), st.integers(0, 400 * 3600))
LENGTHS = st.integers(0, 40 * DAY * 1_000_000).map(lambda micro: timedelta(microseconds=micro))
laws = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@laws
@given(cases(), SECONDS)
def test_elapsed_until_the_deadline_is_the_target(case, seconds):
    calendar, start, pauses, _ = case
    due = calendar.advance(start, seconds, pauses)
    assert due >= start
    assert calendar.elapsed(start, due, pauses) == seconds
    if seconds:
        just_before = due - timedelta(microseconds=1)
        assert calendar.elapsed(start, just_before, pauses) == seconds - Fraction(1, 1_000_000)


@laws
@given(cases(), SECONDS, SECONDS)
def test_two_steps_are_one(case, first, second):
    assume(second)
    calendar, start, pauses, _ = case
    assert calendar.advance(calendar.advance(start, first, pauses), second, pauses) == calendar.advance(
        start, first + second, pauses
    )


@laws
@given(cases(), LENGTHS, LENGTHS)
def test_elapsed_adds_up_over_any_split(case, first, second):
    calendar, start, pauses, _ = case
    middle, end = start + first, start + first + second
    whole = calendar.elapsed(start, end, pauses)
    assert calendar.elapsed(start, middle, pauses) + calendar.elapsed(middle, end, pauses) == whole
    assert 0 <= whole <= Fraction((end - start) // timedelta(microseconds=1), 1_000_000)
    assert calendar.elapsed(end, start, pauses) == 0


@laws
@given(cases(), SECONDS, SECONDS, LENGTHS)
def test_a_longer_target_or_a_later_start_is_never_due_earlier(case, seconds, more, later):
    calendar, start, pauses, _ = case
    due = calendar.advance(start, seconds, pauses)
    assert calendar.advance(start, seconds + more, pauses) >= due
    assert calendar.advance(start + later, seconds, pauses) >= due


@laws
@given(cases(), SECONDS)
def test_a_pause_never_makes_due_earlier(case, seconds):
    calendar, start, pauses, _ = case
    dues = [calendar.advance(start, seconds, pauses[:count]) for count in range(len(pauses) + 1)]
    assert dues == sorted(dues)
    assert calendar.advance(start, seconds, pauses[::-1]) == dues[-1]


@laws
@given(cases(), SECONDS, st.sampled_from(ZONES))
def test_the_zone_of_the_question_changes_nothing(case, seconds, viewer):
    calendar, start, pauses, _ = case
    zone = ZoneInfo(viewer)
    seen = [(a.astimezone(zone), b.astimezone(zone)) for a, b in pauses]
    assert calendar.advance(start.astimezone(zone), seconds, seen) == calendar.advance(start, seconds, pauses)


@laws
@given(cases())
def test_zero_is_the_first_open_instant(case):
    calendar, start, _, _ = case
    first = calendar.advance(start, 0)
    assert calendar.elapsed(start, first) == 0
    assert calendar.is_open(first)
    assert (first == start) == calendar.is_open(start)
    close = calendar.next_close(start)
    if close:
        assert close > first and not calendar.is_open(close)
        assert calendar.elapsed(first, close) == Fraction((close - first) // timedelta(microseconds=1), 1_000_000)


@laws
@given(cases(), LENGTHS)
def test_receipt_has_no_hole_and_sums_to_what_was_counted(case, length):
    calendar, start, pauses, _ = case
    end = start + length
    spans = calendar.spans(start, end, pauses)
    assert [s.start for s in spans] + [end] == [start] + [s.end for s in spans] or (not spans and start == end)
    assert all(a[2:] != b[2:] for a, b in pairwise(spans))

    def sums(kind):
        return sum(((s.end - s.start) // timedelta(microseconds=1) for s in spans if s.kind == kind), 0)

    assert Fraction(sums("counted"), 1_000_000) == calendar.elapsed(start, end, pauses)
    assert Fraction(sums("counted") + sums("paused"), 1_000_000) == calendar.elapsed(start, end)


@laws
@given(cases(), st.integers(1, 15))
def test_business_days_end_when_doors_close_on_a_later_date(case, days):
    calendar, start, _, _ = case
    zone = ZoneInfo(calendar.tz)
    closes = [calendar.close_of_business_days(start, n) for n in range(1, days + 1)]
    assert closes == sorted(set(closes))
    for close in closes:
        # The open second before closing belongs to a date after the start's.
        last = close - timedelta(seconds=1)
        assert calendar.is_open(last)
        assert last.astimezone(zone).date() > start.astimezone(zone).date()
    assert calendar.same_business_day(start) > start


@laws
@given(st.sampled_from(ZONES).flatmap(lambda zone: st.tuples(st.just(zone), moments(zone))), st.integers(1, 60))
def test_days_later_show_the_same_wall_clock_unless_it_does_not_exist(case, days):
    name, start = case
    zone = ZoneInfo(name)
    wall = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    micro = timedelta(microseconds=(start - FIRST) % timedelta(seconds=1) // timedelta(microseconds=1))
    assert add_days(start, days, name) == first_instant(wall - micro, zone) + micro


# The walk: paints each minute by its own reading of the rules, then counts one minute after another.


def first_instant(wall, zone):
    """The earliest instant whose clock shows `wall`; none does in a gap, where the offset before it is kept. Found by
    trying the offsets in force around it, so it shares nothing with the arithmetic under test."""
    guess = wall.replace(tzinfo=UTC)
    offsets = {(guess + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-27, 28, 3)}
    fits = [guess - offset for offset in offsets if (guess - offset).astimezone(zone).replace(tzinfo=None) == wall]
    return min(fits) if fits else guess - (guess - timedelta(hours=27)).astimezone(zone).utcoffset()


def painted(raw, pauses, origin, days):
    """One byte for each UTC minute from `origin`: 1 when open and not paused."""
    name, weekly, closed = raw
    zone, paper = ZoneInfo(name), bytearray(days * 1440)

    def minute(at):
        return min(max((at - origin) // timedelta(minutes=1), 0), len(paper))

    first = origin.date() - timedelta(days=3)
    for offset in range(days + 6):
        day = first + timedelta(days=offset)
        for window in closed.get(day, weekly.get(day.weekday(), [])):
            edges = []
            for edge in window:
                hours, minutes = map(int, edge.split(":"))
                edges.append(
                    first_instant(datetime.combine(day, time.min) + timedelta(hours=hours, minutes=minutes), zone)
                )
            for position in range(minute(edges[0]), minute(edges[1])):
                paper[position] = 1
    for a, b in pauses:
        for position in range(minute(a), minute(b)):
            paper[position] = 0
    return paper


WALK_DAYS = 30


@st.composite
def walks(draw):
    calendar, start, pauses, raw = draw(cases())
    start = start.replace(second=0, microsecond=0)
    pauses = [(a.replace(second=0, microsecond=0), b.replace(second=0, microsecond=0)) for a, b in pauses]
    return calendar, start, pauses, raw, draw(st.integers(0, 3_000)), draw(st.integers(0, WALK_DAYS * 1440))


def check_against_the_walk(walk):
    calendar, start, pauses, raw, minutes, length = walk
    paper = painted(raw, pauses, start, WALK_DAYS)
    assert calendar.elapsed(start, start + timedelta(minutes=length), pauses) == 60 * sum(paper[:length])
    counted, reached = 0, None
    for position, is_open in enumerate(paper):
        if is_open and minutes == 0:
            reached = position
            break
        counted += is_open
        if minutes and counted == minutes:
            reached = position + 1
            break
    if reached is None:
        assert calendar.advance(start, minutes * 60, pauses) >= start + timedelta(days=WALK_DAYS)
    else:
        assert calendar.advance(start, minutes * 60, pauses) == start + timedelta(minutes=reached)


@settings(laws, max_examples=300)
@given(walks())
def test_equals_the_minute_walk(walk):
    check_against_the_walk(walk)


@pytest.mark.long
@settings(laws, max_examples=5_000, derandomize=False)
@given(walks())
def test_equals_the_minute_walk_on_5000_calendars(walk):
    check_against_the_walk(walk)


# Every change of every zone's clocks until 2037.

NIGHTS = {day: [("00:00", "06:00"), ("20:00", "24:00")] for day in range(7)}


def changes(zone):
    """The minutes from which the offset is another, 2020 to 2037; looked for day by day, then halved."""
    day = timedelta(days=1)
    before, last = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
    while before < last:
        after = before + day
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = before, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                middle = middle.replace(second=0, microsecond=0)
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high
        before = after


@pytest.mark.long
def test_equals_the_minute_walk_at_every_change_of_every_zone_until_2037():
    seen = 0
    for name in sorted(available_timezones()):
        calendar, zone = Calendar(name, NIGHTS), ZoneInfo(name)
        for change in changes(zone):
            start = change - timedelta(hours=36)
            paper = painted((name, NIGHTS, {}), [], start, 3)
            total = sum(paper)
            assert calendar.elapsed(start, start + timedelta(days=3)) == 60 * total, (name, change)
            for part in (total // 3, total // 2, total - 1):
                end = calendar.advance(start, part * 60)
                assert sum(paper[: (end - start) // timedelta(minutes=1)]) == part, (name, change)
                assert paper[(end - start) // timedelta(minutes=1) - 1], (name, change)
            seen += 1
    assert seen > 5_000
