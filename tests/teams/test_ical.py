"""A calendar file closes the days of its all-day events; nonsense is refused by name."""

from datetime import date

import pytest

from revops.lib.errors import Invalid
from teams.ical import read

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n{body}END:VCALENDAR\r\n".encode()


def test_all_day_events_with_their_names_and_lengths():
    found = read(
        ics("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Winter  break"), first=FIRST, last=LAST
    )
    assert found.dates == dict.fromkeys([date(2026, 12, d) for d in (24, 25, 26)], "Winter break")


def test_yearly_events_repeat_until_the_last_day_but_for_exceptions():
    event = "DTSTART;VALUE=DATE:20200501\r\nSUMMARY:May Day\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270501"
    assert list(read(ics(event), first=FIRST, last=LAST).dates) == [date(2026, 5, 1), date(2028, 5, 1)]


def test_a_long_event_that_began_before_counts_from_the_first_day():
    event = "DTSTART;VALUE=DATE:20251229\r\nDTEND;VALUE=DATE:20260103\r\nSUMMARY:Closed"
    assert list(read(ics(event), first=FIRST, last=LAST).dates) == [date(2026, 1, 1), date(2026, 1, 2)]


def test_events_with_times_close_nothing_and_are_counted():
    found = read(ics("DTSTART:20261224T120000Z\r\nSUMMARY:Party"), first=FIRST, last=LAST)
    assert (found.dates, found.timed) == ({}, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a calendar", "unreadable"),
        (b"\xff\xfe\x00", "unreadable"),
        (b"", "unreadable"),
        (b"x" * 1_000_001, "too_large"),
        (ics("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=SECONDLY"), "unreadable"),
        (ics("SUMMARY:without a start"), "unreadable"),
        (ics("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY"), "too_many"),
    ],
)
def test_nonsense_is_refused(content, code):
    with pytest.raises(Invalid) as refusal:
        read(content, first=FIRST, last=LAST)
    assert (refusal.value.field, refusal.value.code) == ("file", code)
