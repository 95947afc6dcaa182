"""The conditions this room keeps, for whoever takes away what they name (settings.CONDITION_HOLDERS)."""

from collections.abc import Iterator
from typing import Any

from scoring.definitions import STAGES, current
from scoring.models import Definition, Icp, Rule, ScoringModel

IN_USE = [ScoringModel.State.PUBLISHED, ScoringModel.State.SHADOW, ScoringModel.State.DRAFT]


def held() -> Iterator[tuple[str, Any]]:
    """The definitions in force and those to come, the rules of the models in force and in the making, and the profile.

    What a fit rule asks and of whom an engagement or usage rule counts are both conditions.
    """
    for stage in STAGES:
        if (now := current(stage)) is not None:
            versions = Definition.objects.filter(stage=stage, version__gte=now.version)
            for predicate in versions.values_list("predicate", flat=True):
                yield f"the definition of {stage.upper()}", predicate
    for name, condition in Rule.objects.filter(model__state__in=IN_USE).values_list("name", "condition"):
        yield f"the scoring rule {name}", condition
    for criteria in Icp.objects.exclude(state=Icp.State.RETIRED).values_list("criteria", flat=True):
        if criteria:
            yield "the ideal customer profile", {"all": criteria}
