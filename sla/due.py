"""What is due is fired, oldest first, lot by lot; asked by the pulse."""

from datetime import datetime

from django.db import Error, connection

from revops.lib import bulk
from revops.lib.lots import is_of_a_row
from sla import parking
from sla.firing import CLAIMABLE, fire

LOT = 2_000


def drain(now: datetime, limit: int = LOT) -> int:
    """Fire one lot of what is due strictly before `now`, oldest first; answers how many clocks were claimed.

    While more waits than a lot holds, the latest are served beside the oldest: a hot lead of this moment does not wait
    behind thousands that fell due together. A row that cannot be fired is set aside and the others go on.
    """
    try:
        done = fire(now, limit)
        if done == limit and (latest := _latest(now, limit // 10)):
            done += fire(now, len(latest), latest)
        return done
    except Error as error:
        if not is_of_a_row(error):
            raise
        return parking.one_by_one(now, limit)


def _latest(now: datetime, limit: int) -> list[int]:
    rows = bulk.query(
        f"""SELECT c.id FROM sla_clock c WHERE {CLAIMABLE} AND c.next_at > %(now)s - interval '5 seconds'
             ORDER BY c.next_at DESC, c.id DESC LIMIT %(limit)s""",
        {"now": now, "limit": limit},
    )
    return [row[0] for row in rows]


def oldest_due(now: datetime) -> float:
    """Seconds the oldest due clock has been waiting; 0 when nothing waits. What is set aside is not waiting."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(c.next_at) FROM sla_clock c WHERE {CLAIMABLE}", {"now": now})
        oldest = cursor.fetchone()[0]
    return (now - oldest).total_seconds() if oldest else 0.0
