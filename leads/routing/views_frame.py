"""What the pages of routing share: their tabs."""

from typing import Any

from leads.routing import waiting
from teams import access

PAGES = [
    ("rules", "/routing/", "Rules"), ("pools", "/routing/pools/", "Pools"),
    ("accounts", "/routing/accounts/", "Named accounts"), ("dry", "/routing/dry-run/", "Dry run"),
    ("month", "/routing/month/", "Last month"), ("fairness", "/routing/fairness/", "Fairness"),
    ("waiting", "/routing/waiting/", "Held"), ("claims", "/routing/claims/", "Claim queues"),
]  # fmt: skip
ADMINS = {"month"}


def tabs(current: str, user: Any) -> list[dict[str, Any]]:
    """With how many leads are held or lie in queues; without the pages that only administrators open. One query."""
    counts = waiting.counts()
    shown = {"waiting": counts["held"] or None, "claims": counts["claim"] or None}
    return [
        {"href": href, "label": label, "count": shown.get(key), "current": key == current}
        for key, href, label in PAGES
        if key not in ADMINS or access.may(user, "administer")
    ]  # fmt: skip
