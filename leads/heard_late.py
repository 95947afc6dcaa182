"""What systems tell late counts from when it happened, not from when we heard of it (DOMAIN 7.3).

A provider that was down, asked again or read in lots tells of an enquiry minutes or hours old; the buyer has waited all
that while. So the cycle, the MQL and the lead's own response clock begin at the event. What we could do nothing about
before we heard begins when we heard: who gets it, the owner's clock, how fast it was assigned, the decision.

Three days back at most, longer than any provider tries again. What is older is an account just connected or something
replayed by hand: it becomes an MQL when we heard, so that no month that was reported changes and nobody's day starts
with a hundred promises broken before anybody could know; that the buyer asked long before is seen at the cycle, which
is dated by the event whatever its age.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from revops.lib import bulk

FURTHEST_BACK = timedelta(hours=72)


def since(occurred_at: datetime | None, *, now: datetime) -> datetime | None:
    """When what is told now happened, where that was earlier and counts; None: it counts from now."""
    if occurred_at is None or not now - FURTHEST_BACK <= occurred_at < now:
        return None
    return occurred_at


def told(at: datetime | None) -> dict[str, Any]:
    """What a fact says of it; `of` reads it back."""
    return {"since": at.isoformat()} if at else {}


def of(data: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(data["since"]) if data.get("since") else None


def heard(at: datetime | None, *, now: datetime) -> dict[str, Any]:
    """What an MQL's fact says beside the moment it is dated with: when we heard, and how long after (seconds)."""
    return {"heard": now.isoformat(), "late": int((now - at).total_seconds())} if at and at < now else {}


def within_cycle(moments: Mapping[int, datetime], *, now: datetime) -> dict[int, datetime]:
    """{lead: the moment}, none before its cycle came to where it is or before the cycle ahead of it ended, none after
    `now`; one query."""
    if not moments:
        return {}
    rows = bulk.query(
        """SELECT l.id, greatest(l.created_at, l.stage_at, (SELECT max(k.stage_at) FROM leads_lead k
                                      WHERE k.person_id = l.person_id AND k.cycle < l.cycle))
             FROM leads_lead l WHERE l.id = ANY (%s)""",
        [sorted(moments)],
    )
    return {lead: min(now, max(moments[lead], begun)) for lead, begun in rows}
