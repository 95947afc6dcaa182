"""Would a lead have crossed the line without one rule? Pure: the trace of its hand-over, and the model of that day.

The trace keeps each rule's points at that moment, so a rule is taken out by adding up the rest again, under the groups'
caps and the cut-offs of the model, and asking the definition of that day. What the definition asks besides (a company
that is a customer already) is not in the trace and stays unknown; a lead is said not to cross only when it surely
would not.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leads.conditions.tree import Compare, Group, Node

UNIT, FULL = 10_000, 1_000_000
KINDS = ("fit", "engagement", "usage")
HAND_RAISE = "hand_raise"


@dataclass(frozen=True, slots=True)
class Rules:
    """One model version: `kind` and `group` of each rule id, `caps` of groups in ten-thousandths; the cut-offs."""

    kind: Mapping[str, str]
    group: Mapping[str, int | None]
    caps: Mapping[int, int]
    fit_a: float
    fit_b: float
    engagement_1: float
    engagement_2: float
    pql_all: bool = False

    @property
    def usage(self) -> list[str]:
        return [rule for rule, kind in self.kind.items() if kind == "usage"]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A lead that was handed over: its trace {rule id: points}, what it raised a hand for, and what became of it."""

    lead_id: int
    trace: Mapping[str, float]
    hand_raise: str
    outcome: str
    rules: Rules
    definition: Node


@dataclass(slots=True)
class Blame:
    """Leads that crossed only because of one rule, by what became of them: {outcome: [lead ids]}."""

    key: str
    leads: dict[str, list[int]] = field(default_factory=dict)

    def n(self, outcome: str) -> int:
        return len(self.leads.get(outcome, []))


def blamed(crossed: Iterable[Crossed]) -> dict[str, Blame]:
    """{rule id or "hand_raise": Blame}; a rule without which every lead would still have crossed is absent."""
    found: dict[str, Blame] = {}
    for one in crossed:
        for key in needed(one):
            found.setdefault(key, Blame(key)).leads.setdefault(one.outcome, []).append(one.lead_id)
    return found


def needed(one: Crossed) -> list[str]:
    """The rules (and perhaps the raised hand) without each of which this lead would not have crossed."""
    units = _units(one)
    found = [rule for rule, got in units.items() if got > 0 and crosses(one, units, without=rule) is False]
    if one.hand_raise and crosses(one, units, without=HAND_RAISE) is False:
        found.append(HAND_RAISE)
    return found


def _units(one: Crossed) -> dict[str, int]:
    return {rule: round(points * UNIT) for rule, points in one.trace.items() if rule in one.rules.kind}


def enough(crossed: Iterable[Crossed], rule: str, points: float, *, share: float = 0.8) -> float:
    """The most whole points of `rule`, under its `points`, with which at least `share` of these leads would surely not
    have crossed; 0 where only taking it out does that. They must hang on that rule alone."""
    whole = list(crossed)
    if not whole or points <= 0:
        return 0.0

    def kept_out(wanted: int) -> bool:
        stay = sum(
            crosses(one, _units(one) | {rule: round(one.trace[rule] * UNIT * wanted / points)}) is False
            for one in whole
        )
        return stay >= share * len(whole)

    return float(next((wanted for wanted in range(math.ceil(points) - 1, 0, -1) if kept_out(wanted)), 0))


def crosses(one: Crossed, units: Mapping[str, int], *, without: str = "") -> bool | None:
    """Whether the definition holds with `without` taken out; None when that depends on what the trace does not say."""
    scores = totals(one.rules, {rule: got for rule, got in units.items() if rule != without})
    fired = [rule for rule in one.rules.usage if units.get(rule) and rule != without]
    known = {
        "score.cell": cell(one.rules, scores),
        **{f"score.{kind}": scores[kind] / UNIT for kind in KINDS},
        "score.priority": (scores["fit"] + scores["engagement"]) / UNIT,
        "score.pql": bool(fired) and (not one.rules.pql_all or len(fired) == len(one.rules.usage)),
        "lead.hand_raise": "" if without == HAND_RAISE else one.hand_raise,
    }
    return holds(one.definition, known)


def totals(rules: Rules, units: Mapping[str, int]) -> dict[str, int]:
    """Ten-thousandths of each kind: groups under their caps, the sum within 0 and 100 points."""
    sums: dict[tuple[str, int | None], int] = {}
    for rule, got in units.items():
        group = rules.group.get(rule)
        place = (rules.kind[rule], group if group in rules.caps else None)
        sums[place] = sums.get(place, 0) + got
    found = dict.fromkeys(KINDS, 0)
    for (kind, group), got in sums.items():
        found[kind] += min(got, rules.caps[group]) if group is not None else got
    return {kind: max(0, min(FULL, got)) for kind, got in found.items()}


def cell(rules: Rules, scores: Mapping[str, int]) -> str:
    fit, engagement = scores["fit"] / UNIT, scores["engagement"] / UNIT
    letter = "A" if fit >= rules.fit_a else "B" if fit >= rules.fit_b else "C"
    return letter + ("1" if engagement >= rules.engagement_1 else "2" if engagement >= rules.engagement_2 else "3")


def holds(node: Node, known: Mapping[str, Any]) -> bool | None:
    """Three-valued: unknown or true is true, unknown and true is unknown."""
    if isinstance(node, Group):
        parts = [holds(part, known) for part in node.parts]
        if node.kind == "all":
            return False if False in parts else None if None in parts else True
        some = True if True in parts else None if None in parts else False
        return some if node.kind == "any" else None if some is None else not some
    if not isinstance(node, Compare) or node.attribute.name not in known:
        return None
    return _compared(known[node.attribute.name], node.op, node.value)


def _compared(value: Any, op: str, wanted: Any) -> bool | None:
    missing = value is None or value == ""
    if op in {"is_set", "is_missing"}:
        return missing == (op == "is_missing")
    if missing:
        return None if op in {"is_not", "not_in"} else False
    return {
        "is": lambda: value == wanted, "is_not": lambda: value != wanted,
        "in": lambda: value in wanted, "not_in": lambda: value not in wanted,
        "at_least": lambda: value >= wanted, "at_most": lambda: value <= wanted,
        "contains": lambda: str(wanted).lower() in str(value).lower(),
        "starts_with": lambda: str(value).lower().startswith(str(wanted).lower()),
    }.get(op, lambda: None)()  # fmt: skip
