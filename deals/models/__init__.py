"""A noun a file."""

from deals.models.commercial import (
    Concession,
    DealLine,
    DiscountAuthority,
    DiscountRequest,
    Give,
    Product,
)
from deals.models.deal import Deal, DealQuerySet
from deals.models.field_reports import Competitor, DealCompetitor, Objection, Retrospective
from deals.models.handover_call import HandoverCall
from deals.models.pipeline import ContactRole, CriterionMet, ExitCriterion, Pipeline, PipelineStage, Stint
from deals.stages import DealKind, DealStage, LossReason

__all__ = [
    "Competitor", "Concession", "ContactRole", "CriterionMet", "Deal", "DealCompetitor", "DealKind", "DealLine",
    "DealQuerySet", "DealStage", "DiscountAuthority", "DiscountRequest", "ExitCriterion", "Give", "HandoverCall",
    "LossReason", "Objection", "Pipeline", "PipelineStage", "Product", "Retrospective", "Stint",
]  # fmt: skip
