"""10,000 new leads with two touches each through scoring, routing and clocks, against bare multi-row INSERTs of the
very rows they made, lots of the same size, in the same run."""

import os
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from psycopg2.extras import Json, execute_values

from leads.incoming import parse
from leads.intake import capture
from revops.bench import _company, figure
from revops.lib.now import now

LEADS = int(10_000 * float(os.environ.get("BENCH_SCALE", "1")))
LOT = 1_000
WRITTEN = [
    "leads_company", "leads_person", "leads_personkey", "leads_lead", "leads_submission", "leads_touch",
    "leads_attributefact", "leads_snapshot", "leads_ownership", "sla_clock", "journal_entry", "notify_notice",
]  # fmt: skip


def figures() -> Iterator[dict[str, Any]]:
    _company.floor()
    bodies = [_company.body(number) for number in range(LEADS)]
    at = now()
    capture([parse(_company.body(0, "warm"), now=at)], by=None, via="api", now=at)
    _company.analyze()
    before = {table: _highest(table) for table in WRITTEN}
    started = time.perf_counter()
    for first in range(0, LEADS, LOT):
        capture([parse(body, now=at) for body in bodies[first : first + LOT]], by=None, via="api", now=at)
    ours = LEADS / (time.perf_counter() - started)
    bare = LEADS / _bare(before)
    yield figure(
        "batch capture of new leads with two touches", ours, "leads/s", baseline=bare, required=0.30, least_value=2_000
    )


def _highest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]


def _bare(before: dict[str, int]) -> float:
    """Seconds to insert the same rows into empty tables with the same indexes, `LOT` leads a transaction."""
    lots: dict[str, tuple[str, list[list[tuple]]]] = {}
    with connection.cursor() as cursor:
        for table in WRITTEN:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES)")
            cursor.execute(f"SELECT * FROM {table} WHERE id > %s ORDER BY id", [before[table]])
            columns = ", ".join(f'"{column.name}"' for column in cursor.description)
            rows = [tuple(Json(v) if isinstance(v, dict) else v for v in row) for row in cursor.fetchall()]
            size = max(1, -(-len(rows) * LOT // LEADS))
            lots[table] = columns, [rows[first : first + size] for first in range(0, len(rows), size)]
        jsonb = _jsonb(cursor)
    for table, (columns, parts) in lots.items():
        names = [name.strip('"') for name in columns.split(", ")]
        plain = [n for n, name in enumerate(names) if (table, name) in jsonb]
        lots[table] = columns, [[_wrapped(row, plain) for row in part] for part in parts]
    started = time.perf_counter()
    for lot in range(-(-LEADS // LOT)):
        with transaction.atomic(), connection.cursor() as cursor:
            for table, (columns, parts) in lots.items():
                if lot < len(parts):
                    execute_values(
                        cursor.cursor, f"INSERT INTO bare_{table} ({columns}) VALUES %s", parts[lot], page_size=LOT
                    )
    return time.perf_counter() - started


def _jsonb(cursor: Any) -> set[tuple[str, str]]:
    cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'jsonb'")
    return set(cursor.fetchall())


def _wrapped(row: tuple, positions: list[int]) -> tuple:
    values = list(row)
    for position in positions:
        values[position] = values[position] if isinstance(values[position], (str, Json)) else Json(values[position])
    return tuple(values)
