"""Deals follow the person they are with when two records of one human being become one."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from revops.lib import bulk


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """Hears `person.merged`."""
    merged = [(fact.subject_id, fact.data["loser"]) for fact in facts if fact.kind == "person.merged"]
    if merged:
        relation, params = bulk.source({"survivor": "bigint", "loser": "bigint"}, merged)
        bulk.run([(
            f"UPDATE deals_deal d SET person_id = v.survivor, updated_at = %s FROM {relation} "
            "WHERE d.person_id = v.loser",
            [now, *params],
        )])  # fmt: skip
