"""What was given away without anybody's word, and how large deals were before and after a day. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from deals import discounts, money
from deals.models import DiscountAuthority
from revops.lib import bulk, words

# The combined give of a won deal against what a rep may and what its newest approval before the win covered.
GIVEN = """
  FROM deals_deal d
  CROSS JOIN LATERAL (SELECT coalesce(sum(g.cost), 0) AS cost FROM deals_give g
                       WHERE g.deal_id = d.id AND g.given_at <= d.closed_at) g
  LEFT JOIN LATERAL (SELECT q.combined FROM deals_discountrequest q
                      WHERE q.deal_id = d.id AND q.state = 'approved' AND q.decided_at <= d.closed_at
                      ORDER BY q.decided_at DESC, q.id DESC LIMIT 1) q ON true
 WHERE d.stage = 'won' AND d.list_amount > 0 AND d.closed_at >= %(since)s AND d.closed_at < %(until)s"""
# Exact: no division. Given ÷ list > percent ÷ 100.
OVER = """(d.list_amount - d.amount + g.cost) * 100 > d.list_amount * greatest(%(rep)s, coalesce(q.combined, 0))"""


@dataclass(frozen=True, slots=True)
class Over:
    deal_id: int
    name: str
    owner: str
    closed_at: datetime
    given: Decimal  # percent of the list
    covered: Decimal


def unapproved(*, since: datetime, until: datetime, limit: int = 200) -> tuple[int, int, list[Over]]:
    """(won deals with a list, how many of them gave more than allowed, those, newest first). Three queries."""
    rep = discounts.bounds().get(DiscountAuthority.Level.REP, Decimal(0))
    params = {"since": since, "until": until, "rep": rep, "limit": limit}
    [(all_of_them, over)] = bulk.query(f"SELECT count(*), count(*) FILTER (WHERE {OVER}) {GIVEN}", params)
    rows = bulk.query(
        f"""SELECT d.id, d.name, coalesce((SELECT u.name FROM teams_user u WHERE u.id = d.owner_id), ''), d.closed_at,
                   (d.list_amount - d.amount + g.cost) * 100.0 / d.list_amount,
                   greatest(%(rep)s, coalesce(q.combined, 0))
            {GIVEN} AND {OVER} ORDER BY d.closed_at DESC, d.id DESC LIMIT %(limit)s""",
        params,
    ) if over else []  # fmt: skip
    return all_of_them, over, [Over(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sizes:
    """New business won in [starts, ends), both days local: `total` minor units over `n` deals."""

    starts: date
    ends: date
    n: int
    total: int
    elsewhere: int

    @property
    def mean(self) -> Decimal | None:
        return money.major(round(Fraction(self.total, self.n))) if self.n else None

    @property
    def said(self) -> str:
        return f"{words.plural(self.n, 'deal')}{', small sample' if 0 < self.n < 20 else ''}"


def sizes(day: date, *, days: int, currency: str, zone: str, now: datetime) -> tuple[Sizes, Sizes]:
    """Average deal size of the `days` before `day` and of those from it on, as far as they have come. One query."""
    where = ZoneInfo(zone)
    edges = [datetime.combine(day + timedelta(days=n), time(), where) for n in (-days, 0, days)]
    found = {
        after: row
        for after, *row in bulk.query(
            """SELECT closed_at >= %(day)s, count(*) FILTER (WHERE currency = %(currency)s),
                      coalesce(sum(amount) FILTER (WHERE currency = %(currency)s), 0),
                      count(*) FILTER (WHERE currency <> %(currency)s)
                 FROM deals_deal WHERE stage = 'won' AND kind = 'new' AND amount > 0 AND closed_at >= %(since)s
                  AND closed_at < %(until)s AND closed_at <= %(now)s GROUP BY 1""",
            {"day": edges[1], "since": edges[0], "until": edges[2], "currency": currency, "now": now},
        )
    }
    before, after = ([int(n) for n in found.get(key, (0, 0, 0))] for key in (False, True))
    return (
        Sizes(day - timedelta(days=days), day, *before), Sizes(day, day + timedelta(days=days), *after)
    )  # fmt: skip


def change(before: Sizes, after: Sizes) -> dict[str, Any] | None:
    """After against before in percent; None where either side has none."""
    if not before.mean or after.mean is None:
        return None
    percent = (after.mean / before.mean - 1) * 100
    return {"percent": words.signed(percent, 1), "judged": min(before.n, after.n) >= 20}
