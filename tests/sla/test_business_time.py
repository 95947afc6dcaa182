"""Worked examples of deadlines on opening hours. Every expected instant was counted second by second elsewhere."""

import pickle
import time
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from sla.business_time import ROUND_THE_CLOCK, Calendar, NeverOpens, add_days, part_of

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def weekdays(*windows):
    return {day: list(windows) for day in range(5)}


NY = Calendar("America/New_York", weekdays(("09:00", "17:00")), ["2026-07-03", "2026-11-26", "2026-12-25"])
LON = Calendar(
    "Europe/London",
    weekdays(("09:00", "17:30")),
    [date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25), "2026-12-28"],
)
NYSUN = Calendar("America/New_York", {6: [("00:00", "06:00")]})
LONSUN = Calendar("Europe/London", {6: [("00:00", "06:00")]})
SPLIT = Calendar("Europe/London", weekdays(("09:00", "12:30"), ("13:30", "18:00")))
GAP = Calendar("America/New_York", {6: [("02:30", "04:00")]})
WEEKDAYS_24H = Calendar("America/New_York", weekdays(("00:00", "24:00")))
NINE_TO_FIVE = Calendar("UTC", weekdays(("09:00", "17:00")))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ny(text):
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


DEADLINES = [
    ("B01", NY, "2026-01-06T15:00:00", HOUR, "2026-01-06T16:00:00"),
    ("B02", NY, "2026-01-09T21:58:00", 5 * MINUTE, "2026-01-12T14:03:00"),
    ("B03", NY, "2026-01-10T20:00:00", HOUR, "2026-01-12T15:00:00"),
    ("B04", NY, "2026-01-06T22:00:00", 5 * MINUTE, "2026-01-07T14:05:00"),
    ("B05", NY, "2026-01-06T14:00:00", 5 * MINUTE, "2026-01-06T14:05:00"),
    ("B06", NY, "2026-01-05T21:00:00", 24 * HOUR, "2026-01-08T21:00:00"),
    ("B06b", NY, "2026-01-05T14:00:00", 8 * HOUR, "2026-01-05T22:00:00"),
    ("B07", ROUND_THE_CLOCK, "2026-03-06T23:00:00", 48 * HOUR, "2026-03-08T23:00:00"),
    ("B08", NY, "2026-03-06T21:30:00", 2 * HOUR, "2026-03-09T14:30:00"),
    ("B09", NY, "2026-10-30T20:30:00", 2 * HOUR, "2026-11-02T15:30:00"),
    ("B10", LON, "2026-03-27T17:00:00", HOUR, "2026-03-30T08:30:00"),
    ("B11", LON, "2026-10-23T16:00:00", HOUR, "2026-10-26T09:30:00"),
    ("B12", NY, "2026-11-25T21:00:00", 4 * HOUR, "2026-11-27T17:00:00"),
    ("B13", LON, "2026-12-24T16:30:00", 4 * HOUR, "2026-12-29T12:00:00"),
    ("B14", NYSUN, "2026-03-08T05:30:00", 2 * HOUR, "2026-03-08T07:30:00"),
    ("B15", NYSUN, "2026-11-01T04:30:00", 2 * HOUR, "2026-11-01T06:30:00"),
    ("B18", NY, "2026-01-10T20:00:00", 0, "2026-01-12T14:00:00"),
    ("B19", NY, "2026-01-06T15:00:00", 0, "2026-01-06T15:00:00"),
    ("B24", NY, "2026-03-16T13:30:00", HOUR, "2026-03-16T14:30:00"),
    ("B25", SPLIT, "2026-01-06T12:00:00", HOUR, "2026-01-06T14:00:00"),
    ("B26", NY, "2026-01-09T21:57:00", 5 * MINUTE, "2026-01-12T14:02:00"),
    ("B28", ROUND_THE_CLOCK, "2026-01-09T22:00:00", 48 * HOUR, "2026-01-11T22:00:00"),
    ("B28 weekdays 24 h", WEEKDAYS_24H, "2026-01-09T22:00:00", 48 * HOUR, "2026-01-13T22:00:00"),
    ("B31", NY, "2026-07-02T20:59:59", 2, "2026-07-06T13:00:01"),
    ("B32", GAP, "2026-03-08T05:00:00", 0, "2026-03-08T07:30:00"),
]


@pytest.mark.parametrize(
    ("calendar", "start", "seconds", "due"), [row[1:] for row in DEADLINES], ids=[row[0] for row in DEADLINES]
)
def test_deadline(calendar, start, seconds, due):
    assert calendar.advance(utc(start), seconds) == utc(due)
    assert calendar.elapsed(utc(start), utc(due)) == seconds


PAUSED = [
    ("B20", "2026-01-06T10:00", 4 * HOUR, "2026-01-06T12:00", "2026-01-07T11:00", "2026-01-07T18:00:00"),
    ("B21", "2026-01-05T16:00", 2 * HOUR, "2026-01-05T18:00", "2026-01-06T08:00", "2026-01-06T15:00:00"),
]


@pytest.mark.parametrize(
    ("start", "seconds", "stop", "go", "due"), [row[1:] for row in PAUSED], ids=[row[0] for row in PAUSED]
)
def test_deadline_with_a_pause(start, seconds, stop, go, due):
    pauses = [(ny(stop), ny(go))]
    assert NY.advance(ny(start), seconds, pauses) == utc(due)
    assert NY.elapsed(ny(start), utc(due), pauses) == seconds


EIGHT_TO_FIVE = Calendar("UTC", weekdays(("08:00", "17:00")))
ELAPSED = [
    ("B16", NYSUN, ny("2026-03-08T00:00"), ny("2026-03-08T06:00"), 18_000),
    ("B17", NYSUN, ny("2026-11-01T00:00"), ny("2026-11-01T06:00"), 25_200),
    ("London spring", LONSUN, utc("2026-03-29T00:00"), utc("2026-03-29T05:00"), 18_000),
    ("London autumn", LONSUN, utc("2026-10-24T23:00"), utc("2026-10-25T06:00"), 25_200),
    ("B22", NY, ny("2026-01-09T16:00"), ny("2026-01-12T10:00"), 7_200),
    ("B22 wall", ROUND_THE_CLOCK, ny("2026-01-09T16:00"), ny("2026-01-12T10:00"), 237_600),
    ("B23", EIGHT_TO_FIVE, utc("2025-12-12T21:00"), utc("2025-12-15T09:30"), 5_400),
    ("B23 wall", ROUND_THE_CLOCK, utc("2025-12-12T21:00"), utc("2025-12-15T09:30"), 217_800),
    ("B29", NY, ny("2026-01-07T10:00"), ny("2026-01-06T10:00"), 0),
    ("B32", GAP, ny("2026-03-08T00:00"), ny("2026-03-09T00:00"), 1_800),
]


@pytest.mark.parametrize(
    ("calendar", "start", "end", "seconds"), [row[1:] for row in ELAPSED], ids=[row[0] for row in ELAPSED]
)
def test_elapsed(calendar, start, end, seconds):
    assert calendar.elapsed(start, end) == seconds


def test_b26_warnings_fall_into_working_hours():
    warnings = [NY.advance(ny("2026-01-09T16:57"), part_of(300, percent)) for percent in (50, 75, 90)]
    assert warnings == [utc("2026-01-09T21:59:30"), utc("2026-01-12T14:00:45"), utc("2026-01-12T14:01:30")]


def test_warnings_round_up_to_a_whole_second():
    assert [part_of(300, p) for p in (50, 75, 90)] == [150, 225, 270]
    assert [part_of(3600, p) for p in (50, 75, 90)] == [1_800, 2_700, 3_240]
    assert [part_of(172_800, p) for p in (50, 75, 90)] == [86_400, 129_600, 155_520]
    assert part_of(7, 50) == 4


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-07-02T15:00", 2, "2026-07-07T21:00", id="B33"),
        pytest.param("2026-01-10T15:00", 2, "2026-01-13T22:00", id="B34"),
        pytest.param("2026-12-23T11:00", 10, "2027-01-07T22:00", id="B37"),
    ],
)
def test_business_days_end_at_closing_time(start, days, due):
    assert NY.close_of_business_days(ny(start), days) == utc(due)


def test_b37_a_year_without_holidays_can_be_noticed():
    assert NY.has_closed_dates_in(2026)
    assert not NY.has_closed_dates_in(2027)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-03-01T10:00", 21, "2026-03-22T14:00", id="B35"),
        pytest.param("2026-03-07T02:30", 1, "2026-03-08T07:30", id="B36"),
        pytest.param("2026-10-31T01:30", 1, "2026-11-01T05:30", id="first of two"),
        pytest.param("2026-03-01T10:00:00.000007", 0, "2026-03-01T15:00:00.000007", id="no day at all"),
    ],
)
def test_days_keep_the_time_on_the_wall(start, days, due):
    assert add_days(ny(start), days, "America/New_York") == utc(due)


def test_no_days_later_is_the_same_instant_even_in_the_second_of_two_hours():
    second = utc("2026-11-01T06:30")
    assert add_days(second, 0, "America/New_York") == second


@pytest.mark.parametrize(
    ("start", "cutoff", "due"),
    [
        ("2026-01-06T10:00", 60, "2026-01-06T22:00"),
        ("2026-01-06T16:00", 60, "2026-01-06T22:00"),
        ("2026-01-06T16:30", 60, "2026-01-07T22:00"),
        ("2026-01-06T16:30", 0, "2026-01-06T22:00"),
        ("2026-01-06T17:00", 0, "2026-01-07T22:00"),
        ("2026-01-06T06:00", 60, "2026-01-06T22:00"),
        ("2026-01-10T15:00", 60, "2026-01-12T22:00"),
        ("2026-07-02T16:30", 60, "2026-07-06T21:00"),
    ],
)
def test_same_business_day(start, cutoff, due):
    assert NY.same_business_day(ny(start), cutoff_minutes=cutoff) == utc(due)


# What shipped elsewhere and was wrong.


def test_saturday_does_not_keep_its_clock_time():
    assert NINE_TO_FIVE.advance(utc("2026-01-10T15:00"), HOUR) == utc("2026-01-12T10:00")


def test_saturday_evening_does_not_wait_until_tuesday():
    assert NINE_TO_FIVE.advance(utc("2026-01-10T20:00"), HOUR) == utc("2026-01-12T10:00")


def test_a_pause_over_the_weekend_moves_the_deadline_by_open_time_only():
    pauses = [(utc("2026-01-09T16:30"), utc("2026-01-12T09:30"))]
    assert NINE_TO_FIVE.advance(utc("2026-01-09T16:00"), 4 * HOUR, pauses) == utc("2026-01-12T13:00")


def test_round_the_clock_loses_no_minute_at_midnight():
    calendar = Calendar("Europe/Berlin", {day: [("00:00", "24:00")] for day in range(7)})
    start = utc("2026-01-06T20:00")
    assert calendar.elapsed(start, start + timedelta(days=3)) == 3 * DAY
    assert calendar.advance(start, 3 * DAY) == start + timedelta(days=3)
    assert calendar.next_close(start) is None


def test_week_of_changed_clocks_ends_at_the_same_local_hour():
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar("Europe/Berlin", weekdays(("09:00", "17:00")))
    friday = datetime(2026, 3, 27, 16, 30, tzinfo=berlin)
    assert calendar.advance(friday, HOUR) == datetime(2026, 3, 30, 9, 30, tzinfo=berlin)


def test_lunch_is_skipped():
    calendar = Calendar("UTC", weekdays(("08:00", "12:00"), ("13:30", "18:00")))
    assert calendar.advance(utc("2026-01-06T11:30"), HOUR) == utc("2026-01-06T14:00")
    assert calendar.advance(utc("2026-01-06T12:30"), HOUR) == utc("2026-01-06T14:30")
    assert calendar.elapsed(utc("2026-01-06T08:00"), utc("2026-01-06T18:00")) == 8.5 * HOUR


REFUSED = [
    ("tz", ("Mars/Olympus", {0: [("09:00", "17:00")]})),
    ("tz", ("+05:00", {0: [("09:00", "17:00")]})),
    ("tz", ("", {0: [("09:00", "17:00")]})),
    ("tz", ("../etc/passwd", {0: [("09:00", "17:00")]})),
    ("tz", ("America", {0: [("09:00", "17:00")]})),
    ("tz", (None, {0: [("09:00", "17:00")]})),
    ("weekly", ("UTC", {})),
    ("weekly", ("UTC", {0: []}, ["2026-01-01"])),
    ("weekly", ("UTC", None)),
    ("weekly", ("UTC", {7: [("09:00", "17:00")]})),
    ("weekly", ("UTC", {"": [("09:00", "17:00")]})),
    ("weekly", ("UTC", {"monday": [("09:00", "17:00")]})),
    ("weekly", ("UTC", {0: [("09:00", "17:00")], "0": [("09:00", "17:00")]})),
    (r"weekly\[0\]", ("UTC", {0: [("17:00", "09:00")]})),
    (r"weekly\[0\]", ("UTC", {0: [("09:00", "09:00")]})),
    (r"weekly\[2\]", ("UTC", {2: [("09:00", "12:00"), ("11:59", "17:00")]})),
    (r"weekly\[0\]", ("UTC", {0: [("09:00",)]})),
    (r"weekly\[0\]", ("UTC", {0: None})),
    (r"weekly\[0\]", ("UTC", {0: [9]})),
    (r"weekly\[0\]", ("UTC", {0: [(9, 17)]})),
    (r"weekly\[0\]", ("UTC", {0: [("9:00", "17:00")]})),
    (r"weekly\[0\]", ("UTC", {0: [("09:00", "24:01")]})),
    (r"weekly\[0\]", ("UTC", {0: [("24:00", "24:00")]})),
    (r"weekly\[0\]", ("UTC", {0: [("09:00", "17:00\n")]})),
    ("closed", ("UTC", {0: [("09:00", "17:00")]}, ["26.11.2026"])),
    ("closed", ("UTC", {0: [("09:00", "17:00")]}, [20261126])),
    (r"closed\[2026-12-24\]", ("UTC", {0: [("09:00", "17:00")]}, {"2026-12-24": [("13:00", "09:00")]})),
    ("closed", ("UTC", {0: [("09:00", "17:00")]}, {"2026-12-24": [], date(2026, 12, 24): [("09:00", "13:00")]})),
]


@pytest.mark.parametrize(("names", "arguments"), REFUSED)
def test_nonsense_is_refused_by_name(names, arguments):
    with pytest.raises(ValueError, match=f"^{names}"):
        Calendar(*arguments)


def test_a_calendar_that_no_longer_opens_ends_with_an_error():
    calendar = Calendar("UTC", {}, {"2026-01-05": [("09:00", "17:00")]})
    assert calendar.advance(utc("2026-01-01T00:00"), 8 * HOUR) == utc("2026-01-05T17:00")
    assert calendar.opens_within(utc("2026-01-01T00:00"))
    assert not calendar.opens_within(utc("2026-01-05T17:00"))
    assert not calendar.opens_within(utc("2024-11-01T00:00"), days=400)
    for answer in (lambda at: calendar.advance(at, 1), calendar.next_open, calendar.next_close):
        with pytest.raises(NeverOpens):
            answer(utc("2026-01-06T00:00"))
    with pytest.raises(NeverOpens):
        calendar.close_of_business_days(utc("2026-01-06T00:00"), 1)
    with pytest.raises(NeverOpens):
        calendar.advance(utc("2026-01-01T00:00"), 8 * HOUR + 1)


def test_a_pause_that_nobody_ended_leaves_no_deadline_unless_it_began_later():
    pauses = [(utc("2026-01-06T12:00"), None)]
    with pytest.raises(NeverOpens, match=r"^pauses"):
        NINE_TO_FIVE.advance(utc("2026-01-06T10:00"), 3 * HOUR, pauses)
    assert NINE_TO_FIVE.advance(utc("2026-01-06T10:00"), 2 * HOUR, pauses) == utc("2026-01-06T12:00")
    assert NINE_TO_FIVE.elapsed(utc("2026-01-06T10:00"), utc("2026-02-06T10:00"), pauses) == 2 * HOUR


def test_zero_seconds_wait_for_the_end_of_a_pause():
    pauses = [(utc("2026-01-06T10:00"), utc("2026-01-06T18:00"))]
    assert NINE_TO_FIVE.advance(utc("2026-01-06T10:00"), 0, pauses) == utc("2026-01-07T09:00")


@pytest.mark.parametrize("seconds", [-1, 10**10, Fraction(1, 3)])
def test_impossible_targets_are_refused(seconds):
    with pytest.raises(ValueError, match=r"^seconds"):
        NY.advance(utc("2026-01-06T15:00"), seconds)


def test_naive_datetimes_and_backward_pauses_are_refused():
    with pytest.raises(ValueError, match=r"^start"):
        NY.advance(datetime.fromisoformat("2026-01-06T10:00"), 60)
    with pytest.raises(ValueError, match=r"^end"):
        NY.elapsed(utc("2026-01-06T10:00"), datetime.fromisoformat("2026-01-06T10:00"))
    with pytest.raises(ValueError, match=r"^pauses"):
        NY.elapsed(
            utc("2026-01-06T10:00"), utc("2026-01-07T10:00"), [(utc("2026-01-06T12:00"), utc("2026-01-06T11:00"))]
        )
    with pytest.raises(ValueError, match=r"^n"):
        NY.close_of_business_days(utc("2026-01-06T10:00"), 0)
    with pytest.raises(ValueError, match=r"^n"):
        add_days(utc("2026-01-06T10:00"), -1, "UTC")


def test_microseconds_are_kept():
    start = ny("2026-01-06T16:59:59.999999")
    assert NY.elapsed(start, ny("2026-01-07T10:00")) == HOUR + Fraction(1, 1_000_000)
    assert NY.advance(start, 1) == ny("2026-01-07T09:00:00.999999")
    assert NY.elapsed(start, NY.advance(start, 1)) == 1
    assert isinstance(NY.elapsed(start, NY.advance(start, 1)), int)


def test_open_and_close_are_half_open():
    assert NY.is_open(ny("2026-01-06T09:00"))
    assert NY.is_open(ny("2026-01-06T16:59:59.999999"))
    assert not NY.is_open(ny("2026-01-06T17:00"))
    assert not NY.is_open(ny("2026-11-26T12:00"))
    assert NY.next_open(ny("2026-01-06T17:00")) == ny("2026-01-07T09:00")
    assert NY.next_close(ny("2026-01-06T10:00")) == ny("2026-01-06T17:00")
    assert NY.next_close(ny("2026-01-06T17:00")) == ny("2026-01-07T17:00")
    assert WEEKDAYS_24H.next_close(ny("2026-01-07T10:00")) == ny("2026-01-10T00:00")


def test_replacement_hours_replace_the_whole_day():
    calendar = Calendar(
        "UTC", weekdays(("09:00", "17:00")), {"2026-12-24": [("09:00", "13:00")], "2026-12-26": [("10:00", "12:00")]}
    )
    assert calendar.elapsed(utc("2026-12-24T00:00"), utc("2026-12-25T00:00")) == 4 * HOUR
    assert calendar.elapsed(utc("2026-12-26T00:00"), utc("2026-12-27T00:00")) == 2 * HOUR
    assert calendar.close_of_business_days(utc("2026-12-23T10:00"), 1) == utc("2026-12-24T13:00")


def test_windows_that_a_spring_gap_pushes_together_count_once():
    calendar = Calendar("America/New_York", {6: [("01:00", "02:30"), ("03:00", "04:00")]})
    # 01:00 EST to 02:30, which is 03:30 EDT; the second opens at 03:00 EDT: together 01:00 to 04:00, two hours.
    assert calendar.elapsed(ny("2026-03-08T00:00"), ny("2026-03-08T12:00")) == 2 * HOUR


def test_a_gap_at_midnight_carries_an_edge_into_the_next_day():
    nuuk = ZoneInfo("America/Nuuk")  # 2024-03-30 23:00 became 2024-03-31 00:00
    calendar = Calendar("America/Nuuk", {5: [("20:00", "23:30")], 6: [("00:00", "02:00")]})
    assert calendar.elapsed(datetime(2024, 3, 30, 12, tzinfo=nuuk), datetime(2024, 3, 31, 12, tzinfo=nuuk)) == 5 * HOUR


def test_a_gap_at_sunday_midnight_carries_an_edge_into_the_next_week():
    # 1971-04-25 23:00 became Monday 00:00, so Sunday's 23:30 is Monday 00:30, which is 23:30 UTC.
    calendar = Calendar("Africa/Algiers", {6: [("20:00", "23:30")]})
    assert calendar.elapsed(utc("1971-04-25T12:00"), utc("1971-04-26T12:00")) == 3.5 * HOUR
    assert calendar.next_close(utc("1971-04-25T22:00")) == utc("1971-04-25T23:30")


def test_a_window_inside_another_after_the_gap_counts_once():
    calendar = Calendar("America/New_York", {6: [("01:00", "02:45"), ("03:00", "03:30")]})
    assert calendar.elapsed(ny("2026-03-08T00:00"), ny("2026-03-08T12:00")) == 1.75 * HOUR


def test_a_window_that_the_gap_swallows_is_no_business_day():
    calendar = Calendar("America/New_York", {6: [("02:30", "03:15")]})
    assert calendar.elapsed(ny("2026-03-08T00:00"), ny("2026-03-09T00:00")) == 0
    assert calendar.close_of_business_days(ny("2026-03-07T12:00"), 1) == ny("2026-03-15T03:15")


def words(spans, zone):
    form = "%a %H:%M"
    return [
        (s.start.astimezone(zone).strftime(form), s.end.astimezone(zone).strftime(form), s.kind, s.reason)
        for s in spans
    ]


def test_receipt_names_nights_holiday_and_weekend():
    start = ny("2026-11-25T16:00")
    assert words(NY.spans(start, NY.advance(start, 10 * HOUR)), NEW_YORK) == [
        ("Wed 16:00", "Wed 17:00", "counted", ""),
        ("Wed 17:00", "Thu 00:00", "closed", "night"),
        ("Thu 00:00", "Fri 00:00", "closed", "closed 2026-11-26"),
        ("Fri 00:00", "Fri 09:00", "closed", "night"),
        ("Fri 09:00", "Fri 17:00", "counted", ""),
        ("Fri 17:00", "Sat 00:00", "closed", "night"),
        ("Sat 00:00", "Mon 00:00", "closed", "weekend"),
        ("Mon 00:00", "Mon 09:00", "closed", "night"),
        ("Mon 09:00", "Mon 10:00", "counted", ""),
    ]


def test_receipt_shows_pause_break_and_a_short_day():
    calendar = Calendar(
        "Europe/London", weekdays(("09:00", "12:30"), ("13:30", "18:00")), {"2026-01-07": [("09:00", "12:30")]}
    )
    start, end = utc("2026-01-06T12:00"), utc("2026-01-07T20:00")
    assert words(calendar.spans(start, end, [(utc("2026-01-06T14:00"), utc("2026-01-07T10:00"))]), LONDON) == [
        ("Tue 12:00", "Tue 12:30", "counted", ""),
        ("Tue 12:30", "Tue 13:30", "closed", "break"),
        ("Tue 13:30", "Tue 14:00", "counted", ""),
        ("Tue 14:00", "Tue 18:00", "paused", "paused"),
        ("Tue 18:00", "Wed 09:00", "closed", "night"),
        ("Wed 09:00", "Wed 10:00", "paused", "paused"),
        ("Wed 10:00", "Wed 12:30", "counted", ""),
        ("Wed 12:30", "Wed 18:00", "closed", "closed 2026-01-07"),
        ("Wed 18:00", "Wed 20:00", "closed", "night"),
    ]


def test_receipt_calls_a_free_weekday_a_day_off():
    calendar = Calendar("UTC", {day: [("09:00", "17:00")] for day in (1, 2, 3, 4, 5)})
    spans = calendar.spans(utc("2026-01-10T17:00"), utc("2026-01-13T09:00"))
    assert words(spans, UTC) == [
        ("Sat 17:00", "Sun 00:00", "closed", "night"),
        ("Sun 00:00", "Mon 00:00", "closed", "weekend"),
        ("Mon 00:00", "Tue 00:00", "closed", "day off"),
        ("Tue 00:00", "Tue 09:00", "closed", "night"),
    ]


def test_receipt_of_round_the_clock_is_one_piece():
    start = utc("2026-01-09T22:00")
    assert [tuple(s) for s in ROUND_THE_CLOCK.spans(start, start + timedelta(hours=48))] == [
        (start, start + timedelta(hours=48), "counted", "")
    ]
    assert ROUND_THE_CLOCK.spans(start, start) == []


def test_calendar_from_json_equals_one_from_python_and_is_a_key():
    row = {"tz": "America/New_York", "weekly": {str(day): [["09:00", "17:00"]] for day in range(5)}}
    same = Calendar(**row, closed={"2026-07-03": [], "2026-11-26": [], "2026-12-25": []})
    assert same == NY
    assert {same: "seen"}[NY] == "seen"
    assert pickle.loads(pickle.dumps(NY)).advance(utc("2026-01-10T20:00"), HOUR) == utc("2026-01-12T15:00")
    with pytest.raises(AttributeError):
        NY.tz = "UTC"


def test_answers_are_utc_and_do_not_depend_on_the_zone_of_the_question():
    asked = [
        utc("2026-01-09T21:58"),
        ny("2026-01-09T16:58"),
        datetime(2026, 1, 10, 6, 58, tzinfo=timezone(timedelta(hours=9))),
    ]
    answers = [NY.advance(at, 300) for at in asked]
    assert {at.isoformat() for at in answers} == {"2026-01-12T14:03:00+00:00"}


def test_a_year_ahead_is_quick():
    start, year = utc("2026-01-06T15:00"), 260 * 8 * HOUR
    NY.advance(start, year)

    def best(call):
        times = []
        for _ in range(20):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        return min(times)

    assert best(lambda: NY.advance(start, year)) < 0.0005
    assert best(lambda: Calendar("America/New_York", weekdays(("09:00", "17:00"))).advance(start, year)) < 0.005
