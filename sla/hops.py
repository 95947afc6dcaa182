"""A breach moves the lead on: to somebody who can begin now, at most as often as the promise allows (DOMAIN 1.6).

The breach itself writes the request beside its effect; this works it off. The lead's clock runs on and stays with who
owned it at due; the old owner's clock stays a miss of theirs, the new owner's begins with the assignment. Where the
limit is reached or nobody can take it, the lead stays and the manager is told that it is theirs to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error, transaction

from journal.record import Fact, record
from leads import benching, ownership, routing
from leads.models.stage import Stage
from revops.lib import bulk
from revops.lib.lots import is_of_a_row
from sla import parking
from sla.firing import NOT_SET_ASIDE

WAITING = (Stage.MQL.value, Stage.SAL.value, Stage.SQL.value)


@dataclass(slots=True)
class _Asked:
    """A request with all that decides it. `hops`, `bench`: of the line. `used`: how often this cycle moved already."""

    clock_id: int
    lead_id: int
    missed_by: int | None
    hops: int
    bench: bool
    how: list[str]
    hours_id: int | None
    used: int
    over: bool


ONE_AT_A_TIME = 4_817_203_551  # an advisory lock of ours
WAITS = f"""sla_hop h JOIN sla_clock c ON c.id = h.clock_id
    WHERE h.done_at IS NULL AND h.at <= %(now)s AND {NOT_SET_ASIDE}"""


def drain(now: datetime, limit: int) -> int:
    """Decide one lot of breaches that ask for another owner; answers how many. One lead at a time moves once. What the
    database refuses is set aside, and the others move."""
    try:
        return _decide(now, limit)
    except Error as error:
        if not is_of_a_row(error):
            raise
        rows = bulk.query(
            f"SELECT h.clock_id FROM {WAITS} ORDER BY h.at, h.clock_id LIMIT %(limit)s", {"now": now, "limit": limit}
        )
        return parking.apart([row[0] for row in rows], lambda ids: _decide(now, len(ids), ids), at=now)


def _decide(now: datetime, limit: int, ids: Sequence[int] | None = None) -> int:
    with transaction.atomic():
        # One at a time: all need the same pools' turns, and whoever waits for those fires no deadlines meanwhile.
        if not bulk.query("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])[0][0]:
            return 0
        claimed = bulk.query(
            f"""SELECT h.clock_id, h.lead_id FROM {WAITS}
                   AND (%(ids)s::bigint[] IS NULL OR h.clock_id = ANY (%(ids)s::bigint[]))
                 ORDER BY h.at, h.clock_id LIMIT %(limit)s FOR UPDATE OF h SKIP LOCKED""",
            {"now": now, "limit": limit, "ids": None if ids is None else list(ids)},
        )
        if not claimed:
            return 0
        ownership.hold(sorted({lead for _, lead in claimed}))
        asked = _read([clock for clock, _ in claimed])
        over = [hop for hop in asked if hop.over]
        spent = [hop for hop in asked if not hop.over and hop.used >= hop.hops]
        wanted = _one_a_lead([hop for hop in asked if not hop.over and hop.used < hop.hops])
        decisions = routing.route([hop.lead_id for hop in wanted], at=now, at_once=True)
        moved = [(hop, decisions[hop.lead_id]) for hop in wanted if decisions[hop.lead_id].owner_id is not None]
        stuck = [hop for hop in wanted if decisions[hop.lead_id].owner_id is None]
        facts = ownership.assign(
            [
                ownership.Assignment(hop.lead_id, d.owner_id, "breach", {**d.why, "from": hop.missed_by})
                for hop, d in moved
                if d.owner_id is not None
            ],
            at=now, now=now, via="task",
        )  # fmt: skip
        rows = [(hop.clock_id, "answered", None, hop.missed_by, None) for hop in over]
        rows += [(hop.clock_id, "moved", hop.used + 1, hop.missed_by, d.owner_id) for hop, d in moved]
        rows += [(hop.clock_id, "limit", None, hop.missed_by, None) for hop in spent]
        rows += [(hop.clock_id, "nobody", None, hop.missed_by, None) for hop in stuck]
        _close(rows, now=now)
        if ids is not None:
            bulk.run([(parking.RELEASE, [list(ids)])])
        facts += [_stuck(hop, "limit", now) for hop in spent] + [_stuck(hop, "nobody", now) for hop in stuck]
        record(facts, now=now)
        benching.bench_for_breach(
            {hop.missed_by: hop.clock_id for hop in asked if not hop.over and hop.bench and hop.missed_by}, now=now
        )
        _tell_managers([*((hop, "limit") for hop in spent), *((hop, "nobody") for hop in stuck)], now=now)
    return len(claimed)


def _read(clock_ids: Sequence[int]) -> list[_Asked]:
    """After the leads are held, so that what was decided in between is seen. A cycle begins with the lead's clock,
    or with the one it took the place of: what moved before a reopening counts no more, what moved before the lead
    became hotter does."""
    rows = bulk.query(
        """
        SELECT c.id, c.lead_id, c.owner_id, coalesce(p.hops, 0), coalesce(p.bench, false),
               coalesce(s.how, '{}')::text[], c.calendar_version_id,
               (SELECT count(*) FROM sla_hop o WHERE o.lead_id = c.lead_id AND o.outcome = 'moved'
                   AND o.at >= coalesce(cycle.started_at, '-infinity')),
               c.phase = 'stopped' OR l.first_response_at >= c.started_at OR l.stage <> ALL (%s)
                   OR l.owner_id IS DISTINCT FROM c.owner_id
          FROM sla_clock c JOIN leads_lead l ON l.id = c.lead_id
          LEFT JOIN sla_policy p ON p.id = c.policy_id
          LEFT JOIN sla_step s ON s.policy_id = p.id AND s.level = 100
          LEFT JOIN LATERAL (
              SELECT o.started_at FROM sla_clock o
               WHERE o.lead_id = c.lead_id AND o.scope = 'lead' AND o.target = c.target
                 AND NOT EXISTS (SELECT FROM sla_clock b WHERE b.lead_id = o.lead_id AND b.scope = o.scope
                                    AND b.target = o.target AND b.run = o.run - 1 AND b.reason = 'superseded')
               ORDER BY o.run DESC LIMIT 1) cycle ON true
         WHERE c.id = ANY (%s) ORDER BY c.due_at, c.id""",
        [list(WAITING), list(clock_ids)],
    )
    # Answered in between: `first_response_at` null says nothing, so the comparison is null and not true.
    return [_Asked(*row[:-1], over=bool(row[-1])) for row in rows]


def _one_a_lead(hops: Sequence[_Asked]) -> list[_Asked]:
    """The oldest request of each lead; a second one finds another owner already and ends as answered next time."""
    first: dict[int, _Asked] = {}
    for hop in hops:
        first.setdefault(hop.lead_id, hop)
    return list(first.values())


HOP = {"clock_id": "bigint", "outcome": "text", "turn": "int", "from_id": "bigint", "to_id": "bigint"}


def _close(rows: Sequence[tuple[Any, ...]], *, now: datetime) -> None:
    if not rows:
        return
    relation, params = bulk.source(HOP, list(rows))
    bulk.run([(
        f"""UPDATE sla_hop h SET done_at = %s, outcome = v.outcome, turn = v.turn, from_owner_id = v.from_id,
                   to_owner_id = v.to_id FROM {relation} WHERE h.clock_id = v.clock_id""",
        [now, *params],
    )])  # fmt: skip


def _stuck(hop: _Asked, outcome: str, now: datetime) -> Fact:
    data = {"clock": hop.clock_id, "because": outcome, "hops": hop.used, "owner": hop.missed_by}
    return Fact("lead.stuck", "lead", hop.lead_id, now, via="task", data=data)


NOTICE = {
    "clock_id": "bigint", "lead_id": "bigint", "owner_id": "bigint", "how": "text", "hours_id": "bigint",
    "data": "jsonb",
}  # fmt: skip


def _tell_managers(stuck: Sequence[tuple[_Asked, str]], *, now: datetime) -> None:
    """The owner's manager; where there is none, or they are gone, on leave or the owner: the hand-off monitor, the head
    of revenue, an administrator."""
    if not stuck:
        return
    rows = [
        (hop.clock_id, hop.lead_id, hop.missed_by, ",".join(hop.how), hop.hours_id,
         {"clock": hop.clock_id, "because": because, "hops": hop.used, "owner": hop.missed_by})
        for hop, because in stuck
    ]  # fmt: skip
    relation, params = bulk.source(NOTICE, rows)
    bulk.run([(
        f"""
        INSERT INTO notify_notice (user_id, kind, subject_kind, subject_id, key, at, data, how, hours_id)
        SELECT told.id, 'lead.stuck', 'lead', v.lead_id, 'hop:' || v.clock_id, %s, v.data::jsonb,
               CASE WHEN v.how = '' THEN '{{}}'::varchar[] ELSE string_to_array(v.how, ',')::varchar[] END, v.hours_id
          FROM {relation}
          LEFT JOIN teams_user o ON o.id = v.owner_id LEFT JOIN teams_team t ON t.id = o.team_id
          JOIN LATERAL (
              SELECT u.id FROM teams_user u LEFT JOIN teams_organisation org ON org.id = 1
               WHERE u.is_active AND NOT u.is_service AND u.id IS DISTINCT FROM v.owner_id
                 AND (u.id = t.manager_id OR u.watches_handoffs OR u.id = org.executive_id OR u.role = 'admin')
                 AND NOT EXISTS (SELECT FROM teams_leave a WHERE a.user_id = u.id AND a.starts_at <= %s
                                    AND a.ends_at > %s)
               ORDER BY (u.id = t.manager_id) IS TRUE DESC, u.watches_handoffs DESC,
                        (u.id = org.executive_id) IS TRUE DESC, u.id LIMIT 1) told ON true
        ON CONFLICT DO NOTHING""",
        [now, *params, now, now],
    )])  # fmt: skip
