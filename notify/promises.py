"""The promises a person can choose channels for, and which one a notice belongs to. Pure."""

from collections.abc import Mapping
from typing import Any

# In the order of the page. A key is a target, or a target and its tier.
PROMISES = {
    "assigned": "A lead is given to you",
    "first_response:hot": "Hot leads are answered",
    "first_response:intent": "High-intent leads are answered",
    "first_response:standard": "Other leads are answered",
    "assignment": "Leads get an owner",
    "disposition": "Leads are decided on",
    "touch_minimum": "Touches after accepting",
    "stage_age": "Time in a stage",
    "next_step": "Next steps",
    "handover": "Hand-over calls",
    "asked": "You are asked to decide",
    "default": "Everything else",
}
CHANNELS = {"browser": "Browser", "email": "E-mail", "slack": "Slack", "teams": "Teams"}
# Five minutes are over before a night is.
BREAKS_QUIET = frozenset({"first_response:hot"})
HANDOVER = frozenset({"handoff_sched", "handoff_call"})
ASKED = frozenset({"lead.stuck", "lead.held", "touch.to_approve", "definition.to_approve", "deal.discount_asked",
                   "content.asked"})  # fmt: skip

# Somebody asked for these by themselves; what they chose for promises does not hold for them.
SUBSCRIBED = frozenset({"mailing.due"})


def of(kind: str, data: Mapping[str, Any]) -> str:
    """The key of PROMISES for a notice of `kind` with `data`."""
    if kind == "lead.assigned":
        return "assigned"
    if kind in ASKED:
        return "asked"
    if kind.startswith("step."):
        return "next_step"
    if not kind.startswith("clock."):
        return "default"
    target, tier = str(data.get("target", "")), str(data.get("tier", ""))
    if target in HANDOVER:
        return "handover"
    key = f"{target}:{tier or 'standard'}" if target == "first_response" else target
    return key if key in PROMISES else "default"
