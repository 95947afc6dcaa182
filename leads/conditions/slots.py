"""A condition as a sentence whose words can be chosen: groups, leaves and slots, as data for the page.

It draws what `validate` would refuse too, with the reason beside the slot, so that whatever is kept can be mended.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from leads import attributes
from leads.attributes import LIST, ORDERED, TEXT, YES_NO
from leads.conditions import editing, tree, words
from leads.conditions.touch_filter import listed
from leads.conditions.tree import Compare
from revops.lib.errors import Invalid

JOINTS = {"all": "and", "any": "or", "none": "nor"}
VERBS = {
    "is_not": "is not", "not_in": "is neither", "contains": "contains", "starts_with": "starts with",
    "before": "is before", "after": "is after",
}  # fmt: skip


@dataclass(slots=True)
class Slot:
    """`was`: the words before, struck when `changed`. `href`: where it is edited; empty for who may not."""

    text: str
    id: str
    href: str = ""
    was: str = ""
    changed: bool = False
    label: str = ""


@dataclass(slots=True)
class Leaf:
    """`bits`: texts and slots in the order they are read."""

    id: str
    path: str
    bits: list[Any]
    more: str = ""
    error: str = ""
    said: str = ""


@dataclass(slots=True)
class Group:
    """`gone`: sentences of what stood here before."""

    id: str
    path: str
    kind: Slot
    joint: str
    parts: list["Leaf | Group"] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    add: str = ""
    more: str = ""
    is_group: bool = True


class Drawer:
    """`action`: the address that answers for slots, or empty. `before`: what is compared with, or None."""

    def __init__(self, condition: Any, *, before: Any, action: str, errors: Sequence[Mapping[str, str]]) -> None:
        self.root = editing.framed(condition)
        self.before = None if before is None else _around(editing.framed(before), self.root)
        self.action, self.errors = action, errors
        self.known = attributes.known(tree.names(self.root) | tree.names(self.before or {}))

    def draw(self) -> Group:
        drawn = self.group(self.root, self.before, "")
        drawn.more = ""
        return drawn

    def href(self, path: str, slot: str, **more: str) -> str:
        if not self.action:
            return ""
        joint = "&" if "?" in self.action else "?"
        return f"{self.action}{joint}{urlencode({'at': path, 'slot': slot, **more})}"

    def slot(self, path: str, name: str, text: str, was: str | None, asks: str, label: str) -> Slot:
        changed = self.before is not None and was != text
        was = was if changed and was else ""
        return Slot(text, f"{ident(path)}-{name}", self.href(path, asks), was, changed, f"{label}: {text}")

    def part(self, node: Any, old: Any, path: str) -> Leaf | Group:
        if or_missing(node) or not editing.kind_of(node):
            return self.leaf(node, old, path)
        return self.group(node, old if editing.kind_of(old) else None, path)

    def group(self, node: Any, old: Any, path: str) -> Group:
        kind, old_kind = editing.kind_of(node), editing.kind_of(old)
        drawn = Group(
            ident(path), path, self.slot(path, "kind", kind, old_kind or None, "kind", "How many must hold"),
            JOINTS[kind], add=self.href(path, "add"), more=self.href(path, "more"),
        )  # fmt: skip
        pairs, gone = paired(node[kind], old[old_kind] if old_kind else [])
        for i, (one, before) in enumerate(pairs):
            drawn.parts.append(self.part(one, before, editing.child(path, kind, i)))
        if self.before is not None:
            drawn.gone = [self.words(one) for one in gone]
        return drawn

    def leaf(self, node: Any, old: Any, path: str) -> Leaf:
        alone = or_missing(node) or node
        bits = self.bits(alone)
        earlier = {name: text for name, text, _, _ in self.bits(or_missing(old) or old) if name} if old else {}
        drawn = Leaf(ident(path), path, [], self.href(path, "more"), self.error(alone, path), self.words(node))
        for name, text, asks, label in bits:
            drawn.bits.append(self.slot(path, name, text, earlier.get(name), asks, label) if name else text)
        if alone is not node:
            had = "or it is missing" if old and or_missing(old) else None
            drawn.bits.append(self.slot(path, "missing", "or it is missing", had, "value", "Also when unknown"))
        return drawn

    def bits(self, leaf: Any) -> list[tuple[str, str, str, str]]:
        """[(slot name or "" for plain words, text, what its form is called, label)]."""
        if isinstance(leaf, dict) and "touches" in leaf:
            what, times, window = counted(leaf)
            return [
                ("what", what, "touches", "What they did"), ("times", times, "touches", "How often"),
                ("window", window, "touches", "In which time"),
            ]  # fmt: skip
        if isinstance(leaf, dict) and "last" in leaf:
            return [
                ("", "last", "", ""), ("what", did(leaf["last"]), "last", "What they did last"),
                ("ago", aged(leaf), "last", "How long ago"),
            ]  # fmt: skip
        if isinstance(leaf, dict) and "sequence" in leaf:
            return in_order(leaf)
        name = leaf.get("attribute") if isinstance(leaf, dict) else None
        attribute = self.known.get(name) if isinstance(name, str) else None
        label = attribute.label if attribute else f"{str(name)[:60]} (there is no such attribute)"
        verb, value = compared(leaf, self.known) if attribute else ("", "…")
        return [
            ("attribute", label, "attribute", "About"), ("", verb, "", ""),
            ("value", value, "value" if attribute else "attribute", label),
        ]  # fmt: skip

    def error(self, leaf: Any, path: str) -> str:
        """Why this leaf can't be read, or what the server said about it."""
        for error in self.errors:
            if error["field"] == path or error["field"].startswith((f"{path}.", f"{path}[")):
                return error["detail"]
        try:
            node = tree.leaf(leaf, self.known)
        except Invalid as wrong:
            return wrong.detail
        if isinstance(node, Compare) and node.attribute.type == TEXT and node.attribute.choices is not None:
            values = node.value if isinstance(node.value, tuple) else (node.value,)
            gone = [str(one) for one in values if one is not None and one not in node.attribute.choices]
            return f"There is no {node.attribute.label} {words.either(gone)} any more." if gone else ""
        return ""

    def words(self, node: Any) -> str:
        if (kind := editing.kind_of(node)) and not or_missing(node):
            return f"{tree.GROUPS[kind].lower()} ({'; '.join(self.words(one) for one in node[kind])})"
        alone = or_missing(node) or node
        said = " ".join(text for _, text, _, _ in self.bits(alone))
        return said if alone is node else f"{said} or it is missing"


def _around(before: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What was the whole may be a part by now: then that part is compared with it, not each word of it called new."""
    kind = editing.kind_of(root)
    alone = before[editing.kind_of(before)]
    if before in root[kind]:
        return {kind: [before]}
    return {kind: alone} if len(alone) == 1 and alone[0] in root[kind] else before


def or_missing(node: Any) -> dict[str, Any] | None:
    """The leaf of {"any": [leaf, {the same attribute, is_missing}]}: reads as one, `or it is missing`."""
    if editing.kind_of(node) != "any" or len(node["any"]) != 2:
        return None
    leaf, missing = node["any"]
    same = isinstance(leaf, dict) and "attribute" in leaf and leaf.get("op") not in tree.PRESENCE
    return leaf if same and missing == {"attribute": leaf["attribute"], "op": "is_missing"} else None


def compared(leaf: dict[str, Any], known: Mapping[str, Any]) -> tuple[str, str]:
    """("is", "500 or more")."""
    try:
        node = tree.leaf(leaf, known)
    except Invalid:
        return "is", str(leaf.get("value", "…"))[:60]
    assert isinstance(node, Compare)
    kind, op = node.attribute.type, node.op
    if op in tree.PRESENCE:
        return "is", "known" if op == "is_set" else "unknown"
    if kind == YES_NO:
        return "is", "yes" if node.value == (op == "is") else "no"
    value = words.shown(node)
    if op in ("at_least", "at_most"):
        up, down = ("above", "below") if kind == ORDERED else ("more", "less")
        return "is", f"{value} or {up if op == 'at_least' else down}"
    if kind == LIST:
        return "holds none of" if op == "not_in" else "includes", value
    return VERBS.get(op, "is"), value


def counted(leaf: dict[str, Any]) -> tuple[str, str, str]:
    """("visited /pricing", "at least 3 times", "in 7 days"), whatever is wrong with it."""
    most, distinct = leaf.get("at_most"), leaf.get("distinct", "")
    days: Any = leaf.get("within_days")
    least = leaf.get("at_least", 1 if most is None else 0)
    plain = all(isinstance(one, int) for one in (least, most) if one is not None)
    times = words.times(least, most) if plain else f"at least {str(least)[:20]} times"
    if isinstance(distinct, str) and distinct in words.DIFFERENT and plain:
        times = f"with {words.numbers(least, most)} different {words.DIFFERENT[distinct]}"
    return did(leaf["touches"]), times, f"in {words.days(days)}" if tree.is_days(days) else "at any time"


def did(touches: Any) -> str:
    """A touch filter in words, whatever is wrong with it."""
    try:
        return words.doing(touches)
    except (TypeError, AttributeError, ValueError):
        return "any touch"


def aged(leaf: dict[str, Any]) -> str:
    least, most = leaf.get("at_least_days"), leaf.get("at_most_days")
    given = [one for one in (least, most) if one is not None]
    return words.ago(least, most) if given and all(map(tree.is_days, given)) else "…"


def in_order(leaf: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    steps: Any = leaf["sequence"]
    days: Any = leaf.get("within_days")
    bits: list[tuple[str, str, str, str]] = []
    for i, step in enumerate(steps if isinstance(steps, list) else []):
        bits += [("", "then", "", "")] if i else []
        bits.append((f"step-{i}", did(step), "sequence", f"Step {i + 1}"))
    within = f"all within {words.days(days)}" if tree.is_days(days) else "at any time"
    return [*(bits or [("step-0", "…", "sequence", "Step 1")]), ("window", within, "sequence", "In which time")]


def paired(now: Sequence[Any], before: Sequence[Any]) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Each part with the one it was: the same, else about the same thing, in their order; and what is gone."""
    left = list(before)
    found: dict[int, Any] = {}
    for how in (lambda one: one, subject):
        for i, one in enumerate(now):
            match = next((old for old in left if i not in found and how(old) == how(one)), None)
            if match is not None:
                found[i] = match
                left.remove(match)
    return [(one, found.get(i)) for i, one in enumerate(now)], left


def subject(node: Any) -> Any:
    alone = or_missing(node) or node
    if editing.kind_of(alone):
        return "group"
    if isinstance(alone, dict) and ("touches" in alone or "last" in alone):
        touches = alone.get("touches", alone.get("last"))
        return ("last" in alone, *listed(touches, "kind")) if isinstance(touches, dict) else ()
    if isinstance(alone, dict) and "sequence" in alone:
        return "sequence"
    return alone.get("attribute") if isinstance(alone, dict) else None


def ident(path: str) -> str:
    return "c" + re.sub(r"\W+", "-", path if not path else f"-{path}").rstrip("-")
