"""Why deals are won and lost: reasons against competitor, segment or source, from what was told closing and, where
there is one, from the retrospective. One statement a table; deals of the past count like any."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from deals import retrospectives
from deals.models import LossReason
from leads import company_size
from revops.lib import bulk, words

SIZE = company_size.sql("c.employees")
BY = {
    "competitor": ("Competitor", "coalesce(k.name, n.name, f.name, '')"),
    "segment": ("Segment", SIZE),
    "source": ("Source", "coalesce(d.source_id, '')"),
}
MOST = 8  # columns; the rest is one more
OTHER = "…"
# A firm is one however its name is written: by the name it is kept under, else one of those that imports brought. A
# retrospective is of the decision it followed; one from before a deal was reopened says nothing of the next.
KEY = retrospectives.KEY
LOST = f"""
  FROM deals_deal d LEFT JOIN leads_company c ON c.id = d.company_id
  LEFT JOIN deals_retrospective r ON r.deal_id = d.id AND r.at >= d.closed_at
  LEFT JOIN deals_competitor k ON k.id = r.competitor_id
  LEFT JOIN deals_competitor n ON n.key = {KEY.format("d.competitor")}
  LEFT JOIN (SELECT {KEY.format("competitor")} AS key, min(btrim(competitor)) AS name FROM deals_deal
              WHERE stage = 'lost' AND btrim(competitor) <> '' GROUP BY 1) f ON f.key = {KEY.format("d.competitor")}
 WHERE d.stage = 'lost' AND d.closed_at >= %(since)s AND d.closed_at < %(until)s"""
REASON = "coalesce(nullif(r.reason, ''), nullif(d.reason, ''), 'other')"


@dataclass(slots=True)
class Table:
    """`rows`: (reason, its words, a count a column, total); `columns`: (value, its words). `confirmed`: of how many a
    retrospective says that the buyer was asked."""

    by: str
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str, str, list[int], int]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    total: int = 0
    told: int = 0
    confirmed: int = 0


def table(by: str, *, since: datetime, until: datetime) -> Table:
    """Deals lost in [since, until), reasons × `by` (a key of BY). One query, and one for names of sources."""
    column = BY[by][1]
    found = bulk.query(
        f"SELECT {REASON}, {column}, count(*), count(r.id), count(*) FILTER (WHERE r.buyer_said) {LOST} GROUP BY 1, 2",
        {"since": since, "until": until},
    )
    sums: dict[str, int] = {}
    counts: dict[tuple[str, str], int] = {}
    for _, value, n, *_ in found:
        sums[value] = sums.get(value, 0) + n
    kept = sorted(sums, key=lambda value: (value == "", -sums[value], value))
    shown, rest = kept[:MOST], kept[MOST:]
    for reason, value, n, *_ in found:
        key = reason, value if value in shown else OTHER
        counts[key] = counts.get(key, 0) + n
    columns = [*shown, *([OTHER] if rest else [])]
    reasons: dict[str, int] = {}
    for (reason, _), n in counts.items():
        reasons[reason] = reasons.get(reason, 0) + n
    names = _names(by, shown)
    return Table(
        by, [(value, names.get(value, value)) for value in columns],
        [
            (reason, reason_words(reason), [counts.get((reason, value), 0) for value in columns], reasons[reason])
            for reason in sorted(reasons, key=lambda one: (-reasons[one], one))
        ],
        [sum(n for (_, value), n in counts.items() if value == column) for column in columns],
        sum(reasons.values()), sum(row[3] for row in found), sum(row[4] for row in found),
    )  # fmt: skip


def ids(by: str, *, reason: str, value: str | None, since: datetime, until: datetime, limit: int) -> list[int]:
    """The deals behind a count, newest first; `value` None: of all columns."""
    wanted = "" if value is None else f"AND {BY[by][1]} = %(value)s"
    reasoned = f"AND {REASON} = %(reason)s" if reason else ""
    rows = bulk.query(
        f"SELECT d.id {LOST} {reasoned} {wanted} ORDER BY d.closed_at DESC, d.id DESC LIMIT %(limit)s",
        {"since": since, "until": until, "reason": reason, "value": value, "limit": limit},
    )
    return [pk for (pk,) in rows]


def reason_words(code: str) -> str:
    """An import may bring a reason of its own."""
    return LossReason(code).label if code in LossReason.values else code.replace("_", " ").capitalize()


def period(days: int, *, now: datetime, zone: str) -> tuple[datetime, datetime, tuple[date, date]]:
    """[first midnight, just after now) of `days` local days with today the last, and both days."""
    where = ZoneInfo(zone)
    today = now.astimezone(where).date()
    first = today - timedelta(days=days - 1)
    return datetime.combine(first, time(), where), now + timedelta(microseconds=1), (first, today)


def _names(by: str, values: list[str]) -> dict[str, str]:
    if by == "segment":
        return dict(company_size.NAMES)
    if by == "source":
        rows = bulk.query("SELECT code, name FROM marketing_channel WHERE code = ANY (%s)", [values])
        return {**dict(rows), "": "No source"}
    return {"": "No competitor named"}


def said(n: int) -> str:
    """Words beside a table of few."""
    return f"{words.plural(n, 'deal')}, small sample" if n < 20 else words.plural(n, "deal")
