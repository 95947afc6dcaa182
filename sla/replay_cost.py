"""What a longer promise may cost: how leads that were answered in the band between the two did, against faster ones.

Associated with, never caused by. Twelve months, the answers as they were, on the hours their clocks counted.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.lib import bulk
from revops.lib.statistics import is_small, wilson
from sla.models import Unit
from sla.policies import hours
from sla.replay_history import CalendarBook

MONTHS, MOST = 12, 20_000


@dataclass(slots=True)
class Band:
    """Leads answered in it and how many became SQL; the 95% interval of that share, None without leads."""

    leads: int
    sql: int
    low: float | None = None
    high: float | None = None
    small: bool = True


@dataclass(slots=True)
class Cost:
    """`turned` promises of `way` (green: late before and in time after, red: the other way) lie between `above` and
    `up_to` open seconds. `band`: leads answered in between, `faster`: answered within `above`."""

    way: str
    turned: int
    above: int
    up_to: int
    band: Band
    faster: Band
    since: datetime
    until: datetime


def of(turned: Counter, *, tiers: frozenset[str] | None, book: CalendarBook, now: datetime) -> Cost | None:
    """None when nothing turns, or when days rather than open time are promised. One statement."""
    bands: Counter = Counter()
    for (way, unit_before, before, unit_after, after), n in turned.items():
        if unit_before == unit_after == Unit.SECONDS and before != after:
            bands[way, min(before, after), max(before, after)] += n
    if not bands:
        return None
    (way, above, up_to), n = bands.most_common(1)[0]
    since, until = now - timedelta(days=365), now - timedelta(days=7)
    counted = {"band": [0, 0], "faster": [0, 0]}
    for started_at, answered_at, version, became in _answers(tiers, since=since, until=until):
        waited = hours(book(version)).elapsed(started_at, answered_at)
        where = "faster" if waited <= above else "band" if waited <= up_to else ""
        if where:
            counted[where][0] += 1
            counted[where][1] += became
    return Cost(way, n, above, up_to, _band(*counted["band"]), _band(*counted["faster"]), since, until)


def _band(leads: int, became: int) -> Band:
    low, high = wilson(became, leads) or (None, None)
    return Band(leads, became, low, high, is_small(leads))


def _answers(tiers: frozenset[str] | None, *, since: datetime, until: datetime) -> list[tuple]:
    return bulk.query(
        """
        SELECT c.started_at, l.first_response_at, c.calendar_version_id, (l.sql_at IS NOT NULL)::int
          FROM leads_lead l
          JOIN sla_clock c ON c.lead_id = l.id AND c.target = 'first_response' AND c.scope = 'lead' AND c.run = 1
         WHERE l.mql_at >= %(since)s AND l.mql_at < %(until)s AND NOT l.undated
           AND l.first_response_at >= c.started_at AND (%(all)s OR c.tier = ANY (%(tiers)s))
         ORDER BY l.mql_at DESC LIMIT %(most)s""",
        {"since": since, "until": until, "all": tiers is None, "tiers": sorted(tiers or ()), "most": MOST},
    )
