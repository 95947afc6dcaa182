"""Who is nobody's: what no person or no clock answers for, oldest first (UX 3, Limbo).

Imported records that were never handed over here are left out: nobody promised anything on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.models.stage import Stage
from revops.lib import bulk

HANDED = [Stage.MQL.value, Stage.SAL.value, Stage.SQL.value]
ACCEPTED = [Stage.SAL.value, Stage.SQL.value]
MOST = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """`verb`: give, step, date, book, retry or look: what ends it."""

    key: str
    title: str
    why: str
    verb: str


KINDS = {
    kind.key: kind
    for kind in (
        Kind("owner", "Without an owner", "no owner", "give"),
        Kind("clock", "Open without a clock", "no clock runs", "step"),
        Kind("step", "Accepted without a next step", "no next step", "step"),
        Kind("date", "Recycled without a day to come back", "no day to come back", "look"),
        Kind("call", "Won without a hand-over call", "no hand-over call booked", "book"),
        Kind("parked", "Clocks that could not be fired", "could not be fired", "retry"),
    )
}


@dataclass(slots=True)
class Lost:
    """One row. `lead` or `deal`: its id; `clock`: of a parked one; `since`: for how long nobody is on the hook."""

    kind: Kind
    lead: int | None
    deal: int | None
    clock: int | None
    since: datetime
    stage: str
    note: str = ""


# Each: (lead id, deal id, clock id, since, stage, note). `{leads}`, `{deals}` and `{either}`: whose.
FOUND = {
    "owner": """SELECT l.id, NULL::bigint, NULL::bigint, coalesce(
                       (SELECT max(o.to_at) FROM leads_ownership o WHERE o.lead_id = l.id), l.mql_at, l.stage_at),
                       l.stage, ''
                  FROM leads_lead l
                 WHERE l.stage = ANY (%(handed)s) AND l.owner_id IS NULL AND NOT l.history{leads}""",
    "clock": """SELECT l.id, NULL::bigint, NULL::bigint, coalesce(
                       (SELECT max(c.stopped_at) FROM sla_clock c WHERE c.lead_id = l.id), l.stage_at), l.stage, ''
                  FROM leads_lead l
                 WHERE l.stage = ANY (%(handed)s) AND l.owner_id IS NOT NULL AND l.next_due_at IS NULL
                   AND NOT l.history{leads}
                   AND NOT EXISTS (SELECT 1 FROM sla_clock c WHERE c.lead_id = l.id AND c.phase <> 'stopped')""",
    "step": """SELECT l.id, NULL::bigint, NULL::bigint, greatest(l.stage_at,
                      (SELECT max(s.closed_at) FROM sla_nextstep s WHERE s.lead_id = l.id)), l.stage, ''
                 FROM leads_lead l
                WHERE l.stage = ANY (%(accepted)s) AND l.owner_id IS NOT NULL AND NOT l.history{leads}
                  AND NOT EXISTS (SELECT 1 FROM sla_nextstep s WHERE s.lead_id = l.id AND s.state = 'open')""",
    "date": """SELECT l.id, NULL::bigint, NULL::bigint, coalesce(l.recycled_at, l.stage_at), l.stage, l.reason
                 FROM leads_lead l
                WHERE l.stage = 'recycled' AND l.revisit_on IS NULL AND NOT l.history{leads}""",
    "call": """SELECT NULL::bigint, d.id, NULL::bigint, d.closed_at, 'won', ''
                 FROM deals_deal d
                WHERE d.stage = 'won' AND NOT d.history{deals}
                  AND NOT EXISTS (SELECT 1 FROM deals_handovercall h WHERE h.deal_id = d.id AND h.let_go_at IS NULL
                                     AND (h.held_at IS NULL OR (h.rep AND h.customer AND h.csm)))""",
    "parked": """SELECT c.lead_id, c.deal_id, c.id, p.first_at, c.target, p.error
                   FROM sla_parked p JOIN sla_clock c ON c.id = p.clock_id
                   LEFT JOIN leads_lead l ON l.id = c.lead_id
                   LEFT JOIN deals_deal d ON d.id = c.deal_id
                  WHERE true{either}""",
}


def counts(people: Sequence[int] | None, *, kinds: Sequence[str] = tuple(KINDS)) -> dict[str, int]:
    """{kind: how many}; one statement. `people`: owners' ids, None = everybody's and nobody's."""
    texts = [f"SELECT '{kind}', count(*) FROM ({_found(kind, people)}) x" for kind in kinds]
    return dict(bulk.query(" UNION ALL ".join(texts), _params(people)))


def rows(people: Sequence[int] | None, *, kinds: Sequence[str] = tuple(KINDS), most: int = MOST) -> list[Lost]:
    """The oldest of each kind, in the kinds' order; one statement."""
    texts = [
        f"(SELECT '{kind}', x.* FROM ({_found(kind, people)}) AS x(lead, deal, clock, since, stage, note)"
        f" ORDER BY since, coalesce(lead, deal) LIMIT %(most)s)"
        for kind in kinds
    ]
    found = bulk.query(" UNION ALL ".join(texts), {**_params(people), "most": most})
    lost = [Lost(KINDS[key], *rest) for key, *rest in found]
    return sorted(lost, key=lambda row: (list(KINDS).index(row.kind.key), row.since))


def _found(kind: str, people: Sequence[int] | None) -> str:
    some = people is not None
    # What nobody owns belongs to no team: it is everybody's business who looks after hand-offs.
    return FOUND[kind].format(
        leads=" AND l.owner_id = ANY (%(people)s)" if some else "",
        deals=" AND d.owner_id = ANY (%(people)s)" if some else "",
        either=" AND coalesce(l.owner_id, d.owner_id) = ANY (%(people)s)" if some else "",
    )


def _params(people: Sequence[int] | None) -> dict:
    return {"people": list(people or ()), "handed": HANDED, "accepted": ACCEPTED}
