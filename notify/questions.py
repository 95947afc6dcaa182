"""What somebody hasn't read yet, and what waits to be sent."""

from datetime import datetime
from typing import Any

from notify.models import Notice
from notify.outbox import CHANNELS
from revops.lib import bulk


def unread_count(user: Any) -> int:
    """The number beside Notices; one query, served by the index of unread ones."""
    return Notice.objects.filter(user=user, read_at=None).count()


def backlog(now: datetime) -> dict[str, Any]:
    """{waiting, oldest_seconds, dead}: due and not sent, how long the oldest of them has been due (those that failed
    are due again later and not counted until then), and what nobody could deliver. Browsers fetch theirs themselves."""
    [(waiting, oldest, dead)] = bulk.query(
        """
        SELECT count(*) FILTER (WHERE state = 'waiting' AND not_before <= %(now)s),
               min(not_before) FILTER (WHERE state = 'waiting' AND not_before <= %(now)s),
               count(*) FILTER (WHERE state = 'dead')
          FROM notify_delivery WHERE state IN ('waiting', 'dead') AND channel = ANY(%(channels)s)""",
        {"now": now, "channels": list(CHANNELS)},
    )
    return {"waiting": waiting, "oldest_seconds": (now - oldest).total_seconds() if oldest else 0.0, "dead": dead}
