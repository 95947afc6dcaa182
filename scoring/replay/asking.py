"""A definition asked of scores that a replay has worked out, wherever they come from: the alias v."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leads.conditions import tree
from leads.conditions.sql import Writer
from leads.conditions.tree import Node

COLUMNS = ["fit", "engagement", "usage", "pql", "cell"]
SCORED = {
    "score.cell": "v.cell", "score.fit": "v.fit", "score.engagement": "v.engagement", "score.usage": "v.usage",
    "score.priority": "(v.fit + v.engagement)", "score.pql": "v.pql",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """`meets`: SQL over v. `kept`: what it asks besides scores, worked out once a moment as q.<name>."""

    meets: str
    kept: tuple[str, ...]
    params: dict[str, Any]


def asked_of(node: Node | None, prefix: str, given: Mapping[str, str], *, top: str) -> Asked:
    """`given`: SQL of attributes as they were known; `top`: SQL whether v is among the best of its pool."""
    if node is None:
        return Asked("FALSE", (), {})
    writer = _Hoisting(prefix, given={**given, **SCORED, "score.top": top})
    meets = writer.node(node)
    return Asked(meets, tuple(writer.kept), writer.params)


def named(scores: Sequence[str]) -> str:
    """What Compared.scores gives, as columns of v."""
    return ", ".join(f"{text} AS {name}" for text, name in zip(scores, COLUMNS, strict=True))


def of_score(name: str) -> bool:
    return name.startswith("score.")


class _Hoisting(Writer):
    """Parts that ask nothing of scores are named and kept aside."""

    def __init__(self, prefix: str, *, given: Mapping[str, str]) -> None:
        super().__init__(prefix, then=True, given=given)
        self.kept: list[str] = []
        self.aside = False

    def node(self, node: Node) -> str:
        if self.aside or any(of_score(name) for name in tree.attributes_of(node)):
            return super().node(node)
        self.aside = True
        name = f"{self.prefix}k{len(self.kept)}"
        self.kept.append(f"({super().node(node)}) AS {name}")
        self.aside = False
        return f"q.{name}"
