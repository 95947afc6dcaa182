from leads.models.attribute import AttributeDefinition, AttributeFact
from leads.models.company import Company
from leads.models.consent import ConsentEvent, ConsentState, ConsentText
from leads.models.form import Form
from leads.models.hook import Connection, Delivery, EventState, HookEvent, Provider
from leads.models.lead import Lead, LeadQuerySet
from leads.models.ownership import Ownership
from leads.models.person import Person, PersonKey
from leads.models.qualification import Qualification, Snapshot
from leads.models.routing import (
    AccountList,
    NamedAccount,
    Pool,
    PoolMember,
    Rotation,
    RoutingPlan,
    RoutingRule,
    RoutingRun,
    RoutingRunLead,
    Waiting,
)
from leads.models.segment import Segment
from leads.models.stage import OPEN_STAGES, Reason, Stage
from leads.models.submission import Door, ImportRun, Outcome, Submission
from leads.models.territory import Territory, TerritoryArea
from leads.models.touch import Touch

__all__ = [
    "OPEN_STAGES",
    "AccountList",
    "AttributeDefinition",
    "AttributeFact",
    "Company",
    "Connection",
    "ConsentEvent",
    "ConsentState",
    "ConsentText",
    "Delivery",
    "Door",
    "EventState",
    "HookEvent",
    "Form",
    "ImportRun",
    "Lead",
    "LeadQuerySet",
    "Outcome",
    "NamedAccount",
    "Ownership",
    "Person",
    "PersonKey",
    "Pool",
    "PoolMember",
    "Provider",
    "Qualification",
    "Reason",
    "Rotation",
    "RoutingPlan",
    "RoutingRule",
    "RoutingRun",
    "RoutingRunLead",
    "Segment",
    "Snapshot",
    "Stage",
    "Submission",
    "Territory",
    "TerritoryArea",
    "Touch",
    "Waiting",
]
