"""The soonest open clock of a lead, kept on the lead so that lists can be ordered by what is owed."""

from collections.abc import Mapping
from datetime import datetime

from revops.lib import bulk


def remember(soonest: Mapping[int, datetime | None]) -> None:
    """Write `next_due_at` for many leads in one statement; None = no open clock."""
    if not soonest:
        return
    relation, params = bulk.source({"lead_id": "bigint", "due": "timestamptz"}, list(soonest.items()))
    bulk.run([
        (f"UPDATE leads_lead l SET next_due_at = v.due FROM {relation} WHERE l.id = v.lead_id "
         "AND l.next_due_at IS DISTINCT FROM v.due", params)
    ])  # fmt: skip
