"""Changes of what a customer pays a month: kept once, in whatever order they arrive."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from customers import standing
from customers.models import Movement
from journal.record import Fact, record
from revops.lib import bulk

TYPES = {
    "source": "text", "key": "text", "kind": "text", "subscription": "text", "customer": "text", "currency": "text",
    "before": "bigint", "after": "bigint", "occurred_at": "timestamptz", "recorded_at": "timestamptz",
    "company_id": "bigint", "reason": "text", "note": "text", "by_id": "bigint",
}  # fmt: skip
ONCE = "ON CONFLICT (source, key) DO NOTHING RETURNING id, customer"
# What this product itself tells: what deals changed, and what people typed in. No other system is called so.
DEALS, HAND = "deals", "hand"
OURS = frozenset([DEALS, HAND])
WORDS = {DEALS: "from deals", HAND: "by hand"}


def whence(source: str) -> str:
    """Who tells it, in words; another system goes by its own name."""
    return WORDS.get(source, source)


def keep(
    moved: Sequence[Mapping[str, Any]], *, source: str, now: datetime, people: Sequence[int] = (),
    by: int | None = None, via: str = "page",
) -> int:  # fmt: skip
    """Keep movements ({key, subscription, customer, currency, before, after, occurred_at}; monthly amounts in minor
    units; where they are known {company_id, reason, note}) and answer how many were new. `people`: who became known
    just now; movements of theirs find them. What a customer pays now decides where it stands.

    New or back, it depends on what was there before it, so it is judged anew for the whole customer each time: events
    that arrive in another order end the same.
    """
    with transaction.atomic():
        made: list[tuple[int, str]] = []
        if moved:
            # One customer's in turn: an end and a new start are often told at the same moment.
            bulk.query(
                "SELECT pg_advisory_xact_lock(hashtextextended(x, 0)) FROM unnest(%s::text[]) x",
                [sorted({f"movements:{source}:{m['customer']}" for m in moved})],
            )
            rows = [
                (source, m["key"], _kind(m["before"], m["after"]), m["subscription"], m["customer"], m["currency"],
                 m["before"], m["after"], m["occurred_at"], now, m.get("company_id"), m.get("reason", ""),
                 m.get("note", ""), by)
                for m in moved
            ]  # fmt: skip
            made = bulk.query(*bulk.insert("customers_subscriptionmovement", TYPES, rows, ONCE))
            _judge(source, [name for _, name in made])
        customers = [name for _, name in made]
        if customers or people:
            _find(source, customers, people)
            standing.follow(_companies(source, customers, people), by=by, now=now)
            if by is not None:
                _tell([pk for pk, _ in made], by=by, via=via, now=now)
    return len(made)


def _tell(movement_ids: Sequence[int], *, by: int, via: str, now: datetime) -> None:
    """What people and programs of theirs said; what billing systems and deals tell has its own record."""
    rows = bulk.query(
        """SELECT c.id, m.id, m.kind FROM customers_subscriptionmovement m
             JOIN customers_customer c ON c.company_id = m.company_id
            WHERE m.id = ANY (%s) ORDER BY m.occurred_at, m.id""",
        [list(movement_ids)],
    )
    facts = [
        Fact("customer.paid", "customer", pk, now, by=by, via=via, data={"movement": movement, "kind": kind})
        for pk, movement, kind in rows
    ]
    record(facts, now=now)


def _kind(before: int, after: int) -> str:
    if before == 0:
        return Movement.NEW
    if after == 0:
        return Movement.CHURN
    return Movement.EXPANSION if after > before else Movement.CONTRACTION


def _judge(source: str, customers: Sequence[str]) -> None:
    """The first payment of a customer is new, each later start from nothing is back."""
    bulk.query(
        """
        UPDATE customers_subscriptionmovement m SET kind = r.kind
          FROM (SELECT id, CASE WHEN EXISTS (
                           SELECT FROM customers_subscriptionmovement e
                            WHERE e.source = s.source AND e.customer = s.customer AND e.kind = 'churn'
                              AND (e.occurred_at, e.id) < (s.occurred_at, s.id))
                       THEN 'reactivation' ELSE 'new' END AS kind
                  FROM customers_subscriptionmovement s
                 WHERE s.source = %s AND s.customer = ANY (%s) AND s.before = 0) r
         WHERE m.id = r.id AND m.kind <> r.kind RETURNING m.id""",
        [source, sorted(set(customers))],
    )


def _find(source: str, customers: Sequence[str], people: Sequence[int]) -> None:
    """Whose they are, by the customer's id over there."""
    bulk.query(
        """
        UPDATE customers_subscriptionmovement m SET person_id = p.id, company_id = p.company_id
          FROM leads_personkey k JOIN leads_person p ON p.id = k.person_id
         WHERE m.source = %s AND m.person_id IS NULL AND k.kind = 'external' AND k.key = m.source || ':' || m.customer
           AND (m.customer = ANY (%s) OR k.person_id = ANY (%s)) RETURNING m.id""",
        [source, sorted(set(customers)), list(people)],
    )


def _companies(source: str, customers: Sequence[str], people: Sequence[int]) -> list[int]:
    return [
        company
        for (company,) in bulk.query(
            """SELECT DISTINCT company_id FROM customers_subscriptionmovement
                WHERE source = %s AND company_id IS NOT NULL AND (customer = ANY (%s) OR person_id = ANY (%s))""",
            [source, sorted(set(customers)), list(people)],
        )
    ]
