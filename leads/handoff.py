"""The binary hand-off: crossing the line qualifies, snapshots, routes and hands over, all at once (DOMAIN 2.2, 2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from journal.record import record
from leads import heard_late, ownership, routing
from leads.models.stage import Stage
from leads.progress import Move, change_stage, facts_of
from leads.routing import waiting
from revops.lib import bulk


@dataclass(slots=True)
class Crossing:
    """An inquiry that meets the MQL definition. `because`: cell, threshold, top, pql, hand_raise or rule; `trace`:
    {rule id: points}; `cut`: the priority it was compared with, null by cells."""

    lead_id: int
    because: str
    fit: float
    engagement: float
    usage: float
    cell: str
    definition: int | None
    model: int | None
    trace: dict[str, Any] = field(default_factory=dict)
    cut: float | None = None


def qualify(
    crossings: Sequence[Crossing], *, now: datetime, via: str = "rule", by: int | None = None,
    data: dict[str, Any] | None = None, since: Mapping[int, datetime] | None = None,
) -> None:  # fmt: skip
    """Make MQLs of those still in inquiry, keep what was true, give each an owner, and tell the journal.

    `by`: who did it by hand (leads.overriding); nobody does it otherwise. `data` is added to the journal's fact.
    `since`: {lead: when it qualified, for what we heard late}: it is an MQL from then and gets its owner now.

    Edge-triggered: a lead that is an MQL already is left alone. Must run inside the caller's transaction or opens one.
    """
    if not crossings:
        return
    with transaction.atomic(savepoint=False):
        more = data or {}
        lately = {c.lead_id: since[c.lead_id] for c in crossings if c.lead_id in since} if since else {}
        lately = heard_late.within_cycle(lately, now=now)
        moves = [
            Move(
                c.lead_id, Stage.MQL, lately.get(c.lead_id, now), by=by,
                data={"because": c.because, "cell": c.cell, "definition": c.definition, "model": c.model} | more
                | heard_late.heard(lately.get(c.lead_id), now=now),
            )
            for c in crossings
        ]  # fmt: skip
        moved = change_stage(moves, now=now)
        made = [c for c in crossings if c.lead_id in moved]
        if not made:
            return
        facts = facts_of(moves, moved, via=via)
        for fact in facts:
            fact.data["person"] = moved[fact.subject_id].person_id
        decisions = routing.route([c.lead_id for c in made], at=now)
        facts += ownership.assign(
            [
                ownership.Assignment(lead_id, d.owner_id, d.cause, d.why)
                for lead_id, d in decisions.items()
                if d.owner_id is not None
            ],
            at=now, now=now, via=via,
        )  # fmt: skip
        facts += waiting.unassigned(decisions, at=now, via=via) + waiting.keep(decisions, at=now, via=via)
        record(facts, now=now, after=[_snapshots(made, now=now)])


SNAPSHOT = {
    "lead_id": "bigint", "because": "text", "fit": "float8", "engagement": "float8", "usage": "float8", "cell": "text",
    "definition": "int", "model": "int", "trace": "jsonb", "cut": "float8",
}  # fmt: skip


def _snapshots(made: Sequence[Crossing], *, now: datetime) -> tuple[str, list]:
    """One row a lead, immutable; a lead reopened to inquiry and qualified again keeps its first one."""
    rows = [
        (c.lead_id, c.because, c.fit, c.engagement, c.usage, c.cell, c.definition, c.model, c.trace, c.cut)
        for c in made
    ]
    relation, params = bulk.source(SNAPSHOT, rows)
    return (
        f"""
        INSERT INTO leads_snapshot (lead_id, at, because, fit, engagement, usage, cell, definition_version,
                                    model_version, trace, cut, source, signals, firm)
        SELECT v.lead_id, %s, v.because, v.fit, v.engagement, v.usage, v.cell, v.definition, v.model, v.trace::jsonb,
               v.cut, coalesce(l.source_id, ''),
               coalesce((SELECT jsonb_agg(s.id) FROM (SELECT t.id FROM leads_touch t WHERE t.person_id = l.person_id
                                                       ORDER BY t.occurred_at DESC LIMIT 10) s), '[]'),
               CASE WHEN c.id IS NULL THEN '{{}}'::jsonb ELSE jsonb_build_object(
                   'company', c.id, 'industry', c.industry, 'employees', c.employees, 'country', c.country,
                   'region', c.region, 'technologies', to_jsonb(c.technologies)) END
          FROM {relation} JOIN leads_lead l ON l.id = v.lead_id LEFT JOIN leads_company c ON c.id = l.company_id
        ON CONFLICT (lead_id) DO NOTHING""",
        [now, *params],
    )
