"""Stage changes, for one lead or a hundred thousand: the only place that writes `lead.stage` after opening.

A move is a guarded UPDATE: it happens only from a stage that allows it, so of two people at once one wins and the
other moves nothing. Every move is a journal entry `lead.<stage>`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from journal.record import Fact, record
from leads.models.stage import OPEN_STAGES, Stage
from revops.lib import bulk

# DOMAIN 2.2. What isn't listed is refused.
FROM: dict[str, list[str]] = {
    Stage.MQL: [Stage.INQUIRY],
    Stage.SAL: [Stage.MQL],
    Stage.SQL: [Stage.SAL],
    Stage.REJECTED: [Stage.MQL, Stage.SAL],
    Stage.RECYCLED: [Stage.MQL, Stage.SAL, Stage.SQL],
    Stage.DISQUALIFIED: list(OPEN_STAGES),
    Stage.OPPORTUNITY: [Stage.SQL],
    Stage.WON: [Stage.OPPORTUNITY],
    Stage.LOST: [Stage.OPPORTUNITY],
}
ALLOWED = {to: ",".join(stages) for to, stages in FROM.items()}  # as the statement takes it
STAMPED = ["mql", "sal", "sql", "opportunity", "won", "lost", "rejected", "recycled", "disqualified"]


@dataclass(slots=True)
class Move:
    """`data` is added to the journal entry. reason, note, track and revisit_on stay on the lead."""

    lead_id: int
    to: str
    at: datetime
    by: int | None = None
    reason: str = ""
    note: str = ""
    track: str = ""
    revisit_on: date | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Moved:
    lead_id: int
    came_from: str
    cycle: int
    person_id: int


TYPES = {
    "lead_id": "bigint", "to_stage": "text", "at": "timestamptz", "by_id": "bigint", "reason": "text", "note": "text",
    "track": "text", "revisit_on": "date", "allowed": "text",
}  # fmt: skip


def advance(moves: Sequence[Move], *, now: datetime, via: str = "task") -> dict[int, Moved]:
    """Make every move its lead's stage allows; answer with those made, by lead id. Records `lead.<stage>`."""
    with transaction.atomic():
        moved = change_stage(moves, now=now)
        record(facts_of(moves, moved, via=via), now=now)
    return moved


def change_stage(moves: Sequence[Move], *, now: datetime) -> dict[int, Moved]:
    """The guarded UPDATE without its news, for verbs that record several facts together."""
    if not moves:
        return {}
    rows = [
        (m.lead_id, str(m.to), m.at, m.by, str(m.reason), m.note, m.track, m.revisit_on, ALLOWED[m.to])
        for m in moves
    ]
    relation, params = bulk.source(TYPES, rows)
    stamps = ", ".join(
        f"{stage}_at = CASE WHEN m.to_stage = '{stage}' THEN m.at ELSE l.{stage}_at END" for stage in STAMPED
    )
    done = bulk.query(
        f"""
        UPDATE leads_lead l
           SET stage = m.to_stage, stage_at = m.at, updated_at = %s, {stamps},
               reason = CASE WHEN m.reason <> '' THEN m.reason ELSE l.reason END,
               reason_note = CASE WHEN m.reason <> '' THEN m.note ELSE l.reason_note END,
               track = CASE WHEN m.to_stage = 'recycled' THEN m.track ELSE l.track END,
               revisit_on = CASE WHEN m.to_stage = 'recycled' THEN m.revisit_on ELSE l.revisit_on END,
               decided_by_id = CASE WHEN m.to_stage IN ('sal', 'rejected', 'recycled', 'disqualified')
                                    THEN m.by_id ELSE l.decided_by_id END
          FROM (SELECT v.*, o.stage AS came_from
                  FROM {relation} JOIN leads_lead o ON o.id = v.lead_id
                 WHERE o.stage = ANY (string_to_array(v.allowed, ','))
                 ORDER BY o.id FOR NO KEY UPDATE OF o) m
         WHERE l.id = m.lead_id
        RETURNING l.id, m.came_from, l.cycle, l.person_id""",
        [now, *params],
    )
    return {lead_id: Moved(lead_id, came_from, cycle, person_id) for lead_id, came_from, cycle, person_id in done}


def facts_of(moves: Sequence[Move], moved: dict[int, Moved], *, via: str) -> list[Fact]:
    facts = []
    for move in moves:
        made = moved.get(move.lead_id)
        if made is None:
            continue
        data = {"from": made.came_from, "cycle": made.cycle, **move.data}
        if move.reason:
            data["reason"] = str(move.reason)
        if move.to == Stage.RECYCLED:
            data |= {"track": move.track, "revisit_on": move.revisit_on}
        facts.append(Fact(f"lead.{move.to}", "lead", move.lead_id, move.at, by=move.by, via=via, data=data))
    return facts


def take_back(lead_id: int, *, by: int | None, at: datetime, now: datetime, via: str = "task") -> bool:
    """A win or a loss was said by mistake: the lead is an opportunity again and loses that stamp; the journal keeps it.

    False, and nothing changes, unless the lead is won or lost. Records `lead.undone`.
    """
    with transaction.atomic():
        done = bulk.query(
            """
            UPDATE leads_lead l
               SET stage = 'opportunity', stage_at = %s, updated_at = %s, won_at = NULL, lost_at = NULL
              FROM (SELECT id, stage, stage_at FROM leads_lead
                     WHERE id = %s AND stage IN ('won', 'lost') FOR NO KEY UPDATE) o
             WHERE l.id = o.id
            RETURNING o.stage, o.stage_at, (SELECT max(e.id) FROM journal_entry e WHERE e.subject_kind = 'lead'
                                 AND e.subject_id = l.id AND e.kind = 'lead.' || o.stage)""",
            [at, now, lead_id],
        )
        for was, since, entry in done:
            data = {
                "kind": f"lead.{was}",
                "entry": entry,
                "from": was,
                "to": str(Stage.OPPORTUNITY),
                "at": since.isoformat(),
            }
            record([Fact("lead.undone", "lead", lead_id, at, by=by, via=via, data=data)], now=now)
    return bool(done)
