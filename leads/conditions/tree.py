"""Reading a condition: every flaw is found and named by its path before anything is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from leads import attributes
from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT, YES_NO, Attribute
from leads.conditions import touch_filter
from revops.lib.errors import Invalid

MOST_LEVELS = 8
MOST_LEAVES = 100
MOST_DAYS = 3_650
MOST_STEPS = 5
# Of the language; written at the root of what is kept (field.ConditionField), left out where it is held in memory.
VERSION = 1

GROUPS = {"all": "All of", "any": "Any of", "none": "None of"}
SHAPES = "all, any, none, or a leaf with attribute, touches, last or sequence"
PRESENCE = ["is_set", "is_missing"]
OPS = {
    TEXT: ["is", "is_not", "in", "not_in", "contains", "starts_with", *PRESENCE],
    ORDERED: ["is", "is_not", "in", "not_in", "at_least", "at_most", *PRESENCE],
    NUMBER: ["is", "is_not", "in", "not_in", "at_least", "at_most", *PRESENCE],
    DATE: ["is", "before", "after", *PRESENCE],
    YES_NO: ["is", "is_not", *PRESENCE],
    LIST: ["contains", "in", "not_in", *PRESENCE],
}


@dataclass(frozen=True, slots=True)
class Group:
    """kind: all, any or none. An `all` without parts is the condition that always holds."""

    kind: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    attribute: Attribute
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Count:
    """From `at_least` to `at_most` touches (or distinct keys of them) in (as_of − within_days, as_of], or ever."""

    touches: Mapping[str, Any]
    at_least: int
    within_days: float | None
    distinct: str
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """The age in days of the newest such touch: `at_least_days` ≤ age < `at_most_days`. Unknown when there is none."""

    touches: Mapping[str, Any]
    at_least_days: float | None
    at_most_days: float | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Touches of each step in this order, the first less than `within_days` before the last; or ever."""

    steps: tuple[Mapping[str, Any], ...]
    within_days: float | None


Leaf = Compare | Count | Last | Sequence
Node = Group | Leaf
ALWAYS = Group("all", ())


def read(condition: Any) -> Node:
    """The checked tree. Raises Invalid with all flaws; its `field`s are paths like `all[1].value`."""
    condition = bare(condition)
    if condition == {} and isinstance(condition, dict):
        return ALWAYS
    reader = _Reader(known=attributes.known(names(condition)))
    node = reader.root(condition)
    if reader.errors:
        first = reader.errors[0]
        raise Invalid(first["detail"], code=first["code"], field=first["field"], errors=reader.errors)
    return node


def bare(condition: Any) -> Any:
    """Without the version at its root, if that is one we can read; anything else as it is."""
    if isinstance(condition, dict) and condition.get("version") == VERSION and type(condition["version"]) is int:
        return {name: value for name, value in condition.items() if name != "version"}
    return condition


def versioned(condition: Any) -> Any:
    """As it is kept: with the version at the root. {} says nothing and stays {}."""
    plain = bare(condition)
    return {"version": VERSION, **plain} if isinstance(plain, dict) and plain and "version" not in plain else condition


def longest_window(node: Node) -> float:
    """Days after the last touch in which time alone may still change the answer; 0 when it never does."""
    if isinstance(node, Group):
        return max((longest_window(part) for part in node.parts), default=0)
    if isinstance(node, Count):
        return node.within_days or 0
    return max(node.at_least_days or 0, node.at_most_days or 0) if isinstance(node, Last) else 0


def leaf(data: Any, known: Mapping[str, Attribute]) -> Leaf:
    """One leaf whose attributes were looked up already. Raises Invalid; its fields are `value`, `op` and such."""
    reader = _Reader(known)
    node = reader.node(data, "", 1)
    if not reader.errors and not isinstance(node, Group):
        return node
    first = (reader.errors or [{"field": "", "code": "unknown_shape", "detail": "This is no single condition."}])[0]
    raise Invalid(first["detail"], code=first["code"], field=first["field"], errors=reader.errors or None)


def names(condition: Any) -> set[str]:
    """Names of attributes mentioned in the first levels; what lies deeper is refused anyway."""
    found: set[str] = set()
    level = [condition]
    for _ in range(MOST_LEVELS + 1):
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                if isinstance(one.get("attribute"), str):
                    found.add(one["attribute"])
                for kind in GROUPS:
                    if isinstance(one.get(kind), list):
                        deeper += one[kind][:MOST_LEAVES]
        level = deeper[: MOST_LEAVES * MOST_LEVELS]
    return found


def attributes_of(node: Node) -> dict[str, Attribute]:
    """Those a tree compares, by name, in the order of their first mention."""
    if isinstance(node, Group):
        return {name: one for part in node.parts for name, one in attributes_of(part).items()}
    return {node.attribute.name: node.attribute} if isinstance(node, Compare) else {}


class _Reader:
    def __init__(self, known: Mapping[str, Attribute]) -> None:
        self.known = known
        self.errors: list[dict[str, str]] = []
        self.leaves = 0

    def problem(self, path: str, code: str, detail: str) -> None:
        shown = path[:200].encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        self.errors.append({"field": shown, "code": code, "detail": detail})

    def root(self, data: Any) -> Node:
        if isinstance(data, dict) and "version" in data:  # what we can read was taken off
            self.problem("version", "unknown_version", f"Conditions are of version {VERSION}.")
            return ALWAYS
        return self.node(data, "", 1)

    def node(self, data: Any, path: str, level: int) -> Node:
        if len(self.errors) >= 20:
            return ALWAYS
        if not isinstance(data, dict):
            self.problem(path, "not_an_object", "A condition is an object.")
        elif level > MOST_LEVELS:
            self.problem(path, "too_deep", f"Conditions nest at most {MOST_LEVELS} levels.")
        elif "attribute" in data:
            return self.compare(data, path)
        elif "touches" in data:
            return self.count(data, path)
        elif "last" in data:
            return self.last(data, path)
        elif "sequence" in data:
            return self.sequence(data, path)
        elif len(data) == 1 and (kind := next(iter(data))) in GROUPS:
            return self.group(kind, data[kind], path, level)
        else:
            self.problem(path, "unknown_shape", f"Give one of {SHAPES}.")
        return ALWAYS

    def group(self, kind: str, parts: Any, path: str, level: int) -> Node:
        here = f"{path}.{kind}" if path else kind
        if not isinstance(parts, list) or not parts:
            self.problem(here, "not_a_list", "A group holds a list of at least one condition.")
            return ALWAYS
        if len(parts) > MOST_LEAVES:
            self.problem(here, "too_many", f"A condition has at most {MOST_LEAVES} leaves.")
            return ALWAYS
        return Group(kind, tuple(self.node(part, f"{here}[{i}]", level + 1) for i, part in enumerate(parts)))

    def leaf(self, data: dict, path: str, fields: set[str]) -> str:
        """Counts the leaf, refuses unknown fields, and gives the path's beginning for its fields."""
        self.leaves += 1
        if self.leaves == MOST_LEAVES + 1:
            self.problem(path, "too_many", f"A condition has at most {MOST_LEAVES} leaves.")
        start = f"{path}." if path else ""
        for name in data.keys() - fields:
            self.problem(f"{start}{name}", "unknown_field", f"A leaf has {', '.join(sorted(fields))}.")
        return start

    def compare(self, data: dict, path: str) -> Node:
        start = self.leaf(data, path, {"attribute", "op", "value"})
        name, op = data["attribute"], data.get("op")
        attribute = self.known.get(name) if isinstance(name, str) else None
        if attribute is None:
            called = f" {name[:80]!a}" if isinstance(name, str) else ""
            self.problem(f"{start}attribute", "unknown_attribute", f"There is no attribute{called}.")
            return ALWAYS
        if op not in OPS[attribute.type]:
            self.problem(f"{start}op", "unknown_op", f"{name} takes {', '.join(OPS[attribute.type])}.")
            return ALWAYS
        if op in PRESENCE:
            if "value" in data:
                self.problem(f"{start}value", "unknown_field", f"{op} takes no value.")
            return Compare(attribute, op)
        value = data.get("value")
        if op in ("in", "not_in"):
            if not isinstance(value, list) or not 1 <= len(value) <= 500:
                self.problem(f"{start}value", "not_a_list", "Give a list of one to 500 values.")
                return ALWAYS
            wrong = [(f"{start}value[{i}]", flaw) for i, one in enumerate(value) if (flaw := _flaw(attribute, one))]
            value = tuple(value)
        else:
            wrong = [(f"{start}value", flaw)] if (flaw := _flaw(attribute, value)) else []
        for place, (code, detail) in wrong[:5]:
            self.problem(place, code, detail)
        return Compare(attribute, op, value)

    def count(self, data: dict, path: str) -> Node:
        start = self.leaf(data, path, {"touches", "at_least", "at_most", "within_days", "distinct"})
        touch_filter.check(data["touches"], f"{start}touches", self.problem)
        most, distinct = data.get("at_most"), data.get("distinct", "")
        least = data.get("at_least", 1 if most is None else 0)
        if not is_whole(least, 0 if most is not None else 1, 10_000):
            self.problem(f"{start}at_least", "not_a_whole_number", "Give a whole number from 1 to 10,000.")
        elif most is not None and not is_whole(most, 0, 10_000):
            self.problem(f"{start}at_most", "not_a_whole_number", "Give a whole number from 0 to 10,000.")
        elif most is not None and most < least:
            self.problem(f"{start}at_most", "never", f"No number is both {least} or more and {most} or fewer.")
        self.days(data, "within_days", start)
        if distinct and not (isinstance(distinct, str) and distinct in touch_filter.DISTINCT):
            choices = ", ".join(touch_filter.DISTINCT)
            self.problem(f"{start}distinct", "not_a_choice", f"Choose one of {choices}.")
        return ALWAYS if self.errors else Count(data["touches"], least, data.get("within_days"), distinct or "", most)

    def last(self, data: dict, path: str) -> Node:
        start = self.leaf(data, path, {"last", "at_least_days", "at_most_days"})
        touch_filter.check(data["last"], f"{start}last", self.problem)
        least, most = data.get("at_least_days"), data.get("at_most_days")
        good = [self.days(data, name, start) for name in ("at_least_days", "at_most_days")]
        if least is None and most is None:
            self.problem(f"{start}at_least_days", "required", "Say how many days ago: at least, at most, or both.")
        elif all(good) and least is not None and most is not None and most <= least:
            self.problem(f"{start}at_most_days", "never", "The most days ago must be more than the least.")
        return ALWAYS if self.errors else Last(data["last"], least, most)

    def sequence(self, data: dict, path: str) -> Node:
        start = self.leaf(data, path, {"sequence", "within_days"})
        steps = data["sequence"]
        if not isinstance(steps, list) or not 2 <= len(steps) <= MOST_STEPS:
            self.problem(f"{start}sequence", "not_a_list", f"A sequence has two to {MOST_STEPS} steps.")
            return ALWAYS
        for i, step in enumerate(steps):
            touch_filter.check(step, f"{start}sequence[{i}]", self.problem)
        self.days(data, "within_days", start)
        return ALWAYS if self.errors else Sequence(tuple(steps), data.get("within_days"))

    def days(self, data: dict, name: str, start: str) -> bool:
        """Whether the days are left out or good; else that is a problem."""
        value = data.get(name)
        if value is None or is_days(value):
            return True
        self.problem(f"{start}{name}", "not_a_number", f"Give days, more than 0 and at most {MOST_DAYS:,}.")
        return False


def is_number(value: Any) -> bool:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain and abs(value) <= 1e15  # which NaN and infinity are not


def is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_days(value: Any) -> bool:
    return is_number(value) and 1 / 1440 <= value <= MOST_DAYS


def _flaw(attribute: Attribute, value: Any) -> tuple[str, str] | None:
    """(code, detail) when `value` cannot be compared with the attribute."""
    kind = attribute.type
    if kind == NUMBER:
        return None if is_number(value) else ("not_a_number", "Give a number between −10^15 and 10^15.")
    if kind == YES_NO:
        return None if isinstance(value, bool) else ("not_yes_or_no", "Give true or false.")
    if kind == DATE:
        try:
            if isinstance(value, str) and len(value) == 10:
                date.fromisoformat(value)
                return None
        except ValueError:
            pass
        return "not_a_date", "Give a date like 2026-11-27."
    if kind == ORDERED:
        if isinstance(value, str) and value in (attribute.choices or {}):
            return None
        return "not_a_choice", f"Choose one of {', '.join(attribute.choices or {})}."
    return None if touch_filter.is_text(value) else ("not_a_text", "Give a text of 1 to 500 characters.")
