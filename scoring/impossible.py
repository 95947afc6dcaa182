"""Whether a condition can hold for anybody: sound, not complete. What is called impossible is impossible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import floor, inf
from typing import Any

from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT
from leads.conditions import touch_filter, words
from leads.conditions.tree import Compare, Count, Group, Node

LISTED = ("kind", "channel", "campaign", "asset")
LITTLE = 1e-6


def never(node: Node) -> str:
    """Why nobody can meet it, in words; "" when somebody may."""
    if isinstance(node, Count):
        return never_counts(node.touches, node.at_least, node.within_days, node.distinct)
    if not isinstance(node, Group) or not node.parts:
        return ""
    if node.kind == "any":
        reasons = [never(part) for part in node.parts]
        return reasons[0] if all(reasons) else ""
    held, barred = _flat(node)
    return next(filter(None, map(never, held)), "") or _clash(held, barred)


def never_counts(touches: Mapping[str, Any], at_least: int, within_days: float | None, distinct: str) -> str:
    """Different ones of a list that is shorter than that, or more days than there are."""
    if distinct in LISTED and distinct in touches:
        there = len(set(touch_filter.listed(touches, distinct)))
        if there < at_least:
            noun = words.DIFFERENT[distinct]
            return f"it wants {at_least} different {noun} of {there}"
    if distinct == "day" and within_days is not None and floor(within_days) + 1 < at_least:
        return f"{words.days(within_days)} don't hold {at_least} different days"
    return ""


def _flat(node: Group) -> tuple[list[Node], list[Node]]:
    """(what must hold, what must not) of nested `all` and `none`."""
    held: list[Node] = []
    barred: list[Node] = []
    if node.kind == "none":
        return [], list(node.parts)
    for part in node.parts:
        if isinstance(part, Group) and part.kind in ("all", "none"):
            more, less = _flat(part)
            held, barred = held + more, barred + less
        else:
            held.append(part)
    return held, barred


@dataclass(slots=True)
class _Room:
    """What is left for one attribute. `only`: None = anything."""

    low: float = -inf
    high: float = inf
    only: set | None = None
    barred: set = field(default_factory=set)
    missing: bool = False
    known: bool = False

    def empty(self) -> bool:
        if self.low > self.high or (self.missing and self.known):
            return True
        if self.only is None:
            return False
        return not any(
            one not in self.barred and (not isinstance(one, (int, float)) or self.low <= one <= self.high)
            for one in self.only
        )


def _clash(held: Sequence[Node], barred: Sequence[Node]) -> str:
    if both := next((node for node in held if node in barred), None):
        return f"“{words.phrase(both)}” should hold and not hold"
    rooms: dict[str, _Room] = {}
    for nodes, holds in ((held, True), (barred, False)):
        for node in nodes:
            if isinstance(node, Compare) and node.attribute.type != LIST:
                room = rooms.setdefault(node.attribute.name, _Room())
                _narrow(room, node, holds)
                if room.empty():
                    return f"{node.attribute.label} can't be all of this at once"
    return ""


def _narrow(room: _Room, leaf: Compare, holds: bool) -> None:
    op = leaf.op
    if op in ("is_set", "is_missing"):
        if (op == "is_set") == holds:
            room.known = True
        else:
            room.missing = True
        return
    room.known = True  # unknown is never true, and the opposite of unknown is unknown
    if op in ("is", "is_not", "in", "not_in"):
        values = {_value(leaf, one) for one in (leaf.value if isinstance(leaf.value, tuple) else (leaf.value,))}
        if (op in ("is", "in")) == holds:
            room.only = values if room.only is None else room.only & values
            if len(values) == 1 and isinstance(one := next(iter(values)), (int, float)):
                room.low, room.high = max(room.low, one), min(room.high, one)
        else:
            room.barred |= values
        return
    if leaf.attribute.type not in (NUMBER, ORDERED, DATE):
        return
    at = _value(leaf, leaf.value)
    if op == "at_least":
        room.low, room.high = (max(room.low, at), room.high) if holds else (room.low, min(room.high, at - LITTLE))
    elif op == "at_most":
        room.low, room.high = (room.low, min(room.high, at)) if holds else (max(room.low, at + LITTLE), room.high)
    elif op == "after":
        room.low, room.high = (max(room.low, at + LITTLE), room.high) if holds else (room.low, min(room.high, at))
    elif op == "before":
        room.low, room.high = (room.low, min(room.high, at - LITTLE)) if holds else (max(room.low, at), room.high)


def _value(leaf: Compare, value: Any) -> Any:
    kind = leaf.attribute.type
    if kind == ORDERED:
        return list(leaf.attribute.choices or {}).index(value)
    if kind == DATE:
        return date.fromisoformat(value).toordinal()
    return value.lower() if kind == TEXT else value
