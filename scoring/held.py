"""The conditions this room keeps, for whoever takes away what they name (settings.CONDITION_HOLDERS)."""

from collections.abc import Iterator
from typing import Any

from scoring.models import Definition, Rule, ScoringModel

IN_USE = [ScoringModel.State.PUBLISHED, ScoringModel.State.SHADOW, ScoringModel.State.DRAFT]


def held() -> Iterator[tuple[str, Any]]:
    """The newest definition of each stage, and the rules of the models in force and in the making."""
    for stage, predicate in (
        Definition.objects.order_by("stage", "-version").distinct("stage").values_list("stage", "predicate")
    ):
        yield f"the definition of {stage.upper()}", predicate
    for name, condition in Rule.objects.filter(model__state__in=IN_USE).values_list("name", "condition"):
        yield f"the scoring rule {name}", condition
