"""How a score makes an MQL: by cell, by a priority from a number on, or by the top share. One leaf of the predicate.

The studio's grid reads it with `mql_by`; `definition_drafts.set_…` change that leaf alone, in the MQL draft, and what
else the sentence asks for stays word for word. Pure.
"""

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from leads.conditions import tree
from revops.lib.errors import Invalid, Refused
from scoring.attributes import CELLS
from scoring.definitions.fields import SCORES
from scoring.models import Definition

Path = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Cells:
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Threshold:
    """`points`: of the priority, fit plus engagement, 0–200."""

    points: float


@dataclass(frozen=True, slots=True)
class Top:
    """The share itself (`top_share`, percent) belongs to the model."""


By = Cells | Threshold | Top


def mql_by(definition: Definition | None) -> By | None:
    """None: the score has no part in it, or it is said in a way (several places, “not”) that no grid can show."""
    leaves = _leaves(definition.predicate) if definition else []
    return _said(*leaves[0]) if len(leaves) == 1 else None


def cells(names: Collection[str]) -> dict[str, Any]:
    """The leaf “one of these cells”. Raises Invalid."""
    marked = sorted({str(name) for name in names})
    if not marked or not set(marked) <= set(CELLS):
        raise Invalid("Mark at least one cell, from A1 to C3.", code="not_a_choice", field="cells")
    return {"attribute": "score.cell", "op": "in", "value": marked}


def threshold(points: float) -> dict[str, Any]:
    """The leaf “this priority or more”. Raises Invalid."""
    if not tree.is_number(points) or not 0 < points <= 200:
        raise Invalid("Give a priority above 0 and at most 200.", code="not_a_number", field="points")
    return {"attribute": "score.priority", "op": "at_least", "value": points}


TOP = {"attribute": "score.top", "op": "is", "value": True}


def put(predicate: dict[str, Any], leaf: dict[str, Any]) -> dict[str, Any]:
    """The predicate with this leaf in the place of the one about the score; added where there was none.

    Raises Refused where the sentence says it in a way that can't be exchanged leaf for leaf.
    """
    leaves = _leaves(predicate)
    if len(leaves) > 1:
        raise Refused(
            "The sentence names the score in several places: change it there. Nothing was changed.", code="several"
        )
    root = deepcopy(predicate)
    if leaves:
        path, old = leaves[0]
        if _said(path, old) is None:
            raise Refused("The sentence says it in other words: change it there. Nothing was changed.", code="several")
        if not path:
            return leaf
        node = root
        for kind, index in path[:-1]:
            node = node[kind][index]
        kind, index = path[-1]
        node[kind][index] = leaf
        return root
    if list(root) == ["any"]:
        return {"any": [*root["any"], leaf]}
    return {"any": [root, leaf]} if root else leaf


def read(leaf: dict[str, Any]) -> By | None:
    """What a leaf says about the score; None when it is about something else or in other words."""
    name, op, value = leaf.get("attribute"), leaf.get("op"), leaf.get("value")
    if name == "score.cell" and op in ("is", "in"):
        return Cells(frozenset(value if isinstance(value, list) else [value]))
    if name == "score.priority" and op == "at_least":
        return Threshold(float(value))  # type: ignore[arg-type]
    return Top() if name == "score.top" and op == "is" and value is True else None


def _said(path: Path, leaf: dict[str, Any]) -> By | None:
    """What a leaf says where it stands: under “none of” the opposite, which is none of the three."""
    return None if any(kind == "none" for kind, _ in path) else read(leaf)


def _leaves(node: dict[str, Any], path: Path = ()) -> list[tuple[Path, dict[str, Any]]]:
    """Every leaf about these scores, wherever it stands."""
    if node.get("attribute") in SCORES:
        return [(path, node)]
    return [
        found
        for kind in ("all", "any", "none")
        for index, part in enumerate(node.get(kind, []))
        for found in _leaves(part, (*path, (kind, index)))
    ]
