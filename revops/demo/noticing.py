"""When something falls due that nobody will have done in time: the moments at which the story has to look."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from revops.demo.habits import Act
from revops.lib import bulk

LATELY = timedelta(days=31)  # of which people look through the breaches, each with the moment it was noticed
NOTICED = timedelta(milliseconds=240)
OVER = ("reject", "recycle", "disqualify", "convert")
# What ends which promise, as far as this story goes.
ENDS = {
    "first_response": ("touch", *OVER), "assignment": (), "disposition": ("accept", *OVER),
    "touch_minimum": ("confirm", *OVER), "stage_age": ("confirm", "move", "win", "lose", *OVER),
    "next_step": ("done", "step", "win", "lose", *OVER), "handoff_sched": ("book", "held"), "handoff_call": ("held",),
    "discount": ("approve", "win", "lose"), "content": (),
}  # fmt: skip


def next_miss(acts: Iterable[Act], *, since: datetime, until: datetime) -> datetime | None:
    """Just after the first due in [since, until) that none of `acts` comes before; None where all are kept."""
    first: dict[tuple[int, str], datetime] = {}
    for act in acts:
        key = act.lead_id, act.kind
        if act.at < until:
            first[key] = min(act.at, first.get(key, act.at))
    due = bulk.query(
        """SELECT coalesce(c.lead_id, d.lead_id), c.target, c.due_at
             FROM sla_clock c LEFT JOIN deals_deal d ON d.id = c.deal_id
            WHERE c.next_at <= %s AND c.breached_at IS NULL AND c.due_at > %s AND c.due_at <= %s ORDER BY c.due_at""",
        [until, since - NOTICED, until],
    )
    for lead, target, at in due:
        if min((first.get((lead, kind), until) for kind in ENDS[target]), default=until) > at:
            return at + NOTICED if at + NOTICED < until else None
    return None
