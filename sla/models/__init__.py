from revops.lib.runs import RunState
from sla.models.clock import Clock, Effect, Pause
from sla.models.commitment import Commitment
from sla.models.followups import Hop, NextStep, Parked
from sla.models.policy import (
    Carry,
    Channel,
    Hours,
    PauseReason,
    Policy,
    PolicySet,
    SetState,
    Step,
    Target,
    Tier,
    Unit,
    Who,
)
from sla.models.replay_run import ReplayRun

__all__ = [
    "Carry",
    "Channel",
    "Clock",
    "Commitment",
    "Effect",
    "Hop",
    "Hours",
    "NextStep",
    "Parked",
    "Pause",
    "PauseReason",
    "Policy",
    "PolicySet",
    "ReplayRun",
    "RunState",
    "SetState",
    "Step",
    "Target",
    "Tier",
    "Unit",
    "Who",
]
