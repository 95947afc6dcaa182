"""Onboarding is over: the hand-over call was held with all three, and the first value was seen (DOMAIN 2.2)."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact, record
from revops.lib import bulk

# Whichever came last ends it. A customer without a deal (they subscribed by themselves) has no call to hold.
OVER = """
    UPDATE customers_customer c SET status = 'active', activated_at = GREATEST(c.first_value_at, x.held_at)
      FROM (SELECT c.id, (SELECT min(h.held_at) FROM deals_handovercall h
                           WHERE h.deal_id = c.first_deal_id AND h.rep AND h.customer AND h.csm) AS held_at
              FROM customers_customer c WHERE {which}) x
     WHERE c.id = x.id AND c.status = 'onboarding' AND c.first_value_at IS NOT NULL
       AND (x.held_at IS NOT NULL OR c.first_deal_id IS NULL)
    RETURNING c.id, c.activated_at"""


def held(deal_ids: Sequence[int], *, now: datetime) -> None:
    _over("c.first_deal_id = ANY (%s)", list(deal_ids), by=None, now=now)


def valued(customer_ids: Sequence[int], *, by: int | None, now: datetime) -> None:
    _over("c.id = ANY (%s)", list(customer_ids), by=by, now=now)


def _over(which: str, ids: list[int], *, by: int | None, now: datetime) -> None:
    done = bulk.query(OVER.format(which=which), [ids])
    record([Fact("customer.activated", "customer", pk, at, by=by) for pk, at in done], now=now)
