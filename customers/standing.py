"""Where a customer stands follows what it pays: nothing any more is gone, something again is back."""

from collections.abc import Sequence
from datetime import datetime

from customers import accounts
from journal.record import Fact, record
from revops.lib import bulk

# What a company pays, all its subscriptions together, and when that last changed and why.
PAID = f"""
    SELECT n.company_id, sum(n.after) AS monthly, max(n.occurred_at) AS at,
           (array_agg(m.reason ORDER BY n.occurred_at DESC, n.id DESC))[1] AS reason,
           (array_agg(m.note ORDER BY n.occurred_at DESC, n.id DESC))[1] AS note
      FROM ({accounts.NEWEST}) n JOIN customers_subscriptionmovement m ON m.id = n.id GROUP BY 1"""
# Somebody who subscribed by themselves is a customer too, without a deal.
BEGUN = f"""
    INSERT INTO customers_customer (company_id, status, since, history, first_value, churn_reason, churn_note)
    SELECT p.company_id, 'onboarding', (SELECT min(m.occurred_at) FROM customers_subscriptionmovement m
             WHERE m.company_id = p.company_id AND m.after > 0), false, '', '', ''
      FROM ({PAID}) p WHERE p.monthly > 0
    ON CONFLICT (company_id) DO NOTHING RETURNING id, company_id, since"""
GONE = f"""
    UPDATE customers_customer c SET status = 'churned', churned_at = p.at, churn_reason = p.reason, churn_note = p.note
      FROM ({PAID}) p
     WHERE p.company_id = c.company_id AND p.monthly = 0 AND c.status <> 'churned' AND p.at >= c.since
       AND (c.reactivated_at IS NULL OR p.at >= c.reactivated_at)
    RETURNING c.id, p.at, p.reason"""
BACK = f"""
    UPDATE customers_customer c SET status = 'active', reactivated_at = p.at, churned_at = NULL, churn_reason = '',
           churn_note = ''
      FROM ({PAID}) p
     WHERE p.company_id = c.company_id AND p.monthly > 0 AND c.status = 'churned' AND p.at >= c.churned_at
    RETURNING c.id, p.at"""


def follow(company_ids: Sequence[int], *, by: int | None, now: datetime) -> None:
    """What these companies pay changed. A billing system that tells of one replaces what its deals told."""
    if not company_ids:
        return
    params = {"companies": list(company_ids), "as_of": now}
    # One after the other: two subscriptions that end at once must not each see the other one still running.
    bulk.query(
        "SELECT pg_advisory_xact_lock(hashtextextended('standing:' || o.x, 0))"
        " FROM (SELECT x FROM unnest(%(companies)s::bigint[]) x ORDER BY x) o",
        params,
    )
    bulk.change(
        """DELETE FROM customers_subscriptionmovement d
            WHERE d.source = 'deals' AND d.company_id = ANY (%(companies)s) AND EXISTS (
                  SELECT FROM customers_subscriptionmovement b
                   WHERE b.company_id = d.company_id AND b.source NOT IN ('deals', 'hand'))""",
        params,
    )
    facts = [
        Fact("customer.began", "customer", pk, since, by=by, data={"company": company})
        for pk, company, since in bulk.query(BEGUN, params)
    ]
    for pk, at, reason in bulk.query(GONE, params):
        facts.append(Fact("customer.churned", "customer", pk, at, by=by, data={"reason": reason} if reason else {}))
    facts += [Fact("customer.reactivated", "customer", pk, at, by=by) for pk, at in bulk.query(BACK, params)]
    record(facts, now=now)
