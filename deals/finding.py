"""Deals by their name, for the search page."""

from collections.abc import Iterable

from deals import money
from deals.models import Deal
from revops.lib import words
from revops.lib.found import Hit


def deals(text: str, *, limit: int) -> list[Hit]:
    """The newest first. One query."""
    found = Deal.objects.with_names().filter(name__icontains=text.strip()).order_by("-id")[:limit]
    return [
        Hit(deal.name, deal.get_absolute_url(), " · ".join(
            part for part in (
                words.money(money.major(deal.amount), deal.currency) if deal.amount is not None else "",
                str(deal.owner or ""),
            ) if part
        ), deal.stage)
        for deal in found
    ]  # fmt: skip


def names(deal_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """{deal id: (its name, its address)}; one query."""
    return {deal.pk: (deal.name, deal.get_absolute_url()) for deal in Deal.objects.filter(pk__in=list(deal_ids))}
