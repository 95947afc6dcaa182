"""The rows of a kind, lot by lot, and how they are written."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import StreamingHttpResponse

from leads.exporting.kinds import Kind
from revops.lib import bulk, csv_file, words

LOT = 2_000


def rows(kind: Kind, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[tuple]:
    """In order of their ids, those whose moment lies in [since, until)."""
    picked = ", ".join(kind.columns.values())
    last = 0
    while True:
        lot = bulk.query(
            f"""SELECT {kind.id}, {picked} FROM {kind.table}
                 WHERE {kind.id} > %(last)s AND (%(since)s::timestamptz IS NULL OR {kind.at} >= %(since)s)
                   AND (%(until)s::timestamptz IS NULL OR {kind.at} < %(until)s)
                 ORDER BY {kind.id} LIMIT %(lot)s""",
            {"last": last, "since": since, "until": until, "lot": LOT},
        )
        for row in lot:
            yield row[1:]
        if len(lot) < LOT:
            return
        last = lot[-1][0]


def as_csv(kind: Kind, found: Iterator[tuple]) -> StreamingHttpResponse:
    return csv_file.answer(kind.key, kind.columns, ([_cell(value) for value in row] for row in found))


def as_json(kind: Kind, found: Iterator[tuple]) -> StreamingHttpResponse:
    """One list of objects, an object a line."""

    def lines() -> Iterator[str]:
        first = True
        for row in found:
            one = dict(zip(kind.columns, (_value(value) for value in row), strict=True))
            yield ("[" if first else ",") + "\n" + bulk.dumps(one)
            first = False
        yield "[]\n" if first else "\n]\n"

    answer = StreamingHttpResponse(lines(), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{kind.key}.json"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return words.utc(value)
    return bulk.dumps(value) if isinstance(value, dict | list) else value


def _value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
