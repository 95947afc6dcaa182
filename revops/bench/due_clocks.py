"""100,000 clocks due at once through effects, journal and notices, against a bare drain of the same rows by the same
lot; and how late the pulse is at 100,000 open clocks of which 100 fall due a second."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from revops.bench import _company, figure
from revops.lib.now import now
from sla.due import LOT, drain

CLOCKS = int(100_000 * float(os.environ.get("BENCH_SCALE", "1")))
SECONDS = 20
A_SECOND = 100


def figures() -> Iterator[dict[str, Any]]:
    sellers = _company.floor()
    _leads(sellers, CLOCKS)
    at = now()
    _clocks(CLOCKS, due="%s::timestamptz - (n %% 600) * interval '1 second'", moment=at - timedelta(seconds=1))
    bare = CLOCKS / _bare(at)
    started = time.perf_counter()
    done = 0
    while lot := drain(at, LOT):
        done += lot
    ours = done / (time.perf_counter() - started)
    if done != CLOCKS:
        raise AssertionError(f"{done} of {CLOCKS} clocks were drained")
    yield figure("drain of clocks due at once", ours, "clocks/s", baseline=bare, required=0.20)
    yield from _lateness()


def _leads(sellers: list, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO leads_person (id, created_at) SELECT n, now() FROM generate_series(1, %s) n", [count])
        cursor.execute(
            """INSERT INTO leads_lead (id, person_id, cycle, stage, owner_id, created_at, stage_at, mql_at)
               SELECT n, n, 1, 'mql', (%s::bigint[])[1 + n %% %s], now(), now(), now() FROM generate_series(1, %s) n""",
            [[seller.pk for seller in sellers], len(sellers), count],
        )


def _clocks(count: int, *, due: str, moment: Any) -> None:
    """Response clocks of the owners, each due at `due` of its number n; only the breach is left to fire."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sla_effect, sla_clock, journal_entry, notify_notice")
        cursor.execute(
            f"""INSERT INTO sla_clock (lead_id, target, tier, scope, run, owner_id, started_at, seconds, due_at, next_at,
                                       next_level, levels, marks)
                SELECT l.id, 'first_response', 'hot', 'owner', 1, l.owner_id, d.due - interval '5 minutes', 300, d.due,
                       d.due, 100, '{{100}}', ARRAY[d.due]
                  FROM leads_lead l, LATERAL (SELECT l.id AS n) i, LATERAL (SELECT {due} AS due) d
                 WHERE l.id <= %s""",
            [moment, count],
        )
    _company.analyze()


def _bare(at: Any) -> float:
    """Seconds to claim and mark the same number of rows, lot by lot, with nothing told to anybody."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_clock")
        cursor.execute("CREATE TABLE bare_clock (LIKE sla_clock INCLUDING DEFAULTS INCLUDING INDEXES)")
        cursor.execute("INSERT INTO bare_clock SELECT * FROM sla_clock")
        cursor.execute("VACUUM ANALYZE bare_clock")
        started = time.perf_counter()
        claimed = 1
        while claimed:
            with transaction.atomic():
                cursor.execute(
                    """WITH due AS (SELECT id FROM bare_clock WHERE next_at < %s ORDER BY next_at, id LIMIT %s
                                       FOR NO KEY UPDATE SKIP LOCKED)
                       UPDATE bare_clock c SET next_at = NULL, next_level = NULL, breached_at = c.due_at,
                              detected_at = %s FROM due WHERE c.id = due.id""",
                    [at, LOT, at],
                )
                claimed = cursor.rowcount
        return time.perf_counter() - started


def _lateness() -> Iterator[dict[str, Any]]:
    """The drain as the pulse runs it, every 250 ms, while 100 clocks a second fall due among 100,000 open ones."""
    falling = SECONDS * A_SECOND
    begin = now() + timedelta(seconds=2)
    due = (
        f"CASE WHEN n <= {falling} THEN %s::timestamptz + (n / {A_SECOND}.0) * interval '1 second' "
        "ELSE now() + interval '1 day' END"
    )
    _clocks(CLOCKS, due=due, moment=begin)
    deadline = begin + timedelta(seconds=SECONDS + 2)
    while now() < deadline:
        tick = time.monotonic()
        while drain(now(), LOT) == LOT:
            pass
        time.sleep(max(0.0, 0.25 - (time.monotonic() - tick)))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM detected_at - effective_at))
                 FROM sla_effect"""
        )
        count, late = cursor.fetchone()
    if count != falling:
        raise AssertionError(f"{count} of {falling} clocks fired")
    yield figure("lateness p99, 100 due a second among the open", float(late), "s", baseline=None, required=1.0, most=True)
