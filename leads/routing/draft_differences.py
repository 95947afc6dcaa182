"""What one plan says otherwise than another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads.models import RoutingPlan, RoutingRule

RULE_FIELDS = ("name", "condition", "to", "pool_id", "person_id", "skills", "is_active")
OPTIONS = {
    "deal_owner": "Who has a deal with the company comes first",
    "named_accounts": "Then who has it on a list",
    "account_owner": "Then the owner of the account",
    "sticky_days": "Then who had the person before, days",
    "account_sticky": "Then who has another lead of the company",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a rule: `field` is name, condition, where (a pool's or person's name in words), skills, is_active, place (from
    1), or `rule` for one that is new (before None) or gone (after None; both else where it leads). `line` None: of the
    plan, `field` one of OPTIONS, `name` its words."""

    line: UUID | None
    name: str
    field: str
    before: Any
    after: Any


def rules_of(plan: RoutingPlan) -> list[RoutingRule]:
    return list(plan.rules.select_related("pool", "person").order_by("position", "id"))


def where(rule: RoutingRule) -> str:
    """Where a rule leads, in words; the pool and the person should be loaded."""
    if rule.to == RoutingRule.To.POOL:
        return str(rule.pool)
    return str(rule.person) if rule.to == RoutingRule.To.PERSON else "the account’s owner"


def differences(draft: RoutingPlan, *, against: RoutingPlan | None = None) -> list[Difference]:
    """What `draft` says otherwise than `against`: by itself the plan it was begun from. One query a plan."""
    former = against or draft.based_on
    if former is None:
        return []
    found = [
        Difference(None, label, name, getattr(former, name), getattr(draft, name))
        for name, label in OPTIONS.items()
        if getattr(former, name) != getattr(draft, name)
    ]
    return [*found, *between(rules_of(former), rules_of(draft))]


def between(before: Sequence[RoutingRule], after: Sequence[RoutingRule]) -> list[Difference]:
    """Of two lists of rules with their pools and persons, in their order."""
    old = {rule.line: rule for rule in before}
    new = {rule.line for rule in after}
    found: list[Difference] = []
    for rule in after:
        was = old.get(rule.line)
        if was is None:
            found.append(Difference(rule.line, rule.name, "rule", None, where(rule)))
            continue
        for name in ("name", "condition", "skills", "is_active"):
            if getattr(was, name) != getattr(rule, name):
                found.append(Difference(rule.line, rule.name, name, getattr(was, name), getattr(rule, name)))
        if (was.to, was.pool_id, was.person_id) != (rule.to, rule.pool_id, rule.person_id):
            found.append(Difference(rule.line, rule.name, "where", where(was), where(rule)))
    found += [Difference(rule.line, rule.name, "rule", where(rule), None) for rule in before if rule.line not in new]
    kept = [rule.line for rule in before if rule.line in new]
    for place, rule in enumerate((rule for rule in after if rule.line in old), 1):
        if kept[place - 1] != rule.line:
            found.append(Difference(rule.line, rule.name, "place", kept.index(rule.line) + 1, place))
    return found
