"""100,000 clocks due at once through effects, journal and notices, against a bare drain of the same rows by the same
lot; how late the pulse is at 100,000 open clocks of which 100 fall due a second; and what those hundred notice of
100,000 that fall due at one instant before them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from revops.bench import figure
from revops.bench._company import analyze, empty, median, moment, scaled, set_up
from sla.due import LOT, drain
from teams.models import Role

SECONDS = 20
A_SECOND = 100
ROUNDS = 3
FIRED = ["sla_effect", "sla_clock", "journal_entry", "notify_notice"]


def figures() -> Iterator[dict[str, Any]]:
    number = scaled(100_000)
    cast = set_up(moment())
    _leads([user.pk for user in cast.users.values() if user.role == Role.SALES], number)
    ours, bare = [], []
    for _ in range(ROUNDS):
        at = moment()
        _clocks(number, due="%s::timestamptz - (n %% 600) * interval '1 second'", start=at - timedelta(seconds=1))
        bare.append(number / _bare(at))
        started = time.perf_counter()
        done = 0
        while lot := drain(at, LOT):
            done += lot
        ours.append(done / (time.perf_counter() - started))
        if done != number:
            raise AssertionError(f"{done} of {number} clocks were drained")
    yield figure("clocks_drain", median(ours), "clocks/s", baseline=median(bare), required=0.12)
    yield _lateness(number)
    yield from _flood(number)


def _leads(owners: list[int], count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_person (id, created_at) SELECT n, now() FROM generate_series(1, %s) n", [count]
        )
        cursor.execute(
            """INSERT INTO leads_lead (id, person_id, cycle, stage, owner_id, created_at, stage_at, mql_at)
               SELECT n, n, 1, 'mql', (%s::bigint[])[1 + n %% %s], now(), now(), now() FROM generate_series(1, %s) n""",
            [owners, len(owners), count],
        )


def _clocks(count: int, *, due: str, start: datetime) -> None:
    """The owners' hot response clocks, each due at `due` of its number n and `start`; breach and chain are left to fire."""
    empty(FIRED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO sla_clock (lead_id, target, tier, scope, run, owner_id, policy_id, started_at, seconds,
                                       due_at, next_at, next_level, levels, marks)
                SELECT l.id, 'first_response', 'hot', 'owner', 1, l.owner_id, p.id, d.due - interval '5 minutes', 300,
                       d.due, d.due, 100, '{{100,101}}', ARRAY[d.due, d.due + interval '1 hour']
                  FROM leads_lead l, LATERAL (SELECT l.id AS n) i, LATERAL (SELECT {due} AS due) d,
                       (SELECT p.id FROM sla_policy p JOIN sla_policyset s ON s.id = p.policy_set_id
                         WHERE s.state = 'published' AND p.target = 'first_response' AND p.tier = 'hot') p
                 WHERE l.id <= %s""",
            [start, count],
        )
    analyze()


def _bare(at: datetime) -> float:
    """Seconds to claim and mark the same rows, lot by lot, with nothing told to anybody."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_clock")
        cursor.execute("CREATE TABLE bare_clock (LIKE sla_clock INCLUDING DEFAULTS INCLUDING INDEXES)")
        cursor.execute("INSERT INTO bare_clock SELECT * FROM sla_clock")
        cursor.execute("ANALYZE bare_clock")
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


def _lateness(number: int) -> dict[str, Any]:
    """The pulse itself, as a worker starts it, while a hundred clocks a second fall due among all the open ones."""
    falling = SECONDS * A_SECOND
    begin = moment() + timedelta(seconds=6)
    _clocks(number, due=_falling(falling, "now() + interval '1 day'"), start=begin)
    with _pulse():
        time.sleep(max(0.0, (begin - moment()).total_seconds()) + SECONDS + 2)
    count, late, _ = _fired(falling)
    if count < falling * 0.99:
        raise AssertionError(f"{count} of {falling} clocks fired")
    return figure("clocks_lateness_p99", late, "s", baseline=None, required=1.0, most=True)


def _flood(number: int) -> Iterator[dict[str, Any]]:
    """All the others fall due at one instant, just before the hundred a second begin."""
    falling = SECONDS * A_SECOND
    begin = moment() + timedelta(seconds=6)
    at_once = f"'{(begin - timedelta(microseconds=1)).isoformat()}'::timestamptz"
    _clocks(number, due=_falling(falling, at_once), start=begin)
    with _pulse():
        deadline = begin + timedelta(seconds=90)
        while moment() < deadline and (_fired(number)[0] < number or moment() < begin + timedelta(seconds=SECONDS + 2)):
            time.sleep(1)
    count, _, last = _fired(number)
    if count < number:
        raise AssertionError(f"{count} of {number} clocks fired")
    yield figure("clocks_at_once", (last - begin).total_seconds(), "s", baseline=None, required=60.0, most=True)
    yield figure("clocks_others_p99", _fired(falling)[1], "s", baseline=None, required=5.0, most=True)


def _falling(falling: int, others: str) -> str:
    return (
        f"CASE WHEN n <= {falling} THEN %s::timestamptz + (n / {A_SECOND}.0) * interval '1 second' ELSE {others} END"
    )


@contextmanager
def _pulse() -> Iterator[None]:
    pulse = subprocess.Popen([sys.executable, "manage.py", "pulse"], env=os.environ, stdout=sys.stderr)
    try:
        yield
    finally:
        pulse.terminate()
        pulse.wait(20)


def _fired(first: int) -> tuple[int, float, datetime]:
    """How many of the clocks of the first leads were fired, how late (p99, seconds), and when the last one was."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), max(e.detected_at),
                      percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM e.detected_at - e.effective_at))
                 FROM sla_effect e JOIN sla_clock c ON c.id = e.clock_id WHERE e.level = 100 AND c.lead_id <= %s""",
            [first],
        )
        count, last, late = cursor.fetchone()
    return count, float(late or 0), last
