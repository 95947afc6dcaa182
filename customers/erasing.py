"""The customers' part in an erasure: what was paid and when things happened stays, the words people wrote go."""

from collections.abc import Sequence
from datetime import datetime

from journal import erasing as journal
from revops.lib import bulk

# Whatever was written about the deals and the firms of these people may name them.
DEALS = """
    SELECT d.id, d.company_id FROM deals_deal d
     WHERE d.person_id = ANY (%(people)s) OR d.lead_id = ANY (%(leads)s)
        OR EXISTS (SELECT FROM deals_contactrole r WHERE r.deal_id = d.id AND r.person_id = ANY (%(people)s))"""
WORDS = [
    "UPDATE customers_handoveranswer a SET text = '' FROM customers_handover h"
    " WHERE h.id = a.handover_id AND h.deal_id = ANY (%(deals)s)",
    "UPDATE customers_handover SET gaps = '' WHERE deal_id = ANY (%(deals)s)",
    "UPDATE customers_promisemade SET text = 'Erased' WHERE deal_id = ANY (%(deals)s)",
    "UPDATE customers_customer SET first_value = '', churn_note = '' WHERE id = ANY (%(customers)s)",
    "UPDATE customers_healthreading SET note = '' WHERE customer_id = ANY (%(customers)s) AND note <> ''",
    "UPDATE customers_onboardingstep s SET title = 'Step' WHERE s.customer_id = ANY (%(customers)s)"
    " AND s.title NOT IN (SELECT title FROM customers_standardstep)",
    "UPDATE customers_subscriptionmovement SET note = '' WHERE company_id = ANY (%(firms)s) AND note <> ''",
]


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    """The ids that another system knows the person by, and free words on deals and customers they were part of."""
    bulk.run([(
        "UPDATE customers_subscriptionmovement SET customer = 'erased:' || person_id, note = ''"
        " WHERE person_id = ANY (%s)",
        [list(person_ids)],
    )])  # fmt: skip
    rows = bulk.query(DEALS, {"people": list(person_ids), "leads": list(lead_ids)})
    firms = sorted({firm for _, firm in rows if firm})
    customers = [pk for (pk,) in bulk.query("SELECT id FROM customers_customer WHERE company_id = ANY (%s)", [firms])]
    params = {"deals": [pk for pk, _ in rows], "firms": firms, "customers": customers}
    for statement in WORDS:
        bulk.change(statement, params)
    journal.clean("customer", customers)
    journal.forget("customers_customer", customers)
    moves = bulk.query(
        "SELECT id FROM customers_subscriptionmovement WHERE company_id = ANY (%s) OR person_id = ANY (%s)",
        [firms, list(person_ids)],
    )
    journal.forget("customers_subscriptionmovement", [pk for (pk,) in moves])
