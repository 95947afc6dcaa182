"""Rows in columns: multi-row statements whose text does not grow with the batch, several to a round trip.

A list of tuples becomes one array a column, so PostgreSQL parses a short statement and plans it with the true row
count. Values are always bound by the driver.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def source(types: dict[str, str], rows: Sequence[tuple], alias: str = "v") -> tuple[str, list]:
    """`unnest(%s::text[], …) AS v(a, b)` and its parameters. A type of `jsonb` takes Python values."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(types)
    params: list[list] = []
    casts = []
    for kind, values in zip(types.values(), columns, strict=True):
        if kind == "jsonb":
            params.append([None if value is None else dumps(value) for value in values])
            casts.append("%s::text[]")
        elif kind == "bytea":
            params.append([None if value is None else bytes(value).hex() for value in values])
            casts.append("%s::text[]")
        else:
            params.append(list(values))
            casts.append(f"%s::{kind}[]")
    return f"unnest({', '.join(casts)}) AS {alias}({', '.join(types)})", params


def selected(types: dict[str, str], alias: str = "v") -> str:
    """The select list that turns the arrays' texts back into their column types."""
    how = {"jsonb": "{0}::jsonb", "bytea": "decode({0}, 'hex')"}
    return ", ".join(how.get(kind, "{0}").format(f"{alias}.{name}") for name, kind in types.items())


def insert(table: str, types: dict[str, str], rows: Sequence[tuple], suffix: str = "") -> tuple[str, list]:
    """`INSERT INTO table (…) SELECT … FROM unnest(…)`; `table` and column names are the code's own, never input."""
    relation, params = source(types, rows)
    columns = ", ".join(types)
    return f"INSERT INTO {table} ({columns}) SELECT {selected(types)} FROM {relation} {suffix}", params


def run(statements: Iterable[tuple[str, list]]) -> None:
    """All of them in one round trip; must be inside a transaction to be all or nothing."""
    statements = [s for s in statements if s]
    if not statements:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            ";\n".join(text for text, _ in statements), [param for _, params in statements for param in params]
        )


def query(text: str, params: Any = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall()


def change(text: str, params: Any = None) -> int:
    """One statement without an answer; the number of rows it concerned."""
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.rowcount


# One encoder for all: `json.dumps` with its own options makes a new one at every call.
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def loads(text: str | None) -> Any:
    """A jsonb column selected as text; the driver then leaves it alone whoever registered what."""
    return json.loads(text) if text else {}
