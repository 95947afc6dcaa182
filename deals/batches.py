"""Many deals at once, in the same statements for one and for a thousand. What one deal's verbs do, without the question
of rights: for tasks and stories that act for others, each entry with its own doer and moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from deals import joining, roles, stages_of
from deals.stages import DealStage
from journal.record import Fact, record
from leads.models import Stage
from leads.progress import Move, advance
from revops.lib import bulk
from teams.models import Organisation


@dataclass(slots=True)
class Opening:
    """A qualified lead that becomes a deal; `amount` in minor units."""

    lead_id: int
    name: str
    amount: int
    currency: str
    close_on: date
    by: int
    at: datetime


@dataclass(slots=True)
class Closing:
    """The end of a lead's open deal: `won`, or lost with a LossReason."""

    lead_id: int
    won: bool
    by: int
    at: datetime
    reason: str = ""
    competitor: str = ""
    note: str = ""


@dataclass(slots=True)
class Stride:
    """An open deal comes to stand in another stage of its pipeline, or of another."""

    deal_id: int
    to: int
    by: int
    at: datetime


OPENING = {
    "lead_id": "bigint", "name": "text", "amount": "bigint", "currency": "text", "close_on": "date", "by_id": "bigint",
    "at": "timestamptz",
}  # fmt: skip
CLOSING = {
    "lead_id": "bigint", "stage": "text", "by_id": "bigint", "at": "timestamptz", "reason": "text",
    "competitor": "text", "note": "text", "zone": "text",
}  # fmt: skip


def open_many(batch: Sequence[Opening], *, now: datetime, via: str = "task") -> dict[int, int]:
    """{lead id: deal id} of the deals opened; a lead that is no SQL, has no company or has a deal is passed over."""
    if not batch:
        return {}
    relation, params = bulk.source(
        OPENING, [(o.lead_id, o.name[:200], o.amount, o.currency, o.close_on, o.by, o.at) for o in batch]
    )
    with transaction.atomic():
        made = bulk.query(
            f"""
            WITH made AS (
                INSERT INTO deals_deal (name, lead_id, company_id, person_id, owner_id, source_id, stage, amount,
                                        amount_created, currency, close_on, created_at, updated_at, reason, competitor,
                                        note, next_step, attributes, history, undated, flags)
                SELECT coalesce(nullif(v.name, ''), c.name), l.id, l.company_id, l.person_id, l.owner_id, l.source_id,
                       'open', v.amount, v.amount, v.currency, v.close_on, v.at, v.at, '', '', '', '', '{{}}', false,
                       false, '[]'
                  FROM {relation} JOIN leads_lead l ON l.id = v.lead_id AND l.stage = 'sql' AND v.amount > 0
                  JOIN leads_company c ON c.id = l.company_id
                ON CONFLICT (lead_id) DO NOTHING
                RETURNING id, lead_id, company_id, owner_id, amount, currency, created_at),
            owned AS (
                UPDATE leads_company c SET owner_id = m.owner_id FROM made m
                 WHERE c.id = m.company_id AND c.owner_id IS NULL AND m.owner_id IS NOT NULL)
            SELECT id, lead_id, owner_id, amount, currency, created_at FROM made ORDER BY id""",
            params,
        )
        doer = {o.lead_id: o.by for o in batch}
        stages_of.put([stages_of.Stand(deal, at, doer[lead]) for deal, lead, *_, at in made])
        if made:
            roles.first([deal for deal, *_ in made])
        record(
            [
                Fact("deal.opened", "deal", deal, at, by=doer[lead], via=via,
                     data={"lead": lead, "amount": amount, "currency": currency, "owner": owner})
                for deal, lead, owner, amount, currency, at in made
            ],
            now=now,
        )  # fmt: skip
        moves = [Move(lead, Stage.OPPORTUNITY, at, by=doer[lead], data={"deal": deal}) for deal, lead, *_, at in made]
        if moves:
            advance(moves, now=now, via=via)
    return {lead: deal for deal, lead, *_ in made}


def close_many(batch: Sequence[Closing], *, now: datetime, via: str = "task") -> None:
    """Win or lose the open deals of these leads; a deal that is closed already is passed over."""
    if not batch:
        return
    zone = Organisation.get().timezone
    relation, params = bulk.source(
        CLOSING,
        [
            (
                c.lead_id,
                str(DealStage.WON if c.won else DealStage.LOST),
                c.by,
                c.at,
                str(c.reason),
                c.competitor,
                c.note,
                zone,
            )
            for c in batch
        ],
    )
    with transaction.atomic():
        closed = bulk.query(
            f"""
            WITH closed AS (
                UPDATE deals_deal d SET stage = v.stage, closed_at = v.at, updated_at = v.at, reason = v.reason,
                       competitor = v.competitor, note = v.note,
                       signed_on = CASE WHEN v.stage = 'won' THEN (v.at AT TIME ZONE v.zone)::date END
                  FROM {relation} WHERE d.lead_id = v.lead_id AND d.stage = 'open'
                   AND (v.stage = 'lost' OR d.amount > 0)
                RETURNING d.id, d.lead_id, d.stage, d.amount, d.currency, d.reason, d.company_id, d.owner_id, v.by_id,
                          v.at),
            owned AS (
                UPDATE leads_company c SET owner_id = m.owner_id FROM closed m
                 WHERE c.id = m.company_id AND c.owner_id IS NULL AND m.owner_id IS NOT NULL AND m.stage = 'won')
            SELECT id, lead_id, stage, amount, currency, reason, by_id, at FROM closed ORDER BY id""",
            params,
        )
        stages_of.leave([(deal, at) for deal, *_, at in closed])
        joined = joining.leads_of([deal for deal, *_ in closed])
        facts, moves = [], []
        for deal, lead, stage, amount, currency, reason, by, at in closed:
            data = {"lead": lead, "amount": amount, "currency": currency} | ({"reason": reason} if reason else {})
            facts.append(Fact(f"deal.{stage}", "deal", deal, at, by=by, via=via, data=data))
            to = Stage.WON if stage == "won" else Stage.LOST
            moves += [Move(one, to, at, by=by, data={"deal": deal}) for one in (lead, *joined.get(deal, ()))]
        record(facts, now=now)
        if moves:
            advance(moves, now=now, via=via)


def move_many(batch: Sequence[Stride], *, now: datetime, via: str = "task") -> None:
    """Deals go on, or back, to other stages; each deal once a batch. A deal that is closed, or stands there, is passed
    over. Nobody is asked for exit criteria."""
    if not batch:
        return
    relation, params = bulk.source({"deal_id": "bigint", "to_id": "bigint"}, [(s.deal_id, s.to) for s in batch])
    with transaction.atomic():
        came = {
            deal: (was, skipped)
            for deal, was, skipped in bulk.query(
                f"""SELECT d.id, d.pipeline_stage_id,
                           ARRAY(SELECT m.id FROM deals_pipelinestage m
                                  WHERE m.pipeline_id = t.pipeline_id AND m.retired_at IS NULL
                                    AND w.pipeline_id = t.pipeline_id AND m.position > w.position
                                    AND m.position < t.position ORDER BY m.position)
                      FROM {relation} JOIN deals_deal d ON d.id = v.deal_id AND d.stage = 'open'
                      JOIN deals_pipelinestage t ON t.id = v.to_id
                      LEFT JOIN deals_pipelinestage w ON w.id = d.pipeline_stage_id
                     WHERE d.pipeline_stage_id IS DISTINCT FROM v.to_id ORDER BY d.id FOR NO KEY UPDATE OF d""",
                params,
            )
        }
        strides = [s for s in batch if s.deal_id in came]
        stages_of.put([stages_of.Stand(s.deal_id, s.at, s.by, s.to, came[s.deal_id][1]) for s in strides])
        record(
            [
                Fact("deal.moved", "deal", s.deal_id, s.at, by=s.by, via=via,
                     data={"from": came[s.deal_id][0], "to": s.to, "skipped": came[s.deal_id][1]})
                for s in strides
            ],
            now=now,
        )  # fmt: skip
