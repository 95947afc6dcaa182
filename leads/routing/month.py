"""Who would have got last month's leads under a plan, beside who did.

Two parts. In lots, and resumable: what the plan says of each lead by what was known at its hand-over, in one statement
a lot. Then at once: everybody's turns, in the order in which the leads came, with the hours, leave and desks of those
days. Members, weights and limits are those of today, and who is out of rotation today counts from when they left it.
A desk begins with what was open on it at `since`; a lead given here closes when it really closed.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from leads.models import RoutingPlan, RoutingRun
from leads.routing import deciding, matching, turns, ways
from leads.routing.matching import Candidate, Matched
from revops.lib import bulk
from revops.lib.errors import Invalid
from revops.lib.now import now as present
from revops.lib.runs import RunState, Stopped, hand_over
from teams import shifts
from teams.models import Organisation

DAYS, MOST_DAYS, MOST_LEADS = 30, 92, 100_000
LOT, AT_ONCE = 500, 500
LOCK = 770_031  # with the run's id: one worker at a time
FOUND = {"run_id": "bigint", "lead_id": "bigint", "at": "timestamptz", "had_id": "bigint", "found": "jsonb",
         "cause": "text", "why": "jsonb"}  # fmt: skip
GOT = {"lead_id": "bigint", "gets_id": "bigint", "cause": "text", "why": "jsonb"}


def begin(
    plan: RoutingPlan, since: datetime, until: datetime, *, now: datetime, by: Any = None, send: bool = True
) -> RoutingRun:
    """The run of a plan as it is now over the leads handed over in [since, until): there already, counted at once (a
    few leads), or running. What was cancelled or died goes on where it stopped. `send=False`: the caller counts it.

    `result` once done: {"leads", "same", "other", "held", "queued", "people": [{"user", "had", "gets"}], "rules":
    [{"rule", "name", "leads"}], "causes": {cause: n}, "left_out": imported leads, "version"}.
    Raises Invalid for a period that is over 92 days, runs backwards or has more than 100,000 leads.
    """
    until = min(until, now)
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise Invalid(f"Give a time of at most {MOST_DAYS} days that has begun.", code="period", field="since")
    plan = RoutingPlan.objects.get(pk=plan.pk)  # as it is edited by now, whatever the caller holds
    key = _key(plan, now)
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
        kept = RoutingRun.objects.filter(plan=plan, since=since, until=until).first()
        if kept is not None and kept.key == key and kept.stands(now):
            return kept
        if kept is not None and kept.key == key:
            RoutingRun.objects.filter(pk=kept.pk).update(state=RunState.RUNNING, beat_at=now)
            kept.refresh_from_db()
            run = kept
        else:
            [(total,)] = bulk.query(f"SELECT count(*) {POPULATION}", {"since": since, "until": until})
            if total > MOST_LEADS:
                raise Invalid(f"More than {MOST_LEADS:,} leads: choose a shorter time.", code="too_many", field="since")
            # One run a plan: older ones, of other days or of what the draft was before, go.
            RoutingRun.objects.filter(plan=plan).delete()
            run = RoutingRun.objects.create(
                key=key, plan=plan, since=since, until=until, total=total, started_at=now, beat_at=now, by=by
            )
    if run.total <= AT_ONCE:
        count(run.pk)
        run.refresh_from_db()
    elif send:
        transaction.on_commit(lambda: _send(run.pk))
    return run


def newest(plan: RoutingPlan) -> RoutingRun | None:
    return RoutingRun.objects.select_related("plan").filter(plan=plan).order_by("-pk").first()


def stands_for(run: RoutingRun, *, now: datetime) -> bool:
    """Whether it is still of the plan and the pools as they are now."""
    return run.key == _key(run.plan, now)


def cancel(run: RoutingRun, *, at: datetime) -> RoutingRun:
    """Whoever counts stops after the present lot; begun again, it goes on there. Twice is once."""
    run.cancel(at=at)
    return run


def moved(run: RoutingRun, *, after: int = 0, limit: int = 100, user: int | None = None) -> list[dict[str, Any]]:
    """Leads that another would have got, in the order of hand-over: {"id", "lead", "person", "company", "at", "had",
    "gets", "cause", "why"}; `after`: the last one's id. `user`: only from or to them. One query."""
    rows = bulk.query(
        """
        SELECT r.id, r.lead_id, trim(concat_ws(' ', p.first_name, p.last_name)), coalesce(c.name, ''), r.at, r.had_id,
               r.gets_id, r.cause, r.why::text
          FROM leads_routingrunlead r JOIN leads_lead l ON l.id = r.lead_id JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = l.company_id
         WHERE r.run_id = %(run)s AND r.id > %(after)s AND r.had_id IS DISTINCT FROM r.gets_id
           AND (%(user)s::bigint IS NULL OR %(user)s IN (r.had_id, r.gets_id))
         ORDER BY r.id LIMIT %(limit)s""",
        {"run": run.pk, "after": after, "user": user, "limit": limit},
    )
    names = ("id", "lead", "person", "company", "at", "had", "gets", "cause")
    return [{**dict(zip(names, row[:-1], strict=True)), "why": bulk.loads(row[-1])} for row in rows]


def count(run_id: int) -> None:
    """A worker's part: lot after lot, then the turns. Stops when nobody waits for it, or another worker has it."""
    run = RoutingRun.objects.select_related("plan").filter(pk=run_id).first()
    if run is None or run.state != RunState.RUNNING:
        return
    waiting = RoutingRun.objects.filter(pk=run_id, key=run.key, state=RunState.RUNNING)
    try:
        if run.key != _key(run.plan, run.started_at):
            run.cancel(at=present())  # changed since: these rows would be of two plans
            return
        plan = ways.plan(run.plan_id)
        while _lot(run, plan):
            pass
        with transaction.atomic():
            _held(run)
            result = _turns(run, plan)
            run.beat(at=present(), state=RunState.DONE, result=result, done=run.total)
    except Stopped:
        return
    except Exception:
        waiting.update(state=RunState.FAILED, beat_at=present())
        raise


POPULATION = """FROM leads_lead l WHERE l.mql_at >= %(since)s AND l.mql_at < %(until)s AND NOT l.history
    AND l.merged_into_id IS NULL"""


def _lot(run: RoutingRun, plan: ways.Plan) -> bool:
    """One lot with its cursor (the last lead's id), both or neither; whether there was one. Raises Stopped."""
    with transaction.atomic():
        _held(run)
        rows = bulk.query(
            f"""SELECT l.id, l.mql_at, (SELECT w.owner_id FROM leads_ownership w WHERE w.lead_id = l.id
                         AND w.from_at >= l.mql_at ORDER BY w.from_at, w.id LIMIT 1)
                  {POPULATION} AND l.id > %(after)s ORDER BY l.id LIMIT %(limit)s""",
            {"since": run.since, "until": run.until, "after": run.cursor, "limit": LOT},
        )
        if not rows:
            return False
        said = {one.lead_id: one for one in matching.match_then([(pk, at) for pk, at, _ in rows], plan)}
        bulk.run([
            bulk.insert("leads_routingrunlead", FOUND, [
                (run.pk, pk, at, had, _kept(said[pk]), "", {}) for pk, at, had in rows if pk in said
            ])
        ])  # fmt: skip
        done = run.done + len(rows)
        run.beat(at=present(), cursor=rows[-1][0], done=done, total=max(run.total, done))
    return True


def _held(run: RoutingRun) -> None:
    """To the end of the transaction nobody else works on it. Raises Stopped where somebody does, or nobody waits."""
    [(mine,)] = bulk.query("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, run.pk % 2**31])
    kept = RoutingRun.objects.filter(pk=run.pk, key=run.key, state=RunState.RUNNING).first() if mine else None
    if kept is None:
        raise Stopped
    run.cursor, run.done, run.total = kept.cursor, kept.done, kept.total


def _kept(one: Matched) -> list[Any]:
    candidates = [[c.cause, c.user, c.away, c.about] for c in one.candidates]
    return [one.company, one.rule, one.owner, candidates]


def _read(lead: int, found: Sequence[Any]) -> Matched:
    company, rule, owner, candidates = found
    # Who had it before its hand-over counts for nothing here: it is asked who would have been the first.
    return Matched(lead, company, rule, owner, tuple(Candidate(*one) for one in candidates), frozenset())


def _turns(run: RoutingRun, plan: ways.Plan) -> dict[str, Any]:
    """Everybody's turns in the order of hand-over, and what it comes to."""
    rows = bulk.query(
        "SELECT r.lead_id, r.at, r.had_id, r.found::text, least(l.rejected_at, l.recycled_at, l.disqualified_at, "
        "l.opportunity_at) FROM leads_routingrunlead r JOIN leads_lead l ON l.id = r.lead_id "
        "WHERE r.run_id = %s ORDER BY r.at, r.lead_id",
        [run.pk],
    )
    pools = [way.pool for way in plan.ways.values() if way.pool is not None and not way.is_queue]
    desks = turns.load(pools, at=run.since)
    turns.lock(desks, pools, at=run.since, take=False)
    persons = [way.person for way in plan.ways.values() if way.person is not None]
    people = turns.people(persons, at=run.since) if persons else {}
    for desk in desks.values():
        desk.standing = {}  # whose turn it is today says nothing of that day
    world = _World([m for desk in desks.values() for m in desk.members], list(people.values()), run)
    got = []
    for lead, at, had, found, closed in rows:
        matched = _read(lead, bulk.loads(found))
        decision = deciding.before_rules(matched, plan, frozenset())
        if decision is None:
            world.at(at)
            for desk in desks.values():
                desk.forget()
            way = plan.ways.get(matched.rule)
            decision = deciding.ladder(way, plan, matched, frozenset(), desks, people, False, at=at, take=False)
        if decision.owner_id is not None:
            world.given(decision.owner_id, at, closed, by_pool=decision.cause in turns.GIVEN)
        got.append((lead, had, decision))
    _write(run, [(lead, d.owner_id, d.cause, d.why) for lead, _, d in got])
    return _sums(run, plan, [(had, d) for _, had, d in got])


class _World:
    """The members' shifts, desks and quotas, moved through the period."""

    def __init__(self, members: list[turns.Member], people: list[turns.Member], run: RoutingRun) -> None:
        self.members, self.everybody = members, [*members, *people]
        self.zone = ZoneInfo(Organisation.get().timezone)
        self.closings: dict[int, list[datetime]] = defaultdict(list)
        self.open: Counter[int] = Counter()
        self.days: Counter[tuple[int, Any]] = Counter()
        self.weeks: Counter[tuple[int, Any]] = Counter()
        self.benched = {member.user for member in self.everybody if member.benched}
        self.benched_at = dict(
            bulk.query(
                "SELECT id, benched_at FROM teams_user WHERE benched_at IS NOT NULL AND id = ANY (%s)",
                [[member.user for member in self.everybody]],
            )
        )
        for user, closed in bulk.query(
            """
            SELECT w.owner_id, least(w.to_at, l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at)
              FROM leads_ownership w JOIN leads_lead l ON l.id = w.lead_id
             WHERE w.owner_id = ANY (%(users)s) AND w.from_at < %(since)s
               AND (least(w.to_at, l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at) > %(since)s)
                   IS NOT FALSE""",
            {"users": list({member.user for member in members}), "since": run.since},
        ):
            self.given(user, run.since, closed, by_pool=False)

    def at(self, moment: datetime) -> None:
        day = moment.astimezone(self.zone).date()
        week = day - timedelta(days=day.weekday())
        for member in self.everybody:
            member.shift = _shift(member.shift, moment)
            since = self.benched_at.get(member.user)
            member.benched = since is not None and since <= moment
        for member in self.members:
            user, load = member.user, member.load
            closings = self.closings[user]
            while closings and closings[0] <= moment:
                heappop(closings)
                self.open[user] -= 1
            load.open, load.day, load.week = self.open[user], self.days[user, day], self.weeks[user, week]
            load.given = 0

    def given(self, user: int, at: datetime, closed: datetime | None, *, by_pool: bool) -> None:
        if closed is None or closed > at:
            self.open[user] += 1
            if closed is not None:
                heappush(self.closings[user], closed)
        if by_pool:
            day = at.astimezone(self.zone).date()
            self.days[user, day] += 1
            self.weeks[user, day - timedelta(days=day.weekday())] += 1


def _shift(shift: shifts.ShiftState, at: datetime) -> shifts.ShiftState:
    """The same person's, at another moment."""
    if shift.reason == "inactive":
        return shift
    if any(begins <= at < over for begins, over in shift.away):
        return shifts.ShiftState(False, "leave", at, shift.hours, shift.away)
    on = shift.hours.is_open(at)
    return shifts.ShiftState(on, "" if on else "off_shift", at, shift.hours, shift.away)


def _write(run: RoutingRun, rows: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), 5_000):
        relation, params = bulk.source(GOT, rows[start : start + 5_000])
        bulk.run([(
            f"""UPDATE leads_routingrunlead r SET gets_id = v.gets_id, cause = v.cause, why = v.why::jsonb
                  FROM {relation} WHERE r.run_id = %s AND r.lead_id = v.lead_id""",
            [*params, run.pk],
        )])  # fmt: skip


def _sums(run: RoutingRun, plan: ways.Plan, got: list[tuple[int | None, deciding.Decision]]) -> dict[str, Any]:
    had = Counter(user for user, _ in got)
    gets = Counter(d.owner_id for _, d in got)
    people = sorted({user for user in (*had, *gets) if user is not None})
    rules = Counter(d.why.get("rule") for _, d in got if d.cause in ("rule", "fallback", "claim"))
    [(left_out,)] = bulk.query(
        "SELECT count(*) FROM leads_lead WHERE mql_at >= %s AND mql_at < %s AND history", [run.since, run.until]
    )
    return {
        "version": plan.version, "leads": len(got), "same": sum(user == d.owner_id for user, d in got),
        "other": sum(user != d.owner_id and d.owner_id is not None for user, d in got),
        "held": sum(d.cause == "nobody" for _, d in got), "queued": sum(d.cause == "claim" for _, d in got),
        "people": [{"user": user, "had": had[user], "gets": gets[user]} for user in people],
        "rules": [
            {"rule": way.rule, "name": way.rule_name or way.pool_name, "leads": rules[way.rule]}
            for way in plan.ways.values()
        ],
        "causes": dict(Counter(d.cause for _, d in got)), "left_out": left_out,
    }  # fmt: skip


def _key(plan: RoutingPlan, now: datetime) -> str:
    """What a result is of: the plan as it was edited, the pools as they are, the day."""
    [(pools,)] = bulk.query(
        "SELECT hashtextextended(coalesce(string_agg(m::text, ' ' ORDER BY m.id), '') || coalesce((SELECT "
        "string_agg(f::text, ' ' ORDER BY f.id) FROM leads_pool f), ''), 0) FROM leads_poolmember m"
    )
    edited = plan.edited_at or plan.published_at
    return f"p{plan.pk} {edited.isoformat() if edited else ''} {pools} {now.date().isoformat()}"


def _send(run_id: int) -> None:
    from leads.tasks import count_routing

    hand_over(count_routing, run_id)
