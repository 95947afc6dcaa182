"""What won deals change in the monthly revenue of a company that no billing system tells us about.

All of a company's won deals make one contract: source `deals`, subscription `company:<id>`. A deal with a recurring
part (acv, of a year) adds a twelfth of it a month; a renewal sets it. One key a deal: the deal's id.
"""

from collections.abc import Sequence
from datetime import datetime

from customers import movements
from revops.lib import bulk

# Deals that tell of revenue, and whether somebody else does: then they say nothing.
TOLD = """
    SELECT d.id, d.company_id, d.kind, d.acv, d.currency, d.closed_at
      FROM deals_deal d
     WHERE d.id = ANY (%(deals)s) AND d.stage = 'won' AND d.acv > 0 AND d.company_id IS NOT NULL AND NOT d.history
       AND NOT EXISTS (SELECT FROM customers_subscriptionmovement m
                        WHERE m.company_id = d.company_id AND m.source NOT IN ('deals', 'hand'))
     ORDER BY d.closed_at, d.id"""


def name(company_id: int) -> str:
    """How the contract of a company, and the customer it is with, are called in movements."""
    return f"company:{company_id}"


def recurring(deal_ids: Sequence[int]) -> list[int]:
    """Those of these deals that have a recurring part."""
    return [pk for (pk,) in bulk.query("SELECT id FROM deals_deal WHERE id = ANY (%s) AND acv > 0", [list(deal_ids)])]


def won(deal_ids: Sequence[int], *, now: datetime) -> None:
    rows = bulk.query(TOLD, {"deals": list(deal_ids)})
    if not rows:
        return
    paid = _paid([name(company) for _, company, *_ in rows])
    taken = _keys([pk for pk, *_ in rows])
    moved = []
    for deal, company, kind, acv, currency, at in rows:
        subscription = name(company)
        before, in_currency, last = paid.get(subscription, (0, currency, at))
        if in_currency != currency:
            continue  # two currencies are no sum
        each = monthly(acv)
        after = each if kind == "renewal" else before + each
        if after == before:
            continue
        # A second win of the same deal, after the first was taken back, is another event.
        key = str(deal) if not taken.get(deal) else f"{deal}:{taken[deal] + 1}"
        at = max(at, last)
        paid[subscription] = (after, currency, at)
        moved.append({"key": key, "subscription": subscription, "customer": subscription, "currency": currency,
                      "before": before, "after": after, "occurred_at": at, "company_id": company})  # fmt: skip
    movements.keep(moved, source=movements.DEALS, now=now)


def taken_back(deal_ids: Sequence[int], *, at: datetime, now: datetime) -> None:
    """The newest movement of a contract is simply no more; one that others built on is answered by its contrary."""
    rows = bulk.query(
        """SELECT m.id, m.key, m.subscription, m.currency, m.after - m.before, m.company_id,
                  NOT EXISTS (SELECT FROM customers_subscriptionmovement l
                               WHERE l.source = m.source AND l.subscription = m.subscription
                                 AND (l.occurred_at, l.id) > (m.occurred_at, m.id))
             FROM customers_subscriptionmovement m
            WHERE m.source = 'deals' AND m.by_id IS NULL AND split_part(m.key, ':', 1) = ANY (%s)
              AND m.key NOT LIKE '%%:back'
              AND NOT EXISTS (SELECT FROM customers_subscriptionmovement b
                               WHERE b.source = 'deals' AND b.key = m.key || ':back')""",
        [[str(pk) for pk in deal_ids]],
    )
    last = [row[0] for row in rows if row[-1]]
    if last:
        bulk.change("DELETE FROM customers_subscriptionmovement WHERE id = ANY (%s)", [last])
    paid = _paid([row[2] for row in rows])
    moved = []
    for _, key, subscription, currency, change, company, newest in rows:
        if newest:
            continue
        before, _, since = paid[subscription]
        after = max(0, before - change)
        if after != before:
            moved.append({"key": f"{key}:back", "subscription": subscription, "customer": subscription,
                          "currency": currency, "before": before, "after": after, "occurred_at": max(at, since),
                          "company_id": company})  # fmt: skip
    movements.keep(moved, source=movements.DEALS, now=now)


def monthly(acv: int) -> int:
    """A twelfth, rounded half up."""
    return (acv * 2 + 12) // 24


def _paid(subscriptions: Sequence[str]) -> dict[str, tuple[int, str, datetime]]:
    return {
        subscription: (after, currency, at)
        for subscription, after, currency, at in bulk.query(
            """SELECT DISTINCT ON (subscription) subscription, after, currency, occurred_at
                 FROM customers_subscriptionmovement WHERE source = 'deals' AND subscription = ANY (%s)
                ORDER BY subscription, occurred_at DESC, id DESC""",
            [sorted(set(subscriptions))],
        )
    }


def _keys(deal_ids: Sequence[int]) -> dict[int, int]:
    return {
        int(deal): n
        for deal, n in bulk.query(
            """SELECT split_part(key, ':', 1), count(*) FROM customers_subscriptionmovement
                WHERE source = 'deals' AND by_id IS NULL AND key NOT LIKE '%%:back'
                  AND split_part(key, ':', 1) = ANY (%s) GROUP BY 1""",
            [[str(pk) for pk in deal_ids]],
        )
    }
