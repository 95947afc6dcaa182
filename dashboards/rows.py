"""The rows behind a number: the KPI's population under its own predicate, newest first, by keyset.

The count is the scan's, the rows come from the same SQL text, so walking all pages finds exactly as many.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from dashboards import named
from dashboards.kpis.base import Kpi
from dashboards.kpis.scan import only, source_of
from dashboards.sheet import Sheet
from revops.lib.errors import Invalid

PAGE = 50
LOT = 5_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where a page begins: after the row with this moment and key. Written `microseconds.key` in addresses."""

    at: datetime
    key: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}.{self.key}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises Invalid for what `str` never wrote."""
        found = re.fullmatch(r"(-?[0-9]{1,17})\.([0-9]{1,18})", text, re.ASCII)
        try:
            at = EPOCH + timedelta(microseconds=int(found[1])) if found else None
        except OverflowError:  # before the year 1
            at = None
        if not found or at is None:
            raise Invalid("There is no such page of these rows.", code="invalid_cursor", field="cursor")
        return cls(at, int(found[2]))


@dataclass(slots=True)
class Row:
    """`kind` (of `named.SUBJECTS`) with its `id`; `key` tells rows of one id apart; `part` and `part_name` say how it
    counts; `values` holds the KPI's own columns (raw: seconds, days, minor units)."""

    kind: str
    id: int
    key: int
    at: datetime
    source: str
    part: str
    part_name: str
    values: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    company: str = ""
    owner: str = ""
    owner_id: int | None = None
    url: str = ""
    amount: dict | None = None

    @property
    def place(self) -> "Place":
        return Place(self.at, self.key)


def count(sheet: Sheet, kpi: Kpi, part: str = "") -> int | None:
    """How many rows stand behind the number, or behind one part of it; None for a part the KPI does not have."""
    if kpi.predicate(part) is None:
        return None
    return sheet.answer(kpi).found.now.n(part)


def page(
    sheet: Sheet, kpi: Kpi, *, part: str = "", after: Place | None = None, limit: int = PAGE
) -> tuple[list[Row], bool]:
    """Up to `limit` rows that come after `after`, newest first, and whether there are more. Two or three statements."""
    rows = _read(sheet, kpi, part=part, after=after, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    _name(rows)
    return rows, more


def walk(sheet: Sheet, kpi: Kpi, *, part: str = "") -> Iterator[Row]:
    """All rows, read in lots; for CSV."""
    after: Place | None = None
    while True:
        rows, more = page(sheet, kpi, part=part, after=after, limit=LOT)
        yield from rows
        if not more:
            return
        after = rows[-1].place


def _read(sheet: Sheet, kpi: Kpi, *, part: str, after: Place | None, limit: int) -> list[Row]:
    where = kpi.predicate(part)
    assert where is not None, part
    only_text, params = only(kpi.population, sheet.filters, sheet.owners)
    window, _ = sheet.windows(kpi.population)
    text, bound = source_of(kpi.population, window, "now", only_text)
    columns = "".join(f", {name}" for name, _, _ in kpi.columns)
    beyond = "AND (at, key) < (%(after_at)s, %(after_key)s)" if after is not None else ""
    bound |= {"after_at": after.at, "after_key": after.key} if after is not None else {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, key, at, source, {_label(kpi)} AS part, {_subject(kpi)}{columns} FROM ({text}) p "
            f"WHERE ({where}) {beyond} ORDER BY at DESC, key DESC LIMIT %(limit)s",
            params | bound | {"currency": sheet.currency, "limit": limit},
        )
        found = cursor.fetchall()
    return [
        Row(
            kind, pk, key, at, source or "", label or "", kpi.part_names.get(label, ""),
            dict(zip([name for name, _, _ in kpi.columns], values, strict=True)),
        )
        for pk, key, at, source, label, kind, *values in found
    ]  # fmt: skip


def _label(kpi: Kpi) -> str:
    """The most particular named part a row is in: parts are declared from the general to the particular."""
    named = [(name, where) for name, where in kpi.parts.items() if name in kpi.part_names]
    cases = "".join(f" WHEN {where} THEN '{name}'" for name, where in reversed(named))
    return f"CASE{cases} END" if cases else "NULL::text"


def _subject(kpi: Kpi) -> str:
    """Subjects are names of this code, never a reader's."""
    return "subject" if kpi.population.subject == named.MIXED else f"'{kpi.population.subject}'"


def _name(rows: Sequence[Row]) -> None:
    """Names, firms, owners and amounts, in a fixed number of statements a subject for any number of rows."""
    for kind in dict.fromkeys(row.kind for row in rows):
        known = named.of(kind, {row.id for row in rows if row.kind == kind})
        for row in rows:
            it = known.get(row.id) if row.kind == kind else None
            if it is not None:
                row.name, row.company, row.owner, row.owner_id = it.name, it.company, it.owner, it.owner_id
                row.url, row.amount = it.url, it.amount
