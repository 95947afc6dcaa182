"""Won is booked when the handover is complete and accepted (settings.DEAL_GUARDS)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from revops.lib import bulk

ASKED = """
    SELECT d.id, h.state, h.gaps, u.name,
           ARRAY(SELECT i.label FROM customers_handoveritem i
                  WHERE i.required AND i.is_active AND NOT EXISTS (
                        SELECT FROM customers_handoveranswer a
                         WHERE a.handover_id = h.id AND a.item_id = i.id AND btrim(a.text) <> '')
                  ORDER BY i.position, i.id)
      FROM deals_deal d LEFT JOIN customers_handover h ON h.deal_id = d.id LEFT JOIN teams_user u ON u.id = h.csm_id
     WHERE d.id = ANY (%s) AND d.kind = 'new' AND NOT d.history"""


def handover(deals: Sequence[Any], to: str, at: datetime) -> dict[int, str]:
    """{deal id: what is missing, in a sentence}; only new business is handed over. One query."""
    if to != "won":
        return {}
    rows = bulk.query(ASKED, [[deal.pk for deal in deals]])
    return {pk: said for pk, *asked in rows if (said := missing(*asked))}


def missing(state: str | None, gaps: str, csm: str | None, items: Sequence[str]) -> str:
    """The sentence, or "" when nothing is: what is empty, who has to accept."""
    if items:
        return f"Not won: the handover isn’t complete. Missing: {', '.join(item.lower() for item in items)}."
    if csm is None:
        return "Not won: nobody takes the customer over yet. Name the customer success manager in the handover."
    if state == "returned":
        return f"Not won: {csm} returned the handover: {gaps}"
    if state != "accepted":
        return f"Not won: {csm} hasn’t accepted the handover yet."
    return ""
