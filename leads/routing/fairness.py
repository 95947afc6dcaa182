"""Did everybody get what was theirs? What pools gave in a period, against what the weights say.

Expected: of each decision, every eligible member's weight as a share of all eligible ones'. So who was away, full or
off shift is expected nothing for that time, and the differences of a pool add up to nought. Weights are today's; who
left the pool counts with 1. Leads given by hand are apart: they move nobody's turn.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from leads.models import Pool, PoolMember
from leads.routing.turns import GIVEN
from revops.lib import bulk
from revops.lib.errors import Invalid
from teams import shifts
from teams.models import User

MOST_DAYS = 366


@dataclass(slots=True)
class Share:
    """One member in one pool. `time_share`: of all members' working time without leave and bench, None where nobody
    had any. `eligible`: decisions that could have been theirs, of the pool's `decisions`. `given − expected` =
    `difference`. `skipped`: {leave, off_shift, cap, day, week, skill, previous, benched, inactive: times}. `by_hand`:
    leads given to them by people, whatever the pool. `left`: a member no more."""

    user: User
    weight: int
    time_share: float | None
    eligible: int
    given: int
    expected: float
    skipped: dict[str, int]
    by_hand: int
    left: bool = False

    @property
    def difference(self) -> float:
        return round(self.given - self.expected, 4)


@dataclass(slots=True)
class Fair:
    """`furthest`: the largest difference either way. By turns it stays below the sum of two weights; larger ones come
    of eligibility that changed between decisions, or of the least loaded coming first."""

    pool: Pool
    decisions: int
    members: list[Share] = field(default_factory=list)

    @property
    def furthest(self) -> float:
        return max((abs(one.difference) for one in self.members), default=0.0)


def report(since: datetime, until: datetime, *, pools: QuerySet[Pool] | Sequence[Pool] | None = None) -> list[Fair]:
    """Each pool that gave anything in [since, until) or has members, the busiest first. Six queries, whatever the
    number. Raises Invalid for a period that runs backwards or is over a year."""
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise Invalid(f"Give a time of 1 to {MOST_DAYS} days.", code="period", field="since")
    known = {pool.pk: pool for pool in (Pool.objects.all() if pools is None else pools)}
    params = {"since": since, "until": until, "given": GIVEN, "pools": list(known)}
    decisions = dict(bulk.query(f"{DECISIONS} SELECT pool, count(*) FROM d GROUP BY 1", params))
    counted = {(pool, user): rest for pool, user, *rest in bulk.query(f"{DECISIONS} {ELIGIBLE}", params)}
    skipped: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for pool, user, reason, n in bulk.query(f"{DECISIONS} {SKIPPED}", params):
        skipped[pool, user][reason] = n
    weights = {(m.pool_id, m.user_id): m.weight for m in PoolMember.objects.filter(pool__in=known).order_by("position")}
    by_hand = dict(
        bulk.query(
            "SELECT owner_id, count(*) FROM leads_ownership WHERE cause = 'manual' AND from_at >= %(since)s "
            "AND from_at < %(until)s GROUP BY 1",
            params,
        )
    )
    keys = list(dict.fromkeys([*weights, *counted]))
    users = User.objects.select_related("team").in_bulk({user for _, user in keys})
    times = _times(list(users), since, until)
    found = {pk: Fair(pool, decisions.get(pk, 0)) for pk, pool in known.items()}
    for pool, user in keys:
        if user not in users:
            continue
        eligible, given, expected = counted.get((pool, user), (0, 0, 0.0))
        share = Share(
            users[user], weights.get((pool, user), 1), times[user], eligible, given, round(expected, 4),
            skipped.get((pool, user), {}), by_hand.get(user, 0), (pool, user) not in weights,
        )  # fmt: skip
        found[pool].members.append(share)
    for one in found.values():
        whole = sum(member.time_share or 0 for member in one.members if not member.left)
        for member in one.members:
            member.time_share = None if not whole or member.left else round((member.time_share or 0) / whole, 6)
    shown = [one for one in found.values() if one.decisions or one.members]
    return sorted(shown, key=lambda one: (-one.decisions, one.pool.name))


DECISIONS = """
    WITH d AS MATERIALIZED (
        SELECT w.id, (w.why ->> 'pool')::bigint AS pool, w.owner_id, w.why
          FROM leads_ownership w
         WHERE w.from_at >= %(since)s AND w.from_at < %(until)s AND w.cause = ANY (%(given)s)
           AND w.why ? 'eligible' AND (w.why ->> 'pool')::bigint = ANY (%(pools)s))"""
ELIGIBLE = """
    SELECT pool, who, count(*), count(*) FILTER (WHERE who = owner_id), sum(weight / whole)::float8
      FROM (SELECT d.pool, d.owner_id, e.who, coalesce(m.weight, 1)::float8 AS weight,
                   sum(coalesce(m.weight, 1)) OVER (PARTITION BY d.id) AS whole
              FROM d
             CROSS JOIN LATERAL (SELECT x::bigint AS who FROM jsonb_array_elements_text(d.why -> 'eligible') x) e
              LEFT JOIN leads_poolmember m ON m.pool_id = d.pool AND m.user_id = e.who) shares
     GROUP BY 1, 2"""
SKIPPED = """
    SELECT d.pool, s.key::bigint, s.value, count(*) FROM d CROSS JOIN LATERAL jsonb_each_text(d.why -> 'skipped') s
     GROUP BY 1, 2, 3"""


def _times(users: list[int], since: datetime, until: datetime) -> dict[int, Any]:
    """{user: open seconds in the period, without leave and from when they were benched}; one query and a half."""
    states = shifts.on_shift(users, at=since)
    benched = dict(
        User.objects.filter(pk__in=users, benched_at__isnull=False).values_list("pk", "benched_at")
    )  # fmt: skip
    found: dict[int, Any] = {}
    for user, state in states.items():
        end = min(until, max(since, benched.get(user, until)))
        total = state.hours.elapsed(since, end, tuple(state.away)) if end > since else 0
        found[user] = 0 if state.reason == "inactive" else float(total)
    return {user: found.get(user, 0) for user in users}
