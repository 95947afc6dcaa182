"""A checked condition as one bound SQL expression; the same text serves one lead, a million, and the past."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT, in_the_past
from leads.conditions import touch_filter
from leads.conditions.tree import Compare, Count, Group, Last, Node, Sequence

PREFIX = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Sql:
    """`text` with named placeholders; `params` holds all of them but `as_of`."""

    text: str
    params: dict[str, Any]


def compiled(node: Node, *, prefix: str, moment: str, given: Mapping[str, str] | None = None) -> Sql:
    """See leads.conditions.compile."""
    if not PREFIX.fullmatch(prefix) or moment not in ("now", "then"):
        raise ValueError(f"Not a prefix and moment: {prefix!r}, {moment!r}")
    writer = Writer(prefix, then=moment == "then", given=given)
    return Sql(writer.node(node), writer.params)


class Writer:
    """Collects bound parameters while it writes; `bind` is the only way a value gets into a statement."""

    def __init__(self, prefix: str, *, then: bool, given: Mapping[str, str] | None = None) -> None:
        self.prefix, self.then, self.given = prefix, then, given or {}
        self.params: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        name = f"{self.prefix}_{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def node(self, node: Node) -> str:
        if isinstance(node, Group):
            return self.group(node)
        if isinstance(node, Compare):
            return self.compare(node)
        if isinstance(node, Last):
            return self.last(node)
        return self.sequence(node) if isinstance(node, Sequence) else self.count(node)

    def group(self, group: Group) -> str:
        if not group.parts:
            return "TRUE"
        joined = (" AND " if group.kind == "all" else " OR ").join(self.node(part) for part in group.parts)
        return f"(NOT ({joined}))" if group.kind == "none" else f"({joined})"

    def compare(self, leaf: Compare) -> str:
        attribute, op = leaf.attribute, leaf.op
        value = self.given.get(attribute.name) or (in_the_past(attribute) if self.then else attribute.sql)
        if op == "is_set":
            return f"({value} IS NOT NULL)"
        if op == "is_missing":
            return f"({value} IS NULL)"
        if attribute.type == LIST:
            return self.among(leaf, value)
        if attribute.type == ORDERED:
            rank = {code: i for i, code in enumerate(attribute.choices or {})}
            value = f"(CASE {value} {' '.join(f'WHEN {self.bind(code)} THEN {i}' for code, i in rank.items())} END)"
            return self.simple(op, value, _each(leaf.value, rank.__getitem__), "{}")
        if attribute.type == DATE:
            return self.simple(op, value, date.fromisoformat(leaf.value), "{}")
        if attribute.type == TEXT:
            return self.simple(op, f"lower({value})", leaf.value, "lower({})")
        return self.simple(op, value, leaf.value, "{}" if attribute.type != NUMBER else "{}::numeric")

    def simple(self, op: str, value: str, wanted: Any, form: str) -> str:
        if op in ("in", "not_in"):
            choices = ", ".join(form.format(self.bind(one)) for one in wanted)
            return f"({value} {'IN' if op == 'in' else 'NOT IN'} ({choices}))"
        right = form.format(self.bind(wanted))
        if op == "contains":
            return f"(strpos({value}, {right}) > 0)"
        if op == "starts_with":
            return f"starts_with({value}, {right})"
        sign = {"is": "=", "is_not": "<>", "at_least": ">=", "at_most": "<=", "before": "<", "after": ">"}[op]
        return f"({value} {sign} {right})"

    def among(self, leaf: Compare, value: str) -> str:
        """A list holds (one of) the wanted texts; an unknown list answers NULL."""
        wanted = [leaf.value] if leaf.op == "contains" else leaf.value
        choices = ", ".join(f"lower({self.bind(one)})" for one in wanted)
        holds = f"EXISTS (SELECT 1 FROM unnest({value}) AS one(v) WHERE lower(one.v) IN ({choices}))"
        return f"(CASE WHEN {value} IS NOT NULL THEN {'NOT ' if leaf.op == 'not_in' else ''}{holds} END)"

    def count(self, leaf: Count) -> str:
        reloads = not leaf.distinct and touch_filter.counts_reloads(leaf.touches)
        source = touch_filter.of_person(known_then=self.then, reloads=reloads)
        conditions = [touch_filter.matches(leaf.touches, self.bind)]
        if reloads:
            conditions.append("t.fresh")
        if leaf.within_days is not None:
            conditions.append(f"t.occurred_at > {window_start(self.bind(leaf.within_days))}")
        what = f"DISTINCT {touch_filter.DISTINCT[leaf.distinct].format(t='t')}" if leaf.distinct else "*"
        number = f"(SELECT count({what}) FROM {source} WHERE {' AND '.join(conditions)})"
        if leaf.at_most is None:
            return f"({number} >= {self.bind(leaf.at_least)})"
        return f"({number} BETWEEN {self.bind(leaf.at_least)} AND {self.bind(leaf.at_most)})"

    def last(self, leaf: Last) -> str:
        """NULL when there is no such touch."""
        source = touch_filter.of_person(known_then=self.then, reloads=False)
        parts = []
        if leaf.at_least_days is not None:
            parts.append(f"max(t.occurred_at) <= {window_start(self.bind(leaf.at_least_days))}")
        if leaf.at_most_days is not None:
            parts.append(f"max(t.occurred_at) > {window_start(self.bind(leaf.at_most_days))}")
        matches = touch_filter.matches(leaf.touches, self.bind)
        return f"(SELECT {' AND '.join(parts)} FROM {source} WHERE {matches})"

    def sequence(self, leaf: Sequence) -> str:
        """Every touch carries, for each step it can be, the latest moment at which the steps before it began."""
        reloads = any(touch_filter.counts_reloads(step) for step in leaf.steps)
        source = touch_filter.of_person(known_then=self.then, reloads=reloads)
        for i, step in enumerate(leaf.steps):
            matches = touch_filter.matches(step, self.bind)
            if touch_filter.counts_reloads(step):
                matches += " AND t.fresh"
            began = f"max(t.s{i - 1}) OVER before" if i else "t.occurred_at"
            before = "WINDOW before AS (ORDER BY t.occurred_at, t.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
            source = (
                f"(SELECT t.*, CASE WHEN {matches} THEN {began} END AS s{i} FROM {source}{f' {before}' if i else ''}) t"
            )
        whole = f"t.s{len(leaf.steps) - 1}"
        if leaf.within_days is None:
            return f"EXISTS (SELECT 1 FROM {source} WHERE {whole} IS NOT NULL)"
        days = f"{self.bind(leaf.within_days)} * interval '24 hours'"
        return f"EXISTS (SELECT 1 FROM {source} WHERE {whole} > t.occurred_at - {days})"


def window_start(days: str) -> str:
    """The excluded beginning of (as_of − days, as_of]; `days` is a placeholder."""
    return f"%(as_of)s::timestamptz - {days} * interval '24 hours'"


def _each(value: Any, change) -> Any:
    return [change(one) for one in value] if isinstance(value, tuple) else change(value)
