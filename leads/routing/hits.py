"""How many of the recently handed-over leads each rule took: what was said of each at its hand-over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from leads.models import Lead
from revops.lib import bulk

DAYS = 30
RECENT = timedelta(days=DAYS)
# The first decision after the hand-over, or the one it waits under. A rule keeps its line through all versions.
DECIDED = """
    FROM leads_lead l
    LEFT JOIN LATERAL (SELECT w.cause, w.why FROM leads_ownership w WHERE w.lead_id = l.id AND w.from_at >= l.mql_at
                        ORDER BY w.from_at, w.id LIMIT 1) w ON TRUE
    LEFT JOIN leads_waiting q ON q.lead_id = l.id
    LEFT JOIN leads_routingrule r ON r.id = (coalesce(w.why, q.why) ->> 'rule')::bigint
   WHERE l.mql_at >= %(since)s AND l.mql_at <= %(now)s AND NOT l.history AND l.merged_into_id IS NULL"""


@dataclass(slots=True)
class Hits:
    """Of `leads` handed over: `rules` {line: n}, `fallback` n, `before` {deal_owner, named_account …: n}."""

    leads: int = 0
    fallback: int = 0
    rules: dict[UUID, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)


def of(*, now: datetime) -> Hits:
    """Of the last 30 days. One query."""
    found = Hits()
    for line, cause, n in bulk.query(
        f"SELECT r.line, coalesce(w.cause, q.why ->> 'cause', ''), count(*) {DECIDED} GROUP BY 1, 2",
        {"since": now - RECENT, "now": now},
    ):
        found.leads += n
        if line is not None:
            found.rules[line] = found.rules.get(line, 0) + n
        elif cause in ("fallback", "claim"):
            found.fallback += n
        else:
            found.before[cause] = found.before.get(cause, 0) + n
    return found


def leads(line: UUID | None, *, now: datetime, limit: int = 50) -> list[Lead]:
    """The newest that a rule took; line None: that no rule took. Two queries."""
    nobody = "r.line IS NULL AND coalesce(w.cause, q.why ->> 'cause') IN ('fallback', 'claim')"
    which = "r.line = %(line)s" if line else nobody
    rows = bulk.query(
        f"SELECT l.id {DECIDED} AND {which} ORDER BY l.mql_at DESC, l.id DESC LIMIT %(limit)s",
        {"since": now - RECENT, "now": now, "line": str(line) if line else None, "limit": limit},
    )
    known = Lead.objects.with_names().in_bulk([pk for (pk,) in rows])
    return [known[pk] for (pk,) in rows if pk in known]
