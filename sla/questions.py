"""What is owed, by whom, and how much of what was promised was kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from customers import owed
from customers.rights import CARERS
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk

# Whose customer it is owes the call as the seller does.
THEIR_CALLS = f"""
             + (SELECT count(DISTINCT c.deal_id) FROM sla_clock c
                 WHERE c.target IN ('handoff_sched', 'handoff_call') AND c.phase = 'running' AND NOT c.history
                   AND c.owner_id IS DISTINCT FROM %(user)s AND c.deal_id IN ({owed.CALLS}))"""


def owed_count(user: Any) -> int:
    """How many rows of this person's queue have a clock running: own leads, and deals or leads of others on which they
    promised something; of a success manager also the calls of their customers. The number beside My queue; one
    statement."""
    params = {"user": user.pk, "csm": user.pk, "open": [str(stage) for stage in OPEN_STAGES]}
    [(n,)] = bulk.query(
        """
        SELECT (SELECT count(*) FROM leads_lead
                 WHERE owner_id = %(user)s AND stage = ANY (%(open)s) AND next_due_at IS NOT NULL)
             + (SELECT count(DISTINCT (c.lead_id, c.deal_id)) FROM sla_clock c
                  LEFT JOIN leads_lead l ON l.id = c.lead_id
                 WHERE c.owner_id = %(user)s AND c.phase <> 'stopped' AND c.phase = 'running' AND NOT c.history
                   AND (c.deal_id IS NOT NULL OR c.target = 'next_step' AND l.owner_id IS DISTINCT FROM c.owner_id))"""
        + (THEIR_CALLS if user.role in CARERS else ""),
        params,
    )
    return n


@dataclass(slots=True)
class Kept:
    """Clocks that fell due in a period, as known at a moment. `running`: due in it, but later than that moment;
    `left_out`: cancelled or not required. `paused` clocks have no due and are counted apart (DOMAIN 1.5)."""

    met: int = 0
    met_late: int = 0
    overdue: int = 0
    breached_cancelled: int = 0
    running: int = 0
    left_out: int = 0
    paused: int = 0

    @property
    def missed(self) -> int:
        return self.met_late + self.overdue + self.breached_cancelled

    @property
    def judged(self) -> int:
        return self.met + self.missed

    @property
    def share(self) -> Fraction | None:
        """Met ÷ judged, exact; None when nothing fell due."""
        return Fraction(self.met, self.judged) if self.judged else None


# The state of a clock as of a moment, as `sla.state` has it; due itself is still in time.
STATE = """CASE WHEN c.stopped_at <= %(now)s THEN c.outcome WHEN c.due_at IS NULL THEN 'paused'
                WHEN c.due_at < %(now)s THEN 'overdue' ELSE 'running' END"""
DIMENSIONS = {
    "owner": "c.owner_id", "team": "u.team_id", "tier": "c.tier", "target": "c.target", "line": "y.line",
}  # fmt: skip


def attainment(
    *, since: datetime, until: datetime, now: datetime, owners: Sequence[int] | None = None,
    teams: Sequence[int] | None = None, target: str | None = "first_response", tier: str | None = None,
    scope: str = "lead", history: bool = False,
) -> Kept:  # fmt: skip
    """Clocks due in [since, until), as known at `now`; None = any. `scope` lead: what the buyer felt; owner: what each
    person did with the time they had (first response has both, the other targets only the lead's).

    `owners` and `teams` are ids; a clock counts for whoever it is charged to. One statement.
    """
    found = attainment_by(
        (), since=since, until=until, now=now, owners=owners, teams=teams, target=target, tier=tier, scope=scope,
        history=history,
    )  # fmt: skip
    return found.get((), Kept())


def attainment_by(
    dimensions: Sequence[str], *, since: datetime, until: datetime, now: datetime,
    owners: Sequence[int] | None = None, teams: Sequence[int] | None = None, target: str | None = None,
    tier: str | None = None, scope: str = "lead", history: bool = False,
) -> dict[tuple, Kept]:  # fmt: skip
    """The same for each value of `dimensions` (owner, team, tier, target, line): {(value, …): Kept}. One statement."""
    columns = [DIMENSIONS[name] for name in dimensions]
    groups = "".join(f"{column}, " for column in columns)
    rows = bulk.query(
        f"""
        SELECT {groups} {STATE} AS state, count(*)
          FROM sla_clock c LEFT JOIN teams_user u ON u.id = c.owner_id LEFT JOIN sla_policy y ON y.id = c.policy_id
         WHERE (c.due_at >= %(since)s AND c.due_at < %(until)s
                OR c.phase = 'paused' AND c.due_at IS NULL AND c.started_at < %(until)s)
           AND coalesce(c.lead_id, c.deal_id) IS NOT NULL AND c.started_at <= %(now)s AND c.scope = %(scope)s
           AND (%(history)s OR NOT c.history)
           AND (%(target)s::text IS NULL OR c.target = %(target)s) AND (%(tier)s::text IS NULL OR c.tier = %(tier)s)
           AND (%(owners)s::bigint[] IS NULL OR c.owner_id = ANY (%(owners)s::bigint[]))
           AND (%(teams)s::bigint[] IS NULL OR u.team_id = ANY (%(teams)s::bigint[]))
         GROUP BY {groups} state""",
        {
            "since": since, "until": until, "now": now, "scope": scope, "history": history, "target": target,
            "tier": tier, "owners": None if owners is None else list(owners),
            "teams": None if teams is None else list(teams),
        },
    )  # fmt: skip
    found: dict[tuple, Kept] = {}
    for *key, state, count in rows:
        kept = found.setdefault(tuple(key), Kept())
        name = "left_out" if state in ("cancelled", "not_required") else state
        setattr(kept, name, getattr(kept, name) + count)
    return found


def kept_by_owner(
    owner_ids: Sequence[int], *, since: datetime, now: datetime, target: str = "first_response"
) -> dict[int, tuple[int, int]]:
    """{owner: (kept, judged)} of what fell due in [since, now]; of first response each owner's own clocks."""
    scope = "owner" if target == "first_response" else "lead"
    found = attainment_by(["owner"], since=since, until=now, now=now, owners=owner_ids, target=target, scope=scope)
    return {owner: (kept.met, kept.judged) for (owner,), kept in found.items()}
