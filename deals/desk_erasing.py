"""The deal desk's part in an erasure: what was said and why goes; that it was said, how much and when stays."""

from collections.abc import Sequence
from datetime import datetime

from marketing import requests
from revops.lib import bulk

OF = """SELECT id FROM deals_deal WHERE person_id = ANY (%(people)s) OR lead_id = ANY (%(leads)s)
        UNION SELECT deal_id FROM deals_contactrole WHERE person_id = ANY (%(people)s)"""


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    """Of every deal they were part of: anybody's words may be about them."""
    deals = [pk for (pk,) in bulk.query(OF, {"people": list(person_ids), "leads": list(lead_ids)})]
    if not deals:
        return
    for text in (
        "UPDATE deals_objection SET words = '', answer = '' WHERE deal_id = ANY (%(deals)s)",
        "UPDATE deals_discountrequest SET why = '', note = '' WHERE deal_id = ANY (%(deals)s)",
        "UPDATE deals_retrospective SET happened = '', lesson = '' WHERE deal_id = ANY (%(deals)s)",
        'UPDATE deals_give SET got_note = \'\', "get" = coalesce((SELECT c."get" FROM deals_concession c '
        "WHERE c.id = concession_id), 'erased') WHERE deal_id = ANY (%(deals)s)",
    ):
        bulk.change(text, {"deals": deals})
    requests.erase_about("deal", deals)
