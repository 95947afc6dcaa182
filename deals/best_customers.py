"""Who bought and who did not, for the ideal customer profile (settings.ICP_CUSTOMERS and ICP_DEALS)."""

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from revops.lib import bulk
from teams.models import Organisation


class Firm(NamedTuple):
    """A firm that won us, or only ever turned us down. `value`: all it bought, whole units of the organisation's
    currency; None when unknown. `cycle_days`: from the first touch to the first deal won. `health`: 0–100 as
    of now, None when nobody ever read it. `since`: the first deal won, or the last one lost. `person_id`, `lead_id`:
    whom that was with.
    """

    company_id: int
    won: bool
    value: float | None
    cycle_days: float | None
    health: float | None
    since: datetime
    person_id: int | None
    lead_id: int | None


class Decided(NamedTuple):
    """A deal won or lost. `opened_at`: what was known then is what could be judged by."""

    deal_id: int
    company_id: int
    person_id: int | None
    lead_id: int | None
    won: bool
    cycle_days: float | None
    opened_at: datetime
    closed_at: datetime


# A deal with its person and the days from the first touch to the end; a deal without dates has no cycle.
DEALS = """
    SELECT d.id, d.company_id, COALESCE(d.person_id, l.person_id) AS person_id, d.lead_id, d.stage, d.amount,
           d.currency, d.created_at, d.closed_at,
           CASE WHEN NOT d.undated AND d.closed_at >= first.at
                THEN extract(epoch FROM (d.closed_at - first.at))::float8 / 86400 END AS days
      FROM deals_deal d
      LEFT JOIN leads_lead l ON l.id = d.lead_id
      LEFT JOIN leads_person p ON p.id = COALESCE(d.person_id, l.person_id)
      CROSS JOIN LATERAL (SELECT COALESCE(l.first_touch_at, p.first_touch_at, d.created_at) AS at) first
     WHERE d.company_id IS NOT NULL AND d.stage IN ('won', 'lost') AND d.closed_at <= %(until)s
"""
FIRMS = f"""
    SELECT x.company_id, bool_or(x.stage = 'won') AS won,
           (sum(x.amount) FILTER (WHERE x.stage = 'won' AND x.currency = %(currency)s))::float8 / 100,
           (array_agg(x.days ORDER BY x.closed_at, x.id) FILTER (WHERE x.stage = 'won'))[1],
           COALESCE(min(x.closed_at) FILTER (WHERE x.stage = 'won'), max(x.closed_at)),
           COALESCE((array_agg(ARRAY[x.person_id, x.lead_id] ORDER BY x.closed_at, x.id)
                     FILTER (WHERE x.stage = 'won'))[1:1],
                    (array_agg(ARRAY[x.person_id, x.lead_id] ORDER BY x.closed_at DESC, x.id DESC))[1:1])
      FROM ({DEALS}) x GROUP BY x.company_id ORDER BY x.company_id
"""


def of(now: datetime) -> list[Firm]:
    """Every firm with a decided deal, in a handful of queries whatever their number. A firm that ever bought is a
    customer; how those are doing is asked of the room that keeps them (settings.ICP_HEALTH)."""
    params: dict[str, Any] = {"until": now, "currency": Organisation.get().currency}
    rows = bulk.query(FIRMS, params)
    bought = [company for company, won, *_ in rows if won]
    health = import_string(settings.ICP_HEALTH)(bought, as_of=now) if bought else {}
    return [
        Firm(company, won, value if won else None, days if won else None, health.get(company), since, *with_whom[0])
        for company, won, value, days, since, with_whom in rows
    ]


def decided(since: datetime, until: datetime) -> list[Decided]:
    """Deals won or lost in (since, until], oldest first; one query. Deals without dates of their own are left out."""
    rows = bulk.query(
        f"SELECT x.id, x.company_id, x.person_id, x.lead_id, x.stage = 'won', x.days, x.created_at, x.closed_at "
        f"FROM ({DEALS} AND d.closed_at > %(since)s AND NOT d.undated) x ORDER BY x.closed_at, x.id",
        {"since": since, "until": until},
    )
    return [Decided(*row) for row in rows]
