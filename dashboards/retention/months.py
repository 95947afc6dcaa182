"""What each account paid at the turn of each month, for retention by month and for cohorts of first months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from dashboards import arithmetic
from dashboards.filters import midnight
from dashboards.kpis.accounts import ACCOUNT_OF, ACCOUNTS, CUSTOMER
from dashboards.kpis.scan import only
from dashboards.sheet import Sheet
from revops.lib import bulk

MONTHS = 12
INSTANT = timedelta(microseconds=1)

# `points`: the first instant of each month and the as-of; a balance is what held just before it. Subscriptions of one
# account are added up; an account belongs to the month in which it first paid.
_BALANCES = f"""
    WITH points AS (SELECT x.n, x.at FROM unnest(%(points)s::timestamptz[]) WITH ORDINALITY x(at, n)),
    told AS (
      SELECT m.source, m.subscription, max(m.company_id) OVER w AS company_id, max(m.customer) OVER w AS customer,
             m.after, m.occurred_at,
             lead(m.occurred_at) OVER (PARTITION BY m.source, m.subscription ORDER BY m.occurred_at, m.id) AS until
        FROM customers_subscriptionmovement m
       WHERE m.currency = %(currency)s AND m.occurred_at <= %(seen)s
      WINDOW w AS (PARTITION BY m.source, m.subscription)),
    spans AS (SELECT m.*, {ACCOUNT_OF} AS account FROM told m),
    a AS (SELECT s.account, max(s.company_id) AS company_id, min(s.occurred_at) FILTER (WHERE s.after > 0) AS first_at
            FROM spans s GROUP BY 1),
    accounts AS (
      SELECT a.account, date_trunc('month', a.first_at AT TIME ZONE %(zone)s)::date AS cohort
        FROM a {CUSTOMER} WHERE a.first_at IS NOT NULL {{only}}),
    balances AS MATERIALIZED (
      SELECT s.account, k.cohort, p.n, sum(s.after) AS mrr
        FROM spans s JOIN accounts k USING (account)
        JOIN points p ON s.occurred_at < p.at AND (s.until IS NULL OR s.until >= p.at)
       GROUP BY 1, 2, 3 HAVING sum(s.after) > 0)"""
_MONTHS = """
    SELECT b.n, count(*), sum(b.mrr), COALESCE(sum(e.mrr - b.mrr) FILTER (WHERE e.mrr > b.mrr), 0),
           COALESCE(sum(b.mrr - e.mrr) FILTER (WHERE e.mrr < b.mrr), 0),
           COALESCE(sum(b.mrr) FILTER (WHERE e.mrr IS NULL), 0), count(*) FILTER (WHERE e.mrr IS NULL)
      FROM balances b LEFT JOIN balances e ON e.account = b.account AND e.n = b.n + 1
     WHERE b.n < %(last)s GROUP BY 1 ORDER BY 1"""
_COHORTS = """
    SELECT k.cohort, b.n, count(*), sum(b.mrr), (SELECT count(*) FROM accounts o WHERE o.cohort = k.cohort)
      FROM accounts k LEFT JOIN balances b USING (account) WHERE k.cohort >= %(first)s GROUP BY 1, 2 ORDER BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Month:
    """[first, last] local days; money in minor units, of the accounts that paid when it began."""

    first: date
    last: date
    n: int
    start: int
    more: int
    less: int
    gone: int
    lost: int

    @property
    def net(self) -> Fraction | None:
        return arithmetic.ratio(self.start + self.more - self.less - self.gone, self.start)

    @property
    def gross(self) -> Fraction | None:
        return arithmetic.ratio(self.start - self.less - self.gone, self.start)

    @property
    def logos(self) -> Fraction | None:
        return arithmetic.ratio(self.n - self.lost, self.n)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Accounts that first paid in the month of `first`. `held`: at the end of that month and of each one after it (and
    now, in the month that runs): (how many pay, what they pay a month)."""

    first: date
    size: int
    held: list[tuple[int, int]]


def starts(last: date, months: int = MONTHS) -> list[date]:
    """The first days of `months` months up to the one of `last`."""
    index = last.year * 12 + last.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(index - months + 1, index + 1)]


def of(sheet: Sheet) -> tuple[list[Month], list[Cohort]]:
    """The twelve months up to the period's end, and the cohorts that began in them; two statements."""
    end = min(sheet.filters.end, sheet.as_of.astimezone(ZoneInfo(sheet.filters.zone)).date())
    firsts = starts(end)
    whole_end = midnight(end + timedelta(days=1), sheet.filters.zone)
    points = [midnight(day, sheet.filters.zone) for day in firsts] + [min(whole_end, sheet.as_of + INSTANT)]
    only_text, params = only(ACCOUNTS, sheet.filters, sheet.owners)
    params |= {
        "points": points, "currency": sheet.currency, "seen": sheet.as_of, "zone": sheet.filters.zone,
        "last": len(points), "first": firsts[0],
    }  # fmt: skip
    head = _BALANCES.format(only=only_text)
    months, cohorts = (bulk.query(head + text, params) for text in (_MONTHS, _COHORTS))
    return _months(months, firsts, end), _cohorts(cohorts, firsts)


def _months(rows: Sequence[tuple], firsts: list[date], end: date) -> list[Month]:
    known = {n: values for n, *values in rows}
    lasts = [day - timedelta(days=1) for day in firsts[1:]] + [end]
    return [
        Month(first, last, *(int(v) for v in known.get(n, [0] * 6)))
        for n, (first, last) in enumerate(zip(firsts, lasts, strict=True), 1)
    ]


def _cohorts(rows: Sequence[tuple], firsts: list[date]) -> list[Cohort]:
    """A balance at point n is that of the end of month n − 1 (the first of all is before the first month)."""
    known: dict[date, dict[int, tuple[int, int]]] = {}
    sizes: dict[date, int] = {}
    for cohort, n, count, mrr, size in rows:
        of_then = known.setdefault(cohort, {})
        if n is not None:  # who left before the first month was over has no balance at all
            of_then[n] = (count, int(mrr))
        sizes[cohort] = size
    found = []
    for place, first in enumerate(firsts, 1):
        if first in known:
            held = [known[first].get(n, (0, 0)) for n in range(place + 1, len(firsts) + 2)]
            found.append(Cohort(first, sizes[first], held))
    return found
