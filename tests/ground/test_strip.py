"""The deadline strip's geometry."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from revops.lib import strip

CHICAGO = ZoneInfo("America/Chicago")


def at(day, hour, minute=0, second=0):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=CHICAGO).astimezone(UTC)


THANKSGIVING = [
    {"start": at(25, 8), "end": at(25, 17, 8, 40), "kind": "before", "word": ""},
    {"start": at(25, 17, 8, 40), "end": at(25, 17, 30), "kind": "counted", "word": ""},
    {"start": at(25, 17, 30), "end": at(26, 0), "kind": "closed", "word": "night"},
    {"start": at(26, 0), "end": at(27, 0), "kind": "closed", "word": "Thanksgiving"},
    {"start": at(27, 0), "end": at(27, 8), "kind": "closed", "word": "night"},
    {"start": at(27, 8), "end": at(27, 8, 14, 22), "kind": "counted", "word": ""},
    {"start": at(27, 8, 14, 22), "end": at(27, 8, 38, 40), "kind": "left", "word": ""},
    {"start": at(27, 8, 38, 40), "end": at(27, 17, 30), "kind": "after", "word": ""},
]


def test_thanksgiving_is_drawn_with_words_edges_and_ticks():
    drawn = strip.draw(
        THANKSGIVING, start=at(25, 17, 8, 40), now=at(27, 8, 14, 22), due=at(27, 8, 38, 40), zone=CHICAGO, finding="Why"
    )
    assert [bar["text"] for bar in drawn["bars"]] == [
        "",
        "21:20",
        "night",
        "Thanksgiving",
        "night",
        "14:22",
        "24:18 left",
        "",
    ]
    assert [edge["text"] for edge in drawn["edges"]] == ["17:30 closed", "08:00 open"]
    assert [tick["text"] for tick in drawn["ticks"]] == ["17:08:40 start", "08:14:22 now", "08:38:40 due"]
    assert [day["text"] for day in drawn["days"]] == ["Wed 25 Nov", "Thu 26 Nov", "Fri 27 Nov"]


kinds = st.sampled_from(["before", "counted", "closed", "paused", "left", "after", "over"])


@given(st.lists(st.tuples(kinds, st.integers(1, 10**7)), min_size=1, max_size=30))
def test_widths_fill_the_strip_exactly(parts):
    moment, segments = at(25, 8), []
    for kind, seconds in parts:
        segments.append({"start": moment, "end": moment + timedelta(seconds=seconds), "kind": kind, "word": ""})
        moment += timedelta(seconds=seconds)
    shares = strip.widths(segments)
    assert abs(sum(shares) - 100) < 1e-6
    assert all(share >= 0 for share in shares)
