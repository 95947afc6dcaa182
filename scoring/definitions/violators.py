"""Leads that stand in a stage now and would not meet today's definition of it.

Judged by what is known of them now, by what they had done and scored when they were handed over: points that faded
since are no violation. Of an SQL also: fewer confirmed items than are asked for today. Set-based; at most the newest
MOST leads of the stage are looked at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extensions import AsIs

from leads import conditions
from leads.models import Lead
from revops.lib import bulk
from scoring.definitions import findings
from scoring.models import Definition

MOST = 10_000
PAGE = 25
# What the lead scored when it was handed over (leads.Snapshot, alias s); without a snapshot, what it scores now.
THEN = {
    "score.fit": "COALESCE(s.fit, p.fit)",
    "score.engagement": "COALESCE(s.engagement, p.engagement)",
    "score.usage": "COALESCE(s.usage, p.usage)",
    "score.cell": "COALESCE(s.cell, p.cell)",
    "score.priority": "COALESCE(s.fit + s.engagement, p.fit + p.engagement)",
    "score.top": "(CASE WHEN s.because = 'top' THEN TRUE END)",
    "score.pql": "(COALESCE(s.because = 'pql', FALSE) OR p.pql)",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """`n` of the `of` leads in the stage; `unknown` of the `n` fail only because something is not known. `newest`:
    there are more in the stage, and only the newest were looked at."""

    n: int
    unknown: int
    of: int
    newest: bool


@dataclass(frozen=True, slots=True)
class Violator:
    lead: Lead
    why: str


def count(definition: Definition, *, now: datetime) -> Counted:
    """One query."""
    text, params = _looked(definition, now)
    [(of, n, unknown)] = bulk.query(
        f"{text} SELECT count(*), count(*) FILTER (WHERE NOT ok), count(*) FILTER (WHERE unknown) FROM looked",
        params,
    )
    return Counted(n, unknown, min(of, MOST), of > MOST)


def page(
    definition: Definition, *, now: datetime, after: int | None = None, limit: int = PAGE
) -> tuple[list[Violator], bool]:
    """The newest first, each with what it fails, and whether there are more. `after`: the id of the last one seen.
    Three queries."""
    text, params = _looked(definition, now)
    place = (
        "AND (created_at, id) < (SELECT x.created_at, x.id FROM leads_lead x WHERE x.id = %(after)s)" if after else ""
    )
    rows = bulk.query(
        f"{text} SELECT id, confirmed FROM looked WHERE NOT ok {place} "
        "ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        params | {"after": after, "limit": limit + 1},
    )
    ids = [row[0] for row in rows[:limit]]
    confirmed = dict(rows)
    leads = Lead.objects.with_names().in_bulk(ids)
    asked, given = _asked(definition, now)
    found = findings(definition.predicate, ids, as_of=asked, given=given) if definition.predicate else {}
    return [Violator(leads[pk], _why(definition, found.get(pk), confirmed[pk])) for pk in ids if pk in leads], len(
        rows
    ) > limit


def _asked(definition: Definition, now: datetime) -> tuple[Any, dict[str, str]]:
    """(as_of, given) of a stage: an MQL was judged when it was handed over."""
    if definition.stage != "mql":
        return now, {}
    moment = AsIs("COALESCE(l.mql_at, l.stage_at)")
    return moment, THEN


def _looked(definition: Definition, now: datetime) -> tuple[str, dict[str, Any]]:
    asked, given = _asked(definition, now)
    meets = conditions.compile(definition.predicate, prefix="v", given=given)
    items = [one["item"] for one in definition.items]
    confirmed = (
        "(SELECT count(*) FROM leads_qualification q WHERE q.lead_id = l.id AND q.item = ANY (%(items)s))"
        if items
        else "%(needed)s::bigint"
    )
    text = f"""
    WITH newest AS (
        SELECT id FROM leads_lead WHERE stage = %(stage)s ORDER BY created_at DESC, id DESC LIMIT {MOST + 1}),
    judged AS (
        SELECT l.id, l.created_at, ({meets.text}) AS meets, {confirmed} AS confirmed
          FROM newest n JOIN leads_lead l ON l.id = n.id JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id LEFT JOIN leads_snapshot s ON s.lead_id = l.id),
    looked AS (
        SELECT id, created_at, confirmed, meets IS TRUE AND confirmed >= %(needed)s AS ok,
               meets IS NULL AND confirmed >= %(needed)s AS unknown
          FROM judged)"""
    needed = definition.items_needed if items else 0
    return text, meets.params | {"as_of": asked, "stage": definition.stage, "items": items, "needed": needed}


def _why(definition: Definition, finding: Any, confirmed: int) -> str:
    if finding is not None and not finding.meets:
        return str(finding)
    return f"{confirmed} of {definition.items_needed} items confirmed."
