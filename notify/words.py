"""What a notice says: its kind and codes, with the names of those it is about. Pure."""

from collections.abc import Mapping
from typing import Any

TARGETS = {"first_response": "First response", "assignment": "Assignment", "disposition": "The decision"}
BECAUSE = {"manual": "by hand", "handover": "by handover", "accepted": "by accepting it"}


def sentence(kind: str, data: Mapping[str, Any], subject: str) -> str:
    """`subject`: whose lead it is. An unknown kind is said plainly, never left out."""
    who = subject or "A lead"
    target = TARGETS.get(str(data.get("target", "")), "A clock")
    if kind == "lead.assigned":
        how = BECAUSE.get(str(data.get("cause", "")), "")
        return f"{who} is yours now{f', {how}' if how else ''}."
    if kind == "clock.warned":
        return f"{who}: {target[:1].lower()}{target[1:]} has used {data.get('level', '')}% of its time."
    if kind == "clock.breached":
        return f"{who}: {target[:1].lower()}{target[1:]} is late."
    if kind == "clock.escalated":
        return f"{who} waits too long in your team: {target[:1].lower()}{target[1:]} is late."
    return f"{who}: {kind.replace('.', ' ').replace('_', ' ')}."
