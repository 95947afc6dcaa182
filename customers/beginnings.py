"""A company becomes a customer with its first deal won, and is none again when that win is taken back at once."""

from collections.abc import Sequence
from datetime import datetime

from customers import accounts
from journal.record import Fact, record
from revops.lib import bulk
from teams.models import Organisation

# The first win of each company makes the customer; `back`: a customer that had left buys again.
BEGIN = """
    WITH won AS (
        SELECT DISTINCT ON (d.company_id) d.id, d.company_id, d.closed_at, h.csm_id
          FROM deals_deal d LEFT JOIN customers_handover h ON h.deal_id = d.id
         WHERE d.id = ANY (%(deals)s) AND d.stage = 'won' AND d.company_id IS NOT NULL
           AND d.closed_at IS NOT NULL AND (d.kind = 'new' OR d.history)
         ORDER BY d.company_id, d.closed_at, d.id)
    INSERT INTO customers_customer (company_id, first_deal_id, csm_id, status, since, activated_at, history,
                                    first_value, churn_reason, churn_note)
    SELECT company_id, id, csm_id, %(status)s, closed_at, CASE WHEN %(past)s THEN closed_at END, %(past)s, '', '', ''
      FROM won ORDER BY company_id
    ON CONFLICT (company_id) DO NOTHING
    RETURNING id, company_id, first_deal_id, csm_id, since"""
STEPS = """
    INSERT INTO customers_onboardingstep (customer_id, title, position, due_on, owner_id)
    SELECT c.id, s.title, s.position, (c.since AT TIME ZONE %(zone)s)::date + s.days::int, c.csm_id
      FROM customers_customer c CROSS JOIN customers_standardstep s
     WHERE c.id = ANY (%(customers)s) AND s.is_active ORDER BY c.id, s.position"""
BACK = """
    UPDATE customers_customer c SET status = 'active', reactivated_at = d.closed_at, churned_at = NULL,
           churn_reason = '', churn_note = '', csm_id = COALESCE(h.csm_id, c.csm_id)
      FROM deals_deal d LEFT JOIN customers_handover h ON h.deal_id = d.id
     WHERE d.company_id = c.company_id AND d.id = ANY (%(deals)s) AND d.stage = 'won' AND c.status = 'churned'
       AND d.closed_at > c.churned_at
    RETURNING c.id, d.id, d.closed_at"""
# Taken back: only while nothing was done for the customer and nothing else was bought. Who bought twice goes on with
# the next deal.
NEXT = """
    UPDATE customers_customer c SET first_deal_id = o.id, since = o.closed_at
      FROM (SELECT DISTINCT ON (company_id) id, company_id, closed_at FROM deals_deal
             WHERE stage = 'won' AND (kind = 'new' OR history) AND company_id IN (
                   SELECT company_id FROM customers_customer WHERE first_deal_id = ANY (%(deals)s))
             ORDER BY company_id, closed_at, id) o
     WHERE o.company_id = c.company_id AND c.first_deal_id = ANY (%(deals)s)"""
# A win had brought back somebody who left; it was none, and they pay nothing: gone as before.
GONE_AGAIN = f"""
    UPDATE customers_customer c
       SET status = 'churned', churned_at = e.at, churn_reason = COALESCE(e.data->>'reason', ''),
           reactivated_at = (SELECT max(b.at) FROM journal_entry b
                              WHERE b.subject_kind = 'customer' AND b.subject_id = r.subject_id AND b.id < r.id
                                AND b.kind = 'customer.reactivated')
      FROM deals_deal d JOIN customers_customer x ON x.company_id = d.company_id
      JOIN journal_entry r ON r.subject_kind = 'customer' AND r.subject_id = x.id AND r.kind = 'customer.reactivated'
       AND r.data->>'deal' = d.id::text
      JOIN LATERAL (SELECT g.at, g.data FROM journal_entry g
                     WHERE g.subject_kind = 'customer' AND g.subject_id = x.id AND g.kind = 'customer.churned'
                       AND g.id < r.id ORDER BY g.id DESC LIMIT 1) e ON true
     WHERE d.id = ANY (%(deals)s) AND c.id = x.id AND c.status = 'active' AND c.reactivated_at = r.at
       AND NOT EXISTS (SELECT FROM ({accounts.NEWEST}) n WHERE n.company_id = c.company_id AND n.after > 0)
    RETURNING c.id, d.id"""
UNDONE = """
    SELECT c.id FROM customers_customer c
     WHERE c.first_deal_id = ANY (%(deals)s) AND c.first_value_at IS NULL AND c.status = 'onboarding'
       AND NOT EXISTS (SELECT FROM deals_deal d WHERE d.id = c.first_deal_id AND d.stage = 'won')
       AND NOT EXISTS (SELECT FROM customers_onboardingstep s WHERE s.customer_id = c.id AND s.done_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM customers_healthreading r WHERE r.customer_id = c.id)
       AND NOT EXISTS (SELECT FROM customers_term t WHERE t.customer_id = c.id)
       AND NOT EXISTS (SELECT FROM customers_subscriptionmovement m WHERE m.company_id = c.company_id)
       AND NOT EXISTS (SELECT FROM deals_handovercall h WHERE h.deal_id = c.first_deal_id AND h.held_at IS NOT NULL)"""


def begin(deal_ids: Sequence[int], *, by: int | None, now: datetime, past: bool = False) -> list[int]:
    """Customers of these won deals, each with its onboarding; the ids of the new ones. Of the past (`past`): customers
    long since, nobody was promised an onboarding here and nothing is told."""
    params = {"deals": list(deal_ids), "past": past, "status": "active" if past else "onboarding"}
    made = bulk.query(BEGIN, params)
    if past:
        return [row[0] for row in made]
    back = bulk.query(BACK, {"deals": list(deal_ids)})
    if made:
        zone = Organisation.get().timezone
        bulk.change(STEPS, {"customers": [row[0] for row in made], "zone": zone})
    facts = [
        Fact("customer.began", "customer", pk, since, by=by, data={"company": company, "deal": deal, "csm": csm})
        for pk, company, deal, csm, since in made
    ]
    facts += [Fact("customer.reactivated", "customer", pk, at, by=by, data={"deal": deal}) for pk, deal, at in back]
    record(facts, now=now)
    return [row[0] for row in made]


def take_back(deal_ids: Sequence[int], *, by: int | None, at: datetime, now: datetime) -> None:
    """The wins of these deals were taken back, and what they changed in revenue too."""
    companies = [
        pk for (pk,) in bulk.query(
            "SELECT DISTINCT company_id FROM deals_deal WHERE id = ANY (%s) AND company_id IS NOT NULL",
            [list(deal_ids)],
        )
    ]  # fmt: skip
    again = bulk.query(GONE_AGAIN, {"deals": list(deal_ids), "companies": companies, "as_of": now})
    record([Fact("customer.gone_again", "customer", pk, at, by=by, data={"deal": deal}) for pk, deal in again], now=now)
    bulk.change(NEXT, {"deals": list(deal_ids)})
    gone = [pk for (pk,) in bulk.query(UNDONE, {"deals": list(deal_ids)})]
    if gone:
        bulk.change("DELETE FROM customers_onboardingstep WHERE customer_id = ANY (%s)", [gone])
        bulk.change("DELETE FROM customers_customer WHERE id = ANY (%s)", [gone])
