"""What runs until when: a deal won begins a year, a renewal won begins the next one."""

from collections.abc import Sequence

from revops.lib import bulk
from teams.models import Organisation

# A contract runs for a year unless somebody says otherwise on the customer's page.
BEGUN = """
    INSERT INTO customers_term (customer_id, subscription, starts_on, renews_on, deal_id)
    SELECT c.id, 'company:' || c.company_id, x.starts_on, (x.starts_on + interval '1 year')::date, NULL
      FROM deals_deal d JOIN customers_customer c ON c.company_id = d.company_id
     CROSS JOIN LATERAL (
           SELECT COALESCE(
               CASE WHEN d.kind = 'renewal'
                    THEN (SELECT max(t.renews_on) FROM customers_term t WHERE t.deal_id = d.id) END,
               d.signed_on, (d.closed_at AT TIME ZONE %(zone)s)::date) AS starts_on) x
     WHERE d.id = ANY (%(deals)s) AND d.stage = 'won' AND d.acv > 0 AND NOT d.history
       AND (d.kind = 'renewal' OR (d.kind = 'new' AND NOT EXISTS (
            SELECT FROM customers_term t WHERE t.customer_id = c.id AND t.ended_at IS NULL)))"""


def won(deal_ids: Sequence[int]) -> None:
    """A renewal ends the term it was opened for and begins the next; the first win begins one."""
    zone = Organisation.get().timezone
    bulk.change(BEGUN, {"deals": list(deal_ids), "zone": zone})
    bulk.change(
        """UPDATE customers_term t SET ended_at = d.closed_at FROM deals_deal d
            WHERE t.deal_id = d.id AND d.id = ANY (%s) AND d.stage = 'won' AND t.ended_at IS NULL""",
        [list(deal_ids)],
    )


def taken_back(deal_ids: Sequence[int]) -> None:
    """The term a renewal ended runs on; the one that a win began is no more, unless a renewal of it is open. What
    somebody wrote down stays."""
    bulk.change(
        """DELETE FROM customers_term n USING customers_term o
            WHERE o.deal_id = ANY (%s) AND n.customer_id = o.customer_id AND n.starts_on = o.renews_on
              AND n.subscription = o.subscription AND n.deal_id IS NULL AND n.id > o.id""",
        [list(deal_ids)],
    )
    bulk.change("UPDATE customers_term SET ended_at = NULL WHERE deal_id = ANY (%s)", [list(deal_ids)])
    bulk.change(
        """DELETE FROM customers_term t USING customers_customer c
            WHERE t.customer_id = c.id AND c.first_deal_id = ANY (%s) AND t.deal_id IS NULL AND t.ended_at IS NULL
              AND t.subscription = 'company:' || c.company_id
              AND NOT EXISTS (SELECT FROM deals_deal d
                               WHERE d.company_id = c.company_id AND d.stage = 'won' AND d.acv > 0)""",
        [list(deal_ids)],
    )
