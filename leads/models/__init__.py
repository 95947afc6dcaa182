from leads.models.attribute import AttributeDefinition, AttributeFact
from leads.models.company import Company
from leads.models.consent import ConsentEvent, ConsentState, ConsentText
from leads.models.lead import Lead, LeadQuerySet
from leads.models.ownership import Ownership
from leads.models.person import Person, PersonKey
from leads.models.qualification import Qualification, Snapshot
from leads.models.routing import Pool, PoolMember, Rotation, RoutingRule
from leads.models.segment import Segment
from leads.models.stage import OPEN_STAGES, Reason, Stage
from leads.models.submission import Door, ImportRun, Outcome, Submission
from leads.models.territory import Territory, TerritoryArea
from leads.models.touch import Touch

__all__ = [
    "OPEN_STAGES",
    "AttributeDefinition",
    "AttributeFact",
    "Company",
    "ConsentEvent",
    "ConsentState",
    "ConsentText",
    "Door",
    "ImportRun",
    "Lead",
    "LeadQuerySet",
    "Outcome",
    "Ownership",
    "Person",
    "PersonKey",
    "Pool",
    "PoolMember",
    "Qualification",
    "Reason",
    "Rotation",
    "RoutingRule",
    "Segment",
    "Snapshot",
    "Stage",
    "Submission",
    "Territory",
    "TerritoryArea",
    "Touch",
]
