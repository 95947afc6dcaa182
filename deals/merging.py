"""Deals follow the person they are with when two records of one human being become one, and when that is taken back."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from revops.lib import bulk


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """Hears `person.merged` and `person.unmerged`."""
    merged = [(fact.subject_id, fact.data["loser"]) for fact in facts if fact.kind == "person.merged"]
    if merged:
        relation, params = bulk.source({"survivor": "bigint", "loser": "bigint"}, merged)
        bulk.run([(
            f"UPDATE deals_deal d SET person_id = v.survivor, updated_at = %s FROM {relation} "
            "WHERE d.person_id = v.loser",
            [now, *params],
        )])  # fmt: skip
    parted = [[fact.subject_id, fact.data["loser"]] for fact in facts if fact.kind == "person.unmerged"]
    for pair in parted:
        # A deal is with the person of its lead, also one opened while the two were one.
        bulk.run([(
            """UPDATE deals_deal d SET person_id = l.person_id, updated_at = %s FROM leads_lead l
                WHERE l.id = d.lead_id AND l.person_id = ANY (%s) AND d.person_id = ANY (%s)
                  AND d.person_id <> l.person_id""",
            [now, pair, pair],
        )])  # fmt: skip
