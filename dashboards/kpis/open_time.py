"""Open seconds between two moments in SQL: opening hours worked out in Python, searched in the database.

The arithmetic stays where it is (`sla.business_time`): what travels is each calendar version's opening and closing
moments in a span of time, with the open seconds before each. F(t) is a binary search; elapsed(a, b) = F(b) − F(a).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from dashboards.filters import Window
from teams.models import CalendarVersion

# Some leads are answered long after the period; beyond this the last counted second stands.
REACH = timedelta(days=400)
MOST = 256
# As a FROM item: version, opens[], closes[], before[] (open seconds before each opening).
HOURS = """(SELECT h.version, h.opens::timestamptz[] AS opens, h.closes::timestamptz[] AS closes,
                   h.before::float8[] AS before
              FROM unnest({versions}::bigint[], {opens}::text[], {closes}::text[], {before}::text[])
                   AS h(version, opens, closes, before))"""


def opened(at: str, h: str = "h") -> str:
    """SQL: open seconds of calendar `h` up to the moment `at`."""
    k = f"width_bucket({at}, {h}.opens)"
    return (
        f"CASE WHEN {k} = 0 THEN 0 ELSE {h}.before[{k}] + "
        f"date_part('epoch', LEAST({at}, {h}.closes[{k}]) - {h}.opens[{k}]) END"
    )


def elapsed(start: str, end: str, h: str = "h") -> str:
    return f"GREATEST(({opened(end, h)}) - ({opened(start, h)}), 0)"


def binds(window: Window) -> dict[str, Any]:
    """The values HOURS names. One query; the hours of a version are worked out once a process and span of years."""
    first, last = window.starts.year, min(window.seen, window.ends + REACH).year
    rows = [(version.pk, *_line(version, first, last)) for version in CalendarVersion.objects.all()]
    rows = [row for row in rows if row[1] != "{}"]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return {name: list(column) for name, column in zip(("versions", "opens", "closes", "before"), columns, strict=True)}


_lines: dict[tuple, tuple[str, str, str]] = {}


def _line(version: CalendarVersion, first: int, last: int) -> tuple[str, str, str]:
    """As text PostgreSQL reads as arrays; kept, since a version never changes."""
    key = (version.pk, version.tz, repr(version.weekly), repr(version.closed), first, last)
    if key not in _lines:
        if len(_lines) >= MOST:
            _lines.clear()
        start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 2, tzinfo=UTC)
        counted = [span for span in version.hours().spans(start, end) if span.kind == "counted"]
        lengths = [(span.end - span.start).total_seconds() for span in counted]
        before = accumulate(lengths, initial=0.0)
        _lines[key] = (
            _array(span.start.isoformat() for span in counted),
            _array(span.end.isoformat() for span in counted),
            _array(repr(sum_) for sum_, _ in zip(before, counted, strict=False)),
        )
    return _lines[key]


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(values) + "}"
