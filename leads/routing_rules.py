"""The rules of routing as others ask about them."""

from collections.abc import Iterator
from typing import Any

from leads.models import RoutingRule


def held() -> Iterator[tuple[str, Any]]:
    """Each rule in use and its condition (settings.CONDITION_HOLDERS)."""
    for name, condition in RoutingRule.objects.filter(is_active=True).values_list("name", "condition"):
        yield f"the routing rule {name}", condition
