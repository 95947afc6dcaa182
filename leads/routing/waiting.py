"""Leads without an owner: held while nobody can take them, or lying in a claim queue. Nothing is ever dropped.

What is held is told at once to whoever watches hand-offs; the clock of the assignment escalates it; and it is routed
anew every half minute, or as soon as somebody can take leads again (`wake`). Rows go with the first owner
(leads.ownership.assign).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from journal.record import Fact, record
from leads import ownership
from leads.models.stage import Stage
from leads.routing.deciding import Decision, route
from leads.routing.why import why_sentence
from revops.lib import bulk

__all__ = ["Held", "all_waiting", "counts", "drain", "held", "keep", "queued", "unassigned", "wake", "why_sentence"]

TRIED_EVERY = timedelta(seconds=30)
WAITING = [Stage.MQL.value, Stage.SAL.value, Stage.SQL.value]
# Nobody is told of what a story tells of the past (as notify.reactions).
SILENT = {"import", "demo"}
TYPES = {
    "lead_id": "bigint", "kind": "text", "pool_id": "bigint", "skills": "text", "retry_at": "timestamptz",
    "why": "jsonb",
}  # fmt: skip


def keep(
    decisions: Mapping[int, Decision], *, at: datetime, via: str = "rule", by: int | None = None, anew: bool = True
) -> list[Fact]:
    """A row for each decision without an owner, and the facts to record: `lead.held` of those that nobody can own.
    Without `anew` a lead that waits already keeps its place.

    The leads are without an owner already and held by the caller; the caller tells `lead.unassigned`.
    """
    nobody = {lead: d for lead, d in decisions.items() if d.owner_id is None}
    if not nobody:
        return []
    rows = [
        (lead, "claim" if d.cause == "claim" else "held", d.why.get("pool"), ",".join(d.why.get("skills", [])),
         None if d.cause == "claim" else at + TRIED_EVERY, d.why)
        for lead, d in nobody.items()
    ]  # fmt: skip
    relation, params = bulk.source(TYPES, rows)
    bulk.run([(
        f"""INSERT INTO leads_waiting (lead_id, kind, pool_id, skills, since, retry_at, why)
            SELECT v.lead_id, v.kind, v.pool_id, string_to_array(v.skills, ','), %s, v.retry_at, v.why::jsonb
              FROM {relation}
            ON CONFLICT (lead_id) DO UPDATE SET kind = excluded.kind, pool_id = excluded.pool_id,
                skills = excluded.skills, retry_at = excluded.retry_at, why = excluded.why,
                since = CASE WHEN %s THEN excluded.since ELSE leads_waiting.since END""",
        [at, *params, anew],
    )])  # fmt: skip
    held = [lead for lead, d in nobody.items() if d.cause != "claim"]
    if held and via not in SILENT:
        _alarm(held[0], len(held), at=at)
    return [Fact("lead.held", "lead", lead, at, by=by, via=via, data=_pool_of(nobody[lead])) for lead in held]


def unassigned(decisions: Mapping[int, Decision], *, at: datetime, via: str = "rule") -> list[Fact]:
    """`lead.unassigned` of each decision without an owner, for leads that never had one."""
    return [
        Fact("lead.unassigned", "lead", lead, at, via=via, data={"cause": d.cause, **_pool_of(d)})
        for lead, d in decisions.items()
        if d.owner_id is None
    ]


def drain(now: datetime, limit: int) -> int:
    """Route a lot of held leads anew, the longest held first; answers how many were looked at."""
    with transaction.atomic():
        due = [
            row[0]
            for row in bulk.query(
                "SELECT lead_id FROM leads_waiting WHERE kind = 'held' AND retry_at <= %s "
                "ORDER BY retry_at, since, lead_id LIMIT %s FOR UPDATE SKIP LOCKED",
                [now, limit],
            )
        ]
        if not due:
            return 0
        held = {
            row[0]
            for row in bulk.query(
                "SELECT id FROM leads_lead WHERE id = ANY (%s) AND owner_id IS NULL AND stage = ANY (%s) "
                "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                [due, WAITING],
            )
        }
        decisions = route([lead for lead in due if lead in held], at=now)
        facts = ownership.assign(
            [
                ownership.Assignment(lead, d.owner_id, d.cause, {**d.why, "held": True})
                for lead, d in decisions.items()
                if d.owner_id is not None
            ],
            at=now, now=now, via="task",
        )  # fmt: skip
        facts += keep({lead: d for lead, d in decisions.items() if d.cause == "claim"}, at=now, via="task", anew=False)
        _set_back(due, now=now)
        record(facts, now=now)
    return len(due)


def wake(now: datetime) -> None:
    """Somebody may be able to take leads who could not before: what is held is tried at the next look."""
    bulk.run([("UPDATE leads_waiting SET retry_at = %s WHERE kind = 'held' AND retry_at > %s", [now, now])])


@dataclass(frozen=True, slots=True)
class Held:
    """A lead that waits. `age`: since it is without an owner. `why`: of the decision, for `why_sentence`."""

    lead_id: int
    person: str
    company: str
    kind: str
    pool_id: int | None
    pool: str
    skills: list[str]
    since: datetime
    age: timedelta
    why: dict[str, Any]


ROWS = """
    SELECT w.lead_id,
           coalesce(nullif(concat_ws(' ', nullif(p.first_name, ''), nullif(p.last_name, '')), ''), p.email, ''),
           coalesce(c.name, ''), w.kind, w.pool_id, coalesce(f.name, ''), w.skills, w.since, w.why::text
      FROM leads_waiting w
      JOIN leads_lead l ON l.id = w.lead_id AND l.owner_id IS NULL AND l.stage = ANY (%(stages)s)
      JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = l.company_id
      LEFT JOIN leads_pool f ON f.id = w.pool_id"""


def held(*, now: datetime, limit: int = 100) -> list[Held]:
    """Leads that nobody can own at present, the longest waiting first. One query."""
    return rows(f"{ROWS} WHERE w.kind = 'held' ORDER BY w.since, w.lead_id LIMIT %(limit)s", now=now, limit=limit)


def all_waiting(*, now: datetime, limit: int = 100) -> list[Held]:
    """What is held and what lies in claim queues, the longest waiting first. One query."""
    return rows(f"{ROWS} ORDER BY w.since, w.lead_id LIMIT %(limit)s", now=now, limit=limit)


def counts() -> dict[str, int]:
    """{"held": n, "claim": n} of what waits now."""
    found = bulk.query(
        "SELECT w.kind, count(*) FROM leads_waiting w JOIN leads_lead l ON l.id = w.lead_id AND l.owner_id IS NULL "
        "AND l.stage = ANY (%s) GROUP BY 1",
        [WAITING],
    )
    return {"held": 0, "claim": 0, **dict(found)}


def rows(text: str, *, now: datetime, **params: Any) -> list[Held]:
    """Of a statement that begins with ROWS."""
    return [
        Held(*row[:-1], age=now - row[7], why=bulk.loads(row[8]))
        for row in bulk.query(text, {"stages": WAITING, **params})
    ]


def _pool_of(decision: Decision) -> dict[str, Any]:
    return {key: decision.why[key] for key in ("pool", "pool_name") if key in decision.why}


def _set_back(lead_ids: Sequence[int], *, now: datetime) -> None:
    """What still waits is tried again in a while; what closed or was given meanwhile waits no more."""
    bulk.run([
        (
            "DELETE FROM leads_waiting w USING leads_lead l WHERE w.lead_id = ANY (%s) AND l.id = w.lead_id "
            "AND (l.owner_id IS NOT NULL OR l.stage <> ALL (%s))",
            [list(lead_ids), WAITING],
        ),
        (
            "UPDATE leads_waiting SET retry_at = %s WHERE lead_id = ANY (%s) AND kind = 'held'",
            [now + TRIED_EVERY, list(lead_ids)],
        ),
    ])  # fmt: skip


def _alarm(lead: int, many: int, *, at: datetime) -> None:
    """One notice a batch, to the hand-off monitor who is here; else the head of revenue, else an administrator."""
    bulk.run([(
        """
        INSERT INTO notify_notice (user_id, kind, subject_kind, subject_id, key, at, data, how)
        SELECT told.id, 'lead.held', 'lead', %s, 'held:' || %s || ':' || %s, %s, %s::jsonb, '{browser,email}'::varchar[]
          FROM (SELECT u.id FROM teams_user u LEFT JOIN teams_organisation org ON org.id = 1
                 WHERE u.is_active AND NOT u.is_service
                   AND (u.watches_handoffs OR u.id = org.executive_id OR u.role = 'admin')
                   AND NOT EXISTS (SELECT FROM teams_leave a WHERE a.user_id = u.id AND a.starts_at <= %s
                                      AND a.ends_at > %s)
                 ORDER BY u.watches_handoffs DESC, (u.id = org.executive_id) IS TRUE DESC, u.id LIMIT 1) told
        ON CONFLICT DO NOTHING""",
        [lead, lead, at.isoformat(), at, bulk.dumps({"leads": many}), at, at],
    )])  # fmt: skip


def queued(lead_ids: Iterable[int]) -> dict[int, str]:
    """{lead id: the queue it lies in}, of those that wait to be picked. One query."""
    return dict(
        bulk.query(
            "SELECT w.lead_id, f.name FROM leads_waiting w JOIN leads_pool f ON f.id = w.pool_id "
            "JOIN leads_lead l ON l.id = w.lead_id AND l.owner_id IS NULL "
            "WHERE w.kind = 'claim' AND w.lead_id = ANY (%s)",
            [list(lead_ids)],
        )
    )
