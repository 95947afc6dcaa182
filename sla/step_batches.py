"""Many next steps at once, in the same statements for one and for a thousand. What `next_steps` does for one, without
the question of rights: for tasks and stories that act for others, each entry with its own doer and moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from journal.record import Fact, record
from revops.lib import bulk
from sla.models import NextStep
from sla.next_steps import WORKED, fact_of, tie


@dataclass(slots=True)
class Promise:
    """A step of a lead or of a deal: of one of the two. Its owner is who has the lead or the deal."""

    what: str
    by_when: datetime
    by: int
    at: datetime
    lead_id: int | None = None
    deal_id: int | None = None


@dataclass(slots=True)
class Done:
    """The open step of a lead or of a deal was done at `at`."""

    by: int
    at: datetime
    lead_id: int | None = None
    deal_id: int | None = None


PROMISE = {
    "lead_id": "bigint", "deal_id": "bigint", "what": "text", "by_when": "timestamptz", "by_id": "bigint",
    "at": "timestamptz",
}  # fmt: skip
DONE = {"lead_id": "bigint", "deal_id": "bigint", "by_id": "bigint", "at": "timestamptz"}
OF = "(s.lead_id = v.lead_id OR s.deal_id = v.deal_id)"


def go_on(done: Sequence[Done], promises: Sequence[Promise], *, now: datetime, via: str = "task") -> None:
    """First what was done, then what is promised next, told as one batch; at most one of each a subject.

    Passed over: done without an open step that was promised before; a promise for a lead or deal that nobody works or
    owns, or for a moment that is not after it. A promise takes the place of a step that is still open."""
    with transaction.atomic():
        facts = [_fact("step.done", row, via) for row in _finished(done)]
        made = _made(promises)
        record([*facts, *(_fact("step.set", row, via) for row in made)], now=now)
        if made:
            tie([row[0] for row in made])


def _finished(done: Sequence[Done]) -> list[tuple]:
    if not done:
        return []
    relation, params = bulk.source(DONE, [(d.lead_id, d.deal_id, d.by, d.at) for d in done])
    return bulk.query(
        f"""UPDATE sla_nextstep s SET state = 'done', closed_at = v.at, closed_by_id = v.by_id FROM {relation}
             WHERE s.state = 'open' AND s.created_at <= v.at AND {OF}
            RETURNING s.id, s.lead_id, s.deal_id, s.owner_id, s.by_when, s.closed_at, s.closed_by_id""",
        params,
    )


def _made(promises: Sequence[Promise]) -> list[tuple]:
    rows = [
        (p.lead_id, p.deal_id, p.what[:200], p.by_when, p.by, p.at) for p in promises if p.what and p.by_when > p.at
    ]
    if not rows:
        return []
    relation, params = bulk.source(PROMISE, rows)
    told = f"""
        WITH told AS (
            SELECT v.*, coalesce(l.owner_id, d.owner_id) AS owner_id FROM {relation}
              LEFT JOIN leads_lead l ON l.id = v.lead_id AND l.stage = ANY (%s)
              LEFT JOIN deals_deal d ON d.id = v.deal_id AND d.stage = ANY (%s)
             WHERE coalesce(l.owner_id, d.owner_id) IS NOT NULL)"""
    params = [*params, list(WORKED["lead"]), list(WORKED["deal"])]
    bulk.run([(
        f"""{told} UPDATE sla_nextstep s SET state = 'dropped', closed_at = v.at, closed_by_id = v.by_id
              FROM told v WHERE s.state = 'open' AND {OF}""",
        params,
    )])  # fmt: skip
    return bulk.query(
        f"""{told} INSERT INTO sla_nextstep (lead_id, deal_id, what, owner_id, by_when, state, created_at,
                                                created_by_id)
            SELECT lead_id, deal_id, what, owner_id, by_when, 'open', at, by_id FROM told
            RETURNING id, lead_id, deal_id, owner_id, by_when, created_at, created_by_id""",
        params,
    )


def _fact(kind: str, row: tuple, via: str) -> Fact:
    pk, lead, deal, owner, by_when, at, by = row
    step = NextStep(pk=pk, lead_id=lead, deal_id=deal, owner_id=owner, by_when=by_when)
    return fact_of(kind, step, at, by, via)
