"""Claim queues: leads that nobody is given; a member picks one, as many as the queue allows.

Two who pick the same lead at once: one gets it, the other is told who. Limits hold however many tabs are open: a
person's picks take turns.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from journal.record import Fact, record
from leads import ownership
from leads.models import Lead, Pool, PoolMember, Waiting
from leads.models.stage import OPEN_STAGES
from leads.routing.waiting import ROWS, WAITING, Held, rows
from revops.lib import bulk
from revops.lib.errors import Forbidden, Refused
from teams.models import User

OPEN = [str(stage.value) for stage in OPEN_STAGES]
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """A claim queue as one member sees it. `open`, `last_hour`: picks of theirs. `left`: how many more they may pick
    now, None = no limit. `why_not`: a sentence when they may pick none."""

    pool: Pool
    waiting: int
    oldest: datetime | None
    open: int
    last_hour: int
    left: int | None
    why_not: str


def pick(lead: Lead, *, by: User, at: datetime, via: str = "page") -> Lead:
    """Take a lead out of the queue it lies in. Twice is once.

    Raises Forbidden for who is no member, is out of rotation or lacks a skill that the rule asks for; Refused with code
    `taken` (somebody was faster), `not_waiting`, or `limit` (too many open, or in the last hour).
    """
    with transaction.atomic():
        _one_at_a_time(by)
        ownership.hold([lead.pk])
        waiting = Waiting.objects.select_related("pool", "lead").filter(lead_id=lead.pk, kind="claim").first()
        lead.refresh_from_db()
        if lead.owner_id == by.pk:
            return lead
        if lead.owner_id is not None:
            raise Refused(f"{lead.owner} was faster: this lead is theirs. Nothing was changed.", code="taken")
        if waiting is None or waiting.pool is None or lead.stage not in WAITING:
            raise Refused("This lead does not wait in a queue any more. Nothing was changed.", code="not_waiting")
        _check(waiting.pool, by, frozenset(waiting.skills), at=at)
        _take(waiting, by=by, at=at, via=via)
    lead.refresh_from_db()
    return lead


def pick_next(pool: Pool, *, by: User, at: datetime, via: str = "page") -> Lead | None:
    """Take the one that has waited longest and that they have the skills for; None when there is none. Raises as
    `pick`."""
    with transaction.atomic():
        _one_at_a_time(by)
        member = _check(pool, by, frozenset(), at=at)
        found = bulk.query(
            "SELECT l.id FROM leads_waiting w JOIN leads_lead l ON l.id = w.lead_id AND l.owner_id IS NULL "
            "AND l.stage = ANY (%s) WHERE w.kind = 'claim' AND w.pool_id = %s AND w.skills <@ %s::varchar[] "
            "ORDER BY w.since, w.lead_id LIMIT 1 FOR NO KEY UPDATE OF l SKIP LOCKED",
            [WAITING, pool.pk, list(member.skills)],
        )
        if not found:
            return None
        waiting = Waiting.objects.select_related("pool").get(lead_id=found[0][0])
        _take(waiting, by=by, at=at, via=via)
    return Lead.objects.with_names().get(pk=found[0][0])


def queues(user: User, *, at: datetime) -> list[Queue]:
    """The claim queues that somebody is a member of, by name, with what they may pick. Three queries."""
    pools = list(Pool.objects.filter(method=Pool.Method.CLAIM, members__user=user).order_by("name"))
    if not pools:
        return []
    counted = {
        pool: (n, oldest)
        for pool, n, oldest in bulk.query(
            "SELECT w.pool_id, count(*), min(w.since) FROM leads_waiting w JOIN leads_lead l ON l.id = w.lead_id "
            "AND l.owner_id IS NULL AND l.stage = ANY (%s) WHERE w.kind = 'claim' AND w.pool_id = ANY (%s) "
            "GROUP BY 1",
            [WAITING, [pool.pk for pool in pools]],
        )
    }
    picked = _picked(user.pk, at=at)
    return [
        Queue(pool, *counted.get(pool.pk, (0, None)), *picked.get(pool.pk, (0, 0)), *_allowed(pool, picked, user))
        for pool in pools
    ]


def waiting_in(pool: Pool, *, now: datetime, limit: int = 100) -> list[Held]:
    """What lies in a queue, the longest waiting first. One query."""
    text = f"{ROWS} WHERE w.kind = 'claim' AND w.pool_id = %(pool)s ORDER BY w.since, w.lead_id LIMIT %(limit)s"
    return rows(text, now=now, pool=pool.pk, limit=limit)


def _take(waiting: Waiting, *, by: User, at: datetime, via: str) -> None:
    facts = ownership.assign(
        [ownership.Assignment(waiting.lead_id, by.pk, "picked", {**waiting.why, "cause": "picked"})],
        at=at, now=at, by=by.pk, via=via,
    )  # fmt: skip
    data = {"pool": waiting.pool_id, "pool_name": waiting.pool.name if waiting.pool else "", "by": by.pk}
    record([*facts, Fact("lead.picked", "lead", waiting.lead_id, at, by=by.pk, via=via, data=data)], now=at)


def _check(pool: Pool, by: User, skills: frozenset[str], *, at: datetime) -> PoolMember:
    member = PoolMember.objects.filter(pool=pool, user=by).first()
    if member is None or not by.is_active or by.is_service:
        raise Forbidden(f"Only members of {pool} pick from it.", code="not_yours")
    if by.benched_at is not None:
        raise Forbidden("You are out of the rotation: your manager says when you take leads again.", code="benched")
    lacking = sorted(skills - set(member.skills))
    if lacking:
        raise Forbidden(f"This lead asks for {', '.join(lacking)}.", code="skill")
    _, why_not = _allowed(pool, _picked(by.pk, at=at), by)
    if why_not:
        raise Refused(f"{why_not} Nothing was changed.", code="limit")
    return member


def _allowed(pool: Pool, picked: dict[int, tuple[int, int]], user: User) -> tuple[int | None, str]:
    """How many more, and why not even one."""
    open_, last_hour = picked.get(pool.pk, (0, 0))
    if user.benched_at is not None:
        return 0, "You are out of the rotation: your manager says when you take leads again."
    limits: list[tuple[int, str]] = []
    if pool.picks_open is not None:
        limits.append((pool.picks_open - open_, f"You have {open_} open leads picked from {pool}, the most allowed."))
    if pool.picks_an_hour is not None:
        limits.append((pool.picks_an_hour - last_hour, f"You picked {last_hour} in the last hour, the most allowed."))
    if not limits:
        return None, ""
    left, words = min(limits, key=lambda one: one[0])
    return max(0, left), words if left <= 0 else ""


def _picked(user: int, *, at: datetime) -> dict[int, tuple[int, int]]:
    """{pool: (picks still open and theirs, picks of the last hour)}."""
    found = bulk.query(
        """
        SELECT (w.why ->> 'pool')::bigint, count(*) FILTER (WHERE w.to_at IS NULL AND l.stage = ANY (%s)),
               count(*) FILTER (WHERE w.from_at > %s)
          FROM leads_ownership w JOIN leads_lead l ON l.id = w.lead_id
         WHERE w.owner_id = %s AND w.cause = 'picked' AND (w.to_at IS NULL OR w.from_at > %s)
         GROUP BY 1""",
        [OPEN, at - HOUR, user, at - HOUR],
    )
    return {pool: (open_, hour) for pool, open_, hour in found if pool is not None}


def _one_at_a_time(by: Any) -> None:
    """Two tabs of one person: the second counts what the first has picked."""
    bulk.query("SELECT pg_advisory_xact_lock(hashtextextended('leads.picking', %s))", [by.pk])
