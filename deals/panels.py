"""The deals panel of the lead page and of the lead's JSON."""

from collections.abc import Sequence
from datetime import datetime

from deals import money
from deals.models import Deal

# The deal a lead was made into, else the one it joined.
THEIRS = """
SELECT d.*, v.lead AS asked
  FROM unnest(%s::bigint[]) AS v(lead)
  JOIN deals_deal d ON d.id = coalesce(
       (SELECT o.id FROM deals_deal o WHERE o.lead_id = v.lead),
       (SELECT (e.data ->> 'deal')::bigint FROM journal_entry e
         WHERE e.subject_kind = 'lead' AND e.subject_id = v.lead AND e.kind = 'lead.opportunity'
           AND e.data ? 'joined' ORDER BY e.id DESC LIMIT 1))"""


def deals(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict]:
    """{lead id: {id, url, name, stage, amount, close_on, closed_at, reason}}; leads without one absent. One query."""
    return {
        deal.asked: {
            "id": deal.pk,
            "url": f"/deals/{deal.pk}/",
            "name": deal.name,
            "stage": deal.stage,
            "amount": money.as_json(deal.amount, deal.currency),
            "close_on": deal.close_on,
            "closed_at": deal.closed_at,
            "reason": deal.reason,
        }
        for deal in Deal.objects.raw(THEIRS, [list(lead_ids)])
    }
