"""What one model says otherwise than another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scoring.models import Rule, ScoringModel

RULE_FIELDS = (
    "name", "points", "condition", "touches", "half_life_days", "at_least", "within_days", "distinct",
)  # fmt: skip
CUTS = {
    "fit_a": "Fit A from", "fit_b": "Fit B from", "engagement_1": "Engagement 1 from",
    "engagement_2": "Engagement 2 from", "top_share": "Best share, %", "pql_all": "All usage rules must hold",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a rule: `field` is one of RULE_FIELDS, `group` (names), `place` (from 1, within its kind), or `rule` for one
    that is new (before None) or gone (after None; both else its points). `line` None: of the model, `field` is one of
    CUTS, or of a group, `field` `cap` (points or None; "no group" where there is none), `name` what it is called."""

    line: UUID | None
    name: str
    field: str
    before: Any
    after: Any


def differences(draft: ScoringModel, *, against: ScoringModel | None = None) -> list[Difference]:
    """What `draft` says otherwise than `against`: by itself the model it was begun from. Two queries a model."""
    former = against or draft.based_on
    if former is None:
        return []
    return [*of_cuts(former, draft), *of_groups(former, draft), *between(rules_of(former), rules_of(draft))]


def of_cuts(former: ScoringModel, draft: ScoringModel) -> list[Difference]:
    return [
        Difference(None, label, name, getattr(former, name), getattr(draft, name))
        for name, label in CUTS.items()
        if getattr(former, name) != getattr(draft, name)
    ]


def rules_of(model: ScoringModel) -> list[Rule]:
    return list(model.rules.select_related("group").order_by("position", "id"))


def between(before: Sequence[Rule], after: Sequence[Rule]) -> list[Difference]:
    """Of two lists of rules with their groups, in their order."""
    old = {rule.line: rule for rule in before}
    new = {rule.line for rule in after}
    found: list[Difference] = []
    for rule in after:
        was = old.get(rule.line)
        if was is None:
            found.append(Difference(rule.line, rule.name, "rule", None, rule.points))
            continue
        for name in RULE_FIELDS:
            if getattr(was, name) != getattr(rule, name):
                found.append(Difference(rule.line, rule.name, name, getattr(was, name), getattr(rule, name)))
        if _group(was) != _group(rule):
            found.append(Difference(rule.line, rule.name, "group", _group(was), _group(rule)))
    found += [Difference(rule.line, rule.name, "rule", rule.points, None) for rule in before if rule.line not in new]
    return found + _moved(before, after)


def _group(rule: Rule) -> str:
    return rule.group.name if rule.group else ""


def of_groups(former: ScoringModel, draft: ScoringModel) -> list[Difference]:
    old, new = ({group.name: group.cap for group in model.groups.all()} for model in (former, draft))
    gone = "no group"
    return [
        Difference(None, name, "cap", old.get(name, gone), new.get(name, gone))
        for name in dict.fromkeys([*new, *old])
        if old.get(name, gone) != new.get(name, gone)
    ]


def _moved(before: Sequence[Rule], after: Sequence[Rule]) -> list[Difference]:
    """Only rules that both have, and among those as few as tell the story: what left the longest common order."""
    both = {rule.line for rule in before} & {rule.line for rule in after}
    found = []
    for kind in dict.fromkeys(rule.kind for rule in after):
        was = [rule.line for rule in before if rule.kind == kind and rule.line in both]
        now = [rule for rule in after if rule.kind == kind and rule.line in both]
        kept = _longest_rising([was.index(rule.line) for rule in now])
        places = {rule.line: place for place, rule in enumerate((x for x in after if x.kind == kind), 1)}
        found += [
            Difference(rule.line, rule.name, "place", was.index(rule.line) + 1, places[rule.line])
            for rule in now
            if was.index(rule.line) not in kept
        ]
    return found


def _longest_rising(order: Sequence[int]) -> set[int]:
    best: list[list[int]] = []
    for i, one in enumerate(order):
        ends = [best[j] for j in range(i) if order[j] < one]
        best.append([*max(ends, key=len, default=[]), one])
    return set(max(best, key=len, default=[]))
