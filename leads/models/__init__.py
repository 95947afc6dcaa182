from leads.models.attribute import AttributeDefinition, AttributeFact
from leads.models.company import Company
from leads.models.consent import ConsentEvent, ConsentState, ConsentText
from leads.models.duplicate import Likeness, Merge, Pair, PairState, ToCompare
from leads.models.form import Form
from leads.models.hook import Connection, Delivery, EventState, HookEvent, Provider
from leads.models.importing import (
    AT_WORK,
    CompanyKey,
    ImportChunk,
    ImportMode,
    ImportPreset,
    ImportProblem,
    ImportRun,
    ImportState,
)
from leads.models.lead import Lead, LeadQuerySet
from leads.models.ownership import Ownership
from leads.models.person import Person, PersonKey
from leads.models.qualification import Qualification, Snapshot
from leads.models.rights import DataRequest, Erased, RequestKind, RequestState
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
from leads.models.submission import Door, Outcome, Submission
from leads.models.territory import Territory, TerritoryArea
from leads.models.touch import Touch
from leads.models.visit import EventMapping, Visit, VisitEvent, Visitor, WriteKey

__all__ = [
    "AT_WORK",
    "OPEN_STAGES",
    "AccountList",
    "AttributeDefinition",
    "AttributeFact",
    "Company",
    "CompanyKey",
    "Connection",
    "ConsentEvent",
    "ConsentState",
    "ConsentText",
    "DataRequest",
    "Delivery",
    "Door",
    "Erased",
    "EventMapping",
    "EventState",
    "Form",
    "HookEvent",
    "ImportChunk",
    "ImportMode",
    "ImportPreset",
    "ImportProblem",
    "ImportRun",
    "ImportState",
    "Lead",
    "LeadQuerySet",
    "Likeness",
    "Merge",
    "NamedAccount",
    "Outcome",
    "Ownership",
    "Pair",
    "PairState",
    "Person",
    "PersonKey",
    "Pool",
    "PoolMember",
    "Provider",
    "Qualification",
    "Reason",
    "RequestKind",
    "RequestState",
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
    "ToCompare",
    "Touch",
    "Visit",
    "VisitEvent",
    "Visitor",
    "Waiting",
    "WriteKey",
]
