"""What other rules of scoring would put on people: leads on each desk a working day, response clocks begun by the hour.

A lead that really had an owner is on that desk in both columns; one that nobody was ever given goes to its account's
owner, else to whom today's routing leads, shared by weight. Against it stands what these people have answered.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg2.extensions import AsIs

from leads import conditions
from leads.models import Pool, PoolMember, RoutingRule
from revops.lib import bulk
from revops.lib.errors import Invalid
from scoring.replay.result import HourLoad, Load, RepLoad
from sla.business_time import ROUND_THE_CLOCK, Calendar
from sla.load import people
from teams import calendars
from teams.models import Organisation

LOOKED_BACK = timedelta(days=90)
FEW = 10  # days, or hours, with answers: from fewer nobody's capacity is told
GUESSED = "Leads that nobody was ever given are put where today's routing leads, shared by weight."
# What the replay knows of a score at the hand-over; the rest of it is unknown to routing here. An alias of one
# letter could be hidden by one inside a condition, which reads %(as_of)s = handed.at among its own tables.
SCORED = {
    "score.cell": "handed.cell", "score.priority": "handed.priority", "score.fit": "NULL::float8",
    "score.engagement": "NULL::float8", "score.usage": "NULL::float8",
    "score.pql": "NULL::boolean", "score.top": "NULL::boolean", "lead.stage": "'mql'::text",
}  # fmt: skip
# Hand-overs of the period, one row a lead and side.
HANDED = """
    SELECT r.lead_id, y.* FROM scoring_replaylead r CROSS JOIN LATERAL (VALUES
           (true, r.live_at, r.live_cell, r.live_best), (false, r.draft_at, r.draft_cell, r.draft_best)
           ) AS y(live, at, cell, priority)
     WHERE r.run_id = %(run)s AND y.at >= %(since)s"""

Shares = dict[int, dict[int, float]]


def of(run_id: int, *, since: datetime, until: datetime, every: int) -> Load:
    """The load of a replay's hand-overs in [since, until); each stands for `every` leads. Nine statements."""
    organisation = Organisation.get()
    zone, hours = ZoneInfo(organisation.timezone), _hours(organisation)
    days = _working(since, until, hours, zone)
    if not days:
        return Load(zone=zone.key)
    params = {"run": run_id, "since": since, "until": until, "zone": zone.key, "back": until - LOOKED_BACK}
    desks, guessed = _desks(params)
    return Load(
        reps=_reps(desks, every / len(days), params),
        hours=_by_hour(days, every, hours, zone, params),
        zone=zone.key, note=GUESSED if guessed else "",
    )  # fmt: skip


def _desks(params: Mapping[str, Any]) -> tuple[dict[int | None, list[float]], bool]:
    """{user: [live, draft]} in leads, and whether some were put there by today's routing."""
    routed, bound = _routing()
    rows = bulk.query(
        f"""
        SELECT owner, pool, count(*) FILTER (WHERE live), count(*) FILTER (WHERE NOT live) FROM (
            SELECT handed.live, o.owner, CASE WHEN o.owner IS NULL THEN {routed} END AS pool
              FROM ({HANDED}) handed
              JOIN leads_lead l ON l.id = handed.lead_id
              JOIN leads_person p ON p.id = l.person_id
              LEFT JOIN leads_company c ON c.id = p.company_id
             CROSS JOIN LATERAL (SELECT coalesce(
                   (SELECT w.owner_id FROM leads_ownership w WHERE w.lead_id = l.id ORDER BY w.from_at, w.id LIMIT 1),
                   l.owner_id,
                   (SELECT u.id FROM teams_user u
                     WHERE u.id = c.owner_id AND u.is_active AND NOT u.is_service AND u.benched_at IS NULL)
                   ) AS owner OFFSET 0) o) placed
         GROUP BY owner, pool""",
        {**params, **bound, "as_of": AsIs("handed.at")},
    )
    shares = _shares()
    desks: dict[int | None, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for owner, pool, live, draft in rows:
        named = owner if owner is not None or pool is None or pool > 0 else -pool
        takers: Mapping[int | None, float] = {named: 1.0} if named is not None else shares.get(pool) or {None: 1.0}
        for user, share in takers.items():
            desks[user][0] += live * share
            desks[user][1] += draft * share
    return desks, any(owner is None for owner, *_ in rows)


def _routing() -> tuple[str, dict[str, Any]]:
    """SQL of the pool a lead would go to, or less than nothing: −the person. A rule that can't be read matches
    nothing; the owners of accounts are asked before."""
    fallback = Pool.objects.filter(is_fallback=True).values_list("pk", flat=True).first()
    cases, params = [], {"fallback": fallback}
    rules = RoutingRule.objects.filter(is_active=True, plan__state="live").exclude(to="account_owner")
    for i, (condition, pool, person) in enumerate(
        rules.order_by("position", "id").values_list("condition", "pool_id", "person_id")
    ):
        try:
            sql = conditions.compile(condition, prefix=f"w{i}", given=SCORED)
        except Invalid:
            continue
        cases.append(f"WHEN ({sql.text}) IS TRUE THEN %(pool_{i})s")
        params |= {**sql.params, f"pool_{i}": pool or -person}
    return f"CASE {' '.join(cases)} ELSE %(fallback)s::bigint END" if cases else "%(fallback)s::bigint", params


def _shares() -> Shares:
    """{pool: {user: share of its leads}} of those who take leads."""
    weights: Shares = defaultdict(dict)
    able = PoolMember.objects.filter(user__is_active=True, user__is_service=False, user__benched_at=None)
    for pool, user, weight in able.values_list("pool_id", "user_id", "weight"):
        weights[pool][user] = float(weight)
    return {
        pool: {user: weight / sum(members.values()) for user, weight in members.items()}
        for pool, members in weights.items()
    }


def _reps(desks: Mapping[int | None, list[float]], a_day: float, params: Mapping[str, Any]) -> list[RepLoad]:
    known = [user for user in desks if user is not None]
    rows = bulk.query(
        """
        SELECT u.id, u.name, coalesce(t.name, ''), d.busy
          FROM teams_user u LEFT JOIN teams_team t ON t.id = u.team_id
          LEFT JOIN (SELECT owner_id, CASE WHEN count(*) >= %(few)s THEN
                            percentile_cont(0.95) WITHIN GROUP (ORDER BY n) END AS busy
                       FROM (SELECT owner_id, count(*) AS n FROM leads_lead
                              WHERE first_response_at >= %(back)s AND first_response_at < %(until)s
                                AND owner_id = ANY (%(ids)s)
                              GROUP BY owner_id, (first_response_at AT TIME ZONE %(zone)s)::date) a
                      GROUP BY owner_id) d ON d.owner_id = u.id
         WHERE u.id = ANY (%(ids)s)""",
        {**params, "ids": known, "few": FEW},
    )
    reps = [
        RepLoad(user, name, team, *_daily(desks[user], a_day), None if busy is None else round(busy, 2))
        for user, name, team, busy in rows
    ]
    reps.sort(key=lambda rep: (-rep.draft, -rep.live, rep.name, rep.user or 0))
    if None in desks:
        reps.append(RepLoad(None, "Nobody", "", *_daily(desks[None], a_day)))
    return reps


def _daily(counted: list[float], a_day: float) -> tuple[float, float]:
    return round(counted[0] * a_day, 3), round(counted[1] * a_day, 3)


def _by_hour(
    days: list[date], every: int, hours: Calendar, zone: ZoneInfo, params: Mapping[str, Any]
) -> list[HourLoad]:
    begun = bulk.query(
        f"""
        SELECT extract(hour FROM x.at AT TIME ZONE %(zone)s)::int, count(*) FILTER (WHERE x.live),
               count(*) FILTER (WHERE NOT x.live)
          FROM ({HANDED}) x WHERE (x.at AT TIME ZONE %(zone)s)::date = ANY (%(days)s) GROUP BY 1""",
        {**params, "days": days},
    )
    counts = {hour: (live, draft) for hour, live, draft in begun}
    [(n, rate)] = bulk.query(
        """
        SELECT count(*), percentile_cont(0.95) WITHIN GROUP (ORDER BY n) FROM (
            SELECT count(*) AS n FROM leads_lead
             WHERE first_response_at >= %(back)s AND first_response_at < %(until)s AND owner_id IS NOT NULL
             GROUP BY owner_id, date_trunc('hour', first_response_at)) a""",
        params,
    )
    at_work = _at_work(params["until"], hours, zone)
    found = []
    for hour in range(24):
        live, draft = counts.get(hour, (0, 0))
        can = round(rate * at_work[hour], 2) if n >= FEW else None
        a_day = every / len(days)
        found.append(HourLoad(hour, round(live * a_day, 3), round(draft * a_day, 3), round(at_work[hour], 2), can))
    return found


def _at_work(until: datetime, hours: Calendar, zone: ZoneInfo) -> list[float]:
    """Of those who take turns: how many are on shift at half past each hour, the mean of the last working week."""
    ids = list(PoolMember.objects.filter(user__benched_at=None).values_list("user_id", flat=True).distinct())
    shifts = [one.shift for one in people(ids, at=until) if one.shift.reason != "inactive"]
    week = _working(until - timedelta(days=7), until, hours, zone)
    found = []
    for hour in range(24):
        moments = [datetime.combine(day, time(hour, 30), zone) for day in week]
        on = sum(shift.hours.is_open(at) for at in moments for shift in shifts)
        found.append(on / len(moments) if moments else 0.0)
    return found


def _hours(organisation: Organisation) -> Calendar:
    if organisation.calendar_id is None:
        return ROUND_THE_CLOCK
    version = calendars.current_versions([organisation.calendar_id]).get(organisation.calendar_id)
    return version.hours() if version else ROUND_THE_CLOCK


def _working(since: datetime, until: datetime, hours: Calendar, zone: ZoneInfo) -> list[date]:
    """The days with an opening within [since, until)."""
    day, found = since.astimezone(zone).date(), []
    while (start := datetime.combine(day, time(), zone)) < until:
        day += timedelta(days=1)
        end = min(datetime.combine(day, time(), zone), until)
        if hours.elapsed(max(start, since), end) > 0:
            found.append(start.date())
    return found
