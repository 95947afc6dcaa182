"""Replays kept and watched: a short history is counted at once, a long one in lots by a worker, with progress and a way
to stop. A lot and the cursor behind it are one transaction: whoever goes on, goes on there, and the rows are the same.
"""

from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from revops.lib.now import now as present
from revops.lib.runs import RunState, Stopped, hand_over
from scoring.definitions import current
from scoring.models import Definition, ReplayRun, Rule, ScoringModel
from scoring.replay import counting, judging, population
from scoring.replay.counting import Engine
from scoring.replay.population import Population
from scoring.replay.result import Excluded, Load, Result, Side
from teams.models import Organisation

DAYS, MOST_DAYS = 180, 365
AT_ONCE = 500  # leads; more are counted by a worker
LOCK = 770_030  # with the run's id: one worker at a time
State = ScoringModel.State


def begin(
    draft: ScoringModel | None, *, now: datetime, days: int = DAYS, definition: Definition | None = None,
    by: Any = None, send: bool = True,
) -> ReplayRun:  # fmt: skip
    """The replay of a draft as it is now: there already, counted at once, or running. None: the live model alone.

    `definition`: the MQL definition the draft is asked with, when not the one in force. What was cancelled or died goes
    on where it stopped. `send=False`: the caller counts a long one. Raises Invalid for a broken rule or days, Refused
    when no model is published.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Give 1 to {MOST_DAYS} days.", code="not_a_whole_number", field="days")
    live = _live()
    key = _key(live, draft, definition, now)
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
        kept = ReplayRun.objects.filter(draft=draft, days=days).first()
        if kept is not None and kept.key == key and kept.stands(now):
            return kept
        if kept is not None and kept.key == key:
            run = kept
            ReplayRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, beat_at=now)
            run.refresh_from_db()
        else:
            _engine(live, draft, definition, now)  # a broken rule is refused here, not in a worker
            if kept is not None:
                _gone(ReplayRun.objects.filter(pk=kept.pk))
            whole, total = population.of(days=days, until=now)
            run = ReplayRun.objects.create(
                key=key, draft=draft, definition=definition, days=days, every=whole.every, total=total,
                started_at=now, beat_at=now, by=by,
            )  # fmt: skip
    if run.total <= AT_ONCE:
        count(run.pk)
        run.refresh_from_db()
    elif send:
        transaction.on_commit(lambda: _send(run.pk))
    return run


def result(run: ReplayRun) -> Result | None:
    return Result.from_json(run.result) if run.state == RunState.DONE else None


def progress(run_id: int) -> ReplayRun | None:
    return ReplayRun.objects.select_related("draft", "definition").filter(pk=run_id).first()


def newest(draft: ScoringModel | None, *, days: int = DAYS) -> ReplayRun | None:
    """The latest replay of a draft, of whatever it was then; None when there was none."""
    return ReplayRun.objects.filter(draft=draft, days=days).first()


def cancel(run: ReplayRun, *, at: datetime) -> ReplayRun:
    """Whoever counts stops after the present lot; begun again, it goes on there. Twice is once."""
    run.cancel(at=at)
    return run


def stands_for(run: ReplayRun, *, now: datetime) -> bool:
    """Whether it is still of the draft, the live model and the definitions as they are now."""
    return run.key == _key(_live(), run.draft, run.definition, now)


def count(run_id: int) -> None:
    """A worker's part: lot after lot, then what they say. Stops when nobody waits for it, or another worker has it."""
    run = progress(run_id)
    if run is None or run.state != RunState.RUNNING:
        return
    begun = perf_counter()
    waiting = ReplayRun.objects.filter(pk=run_id, key=run.key, state=RunState.RUNNING)
    try:
        live = _live()
        if run.key != _key(live, run.draft, run.definition, run.started_at):
            run.cancel(at=present())  # changed since: these rows would be of two models
            return
        over = Population(run.days, run.started_at, run.every)
        engine = _engine(live, run.draft, run.definition, run.started_at, over)
        while _lot(run, engine, over):
            pass
        with transaction.atomic():
            _held(run)
            found = _found(run, engine, over)
            found.took = round(perf_counter() - begun, 3)
            run.beat(at=present(), state=RunState.DONE, result=bulk.loads(bulk.dumps(found.as_json())), done=run.total)
    except Stopped:
        return
    except Exception:
        waiting.update(state=RunState.FAILED, beat_at=present())
        raise


def every_night(*, now: datetime) -> None:
    """The live model alone, for what pages say of its rules; replays of what is no draft any more go."""
    run = begin(None, now=now)
    if run.state == RunState.DONE or ReplayRun.objects.filter(draft=None, key__startswith=f"m{_live().pk} ").exists():
        with transaction.atomic():
            _gone(ReplayRun.objects.exclude(draft=None).exclude(draft__state__in=[State.DRAFT, State.SHADOW]))


def _lot(run: ReplayRun, engine: Engine, over: Population) -> bool:
    """One lot with its cursor, both or neither; whether there was one. Raises Stopped."""
    with transaction.atomic():
        _held(run)
        ids = population.lot(over, after=run.cursor)
        if ids:
            engine.count(run.pk, ids, over)
            run.beat(at=present(), cursor=ids[-1], done=run.done + len(ids), total=max(run.total, run.done + len(ids)))
        return bool(ids)


def _gone(runs: QuerySet[ReplayRun]) -> None:
    """Held first, so that a lot that is counted at this moment is there to go with them."""
    ReplayRun.objects.filter(pk__in=[run.pk for run in runs.select_for_update(of=("self",)).order_by("pk")]).delete()


def _held(run: ReplayRun) -> None:
    """To the end of the transaction nobody else works on it. Raises Stopped where somebody does, or nobody waits."""
    [(mine,)] = bulk.query("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, run.pk % 2**31])
    kept = ReplayRun.objects.filter(pk=run.pk, key=run.key, state=RunState.RUNNING).first() if mine else None
    if kept is None:
        raise Stopped
    run.cursor, run.done, run.total = kept.cursor, kept.done, kept.total


def _found(run: ReplayRun, engine: Engine, over: Population) -> Result:
    zone = ZoneInfo(Organisation.get().timezone)
    sums = judging.totals(run.pk, over)
    found = Result(
        days=run.days, since=over.since, until=over.until, zone=zone.key, leads=sums.leads, every=over.every,
        judged_sql=sums.judged_sql, sqls=sums.sqls, judged_won=sums.judged_won, wins=sums.wins,
        excluded=Excluded(sums.young_sql, sums.young_won, population.left_out(over)),
        without_history=engine.without_history, best_estimated=engine.best_estimated,
    )  # fmt: skip
    known_since = over.since
    if sums.first_at is None:
        found.missing = "No lead was opened in this time."
    elif sums.first_at > over.since:
        known_since = sums.first_at
        found.short_of = (over.until - sums.first_at).days
    known_days = max(1.0, (over.until - known_since) / timedelta(days=1))
    for name, compiled in (("live", engine.live), ("draft", engine.draft)):
        if compiled is None:
            continue
        side = Side(version=compiled.model.version, **sums.side[name])
        side.definition = engine.definitions[name]
        side.handed *= over.every
        side.a_day = side.handed / known_days
        judging.judged(side, name, run.pk, over)
        setattr(found, name, side)
    found.live_rules = judging.effects(engine.live.rules, "live", run.pk, over, marginal=False)
    found.rules = found.live_rules
    if engine.draft is not None:
        found.rules = judging.effects(engine.draft.rules, "draft", run.pk, over, marginal=True)
        for name in ("entering", "entering_sql", "entering_unknown", "leaving", "leaving_sql"):
            setattr(found, name, getattr(sums, name) * over.every)
    found.by_day = judging.by_day(run.pk, over, zone)
    found.load = _load(run.pk, over, since=known_since)
    return found


def _load(run_id: int, over: Population, *, since: datetime) -> Load:
    """What it means for people: asked of the room that knows their desks (settings.SCORING_LOAD)."""
    path = getattr(settings, "SCORING_LOAD", None)
    return import_string(path)(run_id, since=since, until=over.until, every=over.every) if path else Load()


def _live() -> ScoringModel:
    model = ScoringModel.objects.filter(state=State.PUBLISHED).first()
    if model is None:
        raise Refused("No model is published, so there is nothing to compare with.", code="no_model")
    return model


def _engine(
    live: ScoringModel, draft: ScoringModel | None, definition: Definition | None, at: datetime,
    over: Population | None = None,
) -> Engine:  # fmt: skip
    in_force = current("mql", at=at)
    mine = None if draft is None else (draft, _rules(draft))
    return counting.engine((live, _rules(live)), mine, definitions=(in_force, definition or in_force), over=over)


def _rules(model: ScoringModel) -> list[Rule]:
    return list(Rule.objects.filter(model=model).select_related("group"))


def _key(live: ScoringModel, draft: ScoringModel | None, definition: Definition | None, now: datetime) -> str:
    """What a result is of; outcomes ripen by the day, so a day's first result holds for the day."""
    in_force = current("mql", at=now)
    parts = [f"m{live.pk}", f"d{in_force.pk if in_force else ''}", now.date().isoformat()]
    for one, letter in ((draft, "m"), (definition, "d")):
        if one is not None:
            edited = one.edited_at or one.published_at
            parts.append(f"{letter}{one.pk} {edited.isoformat() if edited else ''}")
    return " ".join(parts)


def _send(run_id: int) -> None:
    from scoring.tasks import count_replay

    hand_over(count_replay, run_id)
