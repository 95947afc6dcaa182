"""What is wrong with a plan before it goes live, and which of it must not."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from leads import conditions
from leads.conditions import tree
from leads.models import Pool, RoutingPlan, RoutingRule
from leads.routing.draft_differences import rules_of
from revops.lib.bulk import dumps
from revops.lib.errors import Invalid
from teams.models import User


@dataclass(frozen=True, slots=True)
class Problem:
    """`line`: the rule's, None for the whole plan. `text`: a sentence. `blocks`: the plan can't be published.

    Codes that block: unreadable, no_fallback, gone (a person who can't own leads any more). Others: nobody (a pool
    without members), no_skill (no member has what the rule asks for), unreached (behind a rule that takes everybody, or
    the same condition again), same_name.
    """

    line: UUID | None
    code: str
    text: str
    blocks: bool


def problems(plan: RoutingPlan) -> list[Problem]:
    """In the order of the rules, those of the whole plan first. Four queries."""
    rules = rules_of(plan)
    skills = _skills([rule.pool_id for rule in rules if rule.pool_id])
    found: list[Problem] = []
    fallback = Pool.objects.filter(is_fallback=True).first()
    if fallback is None:
        found.append(Problem(None, "no_fallback", "There is no pool for what no rule matches.", True))
    elif not fallback.members.exists():
        text = f"{fallback} has no members: what no rule matches would wait."
        found.append(Problem(None, "nobody", text, False))
    asked: dict[str, RoutingRule] = {}
    names: set[str] = set()
    for rule in rules:
        if rule.name.lower() in names:
            found.append(Problem(rule.line, "same_name", f"Two rules are called “{rule.name}”.", False))
        names.add(rule.name.lower())
        if rule.is_active:
            found += _readable(rule) or _reached(rule, asked)
            found += _takers(rule, skills)
    return found


def _readable(rule: RoutingRule) -> list[Problem]:
    try:
        conditions.validate(rule.condition)
    except Invalid as refusal:
        text = f"The condition of “{rule.name}” can't be read: {refusal.detail}"
        return [Problem(rule.line, "unreadable", text, True)]
    return []


def _reached(rule: RoutingRule, asked: dict[str, RoutingRule]) -> list[Problem]:
    """Sound, not complete: what is called unreached can never be. A rule to the account's owner lets others pass."""
    everybody = asked.get("{}")
    same = asked.get(key := dumps(tree.bare(rule.condition) or {}))
    if rule.to != RoutingRule.To.ACCOUNT_OWNER:
        asked.setdefault(key, rule)
    if everybody is not None:
        text = f"“{everybody.name}” takes everybody, so “{rule.name}” gets nobody."
        return [Problem(rule.line, "unreached", text, False)]
    if same is not None:
        text = f"“{same.name}” asks the same before, so “{rule.name}” gets nobody."
        return [Problem(rule.line, "unreached", text, False)]
    return []


def _takers(rule: RoutingRule, skills: dict[int, list[frozenset[str]]]) -> list[Problem]:
    if rule.person is not None and not (rule.person.is_active and not rule.person.is_service):
        text = f"{rule.person} is gone, so “{rule.name}” leads to nobody."
        return [Problem(rule.line, "gone", text, True)]
    if rule.pool is None:
        return []
    members = skills.get(rule.pool.pk, [])
    if not members:
        text = f"{rule.pool} has no members, so “{rule.name}” leads to the fallback."
        return [Problem(rule.line, "nobody", text, False)]
    if not any(set(rule.skills) <= has for has in members):
        text = f"Nobody in {rule.pool} has {', '.join(rule.skills)}, so “{rule.name}” leads to the fallback."
        return [Problem(rule.line, "no_skill", text, False)]
    return []


def _skills(pools: Sequence[int]) -> dict[int, list[frozenset[str]]]:
    """{pool: the skills of each member who is here}."""
    here = User.objects.filter(is_active=True, is_service=False)
    found: dict[int, list[frozenset[str]]] = {}
    rows = here.filter(pools__pool__in=pools).values_list("pools__pool_id", "pools__skills")
    for pool, skills in rows:
        found.setdefault(pool, []).append(frozenset(skills))
    return found
