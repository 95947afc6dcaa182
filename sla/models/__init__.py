from sla.models.clock import Clock, Effect
from sla.models.policy import Policy, PolicySet, Target, Tier

__all__ = ["Clock", "Effect", "Policy", "PolicySet", "Target", "Tier"]
