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
        _roles(relation, params)
    parted = [[fact.subject_id, fact.data["loser"]] for fact in facts if fact.kind == "person.unmerged"]
    for pair in parted:
        # A deal is with the person of its lead, also one opened while the two were one.
        bulk.run([(
            """UPDATE deals_deal d SET person_id = l.person_id, updated_at = %s FROM leads_lead l
                WHERE l.id = d.lead_id AND l.person_id = ANY (%s) AND d.person_id = ANY (%s)
                  AND d.person_id <> l.person_id""",
            [now, pair, pair],
        ), (
            """UPDATE deals_contactrole r SET person_id = d.person_id FROM deals_deal d
                WHERE d.id = r.deal_id AND r.is_primary AND r.person_id = ANY (%s) AND d.person_id = ANY (%s)
                  AND d.person_id <> r.person_id AND NOT EXISTS (SELECT 1 FROM deals_contactrole o
                       WHERE o.deal_id = r.deal_id AND o.person_id = d.person_id)""",
            [pair, pair],
        )])  # fmt: skip


def _roles(relation: str, params: list) -> None:
    """One human being has one part in a deal: the survivor's, and where there is none, the other's."""
    doubled = f"""SELECT own.id, r.id AS other, r.is_primary FROM {relation}
                  JOIN deals_contactrole r ON r.person_id = v.loser
                  JOIN deals_contactrole own ON own.deal_id = r.deal_id AND own.person_id = v.survivor"""
    primary = [pk for (pk,) in bulk.query(f"SELECT id FROM ({doubled}) x WHERE is_primary", params)]
    bulk.run([
        (f"DELETE FROM deals_contactrole r USING ({doubled}) x WHERE r.id = x.other", params),
        ("UPDATE deals_contactrole SET is_primary = true WHERE id = ANY (%s)", [primary]),
        (f"UPDATE deals_contactrole r SET person_id = v.survivor FROM {relation} WHERE r.person_id = v.loser", params),
    ])  # fmt: skip
