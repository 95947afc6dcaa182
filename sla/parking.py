"""A clock that cannot be fired is set aside: the others go on without it, somebody sees it, and it is tried again.

When the database refuses a lot because of something in it, the lot is halved until the row that fails stands alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from journal import record
from journal.record import Fact
from revops.lib import bulk, lots
from sla.clocks import subject_of
from sla.firing import CLAIMABLE, fire
from sla.models import Clock, Parked
from teams import access

RELEASE = "DELETE FROM sla_parked WHERE clock_id = ANY (%s)"
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


def one_by_one(now: datetime, limit: int) -> int:
    """Fire the lot in ever smaller parts, each in its own transaction; answers how many were fired or set aside."""
    rows = bulk.query(
        f"SELECT c.id FROM sla_clock c WHERE {CLAIMABLE} ORDER BY c.next_at, c.id LIMIT %(limit)s",
        {"now": now, "limit": limit},
    )
    return apart([row[0] for row in rows], lambda ids: fire(now, len(ids), ids), at=now)


def apart(ids: Sequence[int], work: Callable[[Sequence[int]], int], *, at: datetime) -> int:
    """`work` over these clocks in ever smaller parts; the one that fails alone is set aside (revops.lib.lots)."""
    return lots.apart(ids, work, lambda clock, error: park(clock, error, at=at))


def park(clock_id: int, error: str, *, at: datetime) -> None:
    """Set it aside: 1, 5, 30 minutes, 2 hours; after the fifth failure until a person asks. Twice at once is once."""
    clock = Clock.objects.only("lead_id", "deal_id", "request_id", "content_request_id").get(pk=clock_id)
    message = error.strip().splitlines()[0][:400] if error.strip() else "unknown"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO sla_parked AS p (clock_id, attempts, error, first_at, last_at, retry_at)
               VALUES (%(clock)s, 1, %(error)s, %(at)s, %(at)s, %(at)s + (%(backoff)s::interval[])[1])
               ON CONFLICT (clock_id) DO UPDATE
                  SET attempts = p.attempts + 1, error = excluded.error, last_at = excluded.last_at,
                      retry_at = %(at)s + (%(backoff)s::interval[])[p.attempts + 1]
                WHERE p.retry_at <= %(at)s
               RETURNING p.attempts""",
            {"clock": clock_id, "error": message, "at": at, "backoff": list(BACKOFF)},
        )
        row = cursor.fetchone()
        if row is None:
            return
        subject = subject_of(clock.lead_id, clock.deal_id, clock.request_id, clock.content_request_id)
        data = {"clock": clock_id, "attempts": row[0], "error": message}
        record.append([Fact("clock.parked", *subject, at, via="task", data=data)], now=at)


def retry(clock: Clock, *, by: Any, at: datetime) -> None:
    """Try a clock that was set aside again, at the pulse's next beat. Nothing set aside, nothing done.

    Raises Forbidden for anybody but an admin.
    """
    access.require(by, "administer")
    with transaction.atomic():
        asked = Parked.objects.filter(clock=clock).exclude(retry_at__lte=at).update(retry_at=at)
        if asked:
            subject = subject_of(clock.lead_id, clock.deal_id, clock.request_id, clock.content_request_id)
            fact = Fact("clock.retried", *subject, at, by=by.pk, via="page", data={"clock": clock.pk})
            record.append([fact], now=at)
