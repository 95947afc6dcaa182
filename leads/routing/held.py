"""The rules of routing as others ask about them."""

from collections.abc import Iterator
from typing import Any

from leads.models import RoutingRule


def held() -> Iterator[tuple[str, Any]]:
    """Each rule in use, in the live plan or the draft, and its condition (settings.CONDITION_HOLDERS)."""
    rules = RoutingRule.objects.filter(is_active=True, plan__state__in=["live", "draft"])
    for name, condition in rules.values_list("name", "condition"):
        yield f"the routing rule {name}", condition
