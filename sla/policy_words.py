"""A promise in words: its lines as sentences, lengths of time, who is told, and what a draft changes."""

from collections.abc import Iterator
from typing import Any

from sla.models import Policy, SetState


def held() -> Iterator[tuple[str, Any]]:
    """The conditions of the lines in force and of the draft (settings.CONDITION_HOLDERS)."""
    states = {SetState.PUBLISHED: "in force", SetState.DRAFT: "in the draft"}
    for name, state, condition in Policy.objects.filter(policy_set__state__in=states).values_list(
        "name", "policy_set__state", "condition"
    ):
        yield f"the promise {name} ({states[SetState(state)]})", condition
