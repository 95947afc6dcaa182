"""What really happened to the leads of a replay: when an answer was promised, when it came, whose hours counted, and
which of the given conditions held at that moment. One statement for the leads, one a lot for their stories.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.conditions import sql, tree
from revops.lib import bulk
from revops.lib.errors import Invalid
from sla.models import Hours, Policy, Target
from teams import calendars
from teams.models.calendar import CalendarVersion

MOST, LOT = 20_000, 2_000
# What was known at the hand-off is what its snapshot kept (DOMAIN 2.3).
AT_HAND_OFF = {
    "score.cell": "s.cell", "score.fit": "s.fit", "score.engagement": "s.engagement", "score.usage": "s.usage",
    "score.priority": "(s.fit + s.engagement)", "score.pql": "(s.because = 'pql')", "lead.stage": "'mql'::text",
}  # fmt: skip


@dataclass(slots=True)
class Past:
    """One promise as it was. `answered_at`: kept, late or not; `gone_at`: there was nothing to keep any more.

    `holds`: the given conditions, in their order. `pauses`: half-open, the last one may have no end.
    """

    lead_id: int
    owner_id: int | None
    started_at: datetime
    answered_at: datetime | None
    gone_at: datetime | None
    team_calendar: CalendarVersion | None
    holds: tuple[bool, ...]
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)


@dataclass(slots=True)
class Population:
    """`total`: hand-offs in the period; `ids`: those looked at, every `step`-th by date; `first_at`: the first ever."""

    total: int
    ids: list[int]
    step: int
    first_at: datetime | None


def population(*, since: datetime, until: datetime) -> Population:
    """Leads handed over in [since, until) whose dates are real; evenly sampled when there are more than MOST."""
    found = bulk.query(
        """
        WITH real AS (
            SELECT id, mql_at, row_number() OVER (ORDER BY mql_at, id) AS n, count(*) OVER () AS total FROM leads_lead
             WHERE mql_at >= %(since)s AND mql_at < %(until)s AND NOT history AND NOT undated)
        SELECT (SELECT min(mql_at) FROM leads_lead WHERE mql_at IS NOT NULL AND NOT history AND NOT undated),
               r.total, r.id
          FROM (VALUES (1)) AS one(x)
          LEFT JOIN real r ON r.n %% greatest(1, ceil(r.total::numeric / %(most)s)::int) = 0
         ORDER BY r.n""",
        {"since": since, "until": until, "most": MOST},
    )
    total = found[0][1] or 0
    step = max(1, -(-total // MOST))
    return Population(total, [pk for _, _, pk in found if pk is not None], step, found[0][0])


class Conditions:
    """The different conditions of some lines, each compiled once; what can't be read never holds."""

    def __init__(self, *sets: Sequence[Policy]) -> None:
        self.places: dict[str, int] = {}
        self.texts: list[str] = []
        self.params: dict[str, Any] = {}
        for line in (line for lines in sets for line in lines):
            key = bulk.dumps(line.condition)
            if key not in self.places:
                self.places[key] = len(self.texts)
                self.texts.append(self._sql(line.condition, f"c{len(self.texts)}"))

    def of(self, lines: Sequence[Policy]) -> list[tuple[int, Policy]]:
        """[(which of `Past.holds`, line), …] in order."""
        return [(self.places[bulk.dumps(line.condition)], line) for line in lines]

    def _sql(self, condition: Any, prefix: str) -> str:
        try:
            node = tree.read(condition)
        except Invalid:
            return "FALSE"
        compiled = sql.compiled(node, prefix=prefix, moment="then", given=_at_hand_off(node))
        self.params |= compiled.params
        # Every lead is asked about its own moment.
        return f"({compiled.text.replace('%(as_of)s', 'past.started_at')}) IS TRUE"


def _at_hand_off(node: tree.Node) -> dict[str, str]:
    """Attributes as they stood when the promise began. What is kept nowhere is read as it is now."""
    kept_nowhere = {
        name: attribute.sql
        for name, attribute in tree.attributes_of(node).items()
        if attribute.past is None and attribute.fact is None
    }
    return kept_nowhere | AT_HAND_OFF


# Each gives lead_id, owner_id, started_at, answered_at, gone_at.
GONE = "least(l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at, l.won_at, l.lost_at)"
ANSWERS = f"""
    SELECT l.id AS lead_id, coalesce(k.owner_id, l.owner_id) AS owner_id, l.mql_at AS started_at,
           CASE WHEN l.first_response_at >= l.mql_at THEN l.first_response_at END AS answered_at, {GONE} AS gone_at,
           k.id AS clock_id
      FROM leads_lead l
      LEFT JOIN LATERAL (SELECT c.id, c.owner_id FROM sla_clock c WHERE c.lead_id = l.id AND c.scope = 'lead'
                          AND c.target = 'first_response' ORDER BY c.run LIMIT 1) k ON true
     WHERE l.id = ANY (%(ids)s)"""
CLOCKS = """
    SELECT c.lead_id, c.owner_id, c.started_at,
           CASE WHEN c.outcome IN ('met', 'met_late') THEN c.stopped_at END AS answered_at,
           CASE WHEN c.outcome IN ('cancelled', 'breached_cancelled', 'not_required') THEN c.stopped_at END AS gone_at,
           c.id AS clock_id
      FROM sla_clock c
     WHERE c.lead_id = ANY (%(ids)s) AND c.target = %(target)s AND c.scope = 'lead' AND NOT c.history"""


def stories(
    ids: Sequence[int], conditions: Conditions, *, target: str, calendar_of: Callable[[int | None], Any]
) -> Iterator[Past]:
    """The promises of these leads. One statement, and one for pauses; call it a lot."""
    holds = ", ".join(conditions.texts) or "TRUE"
    rows = bulk.query(
        f"""
        SELECT past.lead_id, past.owner_id, past.started_at, past.answered_at, past.gone_at, h.calendar_version_id,
               coalesce(t.calendar_id, (SELECT calendar_id FROM teams_organisation WHERE id = 1)), w.pauses,
               {holds}
          FROM ({ANSWERS if target == Target.FIRST_RESPONSE else CLOCKS}) past
          JOIN leads_lead l ON l.id = past.lead_id
          JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
          LEFT JOIN leads_snapshot s ON s.lead_id = l.id
          LEFT JOIN teams_user u ON u.id = past.owner_id
          LEFT JOIN teams_team t ON t.id = u.team_id
          LEFT JOIN LATERAL (
              SELECT k.calendar_version_id FROM sla_clock k JOIN sla_policy o ON o.id = k.policy_id AND o.hours = 'team'
               WHERE k.lead_id = l.id AND k.calendar_version_id IS NOT NULL ORDER BY k.id LIMIT 1) h ON true
          LEFT JOIN LATERAL (
              SELECT array_agg(ARRAY[q.from_at, q.to_at] ORDER BY q.from_at) AS pauses FROM sla_pause q
               WHERE q.clock_id = past.clock_id AND NOT q.stands) w ON true
         ORDER BY past.started_at, past.lead_id""",
        {**conditions.params, "ids": list(ids), "target": target},
    )
    for lead, owner, start, answered, gone, version, calendar, pauses, *held in rows:
        kept = calendar_of(version) if version else None
        yield Past(
            lead, owner, start, answered, gone, kept or calendar_of(-calendar if calendar else None), tuple(held),
            [(a, b) for a, b in pauses or ()],
        )  # fmt: skip


class CalendarBook:
    """Calendar versions by id, the newest of a calendar by its id with a minus sign; two queries in all."""

    def __init__(self) -> None:
        self.newest = calendars.current_versions()
        self.versions: dict[int, CalendarVersion] | None = None

    def __call__(self, which: int | None) -> CalendarVersion | None:
        if which is None:
            return None
        if which < 0:
            return self.newest.get(-which)
        if self.versions is None:
            self.versions = CalendarVersion.objects.in_bulk()
        return self.versions.get(which)

    def of(self, line: Policy, past: Past) -> CalendarVersion | None:
        """Whose hours count for a promise under a line; None = round the clock."""
        if line.hours == Hours.ALWAYS:
            return None
        if line.hours == Hours.CALENDAR:
            return self.newest.get(line.calendar_id or 0)
        return past.team_calendar
