"""Who has a lead: intervals that never overlap, each with the reason it began."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journal.record import Fact
from revops.lib import bulk


@dataclass(slots=True)
class Assignment:
    lead_id: int
    owner_id: int
    cause: str
    why: dict[str, Any] = field(default_factory=dict)


TYPES = {"lead_id": "bigint", "owner_id": "bigint", "cause": "text", "why": "jsonb"}


def hold(lead_ids: Sequence[int]) -> dict[int, str]:
    """Lock these leads, in the order everybody does, and answer with their stages as they now are.

    Before `assign`, in a statement of its own: one that waits for somebody else does not see what they wrote.
    """
    return dict(
        bulk.query(
            "SELECT id, stage FROM leads_lead WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [list(lead_ids)]
        )
    )


def assign(
    assignments: Sequence[Assignment], *, at: datetime, now: datetime, by: int | None = None, via: str = "rule"
) -> list[Fact]:
    """End the present ownerships at `at`, begin the new ones, and answer with the facts to record.

    A lead that already belongs to that owner is left alone and yields no fact. The caller holds the leads.
    """
    if not assignments:
        return []
    relation, params = bulk.source(TYPES, [(a.lead_id, a.owner_id, a.cause, a.why) for a in assignments])
    begun = bulk.query(
        f"""
        WITH wanted AS MATERIALIZED (
            SELECT v.lead_id, v.owner_id, v.cause, v.why::jsonb AS why, l.owner_id AS former
              FROM {relation} JOIN leads_lead l ON l.id = v.lead_id
             WHERE l.owner_id IS DISTINCT FROM v.owner_id
             ORDER BY l.id FOR NO KEY UPDATE OF l),
        ended AS (
            UPDATE leads_ownership o SET to_at = greatest(%s, o.from_at) FROM wanted w
             WHERE o.lead_id = w.lead_id AND o.to_at IS NULL RETURNING o.lead_id),
        owned AS (
            UPDATE leads_lead l SET owner_id = w.owner_id, assigned_at = %s, updated_at = %s FROM wanted w
             WHERE l.id = w.lead_id),
        found AS (DELETE FROM leads_waiting n USING wanted w WHERE n.lead_id = w.lead_id),
        begun AS (
            -- The count comes first: "one owner at a time" must see the former intervals ended.
            INSERT INTO leads_ownership (lead_id, owner_id, from_at, cause, why, by_id)
            SELECT w.lead_id, w.owner_id, %s, w.cause, w.why, %s FROM wanted w
             WHERE (SELECT count(*) FROM ended) >= 0
            RETURNING id, lead_id)
        SELECT w.lead_id, w.owner_id, w.former, w.cause, b.id FROM wanted w JOIN begun b USING (lead_id)
         ORDER BY w.lead_id""",
        [*params, at, at, now, at, by],
    )
    return [
        Fact(
            "lead.assigned", "lead", lead, at, by=by, via=via,
            data={"owner": owner, "from": former, "cause": cause, "ownership": ownership},
        )
        for lead, owner, former, cause, ownership in begun
    ]  # fmt: skip


def release(
    lead_ids: Sequence[int], *, at: datetime, cause: str, by: int | None = None, via: str = "rule"
) -> list[Fact]:
    """Nobody can own these: end the present ownerships and answer with the facts to record."""
    if not lead_ids:
        return []
    ids = list(lead_ids)
    bulk.run([
        (
            "UPDATE leads_ownership SET to_at = greatest(%s, from_at) WHERE lead_id = ANY (%s) AND to_at IS NULL",
            [at, ids],
        ),
        ("UPDATE leads_lead SET owner_id = NULL, assigned_at = NULL, updated_at = %s WHERE id = ANY (%s)", [at, ids]),
    ])  # fmt: skip
    return [Fact("lead.unassigned", "lead", lead, at, by=by, via=via, data={"cause": cause}) for lead in ids]
