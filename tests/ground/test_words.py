"""How values are written: the tables of the visual language, line by line."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.lib import words

CHICAGO, WARSAW = ZoneInfo("America/Chicago"), ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 27, 14, 14, 22, tzinfo=UTC)  # Friday 08:14:22 in Chicago


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.9, "0:00"),
        (112.99, "1:52"),
        (299, "4:59"),
        (300, "5 min"),
        (1458, "24 min"),
        (3599, "59 min"),
        (3600, "1 h 00"),
        (18_600, "5 h 10"),
        (86_399, "23 h 59"),
        (86_400, "1 d"),
        (111_600, "1 d 7 h"),
        (604_799, "6 d 23 h"),
        (604_800, "7 d"),
        (11 * 86_400 + 80_000, "11 d"),
        (-0.4, "0:00 late"),
        (-40, "0:40 late"),
        (-360, "6 min late"),
        (-7_500, "2 h 05 late"),
        (-300_000, "3 d late"),
    ],
)
def test_countdowns_round_down(seconds, text):
    assert words.duration(seconds) == text


def test_a_pages_own_clock_shows_seconds_under_an_hour():
    assert words.duration(1458, own=True) == "24:18"
    assert words.duration(3600, own=True) == "1 h 00"


@given(st.floats(min_value=0, max_value=400 * 86_400))
def test_a_countdown_never_promises_more_than_is_left(left):
    shown = words.duration(left)
    units = {"min": 60, "h": 3_600, "d": 86_400}
    if ":" in shown:
        minutes, seconds = shown.split(":")
        promised = int(minutes) * 60 + int(seconds)
    else:
        parts = shown.split()
        promised = int(parts[0]) * units[parts[1]]
        if len(parts) > 2:
            promised += int(parts[2]) * (60 if parts[1] == "h" else 3_600)
    assert promised <= left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (1280, "21 min 20 s"),
        (60, "1 min"),
        (32_040, "8 h 54 min"),
        (183_600, "2 d 3 h"),
        (-66, "−1 min 6 s"),
    ],
)
def test_measured_lengths_are_written_in_full(seconds, text):
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("amount", "long", "short"),
    [
        (126_000, "$126,000", "$126k"),
        ("15900", "$15,900", "$15.9k"),
        ("1350000", "$1,350,000", "$1.35M"),
        ("48600.50", "$48,600.50", "$48.6k"),
        (840, "$840", "$840"),
        ("999.99", "$999.99", "$1k"),
        ("999960", "$999,960", "$1M"),
        (-12_000, "−$12,000", "−$12k"),
        (0, "$0", "$0"),
    ],
)
def test_money(amount, long, short):
    assert words.money(amount) == long
    assert words.money_short(amount) == short


def test_money_in_another_currency():
    assert words.money(1200, "EUR") == "€1,200"
    assert words.money(1200, "CHF") == "1,200 CHF"


def test_numbers_have_a_true_minus_and_thousands():
    assert words.number(1544) == "1,544"
    assert words.signed(15, 2) == "+15.00"
    assert words.signed(Decimal("-1.1"), 2) == "−1.10"
    assert words.signed(0) == "0"
    assert words.number("-0.4") == "0"


def test_shares_round_half_up_and_stand_with_their_fraction():
    assert words.share(0.3155) == "31.6%"
    assert words.share(Decimal("0.00050")) == "0.1%"
    assert words.fraction(127, 402) == "31.6% (127 of 402)"
    assert words.fraction(7, 12) == "7 of 12, small sample"
    assert words.fraction(0, 0).startswith("n/a")
    assert words.point_change(-0.021) == "−2.1 pt"


@given(st.lists(st.decimals(min_value=-100, max_value=100, places=6), max_size=12), st.integers(0, 2))
def test_shown_lines_add_up_to_the_shown_sum(values, places):
    shown = words.largest_remainder(values, places)
    assert sum(shown, Decimal(0)) == words.rounded(sum(values, Decimal(0)), places)
    assert all(abs(a - b) < Decimal(1).scaleb(-places) for a, b in zip(shown, values, strict=True))


@pytest.mark.parametrize(
    ("at", "style", "text"),
    [
        (NOW + timedelta(minutes=24), "", "today 08:38"),
        (NOW + timedelta(minutes=24), "seconds", "today 08:38:22"),
        (NOW + timedelta(days=1, hours=2), "", "tomorrow 10:14"),
        (NOW - timedelta(days=2), "", "Wed 08:14"),
        (NOW - timedelta(days=7), "", "20 Nov"),
        (NOW - timedelta(days=7), "full", "20 Nov 08:14"),
        (datetime(2025, 2, 3, 12, tzinfo=UTC), "", "3 Feb 2025"),
        (NOW, "time", "08:14"),
        (NOW + timedelta(days=4), "day", "Tue"),
        (datetime(2026, 11, 28, 5, 30, tzinfo=UTC), "", "today 23:30"),
    ],
)
def test_moments_read_in_the_readers_zone(at, style, text):
    assert words.moment(at, NOW, CHICAGO, style) == text


def test_a_deadline_names_its_zone_and_the_readers_when_they_differ():
    due = datetime(2026, 11, 27, 14, 38, 40, tzinfo=UTC)
    assert words.deadline(due, NOW, CHICAGO, CHICAGO) == "today 08:38:40 CST"
    assert words.deadline(due, NOW, CHICAGO, WARSAW) == "today 08:38:40 CST · 15:38 your time"
    assert words.instant(due, CHICAGO) == "Fri 27 Nov 2026 08:38:40 CST"


def test_machine_forms():
    assert words.utc(NOW.astimezone(CHICAGO)) == "2026-11-27T14:14:22Z"
    assert words.milliseconds(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1500


def test_periods_initials_plurals_days():
    assert words.period(date(2026, 8, 29), date(2026, 11, 26)) == "29 Aug – 26 Nov"
    assert words.period(date(2025, 12, 29), date(2026, 1, 4)) == "29 Dec 2025 – 4 Jan 2026"
    assert [words.initials(n) for n in ("Jonah Reyes", "Cher", "Ana de la Cruz", "", "…")] == [
        "JR",
        "CH",
        "AC",
        "?",
        "?",
    ]
    assert words.plural(1, "lead") == "1 lead"
    assert words.plural(1200, "company", "companies") == "1,200 companies"
    assert words.heading_of_day(date(2026, 11, 27), date(2026, 11, 27)) == "Today, Fri 27 Nov"
    assert words.heading_of_day(date(2025, 2, 3), date(2026, 11, 27)) == "3 Feb 2025"
