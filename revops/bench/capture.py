"""10,000 new leads with two touches each through capture, with scoring, routing and clocks, against bare multi-row
INSERTs of the very rows that it wrote."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from psycopg2.extras import execute_values

from leads.incoming import parse
from leads.intake import capture
from revops.bench import figure
from revops.bench._company import analyze, bodies, empty, median, moment, scaled, set_up

ROUNDS = 3
LOT = 1_000
PAGE = 1_000
# In the order of their foreign keys.
TABLES = ["leads_company", "leads_person", "leads_personkey", "leads_lead", "leads_submission", "leads_touch",
          "leads_attributefact", "leads_snapshot", "leads_ownership", "sla_clock", "journal_entry", "notify_notice"]  # fmt: skip


def figures() -> Iterator[dict[str, Any]]:
    number = scaled(10_000)
    set_up(moment())
    _captured(bodies(500, start=10**8, now=moment()))  # compiles the rules and opens the caches
    ours, bare = [], []
    for round_number in range(ROUNDS):
        empty(TABLES)
        analyze()
        batch = bodies(number, start=round_number * number, now=moment())
        ours.append(number / _captured(batch))
        rows = _written()
        empty(TABLES)
        bare.append(number / _inserted(rows))
    yield figure("capture_batch", median(ours), "leads/s", baseline=median(bare), required=0.30, least_value=2_000.0)


def _captured(batch: list[dict]) -> float:
    started = time.perf_counter()
    for first in range(0, len(batch), LOT):
        now = moment()
        items = [parse(body, now=now) for body in batch[first : first + LOT]]
        capture(items, by=None, via="api", now=now)
    return time.perf_counter() - started


def _written() -> dict[str, tuple[list[str], list[tuple]]]:
    """{table: (columns, rows)} of everything there now, ready for the driver; JSON stays text."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s "
                "AND is_generated = 'NEVER' ORDER BY ordinal_position",
                [table],
            )
            columns = cursor.fetchall()
            names = [f'"{name}"' for name, _ in columns]
            picked = [f"{n}::text" if kind == "jsonb" else n for n, (_, kind) in zip(names, columns, strict=True)]
            cursor.execute(f"SELECT {', '.join(picked)} FROM {table} ORDER BY 1")
            found[table] = (names, cursor.fetchall())
    return found


def _inserted(tables: dict[str, tuple[list[str], list[tuple]]]) -> float:
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (names, rows) in tables.items():
            if rows:
                text = f"INSERT INTO {table} ({', '.join(names)}) VALUES %s"
                execute_values(cursor.cursor, text, rows, page_size=PAGE)
    return time.perf_counter() - started
