"""Pages of the lead list by keyset: page 1,000 costs what page 1 does, and no row is shown twice when some move.

An order is a chain of segments, each with its own condition and columns, because "due first, then whatever has no
clock" is two index scans and not one. A cursor names the segment, the values of the row at the edge, and its number.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from leads.models.stage import OPEN_STAGES
from revops.lib.errors import Invalid

SIZE = 50


@dataclass(frozen=True, slots=True)
class Segment:
    """`where`: which rows are in it; `columns`: what orders them, none ever null there, the last one unique."""

    where: Q
    columns: tuple[str, ...]
    descending: bool = False


OWED = Q(stage__in=OPEN_STAGES, next_due_at__isnull=False)
NEWEST = ("created_at", "id")
SORTS: dict[str, tuple[Segment, ...]] = {
    "due": (Segment(OWED, ("next_due_at", "id")), Segment(~OWED, NEWEST, True)),
    "-due": (Segment(OWED, ("next_due_at", "id"), True), Segment(~OWED, NEWEST, True)),
    "-created": (Segment(Q(), NEWEST, True),),
    "created": (Segment(Q(), NEWEST),),
    "-changed": (Segment(Q(), ("updated_at", "id"), True),),
}
FIRST_SORT = "due"
SORT_NAMES = {"due": "Due first", "-due": "Due last", "-created": "Newest first", "created": "Oldest first",
              "-changed": "Changed last"}  # fmt: skip
VALUES = ("id", "created_at", "updated_at", "next_due_at", "stage")


@dataclass(frozen=True, slots=True)
class Edge:
    """A place in an ordered list: the row with `values` in segment `at`, the `number`-th of all."""

    at: int
    values: tuple[Any, ...]
    number: int
    back: bool = False


@dataclass(slots=True)
class Page:
    """`first`: the number of the first row, from 1. `previous`, `next`: cursors or ""."""

    ids: list[int] = field(default_factory=list)
    first: int = 1
    previous: str = ""
    next: str = ""


def page(queryset: QuerySet, *, sort: str, cursor: str = "", size: int = SIZE) -> Page:
    """One page of lead ids. One query, two where the page reaches over into the next segment."""
    edge = _read(cursor, sort) if cursor else None
    back = bool(edge and edge.back)
    rows = _rows(queryset, SORTS[sort], edge, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    first = 1
    if edge:
        first = max(1, edge.number - len(rows)) if back else edge.number + 1
    found = Page([row["id"] for _, row in rows], first)
    if rows:
        (start, top), (end, bottom) = rows[0], rows[-1]
        if edge and (more or not back):
            found.previous = _write(sort, Edge(start, _values(SORTS[sort][start], top), first, True))
        if more or back:
            found.next = _write(sort, Edge(end, _values(SORTS[sort][end], bottom), first + len(rows) - 1))
    return found


def neighbours(queryset: QuerySet, lead: Any, *, sort: str) -> tuple[int | None, int | None]:
    """The ids before and after this lead in the list, whether or not it still belongs to it."""
    segments = SORTS[sort]
    owed = lead.is_open and lead.next_due_at is not None
    at = 0 if len(segments) == 1 or owed else 1
    values = tuple(getattr(lead, column) for column in segments[at].columns)
    around = []
    for back in (True, False):
        rows = _rows(queryset, segments, Edge(at, values, 0, back), 1)
        around.append(rows[0][1]["id"] if rows else None)
    return around[0], around[1]


def _rows(queryset: QuerySet, segments: tuple[Segment, ...], edge: Edge | None, wanted: int) -> list[tuple[int, dict]]:
    back = bool(edge and edge.back)
    start = edge.at if edge else 0
    order = range(start, -1, -1) if back else range(start, len(segments))
    rows: list[tuple[int, dict]] = []
    for at in order:
        segment = segments[at]
        part = queryset.filter(segment.where)
        descending = segment.descending != back
        if edge and at == edge.at:
            part = part.filter(_beyond(segment.columns, edge.values, descending))
        part = part.order_by(*(f"-{column}" if descending else column for column in segment.columns))
        rows += [(at, row) for row in part.values(*VALUES)[: wanted - len(rows)]]
        if len(rows) >= wanted:
            break
    return rows


def _beyond(columns: tuple[str, ...], values: tuple[Any, ...], descending: bool) -> Q:
    """(a, b) beyond (x, y), written so that an index on (a, b) serves it."""
    first, last = columns
    way = "lt" if descending else "gt"
    return Q(**{f"{first}__{way}e": values[0]}) & (
        Q(**{f"{first}__{way}": values[0]}) | Q(**{first: values[0], f"{last}__{way}": values[1]})
    )


def _values(segment: Segment, row: dict) -> tuple[Any, ...]:
    return tuple(row[column] for column in segment.columns)


def _write(sort: str, edge: Edge) -> str:
    moment, pk = edge.values
    raw = json.dumps([sort, edge.at, moment.isoformat(), pk, edge.number, edge.back], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def _read(cursor: str, sort: str) -> Edge:
    """Raises Invalid for a cursor of another order, or one that we never wrote."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        made_for, at, moment, pk, number, back = json.loads(raw)
        when = datetime.fromisoformat(moment)
        good = made_for == sort and when.tzinfo is not None and isinstance(back, bool)
        good = good and all(type(n) is int and 0 <= n < 2**63 for n in (at, pk, number)) and at < len(SORTS[sort])
        if good:
            return Edge(at, (when, pk), number, back)
    except (binascii.Error, ValueError, TypeError, UnicodeError, RecursionError):
        pass
    raise Invalid(
        "This page of the list no longer exists; start at its beginning.", code="invalid_cursor", field="cursor"
    )
