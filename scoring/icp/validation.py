"""Whether the profile still holds: deals that matched it against those that did not, by quarter and by criterion.

A deal is judged by what was known of the firm when the deal was opened. Only deals decided after the profile came into
force can confirm it; those before are what it was derived from, and are marked so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string
from psycopg2.extensions import AsIs

from revops.lib import bulk
from revops.lib.statistics import is_small, median, median_interval, newcombe, wilson
from scoring.icp import traits
from scoring.icp.attribute import met, share
from scoring.models import Icp
from teams.models import Organisation

MATCH = 75  # percent of the criteria known that a deal's firm meets, to count as matching
QUARTERS = 4

JUDGED = f"""
    SELECT given.deal_id, x.share, x.holds
      FROM unnest(%(deal)s::bigint[], %(company)s::bigint[], %(person)s::bigint[], %(lead)s::bigint[],
                  %(opened)s::timestamptz[]) AS given(deal_id, company_id, person_id, lead_id, opened_at)
      {traits.ABOUT}
     CROSS JOIN LATERAL (SELECT {share("m.holds")} AS share, array_agg(m.holds ORDER BY m.place) AS holds
                           FROM {met("%(criteria)s::jsonb", then=True)} m) x
"""


class Judged(NamedTuple):
    """A decided deal under a profile. `matches`: None when too little was known of the firm."""

    won: bool
    cycle_days: float | None
    closed_at: datetime
    matches: bool | None
    holds: list[bool | None]


@dataclass(frozen=True, slots=True)
class Arm:
    """Deals of one kind: `won` of `n`, `interval` of the rate; `cycle`: median days of those won, of `cycles`."""

    n: int
    won: int
    interval: tuple[float, float] | None
    cycle: float | None
    cycle_interval: tuple[float, float] | None
    cycles: int

    @property
    def small(self) -> bool:
        return is_small(self.n)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`gap`: rate of those that match minus the others', with its interval `between`; None when a side is empty."""

    match: Arm
    other: Arm
    unknown: int
    gap: float | None
    between: tuple[float, float] | None

    @property
    def small(self) -> bool:
        return self.match.small or self.other.small

    @property
    def verdict(self) -> str:
        """small, holds, fails (won clearly less often) or open (no difference can be told)."""
        if self.small or self.between is None:
            return "small"
        if self.between[0] > 0:
            return "holds"
        return "fails" if self.between[1] < 0 else "open"


@dataclass(frozen=True, slots=True)
class Quarter:
    """`start` to `end` (the day after it). `source`: it ended before the profile was in force."""

    start: date
    end: date
    source: bool
    found: Comparison


@dataclass(frozen=True, slots=True)
class Trial:
    """`since`: deals decided since the profile is in force. `criteria`: the same of each criterion alone, in order."""

    since: Comparison
    quarters: list[Quarter]
    criteria: list[Comparison]


def of(icp: Icp, *, now: datetime) -> Trial:
    """The last four quarters (the running one first) and the time since it is in force; three queries."""
    zone = ZoneInfo(Organisation.get().timezone)
    starts = quarters(now.astimezone(zone).date())
    begun = icp.effective_at or now
    first = min(_moment(starts[-1], zone), begun)
    deals = judged(icp.criteria, since=first, until=now)
    found = []
    for i, start in enumerate(starts):
        ends = starts[i - 1] if i else next_quarter(start)
        low, high = _moment(start, zone), _moment(ends, zone)
        inside = [deal for deal in deals if low <= deal.closed_at < high]
        found.append(Quarter(start, ends, high <= begun, compared((deal.matches, deal) for deal in inside)))
    later = [deal for deal in deals if deal.closed_at > begun]
    alone = [compared((deal.holds[i], deal) for deal in later) for i in range(len(icp.criteria))]
    return Trial(compared((deal.matches, deal) for deal in later), found, alone)


def judged(criteria: Sequence[dict[str, Any]], *, since: datetime, until: datetime) -> list[Judged]:
    """Every deal decided in (since, until], by what was known when it was opened; two queries."""
    deals = import_string(settings.ICP_DEALS)(since, until)
    if not deals or not criteria:
        return []
    rows = bulk.query(JUDGED, {
        "deal": [deal.deal_id for deal in deals], "company": [deal.company_id for deal in deals],
        "person": [deal.person_id for deal in deals], "lead": [deal.lead_id for deal in deals],
        "opened": [deal.opened_at for deal in deals], "criteria": bulk.dumps(list(criteria)),
        "as_of": AsIs("given.opened_at"),
    })  # fmt: skip
    by_deal = {deal_id: (matched, holds) for deal_id, matched, holds in rows}
    return [
        Judged(
            deal.won, deal.cycle_days, deal.closed_at,
            None if by_deal[deal.deal_id][0] is None else by_deal[deal.deal_id][0] >= MATCH, by_deal[deal.deal_id][1],
        )
        for deal in deals
    ]  # fmt: skip


def compared(deals: Iterable[tuple[bool | None, Judged]]) -> Comparison:
    sides: dict[bool | None, list[Judged]] = {True: [], False: [], None: []}
    for side, deal in deals:
        sides[side].append(deal)
    match, other = _arm(sides[True]), _arm(sides[False])
    gap = match.won / match.n - other.won / other.n if match.n and other.n else None
    return Comparison(match, other, len(sides[None]), gap, newcombe(match.won, match.n, other.won, other.n))


def _arm(deals: list[Judged]) -> Arm:
    won = sum(deal.won for deal in deals)
    cycles = [deal.cycle_days for deal in deals if deal.won and deal.cycle_days is not None]
    return Arm(len(deals), won, wilson(won, len(deals)), median(cycles), median_interval(cycles), len(cycles))


def quarters(today: date) -> list[date]:
    """The first days of the running quarter and the three before it, newest first."""
    found = [date(today.year, today.month - (today.month - 1) % 3, 1)]
    while len(found) < QUARTERS:
        before = found[-1] - timedelta(days=1)
        found.append(date(before.year, before.month - 2, 1))
    return found


def next_quarter(start: date) -> date:
    return date(start.year + (start.month > 9), (start.month + 2) % 12 + 1, 1)


def _moment(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
