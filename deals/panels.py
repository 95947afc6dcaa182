"""The deals panel of the lead page and of the lead's JSON."""

from collections.abc import Sequence
from datetime import datetime

from deals import money
from deals.models import Deal


def deals(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict]:
    """{lead id: {id, url, name, stage, amount, close_on, closed_at, reason}}; leads without one absent."""
    return {
        deal.lead_id: {
            "id": deal.pk,
            "url": f"/deals/{deal.pk}/",
            "name": deal.name,
            "stage": deal.stage,
            "amount": money.as_json(deal.amount, deal.currency),
            "close_on": deal.close_on,
            "closed_at": deal.closed_at,
            "reason": deal.reason,
        }
        for deal in Deal.objects.filter(lead_id__in=list(lead_ids))
    }
