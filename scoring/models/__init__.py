from scoring.models.definition import Approval, Definition, Side
from scoring.models.icp import Icp, IcpApproval
from scoring.models.learning import LearningRun, Suggestion
from scoring.models.model import Rule, RuleGroup, ScoringModel
from scoring.models.replay import ReplayLead, ReplayRun
from scoring.models.rescoring import Cut, Rescoring, ShadowScore, Waiting

__all__ = [
    "Approval",
    "Cut",
    "Definition",
    "Icp",
    "IcpApproval",
    "LearningRun",
    "ReplayLead",
    "ReplayRun",
    "Rescoring",
    "Rule",
    "RuleGroup",
    "ScoringModel",
    "ShadowScore",
    "Side",
    "Suggestion",
    "Waiting",
]
