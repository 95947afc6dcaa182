"""Who pays: the identity of a paying customer, and what they pay a month.

An account is a company when it is known, else the customer as the source calls it. What an account pays at a moment is
the sum of the newest `after` of each of its subscriptions until then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from revops.lib import bulk

# SQL of the identity over an alias `m` of customers_subscriptionmovement.
IDENTITY = "COALESCE('c' || m.company_id, m.source || ':' || m.customer)"

# What each subscription of some companies pays: one row a running or ended subscription, the newest word of it.
NEWEST = """
    SELECT DISTINCT ON (m.source, m.subscription)
           m.company_id, m.source, m.subscription, m.customer, m.currency, m.after, m.occurred_at, m.id
      FROM customers_subscriptionmovement m
     WHERE m.company_id = ANY (%(companies)s) AND m.occurred_at <= %(as_of)s
     ORDER BY m.source, m.subscription, m.occurred_at DESC, m.id DESC"""


class Running(NamedTuple):
    """One subscription as it now is; `monthly`: minor units of `currency`, 0 when it ended."""

    company_id: int
    source: str
    subscription: str
    customer: str
    currency: str
    monthly: int
    since: datetime
    movement_id: int


def subscriptions(company_ids: Sequence[int], *, as_of: datetime) -> list[Running]:
    """The newest word of each subscription of these companies, ended ones included; one query."""
    return [Running(*row) for row in bulk.query(NEWEST, {"companies": list(company_ids), "as_of": as_of})]


def monthly(company_ids: Sequence[int], *, currency: str, as_of: datetime) -> dict[int, int]:
    """{company id: what it pays a month, minor units of `currency`}; who has no subscription in it is absent."""
    paid: dict[int, int] = {}
    for one in subscriptions(company_ids, as_of=as_of):
        if one.currency == currency:
            paid[one.company_id] = paid.get(one.company_id, 0) + one.monthly
    return paid
