"""What is wrong with a model before it goes live, and which of it must not.

A duplicate is the same filter twice, a contradiction the same filter with opposite signs, and a rule that can never
hold says so. Whether a condition can hold is decided soundly, not completely: what is called impossible is impossible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads import conditions
from leads.conditions import touch_filter, tree
from revops.lib.bulk import dumps
from revops.lib.errors import Invalid
from scoring import words
from scoring.compiling import is_frequency
from scoring.draft_differences import rules_of
from scoring.draft_fields import PAIRS, scored
from scoring.impossible import never, never_counts
from scoring.models import Rule, ScoringModel


@dataclass(frozen=True, slots=True)
class Problem:
    """`line`: the rule's, None for the whole model. `text`: a sentence. `blocks`: the model can't be published.

    Codes that block: no_rules, out_of_order, unreadable, score_in_rule. Others: duplicate, contradiction, never,
    swallowed, everybody, out_of_reach, same_name, no_hits.
    """

    line: UUID | None
    code: str
    text: str
    blocks: bool


def problems(draft: ScoringModel, *, fires: Mapping[Any, int] | None = None) -> list[Problem]:
    """In the order of the rules, those of the whole model first. One query, and one for custom attributes.

    `fires`: {line: how many people it fired for} as a replay found.
    """
    return of_rules(draft, rules_of(draft), fires=fires)


def of_rules(
    model: ScoringModel, rules: Sequence[Rule], *, fires: Mapping[Any, int] | None = None
) -> list[Problem]:  # fmt: skip
    """`rules` with their groups loaded, saved or not."""
    found = _cuts(model)
    if not rules:
        return [*found, Problem(None, "no_rules", "A model without rules gives everybody 0.", True)]
    found += _reach(model, rules)
    told = {str(line): n for line, n in (fires or {}).items()}
    asked: dict[str, Rule] = {}
    names: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        mine = _condition(rule)
        if not mine:
            mine = _impossible(rule) or _same(rule, asked)
            if not mine and told.get(str(rule.line)) == 0:
                mine = [_of(rule, "no_hits", f"{_called(rule)} fired for nobody in the days that were replayed.")]
        found += mine + _everybody(rule) + _swallowed(rule)
        key = (rule.kind, rule.name.lower())
        if key in names:
            found.append(_of(rule, "same_name", f"Two {rule.kind} rules are called {_called(rule)}."))
        names.setdefault(key, rule)
    return found


def what_it_asks(rule: Rule) -> str:
    """Two rules with the same answer look at the same, however their lists are ordered; not how much they give."""
    often = (rule.at_least or 1) if is_frequency(rule) and rule.kind != Rule.Kind.FIT else None
    touches = None if rule.kind == Rule.Kind.FIT else _plain(rule.touches)
    return dumps([rule.kind, _plain(tree.bare(rule.condition)), touches, often, rule.within_days, rule.distinct])


def _cuts(model: ScoringModel) -> list[Problem]:
    return [
        Problem(None, "out_of_order", f"{called} begins below the next one: {upper:g} is not above {lower:g}.", True)
        for best, good, called in PAIRS
        if (upper := getattr(model, best)) <= (lower := getattr(model, good))
    ]


def _reach(model: ScoringModel, rules: Sequence[Rule]) -> list[Problem]:
    """Whether anybody can reach the best letter and the best digit at all."""
    found = []
    for kind, (best, good, called) in zip((Rule.Kind.FIT, Rule.Kind.ENGAGEMENT), PAIRS, strict=True):
        most = _most([rule for rule in rules if rule.kind == kind])
        cut, name = (getattr(model, good), good) if most < getattr(model, good) else (getattr(model, best), best)
        if most < cut:
            grade = called if name == best else {"A": "B", "1": "2"}[called]
            text = f"Nobody can reach {kind} {grade} ({words.plain(cut)}): the rules give at most {words.plain(most)}."
            found.append(Problem(None, "out_of_reach", text, False))
    return found


def _most(rules: Sequence[Rule]) -> float:
    """The highest sum the rules allow, their groups' caps counted; what counts each touch has no end by itself."""
    sums: dict[Any, float] = {}
    caps: dict[Any, float | None] = {}
    for rule in rules:
        if rule.points > 0:
            group = rule.group
            key = (group.pk, group.name) if group is not None else None
            endless = rule.kind != Rule.Kind.FIT and not is_frequency(rule)
            sums[key] = sums.get(key, 0) + (float("inf") if endless else rule.points)
            caps[key] = group.cap if group is not None else None
    return sum(most if (cap := caps[key]) is None else min(most, cap) for key, most in sums.items())


def _condition(rule: Rule) -> list[Problem]:
    try:
        conditions.validate(rule.condition)
    except Invalid as wrong:
        return [_of(rule, "unreadable", f"{_called(rule)} can't be read: {wrong.detail}", True)]
    if rule.kind != Rule.Kind.FIT:
        flaws: list[str] = []
        touch_filter.check(rule.touches, "touches", lambda _path, _code, detail: flaws.append(detail))
        if flaws:
            return [_of(rule, "unreadable", f"{_called(rule)} can't be read: {flaws[0]}", True)]
    if named := scored(rule.condition):
        text = f"{_called(rule)} makes a score of a score: {named} is one."
        return [_of(rule, "score_in_rule", text, True)]
    return []


def _impossible(rule: Rule) -> list[Problem]:
    why = never(tree.read(rule.condition))
    if not why and rule.kind != Rule.Kind.FIT and is_frequency(rule):
        why = never_counts(rule.touches, rule.at_least or 1, rule.within_days, rule.distinct)
    if not why and rule.group is not None and rule.group.cap is not None and rule.group.cap <= 0 < rule.points:
        why = f"its group {rule.group.name} adds nothing"
    return [_of(rule, "never", f"{_called(rule)} can never count: {why}.")] if why else []


def _same(rule: Rule, asked: dict[str, Rule]) -> list[Problem]:
    other = asked.setdefault(what_it_asks(rule), rule)
    if other is rule:
        return []
    gives = f"{_called(other)} gives {words.signed(other.points)} and {_called(rule)} {words.signed(rule.points)}"
    if (other.points > 0) != (rule.points > 0):
        return [_of(rule, "contradiction", f"{gives} for the same.")]
    return [_of(rule, "duplicate", f"{gives} for the same: they add up.")]


def _everybody(rule: Rule) -> list[Problem]:
    if rule.kind == Rule.Kind.FIT and rule.condition == {}:
        return [_of(rule, "everybody", f"{_called(rule)} gives everybody {words.signed(rule.points)}.")]
    if rule.kind != Rule.Kind.FIT and rule.touches == {}:
        return [_of(rule, "everybody", f"{_called(rule)} counts every touch, those of our own people too.")]
    return []


def _swallowed(rule: Rule) -> list[Problem]:
    group = rule.group
    if group is None or group.cap is None or not 0 < group.cap < rule.points:
        return []
    text = (
        f"{_called(rule)} is worth {words.signed(rule.points)}, but its group {group.name} adds at most "
        f"{words.plain(group.cap)}."
    )
    return [_of(rule, "swallowed", text)]


def _plain(data: Any) -> Any:
    """A condition or a touch filter in one way of writing it."""
    if isinstance(data, dict):
        if len(data) == 1 and (kind := next(iter(data))) in tree.GROUPS and isinstance(data[kind], list):
            if kind != "none" and len(data[kind]) == 1:
                return _plain(data[kind][0])
            return {kind: sorted((_plain(part) for part in data[kind]), key=dumps)}
        in_order = {"sequence": [_plain(step) for step in data["sequence"]]} if _is_list(data, "sequence") else {}
        plain = {name: _plain(value) for name, value in sorted(data.items())} | in_order
        if data.get("op") in ("in", "not_in") and _is_list(data, "value") and len(data["value"]) == 1:
            plain["op"] = "is" if data["op"] == "in" else "is_not"
        return plain
    if isinstance(data, list):
        values = sorted((_plain(one) for one in data), key=dumps)
        return values[0] if len(values) == 1 else values
    return data.lower() if isinstance(data, str) else data


def _is_list(data: Mapping[str, Any], name: str) -> bool:
    return isinstance(data.get(name), list)


def _of(rule: Rule, code: str, text: str, blocks: bool = False) -> Problem:
    return Problem(rule.line, code, text, blocks)


def _called(rule: Rule) -> str:
    return f"“{rule.name}”"


__all__ = ["Problem", "of_rules", "problems", "what_it_asks"]
