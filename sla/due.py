"""What is due is fired, oldest first, lot by lot; asked by the pulse."""

from datetime import datetime

from django.db import Error, connection

from sla import parking
from sla.firing import CLAIMABLE, fire

LOT = 2_000


def drain(now: datetime, limit: int = LOT) -> int:
    """Fire one lot of what is due strictly before `now`, oldest first; answers how many clocks were claimed.

    A row that cannot be fired is set aside and the others go on (`sla.parking`).
    """
    try:
        return fire(now, limit)
    except Error as error:
        if not parking.is_of_a_row(error):
            raise
        return parking.one_by_one(now, limit)


def oldest_due(now: datetime) -> float:
    """Seconds the oldest due clock has been waiting; 0 when nothing waits. What is set aside is not waiting."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(c.next_at) FROM sla_clock c WHERE {CLAIMABLE}", {"now": now})
        oldest = cursor.fetchone()[0]
    return (now - oldest).total_seconds() if oldest else 0.0
