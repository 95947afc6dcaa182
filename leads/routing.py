"""Who gets a lead, and why them (DOMAIN 1.2): the account's owner, else the first rule's pool, else the fallback pool.

Set-based: three statements for one lead or ten thousand, then the turns of the pools, locked as late as possible and
held until the caller commits. Nothing is dropped: a pool with nobody on shift gives the lead to whoever starts next,
one with nobody at all hands it to the fallback pool, and there a former owner or a full desk is better than none.
"""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from leads import conditions, turns
from leads.why import why_sentence
from revops.lib import bulk
from revops.lib.errors import Invalid

__all__ = ["Decision", "route", "why_sentence"]

log = logging.getLogger("revops.routing")


@dataclass(slots=True)
class Decision:
    """`owner_id` None only when nobody at all can own it. `cause`: account_owner, rule, fallback or nobody.

    `why`: {"cause", "rule", "rule_name", "pool", "pool_name", "eligible": [ids], "skipped": {id: leave, off_shift, cap,
    previous, benched or inactive}, "next_open": ISO moment when nobody was on shift}; shared between leads, not to be
    changed.
    """

    owner_id: int | None
    cause: str
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """A rule, or the fallback (rule None), and where it leads."""

    rule: int | None
    rule_name: str
    condition: str
    pool: int
    pool_name: str

    def named(self) -> dict[str, Any]:
        where = {"pool": self.pool, "pool_name": self.pool_name}
        return where if self.rule is None else {"rule": self.rule, "rule_name": self.rule_name, **where}


@dataclass(slots=True)
class _Matched:
    lead_id: int
    rule: int | None
    account_owner: int | None
    owner_is_away: bool
    previous: frozenset[int]


def route(
    lead_ids: Sequence[int], *, at: datetime, without: Collection[int] = (), at_once: bool = False
) -> dict[int, Decision]:
    """{lead id: decision}, in the order given; leads that don't exist are left out. Writes only whose turn is next.

    `without`: users who must not get them. `at_once`: only who can begin now, on shift with a desk that isn't full and
    never a former owner; so nobody may be the answer. Must run inside the transaction that stores the owners: until it
    commits nobody else takes a turn in the same pools.
    """
    if not lead_ids:
        return {}
    ways = _ways()
    matched = _match(lead_ids, ways, at=at)
    barred = frozenset(without)
    decisions: dict[int, Decision] = {}
    for lead in matched:
        owner = lead.account_owner
        if owner is not None and not lead.owner_is_away and not at_once and owner not in lead.previous | barred:
            decisions[lead.lead_id] = Decision(owner, "account_owner", {"cause": "account_owner"})
    waiting = [lead for lead in matched if lead.lead_id not in decisions]
    if waiting:
        decisions |= _take_turns(waiting, ways, barred, at=at, at_once=at_once)
    return {lead.lead_id: decisions[lead.lead_id] for lead in matched}


def _ways() -> dict[int | None, Way]:
    """Active rules in their order, then the fallback under the key None."""
    rows = bulk.query(
        "SELECT r.id, r.name, r.condition::text, p.id, p.name, p.is_fallback FROM leads_pool p "
        "LEFT JOIN leads_routingrule r ON r.pool_id = p.id AND r.is_active "
        "WHERE r.id IS NOT NULL OR p.is_fallback ORDER BY r.position"
    )
    ways: dict[int | None, Way] = {}
    for rule, name, condition, pool, pool_name, is_fallback in rows:
        if rule is not None:
            ways[rule] = Way(rule, name, condition, pool, pool_name)
        if is_fallback:
            ways[None] = Way(None, "", "{}", pool, pool_name)
    return ways


def _match(lead_ids: Sequence[int], ways: dict[int | None, Way], *, at: datetime) -> list[_Matched]:
    """One statement: each lead's first matching rule, its account's owner, and who had it before."""
    params: dict[str, Any] = {"ids": list(lead_ids), "as_of": at}
    cases = []
    for way in ways.values():
        compiled = _readable(way) if way.rule is not None else None
        if compiled is not None:
            cases.append(f"WHEN ({compiled.text}) IS TRUE THEN %(rule_{way.rule})s")
            params |= {**compiled.params, f"rule_{way.rule}": way.rule}
    first = f"CASE {' '.join(cases)} END" if cases else "NULL::bigint"
    rows = bulk.query(
        f"""
        SELECT l.id, {first}, owner.id,
               owner.benched_at IS NOT NULL OR EXISTS (SELECT FROM teams_leave a WHERE a.user_id = owner.id
                          AND a.starts_at <= %(as_of)s AND a.ends_at > %(as_of)s),
               (SELECT array_agg(w.owner_id) FROM leads_ownership w WHERE w.lead_id = l.id)
          FROM leads_lead l
          JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
          LEFT JOIN teams_user owner ON owner.id = c.owner_id AND owner.is_active AND NOT owner.is_service
         WHERE l.id = ANY (%(ids)s)""",
        params,
    )
    found = {
        lead: _Matched(lead, rule, owner, away, frozenset(before or ())) for lead, rule, owner, away, before in rows
    }
    return [found[lead] for lead in dict.fromkeys(lead_ids) if lead in found]


def _readable(way: Way) -> conditions.Sql | None:
    """A rule that can no longer be read must not stop leads from coming in: it matches nothing and is reported."""
    try:
        return _compiled(f"r{way.rule}", way.condition)
    except Invalid as error:
        log.error("Routing rule %s is passed over: %s", way.rule, error.detail)
        return None


@lru_cache(maxsize=512)
def _compiled(prefix: str, condition: str) -> conditions.Sql:
    return conditions.compile(json.loads(condition), prefix=prefix)


def _take_turns(
    waiting: Sequence[_Matched], ways: dict[int | None, Way], barred: frozenset[int], *, at: datetime, at_once: bool
) -> dict[int, Decision]:
    fallback = ways.get(None)
    first = {lead.lead_id: ways.get(lead.rule) for lead in waiting}
    used = {way.pool for way in first.values() if way is not None}
    desks = turns.load(used | ({fallback.pool} if fallback else set()), at=at)
    # The fallback's turn is taken last by everybody, so that two batches can't wait for each other.
    last = fallback.pool if fallback else None
    turns.lock(desks, used - {last})
    if last in used:
        turns.lock(desks, [last])
    decisions = {}
    for lead in waiting:
        decisions[lead.lead_id] = _turn(first[lead.lead_id], fallback, lead, barred, desks, at_once)
    turns.save(desks.values())
    return decisions


def _turn(
    way: Way | None, fallback: Way | None, lead: _Matched, barred: frozenset[int], desks: dict[int, turns.Desk],
    at_once: bool,
) -> Decision:  # fmt: skip
    """Others before former owners, the rule's pool before the fallback, a full desk before nobody."""
    ladder: list[tuple[Way | None, frozenset[int], bool]]
    ladder = [(way, lead.previous, False), (fallback, lead.previous, False)]
    if not at_once:
        ladder += [(way, frozenset(), False), (fallback, frozenset(), False), (fallback, frozenset(), True)]
    for step, previous, ignore_caps in ladder:
        if step is None:
            continue
        turns.lock(desks, [step.pool])
        picked = desks[step.pool].pick(previous | barred, ignore_caps=ignore_caps, at_once=at_once)
        if picked is not None:
            owner, who = picked
            cause = "fallback" if step.rule is None else "rule"
            why = {"cause": cause, **step.named(), **who}
            if lead.owner_is_away:
                why["account_owner_away"] = lead.account_owner
            return Decision(owner, cause, why)
    named = (way or fallback).named() if way or fallback else {}
    return Decision(None, "nobody", {"cause": "nobody", **named})
