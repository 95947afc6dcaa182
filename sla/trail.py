"""Where a lead stands in somebody's queue, and who is before and after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla import queue


@dataclass(frozen=True, slots=True)
class Trail:
    """`place`: 1 is first; `previous`, `following`: lead ids or None."""

    place: int
    total: int
    previous: int | None
    following: int | None


def of(user: Any, lead_id: int, *, now: datetime) -> Trail | None:
    """None when the lead is not in the queue. Two queries."""
    ids = [row.lead.pk for group in queue.of(user, now=now) for row in group.rows if row.lead]
    if lead_id not in ids:
        return None
    at = ids.index(lead_id)
    return Trail(at + 1, len(ids), ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)
