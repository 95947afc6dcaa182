"""When what is counted changed: definitions and models, for the dated lines on charts."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef

from scoring.definitions import STAGES
from scoring.models import Definition, ScoringModel


def versions(since: datetime, until: datetime, *, stages: Collection[str] = STAGES) -> list[tuple[datetime, str]]:
    """[(when it came into force, "MQL definition v3" or "model v4")] within [since, until], in order.

    `stages`: whose definitions the number depends on; the model counts always. First versions are no change, nor is one
    that a later one overtook before its day. Two queries."""
    agreed = Definition.objects.filter(stage__in=stages, state=Definition.State.PUBLISHED)
    overtaken = agreed.filter(
        stage=OuterRef("stage"), version__gt=OuterRef("version"), effective_at__lte=OuterRef("effective_at")
    )
    definitions = agreed.filter(~Exists(overtaken), version__gt=1, effective_at__range=(since, until)).values_list(
        "effective_at", "stage", "version"
    )
    models = ScoringModel.objects.filter(published_at__range=(since, until), version__gt=1).values_list(
        "published_at", "version"
    )
    found = [(at, f"{stage.upper()} definition v{version}") for at, stage, version in definitions]
    return sorted([*found, *((at, f"model v{version}") for at, version in models)])
