"""Tone and words of one clock: comparisons and a subtraction, nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from revops.lib.clock_face import clock_face

START = datetime(2026, 11, 27, 14, 11, 14, tzinfo=UTC)
DUE = START + timedelta(minutes=5)


def running(now, **changed):
    return {
        "label": "First response",
        "state": "running",
        "due": DUE,
        "at50": START + timedelta(seconds=150),
        "at90": START + timedelta(seconds=270),
        "left": (DUE - now).total_seconds(),
        "opens": None,
        "closes": None,
        "zone": "America/Chicago",
        **changed,
    }


@pytest.mark.parametrize(
    ("after", "tone", "text"),
    [
        (0, "ok", "5 min"),
        (149.9, "ok", "2:30"),
        (150, "warn", "2:30"),
        (269, "warn", "0:31"),
        (270, "urgent", "0:30"),
        (300, "urgent", "0:00"),
        (300.001, "late", "0:00 late"),
        (660, "late", "6 min late"),
    ],
)
def test_colour_follows_the_share_used_and_due_is_still_in_time(after, tone, text):
    now = START + timedelta(seconds=after)
    assert clock_face(running(now), now) == {"tone": tone, "text": text}


def test_a_closed_calendar_does_not_tick():
    now = START
    opens = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    shut = running(now, due=opens + timedelta(minutes=24), left=1440, opens=opens, closes=opens + timedelta(hours=9))
    assert clock_face(shut, now) == {"tone": "wait", "text": "24 min, from Mon 08:00"}


def test_late_stays_late_when_the_calendar_closes():
    now = DUE + timedelta(hours=20)
    shut = running(now, left=-360, opens=now + timedelta(hours=1), closes=now + timedelta(hours=9))
    assert clock_face(shut, now) == {"tone": "late", "text": "6 min late"}


@pytest.mark.parametrize(
    ("state", "tone"),
    [("met", "met"), ("met_late", "met"), ("cancelled", "off"), ("breached_cancelled", "off"), ("paused", "paused")],
)
def test_what_no_longer_runs_is_grey(state, tone):
    assert clock_face(running(START, state=state), START)["tone"] == tone


def test_rows_of_the_clock_panel_fit_as_they_are():
    row = running(START)
    row["due_at"], row["target"] = row.pop("due"), "first_response"
    del row["label"]
    assert clock_face(row, START) == {"tone": "ok", "text": "5 min"}


def test_words_may_be_given():
    assert clock_face(running(START, state="paused", text="until 1 Dec"), START) == {
        "tone": "paused",
        "text": "until 1 Dec",
    }
