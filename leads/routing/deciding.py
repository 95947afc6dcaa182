"""Who gets a lead, and why them (DOMAIN 1.2): the deal's owner, who has it on a list, the account's owner, else the
first rule's way, else the fallback pool.

Set-based: three statements for one lead or ten thousand, then the turns of the pools, locked as late as possible and
held until the caller commits. Nothing is dropped: a pool with nobody on shift gives the lead to whoever starts next,
one with nobody at all hands it to the fallback pool, and there a former owner or a full desk is better than none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.routing import turns, ways
from leads.routing.matching import Matched, match
from leads.routing.ways import ACCOUNT_OWNER, PERSON, Plan, Way

NOBODY: frozenset[int] = frozenset()


@dataclass(slots=True)
class Decision:
    """`owner_id` None when nobody at all can own it (cause nobody), or it waits to be picked (cause claim). `cause`
    else: deal_owner, named_account, account_owner, sticky, account_sticky, rule or fallback.

    `why`: {"cause", "plan": version, "rule", "rule_name", "pool", "pool_name", "method", "skills", "to", "eligible":
    [ids], "skipped": {id: leave, off_shift, cap, day, week, skill, previous, benched or inactive}, "next_open": ISO
    moment when nobody was on shift, "<cause>_away": id of who would have come first}, each where it applies; shared
    between leads, not to be changed.
    """

    owner_id: int | None
    cause: str
    why: dict[str, Any] = field(default_factory=dict)


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
    plan = ways.plan()
    return decide(match(lead_ids, plan, at=at), plan, at=at, without=without, at_once=at_once)


def decide(
    matched: Sequence[Matched], plan: Plan, *, at: datetime, without: Collection[int] = (), at_once: bool = False,
    take: bool = True,
) -> dict[int, Decision]:  # fmt: skip
    """The turns of what was matched. Without `take` nothing is locked or written: who would get them."""
    barred = frozenset(without)
    decisions: dict[int, Decision] = {}
    accounts: dict[int, Decision] = {}
    for lead in matched:
        decision = None if at_once else before_rules(lead, plan, barred)
        if decision is not None:
            decisions[lead.lead_id] = decision
    waiting = [lead for lead in matched if lead.lead_id not in decisions]
    if waiting:
        decisions |= _take_turns(waiting, plan, barred, accounts, at=at, at_once=at_once, take=take)
    return {lead.lead_id: decisions[lead.lead_id] for lead in matched}


def before_rules(lead: Matched, plan: Plan, barred: frozenset[int]) -> Decision | None:
    """The first who comes before any rule and is here."""
    for one in lead.candidates:
        if not one.away and one.user not in lead.previous | barred:
            why: dict[str, Any] = {"cause": one.cause, "plan": plan.version}
            if one.about:
                why["list"] = one.about
            return Decision(one.user, one.cause, why)
    return None


def _take_turns(
    waiting: Sequence[Matched], plan: Plan, barred: frozenset[int], accounts: dict[int, Decision], *, at: datetime,
    at_once: bool, take: bool,
) -> dict[int, Decision]:  # fmt: skip
    fallback = plan.ways.get(None)
    first = {lead.lead_id: plan.ways.get(lead.rule) for lead in waiting}
    used = {way.pool for way in first.values() if way is not None and way.pool is not None and not way.is_queue}
    last = fallback.pool if fallback and not fallback.is_queue else None
    desks = turns.load(used | ({last} if last else set()), at=at)
    persons = {way.person for way in first.values() if way is not None and way.person is not None}
    people = turns.people(persons, at=at) if persons else {}
    # The fallback's turn is taken last by everybody, so that two batches can't wait for each other.
    turns.lock(desks, used - {last}, at=at, take=take)
    if last in used:
        turns.lock(desks, {last}, at=at, take=take)
    decisions = {}
    for lead in waiting:
        # Two of one company in one batch: the second goes where the first went, as if it had come later.
        with_first = accounts.get(lead.company or 0) if plan.account_sticky and not at_once else None
        if with_first is not None and with_first.owner_id not in lead.previous | barred:
            decision = Decision(
                with_first.owner_id, "account_sticky", {"cause": "account_sticky", "plan": plan.version}
            )
        else:
            decision = ladder(first[lead.lead_id], plan, lead, barred, desks, people, at_once, at=at, take=take)
            if lead.company and decision.owner_id is not None:
                accounts.setdefault(lead.company, decision)
        decisions[lead.lead_id] = decision
    if take:
        turns.save(desks.values())
    return decisions


def ladder(
    way: Way | None, plan: Plan, lead: Matched, barred: frozenset[int], desks: Mapping[int, turns.Desk],
    people: Mapping[int, turns.Member], at_once: bool, *, at: datetime, take: bool = True,
) -> Decision:  # fmt: skip
    """Others before former owners, the rule's pool before the fallback, a full desk before nobody."""
    fallback = plan.ways.get(None)
    away = {f"{one.cause}_away": one.user for one in lead.candidates if one.away}
    said = {"plan": plan.version, **away}
    if way is not None and way.to in (PERSON, ACCOUNT_OWNER):
        user = _single(way, lead, barred, people, at_once)
        if user is not None:
            return Decision(user, "rule", {"cause": "rule", **way.named(), **said})
        if way.person is not None:
            said["person_away"] = way.person
    steps: list[tuple[Way | None, frozenset[int], bool]]
    steps = [(way, lead.previous, False), (fallback, lead.previous, False)]
    if not at_once:
        steps += [(way, NOBODY, False), (fallback, NOBODY, False), (fallback, NOBODY, True)]
    for step, previous, ignore_caps in steps:
        if step is None or step.pool is None:
            continue
        if step.is_queue:
            if at_once:
                continue
            return Decision(None, "claim", {"cause": "claim", **step.named(), **said})
        turns.lock(desks, {step.pool}, at=at, take=take)
        picked = desks[step.pool].pick(previous | barred, skills=step.skills, ignore_caps=ignore_caps, at_once=at_once)
        if picked is not None:
            owner, who = picked
            cause = "fallback" if step.rule is None else "rule"
            return Decision(owner, cause, {"cause": cause, **step.named(), **who, **said})
    named = (way or fallback).named() if way or fallback else {}
    return Decision(None, "nobody", {"cause": "nobody", **named, **said})


def _single(
    way: Way, lead: Matched, barred: frozenset[int], people: Mapping[int, turns.Member], at_once: bool
) -> int | None:
    """Whom a rule names, where they are here: not on leave, benched, gone or a former owner."""
    if way.to == ACCOUNT_OWNER:
        user, on = lead.owner, not at_once
    else:
        member = people.get(way.person or 0)
        here = member is not None and not member.benched and member.shift.reason in ("", "off_shift")
        user = way.person if here else None
        on = not at_once or (member is not None and member.shift.on)
    return user if user is not None and on and user not in lead.previous | barred else None
