"""Who would have got last month's leads under a plan: a draft beside what is live, what is live beside who did.

A draft is compared with the live plan over the same leads from the same start, not with who got them: the turns of
those days began elsewhere, and people were moved by hand, so that even a plan that says the same would differ.

Two parts. In lots, and resumable: what a plan says of each lead by what was known at its hand-over, in one statement
a lot and plan. Then at once: everybody's turns (`leads.routing.month_turns`).
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from leads.models import RoutingPlan, RoutingRun
from leads.routing import deciding, matching, month_turns, ways
from revops.lib import bulk
from revops.lib.errors import Invalid
from revops.lib.now import now as present
from revops.lib.runs import RunState, Stopped, hand_over

DAYS, MOST_DAYS, MOST_LEADS = 30, 92, 100_000
LOT, AT_ONCE = 500, 500
LOCK = 770_031  # with the run's id: one worker at a time
FOUND = {"run_id": "bigint", "lead_id": "bigint", "at": "timestamptz", "had_id": "bigint", "found": "jsonb",
         "cause": "text", "why": "jsonb"}  # fmt: skip
GOT = {"lead_id": "bigint", "gets_id": "bigint", "against_id": "bigint", "differs": "boolean", "cause": "text",
       "why": "jsonb"}  # fmt: skip


def begin(
    plan: RoutingPlan, since: datetime, until: datetime, *, now: datetime, by: Any = None, send: bool = True
) -> RoutingRun:
    """The run of a plan as it is now over the leads handed over in [since, until): there already, counted at once (a
    few leads), or running. What was cancelled or died goes on where it stopped. `send=False`: the caller counts it.

    `result` once done: {"leads", "same", "other", "held", "queued", "against": {"version", "held", "queued"} of the
    live plan or None, "people": [{"user", "had", "against", "gets"}], "rules": [{"rule", "name", "leads"}], "causes":
    {cause: n}, "left_out": imported leads, "version"}. `same` and `other` are against the live plan, and where it is
    the live plan's own run, against who got them; `other`: somebody else gets it.
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
    """Leads of which something else becomes, in the order of hand-over: {"id", "lead", "person", "company", "at",
    "had", "against", "gets", "cause", "why"}; `after`: the last one's id. `user`: only from or to them. One query."""
    rows = bulk.query(
        """
        SELECT r.id, r.lead_id, trim(concat_ws(' ', p.first_name, p.last_name)), coalesce(c.name, ''), r.at, r.had_id,
               r.against_id, r.gets_id, r.cause, r.why::text
          FROM leads_routingrunlead r JOIN leads_lead l ON l.id = r.lead_id JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = l.company_id
         WHERE r.run_id = %(run)s AND r.id > %(after)s AND r.differs
           AND (%(user)s::bigint IS NULL OR %(user)s IN (r.against_id, r.gets_id))
         ORDER BY r.id LIMIT %(limit)s""",
        {"run": run.pk, "after": after, "user": user, "limit": limit},
    )
    names = ("id", "lead", "person", "company", "at", "had", "against", "gets", "cause")
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
        plans = _plans(run)
        while _lot(run, plans):
            pass
        with transaction.atomic():
            _held(run)
            result = _turns(run, plans)
            run.beat(at=present(), state=RunState.DONE, result=result, done=run.total)
    except Stopped:
        return
    except Exception:
        waiting.update(state=RunState.FAILED, beat_at=present())
        raise


POPULATION = """FROM leads_lead l WHERE l.mql_at >= %(since)s AND l.mql_at < %(until)s AND NOT l.history
    AND l.merged_into_id IS NULL"""


def _plans(run: RoutingRun) -> list[ways.Plan]:
    """The run's own, and where that is a draft, what is live."""
    own = ways.plan(run.plan_id)
    return [own, ways.plan()] if run.plan.state == RoutingPlan.State.DRAFT else [own]


def _lot(run: RoutingRun, plans: list[ways.Plan]) -> bool:
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
        asked = [(pk, at) for pk, at, _ in rows]
        said = [{one.lead_id: month_turns.kept(one) for one in matching.match_then(asked, plan)} for plan in plans]
        bulk.run([
            bulk.insert("leads_routingrunlead", FOUND, [
                (run.pk, pk, at, had, [one[pk] for one in said], "", {})
                for pk, at, had in rows
                if all(pk in one for one in said)
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


def _turns(run: RoutingRun, plans: list[ways.Plan]) -> dict[str, Any]:
    """Everybody's turns under each plan in the order of hand-over, and what it comes to."""
    rows = bulk.query(
        "SELECT r.lead_id, r.at, least(l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at), "
        "r.found::text, r.had_id FROM leads_routingrunlead r JOIN leads_lead l ON l.id = r.lead_id "
        "WHERE r.run_id = %s ORDER BY r.at, r.lead_id",
        [run.pk],
    )
    found = [bulk.loads(row[3]) for row in rows]
    got, *live = (
        month_turns.walk([(*row[:3], one[n]) for row, one in zip(rows, found, strict=True)], plan, since=run.since)
        for n, plan in enumerate(plans)
    )
    had = [row[4] for row in rows]
    against = [one.owner_id for one in live[0]] if live else had
    differs = [
        _becomes(one) != _becomes(live[0][n]) if live else one.owner_id != had[n] for n, one in enumerate(got)
    ]  # fmt: skip
    _write(run, [
        (row[0], one.owner_id, other, differ, one.cause, one.why)
        for row, one, other, differ in zip(rows, got, against, differs, strict=True)
    ])  # fmt: skip
    of_live = {"version": plans[1].version, **_unowned(live[0])} if live else None
    people = _people(had, against, [one.owner_id for one in got])
    other = sum(differ and one.owner_id is not None for differ, one in zip(differs, got, strict=True))
    sums = {"same": differs.count(False), "other": other, "against": of_live, "people": people}
    return {**sums, **_sums(run, plans[0], got)}


def _becomes(decision: deciding.Decision) -> tuple[Any, ...]:
    """Who gets it; where nobody does, whether it waits to be picked and where."""
    if decision.owner_id is not None:
        return (decision.owner_id,)
    return (None, decision.cause, decision.why.get("pool") if decision.cause == "claim" else None)


def _write(run: RoutingRun, rows: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), 5_000):
        relation, params = bulk.source(GOT, rows[start : start + 5_000])
        bulk.run([(
            f"""UPDATE leads_routingrunlead r SET gets_id = v.gets_id, against_id = v.against_id,
                       differs = v.differs, cause = v.cause, why = v.why::jsonb
                  FROM {relation} WHERE r.run_id = %s AND r.lead_id = v.lead_id""",
            [*params, run.pk],
        )])  # fmt: skip


def _people(had: list[int | None], against: list[int | None], gets: list[int | None]) -> list[dict[str, Any]]:
    each = [Counter(one) for one in (had, against, gets)]
    users = sorted({user for one in each for user in one if user is not None})
    return [{"user": user, "had": each[0][user], "against": each[1][user], "gets": each[2][user]} for user in users]


def _unowned(got: list[deciding.Decision]) -> dict[str, int]:
    return {"held": sum(d.cause == "nobody" for d in got), "queued": sum(d.cause == "claim" for d in got)}


def _sums(run: RoutingRun, plan: ways.Plan, got: list[deciding.Decision]) -> dict[str, Any]:
    rules = Counter(d.why.get("rule") for d in got if d.cause in ("rule", "fallback", "claim"))
    [(left_out,)] = bulk.query(
        "SELECT count(*) FROM leads_lead WHERE mql_at >= %s AND mql_at < %s AND history", [run.since, run.until]
    )
    return {
        "version": plan.version, "leads": len(got), **_unowned(got),
        "rules": [
            {"rule": way.rule, "name": way.rule_name or way.pool_name, "leads": rules[way.rule]}
            for way in plan.ways.values()
        ],
        "causes": dict(Counter(d.cause for d in got)), "left_out": left_out,
    }  # fmt: skip


def _key(plan: RoutingPlan, now: datetime) -> str:
    """What a result is of: the plan as it was edited, what a draft is compared with, the pools as they are, the day."""
    [(pools,)] = bulk.query(
        "SELECT hashtextextended(coalesce(string_agg(m::text, ' ' ORDER BY m.id), '') || coalesce((SELECT "
        "string_agg(f::text, ' ' ORDER BY f.id) FROM leads_pool f), ''), 0) FROM leads_poolmember m"
    )
    edited = plan.edited_at or plan.published_at
    draft = plan.state == RoutingPlan.State.DRAFT
    live = RoutingPlan.objects.filter(state=RoutingPlan.State.LIVE).values_list("pk", flat=True).first() if draft else 0
    return f"p{plan.pk} against {live} {edited.isoformat() if edited else ''} {pools} {now.date().isoformat()}"


def _send(run_id: int) -> None:
    from leads.tasks import count_routing

    hand_over(count_routing, run_id)
