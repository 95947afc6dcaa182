"""Quiet hours on a wall clock, through both changes of it."""

from datetime import UTC, datetime, time

import pytest

from notify import quiet

EVERY = tuple(range(7))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "days", "now", "until"),
    [
        ("UTC", "19:00", "08:00", EVERY, "2026-11-25 18:59", "2026-11-25 18:59"),
        ("UTC", "19:00", "08:00", EVERY, "2026-11-25 19:00", "2026-11-26 08:00"),
        ("UTC", "19:00", "08:00", EVERY, "2026-11-26 07:59", "2026-11-26 08:00"),
        ("UTC", "19:00", "08:00", EVERY, "2026-11-26 08:00", "2026-11-26 08:00"),
        ("UTC", "12:00", "13:00", EVERY, "2026-11-26 12:30", "2026-11-26 13:00"),
        # Friday night into Saturday, and nothing more: it begins on Fridays alone.
        ("UTC", "19:00", "08:00", (4,), "2026-11-28 07:00", "2026-11-28 08:00"),
        ("UTC", "19:00", "08:00", (4,), "2026-11-28 20:00", "2026-11-28 20:00"),
        # The whole weekend: two days that begin and end at midnight.
        ("UTC", "00:00", "00:00", (5, 6), "2026-11-28 10:00", "2026-11-30 00:00"),
        # Days from 09:00 to 09:00.
        ("UTC", "09:00", "09:00", (5,), "2026-11-29 08:59", "2026-11-29 09:00"),
        # Sunday night belongs to Monday morning, across the turn of the week.
        ("UTC", "22:00", "06:00", (6,), "2026-11-30 03:00", "2026-11-30 06:00"),
        # Spring: 02:00 to 03:00 isn't there on 8 March in New York; what ends at 02:30 ends at 03:30.
        ("America/New_York", "22:00", "02:30", EVERY, "2026-03-08 05:00", "2026-03-08 07:30"),
        ("America/New_York", "22:00", "08:00", EVERY, "2026-03-08 05:00", "2026-03-08 12:00"),
        ("America/New_York", "22:00", "08:00", EVERY, "2026-03-07 05:00", "2026-03-07 13:00"),
        # Autumn: 01:30 comes twice on 1 November; it ends the first time.
        ("America/New_York", "22:00", "01:30", EVERY, "2026-11-01 04:00", "2026-11-01 05:30"),
        ("America/New_York", "22:00", "01:30", EVERY, "2026-11-01 06:15", "2026-11-01 06:15"),
        ("America/New_York", "22:00", "08:00", EVERY, "2026-11-01 04:00", "2026-11-01 13:00"),
        ("Asia/Kathmandu", "19:00", "08:00", EVERY, "2026-11-25 14:00", "2026-11-26 02:15"),
        ("Pacific/Kiritimati", "19:00", "08:00", (4,), "2026-11-27 06:00", "2026-11-27 18:00"),
    ],
)
def test_until_when(zone, begins, ends, days, now, until):
    hours = quiet.hours(zone, time.fromisoformat(begins), time.fromisoformat(ends), days)
    assert quiet.may_go(at(now), quiet=hours, opening=None) == at(until)


def test_what_never_ends_holds_nothing_back():
    hours = quiet.hours("UTC", time(0), time(0), EVERY)
    assert quiet.loud_from(at("2026-11-25 12:00"), hours) is None
    assert quiet.may_go(at("2026-11-25 12:00"), quiet=hours, opening=None) == at("2026-11-25 12:00")


def test_hours_that_never_meet_hold_nothing_back():
    opening = quiet.hours("UTC", time(9), time(17), EVERY)
    silent = quiet.hours("UTC", time(8), time(18), EVERY)
    assert quiet.may_go(at("2026-11-25 20:00"), quiet=silent, opening=opening) == at("2026-11-25 20:00")


def test_no_day_no_quiet():
    assert quiet.hours("UTC", time(19), time(8), ()) is None
