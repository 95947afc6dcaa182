"""The published model and the MQL definition in force, compiled once a process.

Published rows never change, so what was compiled for a pair of ids stays true; the statement that scores checks in
passing that the pair is still the one in force (see rescore).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from leads import conditions
from leads.conditions import tree
from scoring import cuts
from scoring.compiling import Compiled, compiled
from scoring.models import Definition, Rule, ScoringModel

# The newest definition in force at a moment; before the first one, the first one.
DEFINITION_IN_FORCE = (
    "SELECT d.id FROM scoring_definition d WHERE d.stage = {stage} AND d.state = 'published' "
    "ORDER BY d.effective_at <= %(as_of)s DESC, "
    "CASE WHEN d.effective_at <= %(as_of)s THEN d.version ELSE -d.version END DESC LIMIT 1"
)
MODEL_IN_FORCE = "SELECT m.id FROM scoring_scoringmodel m WHERE m.state = 'published'"

NAMED = (
    ("lead.hand_raise", "hand_raise"), ("score.cell", "cell"), ("score.top", "top"), ("score.priority", "threshold"),
    ("score.pql", "pql"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """`meets`: SQL whether lead l of person p meets the MQL definition; `because`: SQL naming the branch it met.

    `window`: days of the longest touch window in any condition; None without one. `cut`: SQL of the priority that
    scores are compared with, NULL by cells.
    """

    scoring: Compiled
    definition: Definition | None
    meets: str
    because: str
    window: float | None
    params: dict[str, Any]
    cut: str = "NULL::float8"


def published(*, at: datetime) -> tuple[ScoringModel | None, Definition | None]:
    """The model in force and the MQL definition in force at `at`; two queries."""
    from scoring.definitions import current

    return ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first(), current("mql", at=at)


def in_force(*, at: datetime) -> InForce | None:
    """None when no model is published."""
    model, definition = published(at=at)
    if model is None:
        return None
    return _prepared(model.pk, model.published_at, definition.pk if definition else None)


def of_model(model: ScoringModel, *, moment: str = "now") -> Compiled:
    """A model's SQL; drafts are compiled each time, since they change, and one in the shadow after each edit before."""
    if model.state == ScoringModel.State.DRAFT:
        return _compiled(model, moment)
    return _kept(model.pk, model.published_at or model.edited_at, moment)


@lru_cache(maxsize=64)
def _kept(model_id: int, published_at: datetime | None, moment: str) -> Compiled:
    return _compiled(ScoringModel.objects.get(pk=model_id), moment)


def _compiled(model: ScoringModel, moment: str) -> Compiled:
    return compiled(model, Rule.objects.filter(model=model).select_related("group"), moment=moment)


@lru_cache(maxsize=64)
def _prepared(model_id: int, published_at: datetime | None, definition_id: int | None) -> InForce:
    scoring = _kept(model_id, published_at, "now")
    definition = Definition.objects.get(pk=definition_id) if definition_id else None
    windows = [tree.longest_window(tree.read(rule.condition)) for rule in scoring.rules]
    if definition is None:
        return InForce(scoring, None, "FALSE", "''", max(windows, default=0) or None, {})
    node = tree.read(definition.predicate)
    meets = conditions.compile(definition.predicate, prefix="d", given=cuts.WHILE_SCORING)
    branches = [
        (conditions.compile(branch, prefix=f"d{i}", given=cuts.WHILE_SCORING), _named(tree.read(branch)))
        for i, branch in enumerate(definition.predicate.get("any", []))
    ]
    cases = " ".join(f"WHEN {sql.text} THEN '{name}'" for sql, name in branches)
    params = dict(meets.params)
    for sql, _ in branches:
        params |= sql.params
    return InForce(
        scoring, definition, meets.text, f"CASE {cases} ELSE 'rule' END" if cases else f"'{_named(node)}'",
        max([*windows, tree.longest_window(node)]) or None, params,
        cuts.cut_of(definition),
    )  # fmt: skip


def _named(node: tree.Node) -> str:
    """Why a lead that met this branch became an MQL: by what the branch asks for first of all."""
    names = tree.attributes_of(node)
    for name, word in NAMED:
        if name in names:
            return word
    return "rule"
