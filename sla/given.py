"""The lines nobody edits one by one: what the law gives and what the two desks owe each other (version 0)."""

from sla.models import Policy


def line(target: str) -> Policy:
    """The line of `target`, with its ladder; one query and one for the steps."""
    return Policy.objects.prefetch_related("steps").get(policy_set__state="law", target=target)
