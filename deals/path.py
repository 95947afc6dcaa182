"""What a deal's page shows of its way: the stages with the time in each, the exit criteria, the people."""

from datetime import datetime, timedelta
from typing import Any

from deals.models import ContactRole, Deal, ExitCriterion, PipelineStage, Stint


def of(deal: Deal, *, now: datetime) -> list[dict[str, Any]]:
    """The stages of its pipeline in order: {stage, state (here, been, skipped, ahead), seconds there}; two queries."""
    stages = list(PipelineStage.objects.filter(pipeline_id=deal.pipeline_id, retired_at=None))
    spent: dict[int, timedelta] = {}
    skipped = set()
    for stint in Stint.objects.filter(deal=deal):
        if stint.skipped:
            skipped.add(stint.stage_id)
        else:
            length = (stint.left_at or deal.closed_at or now) - stint.entered_at
            spent[stint.stage_id] = spent.get(stint.stage_id, timedelta()) + length
    return [
        {
            "stage": stage, "seconds": spent[stage.pk].total_seconds() if stage.pk in spent else None,
            "state": "here" if stage.pk == deal.pipeline_stage_id
            else "been" if stage.pk in spent else "skipped" if stage.pk in skipped else "ahead",
        }
        for stage in stages
    ]  # fmt: skip


def criteria(deal: Deal) -> list[dict[str, Any]]:
    """What the present stage asks for: {criterion, met (with evidence, when and by whom) or None}; two queries."""
    asked = list(ExitCriterion.objects.filter(stage_id=deal.pipeline_stage_id, retired_at=None))
    met = {one.criterion_id: one for one in deal.criteria_met.select_related("by")} if asked else {}
    return [{"criterion": one, "met": met.get(one.pk)} for one in asked]


def people(deal: Deal) -> list[ContactRole]:
    """The primary contact first; one query."""
    return list(deal.roles.select_related("person"))
