"""What an MQL, an SAL and an SQL are here: in force, and why a lead does or does not meet one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Q, Value, When

from leads.conditions import tree, words
from leads.conditions.sql import Writer
from leads.conditions.tree import Group, Node
from leads.rehearsal import Beside
from revops.lib import bulk
from revops.lib.now import now as present
from scoring.models import Definition

STAGES = ["mql", "sal", "sql"]


def current(stage: str, *, at: datetime | None = None) -> Definition | None:
    """The newest version in force at `at` (the edge's now when not given); before the first version, the first."""
    begun = Q(effective_at__lte=at or present())
    return (
        Definition.objects.filter(stage=stage, state=Definition.State.PUBLISHED)
        .alias(
            begun=Case(When(begun, then=Value(1)), default=Value(0)),
            nearest=Case(When(begun, then=F("version")), default=-F("version")),
        )
        .order_by("-begun", "-nearest")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """`meets`: True, False, or None = unknown. `failing`: the first leaf that fails or is unknown, in words."""

    meets: bool | None
    failing: str = ""

    def __str__(self) -> str:
        if self.meets:
            return "Meets the definition."
        return f"{'Unknown' if self.meets is None else 'Not met'}: {self.failing}."


def check(condition: dict, lead_id: int, *, as_of: datetime, moment: str = "now") -> Finding:
    """Whether a lead meets a condition, naming the first failing leaf; one query, every node its own column."""
    found = findings(condition, [lead_id], as_of=as_of, moment=moment)
    return found.get(lead_id) or Finding(None, "there is no such lead")


def findings(
    condition: dict, lead_ids: Sequence[int], *, as_of: Any, moment: str = "now",
    given: Mapping[str, str] | None = None, beside: Beside | None = None,
) -> dict[int, Finding]:  # fmt: skip
    """The same of several leads, in one query. `as_of`: a moment, or the SQL of one a lead (AsIs). `given`: SQL of
    attributes over the aliases p, c, l and s, what was kept of the lead when it became an MQL. `beside`: rows in place
    of those that are kept (leads.rehearsal)."""
    root = tree.read(condition)
    nodes: list[Node] = []
    _collect(root, nodes)
    writer = Writer("d", then=moment == "then", given=given)
    columns = ", ".join(writer.node(node) for node in nodes)
    over, more = (beside.text, beside.params) if beside else ("", {})
    rows = bulk.query(
        f"{over}SELECT l.id, {columns} FROM leads_lead l JOIN leads_person p ON p.id = l.person_id "
        "LEFT JOIN leads_company c ON c.id = p.company_id LEFT JOIN leads_snapshot s ON s.lead_id = l.id "
        "WHERE l.id = ANY (%(leads)s)",
        writer.params | {"as_of": as_of, "leads": list(lead_ids)} | more,
    )
    return {row[0]: _finding(root, nodes, row[1:]) for row in rows}


def _finding(root: Node, nodes: list[Node], row: Sequence[bool | None]) -> Finding:
    values = {id(node): value for node, value in zip(nodes, row, strict=True)}
    if values[id(root)]:
        return Finding(True)
    return Finding(values[id(root)], words.phrase(_culprit(root, values)))


def _collect(node: Node, into: list[Node]) -> None:
    into.append(node)
    if isinstance(node, Group):
        for part in node.parts:
            _collect(part, into)


def _culprit(node: Node, values: dict[int, bool | None]) -> Node:
    """The first leaf to blame. In `none` a part that holds is to blame; the whole group then names itself."""
    if not isinstance(node, Group) or node.kind == "none" or not node.parts:
        return node
    blamed = [part for part in node.parts if values[id(part)] is not True]
    if node.kind == "any":
        # What is only unknown could still come true: that is the more useful thing to say.
        blamed.sort(key=lambda part: values[id(part)] is not None)
    else:
        blamed.sort(key=lambda part: values[id(part)] is None)
    return _culprit(blamed[0], values)
