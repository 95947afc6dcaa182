"""The deals' part in an erasure: amounts and moments stay, what names the person goes."""

from collections.abc import Sequence
from datetime import datetime

from journal import erasing as journal
from notify import erasing as notices
from revops.lib import bulk


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    """A deal is called after its company from then on: its name may be the person's."""
    rows = bulk.query(
        """UPDATE deals_deal d SET note = '', attributes = '{}', flags = '[]', competitor = '',
                  name = coalesce((SELECT c.name FROM leads_company c WHERE c.id = d.company_id), 'Deal ' || d.id)
            WHERE d.person_id = ANY (%(people)s) OR d.lead_id = ANY (%(leads)s) RETURNING d.id""",
        {"people": list(person_ids), "leads": list(lead_ids)},
    )
    deals = [pk for (pk,) in rows]
    bulk.run([(
        """UPDATE deals_criterionmet m SET evidence = ''
            WHERE m.deal_id = ANY (%s)
               OR m.deal_id IN (SELECT r.deal_id FROM deals_contactrole r WHERE r.person_id = ANY (%s))""",
        [deals, list(person_ids)],
    )])  # fmt: skip
    journal.clean("deal", deals)
    journal.forget("deals_deal", deals)
    notices.clean("deal", deals)
