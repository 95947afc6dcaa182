"""After a new model or MQL definition: everybody is scored again in lots, drained by the pulse beside all other work.

People with an open lead come first, then those the new model has not seen; closed leads keep what they had. A lot and
the cursor behind it are one transaction: killed in the middle, the run goes on with the same lot. People whom somebody
else works on end a lot before them, so nobody waits for a lock and nobody is left out.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F

from leads import conditions, handoff
from leads.models.stage import Stage
from revops.lib import bulk
from revops.lib.runs import RunState
from scoring import cuts
from scoring import rescore as scores
from scoring.compiling import OPEN
from scoring.models import Cut, Definition, Rescoring, ScoringModel, Waiting
from scoring.rescore import wait

__all__ = ["begin", "drain", "keeps_back", "latest", "progress", "wait", "would_hand_over"]

log = logging.getLogger("revops.scoring")
COUNTED_WHOLE = 200_000  # inquiries; of more, a sample is scored


def begin(
    model: ScoringModel, *, definition: Definition | None = None, hand_over: bool, by: Any, at: datetime
) -> Rescoring:  # fmt: skip
    """Score everybody by what is now in force; a newer run takes the place of an older one.

    Without `hand_over`, inquiries that meet the definition only by the new rules wait for something new to happen.
    """
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(hashtextextended('scoring.rescoring', 0))")
        running = Rescoring.objects.filter(state=RunState.RUNNING)
        for older in running.select_for_update(no_key=True).order_by("pk"):
            older.cancel(at=at)
        [(total,)] = bulk.query(
            f"""SELECT (SELECT count(*) FROM leads_lead WHERE stage IN ({OPEN})) + (
                SELECT count(*) FROM leads_person p WHERE p.score_version IS DISTINCT FROM %s AND NOT EXISTS (
                    SELECT 1 FROM leads_lead l WHERE l.person_id = p.id AND l.stage IN ({OPEN})))""",
            [model.version],
        )
        key = f"{model.pk} {definition.pk if definition else ''}".strip()
        return Rescoring.objects.create(
            key=key, model=model, definition=definition, hand_over=hand_over, total=total, started_at=at, beat_at=at,
            by=by,
        )  # fmt: skip


class Progress(NamedTuple):
    """`share`: 0–1 of the people. `waiting`: inquiries that it kept back; `still`: those that wait now, since this
    run, an earlier one or the cut behind it."""

    running: bool
    done: int
    total: int
    share: float
    crossed: int
    waiting: int
    still: int


def progress(run: Rescoring) -> Progress:
    """How far a run is; one query."""
    still = Waiting.objects.filter(lead__stage=Stage.INQUIRY).count()
    total = max(run.total, run.done)
    share = 1.0 if run.state == RunState.DONE or not total else run.done / total
    return Progress(run.state == RunState.RUNNING, run.done, total, share, run.crossed, run.waiting, still)


def latest() -> Rescoring | None:
    return Rescoring.objects.order_by("-pk").first()


def keeps_back(cut: Cut, now: datetime) -> bool:
    """Whether the first cut of what is in force hands over nobody, because that was published so."""
    run = Rescoring.objects.filter(model=cut.model, started_at__lte=now).order_by("-pk").first()
    if run is None or run.hand_over or run.state == RunState.CANCELLED:
        return False
    return not Cut.objects.filter(model=cut.model, at__gte=run.started_at).exclude(pk=cut.pk).exists()


# --- the pulse's part ----------------------------------------------------------------------------------------------


def drain(now: datetime, limit: int) -> int:
    """Score the next lot of the run, if there is one; how many people. One worker at a time has it."""
    with transaction.atomic():
        run = (
            Rescoring.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=RunState.RUNNING, started_at__lte=now)
            .order_by("-pk")
            .first()
        )
        if run is None:
            return 0
        ids, after = _lot(run, limit)
        if ids:
            crossed, waiting = _scored(ids, run, now)
            run.beat(
                at=now, cursor=after, done=F("done") + len(ids), crossed=F("crossed") + crossed,
                waiting=F("waiting") + waiting,
            )  # fmt: skip
        elif after < 0 <= run.cursor:
            run.beat(at=now, cursor=after)
        elif after < run.cursor:
            _finish(run, now)
    return len(ids)


DONE_WITH = -(2**62)


def _lot(run: Rescoring, limit: int) -> tuple[list[int], int]:
    """The next people, held, and where the cursor then stands. The cursor counts up through the people with an open
    lead, then down, as −1 − id, through the others; DONE_WITH when there is nobody left; where it stood when the next
    one is being worked on."""
    if run.cursor >= 0:
        wanted = bulk.query(
            f"SELECT l.person_id FROM leads_lead l WHERE l.stage IN ({OPEN}) AND l.person_id > %s "
            "ORDER BY l.person_id LIMIT %s",
            [run.cursor, limit],
        )
    else:
        wanted = bulk.query(
            "SELECT p.id FROM leads_person p WHERE p.id > %s AND p.score_version IS DISTINCT FROM "
            "(SELECT m.version FROM scoring_scoringmodel m WHERE m.id = %s) ORDER BY p.id LIMIT %s",
            [-1 - run.cursor, run.model_id, limit],
        )
    if not wanted:
        return [], (-1 if run.cursor >= 0 else DONE_WITH)
    ids = [pk for (pk,) in wanted]
    held = {
        pk
        for (pk,) in bulk.query(
            "SELECT id FROM leads_person WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", [ids]
        )
    }
    free = next((i for i, pk in enumerate(ids) if pk not in held), len(ids))
    mine = ids[:free]
    if not mine:
        return [], run.cursor
    return mine, (mine[-1] if run.cursor >= 0 else -1 - mine[-1])


def _scored(ids: Sequence[int], run: Rescoring, now: datetime) -> tuple[int, int]:
    """(handed over, kept back). Who can not be scored is left as they were and parked, so that they stop nobody."""
    from scoring.refresh import PARKED_FOR

    try:
        with transaction.atomic():
            return _judged(ids, run, now)
    except Exception:
        if len(ids) == 1:
            log.exception("Scoring person %s by the new rules failed; parked for an hour.", ids[0])
            bulk.run([("UPDATE leads_person SET score_due_at = %s WHERE id = %s", [now + PARKED_FOR, ids[0]])])
            return 0, 0
        log.warning("Scoring %s people at once failed; trying one by one.", len(ids))
        one_by_one = [_scored([pk], run, now) for pk in ids]
        return sum(crossed for crossed, _ in one_by_one), sum(waiting for _, waiting in one_by_one)


def _judged(ids: Sequence[int], run: Rescoring, now: datetime) -> tuple[int, int]:
    found = scores.judged(ids, now=now, news=False)
    leads = [one.crossing.lead_id for one in found]
    # Who met the rules before the last change and does not now, waits for nothing any more; nor does anybody where all
    # are handed over, those by the cut that is taken behind the run too.
    bulk.run([(
        "DELETE FROM scoring_waiting w USING leads_lead l WHERE l.id = w.lead_id AND l.person_id = ANY (%s) "
        "AND w.lead_id <> ALL (%s::bigint[])",
        [list(ids), [] if run.hand_over else leads],
    )])  # fmt: skip
    if run.hand_over:
        handoff.qualify([one.crossing for one in found], now=now)
        return len(found), 0
    wait(leads, now)
    return 0, len(leads)


def _finish(run: Rescoring, now: datetime) -> None:
    run.beat(at=now, state=RunState.DONE, result={"people": run.done, "crossed": run.crossed, "waiting": run.waiting})
    transaction.on_commit(_take_a_cut, robust=True)


def _take_a_cut() -> None:
    """The top share needs a cut of the new model; without a broker the timetable's next look takes it."""
    from scoring.tasks import take_cut

    take_cut.delay()


# --- before publishing ----------------------------------------------------------------------------------------------


class WouldHandOver(NamedTuple):
    """`n` open inquiries meet it now; `by_owner`: {user id, None = nobody's: how many}. `estimated`: from a sample."""

    n: int
    by_owner: dict[int | None, int]
    estimated: bool


def would_hand_over(model: ScoringModel, *, definition: Definition, now: datetime) -> WouldHandOver:
    """How many open inquiries would be handed over if `model` and `definition` were in force right now.

    Scored by the very SQL that would score them; of more than 200,000 inquiries a sample is scored.
    """
    from scoring import current

    [(open_ones,)] = bulk.query("SELECT count(*) FROM leads_lead WHERE stage = 'inquiry' AND NOT history")
    every = max(1, ceil(open_ones / COUNTED_WHOLE))
    scoring = current.of_model(model)
    meets = conditions.compile(definition.predicate, prefix="w", given={"score.top": "p.top"})
    placed = "SELECT s.*, FALSE AS top FROM scored s"
    rest = conditions.compile(definition.predicate, prefix="v", given={"score.top": "TRUE"})
    if cuts.mode(definition.predicate) == cuts.TOP:
        # As cuts.pool: those that only the cut decides about.
        placed = f"""
            SELECT s.*, s.pool AND row_number() OVER (
                   PARTITION BY s.pool ORDER BY s.fit + s.engagement DESC, s.fit DESC,
                                {cuts.INTENT.replace("p.id", "s.id")} DESC NULLS LAST, s.lead_id
                   ) <= ceil(%(share)s * count(*) OVER (PARTITION BY s.pool) / 100.0) AS top
              FROM (SELECT p.*, (p.last_touch_at > %(active)s AND ({rest.text}) IS TRUE) IS TRUE AS pool
                      FROM scored p JOIN leads_lead l ON l.id = p.lead_id
                      LEFT JOIN leads_company c ON c.id = p.company_id) s"""
    rows = bulk.query(
        f"""WITH scored AS MATERIALIZED (
            SELECT {scores.KEPT}, {scoring.columns}, l.id AS lead_id FROM {scoring.source}
             WHERE l.stage = '{Stage.INQUIRY.value}' AND NOT l.history AND NOT p.suppressed AND l.id %% %(every)s = 0
               AND (l.hand_raise <> '' OR NOT EXISTS (
                   SELECT 1 FROM leads_lead prev WHERE prev.person_id = p.id AND prev.cycle = l.cycle - 1
                      AND prev.stage = 'recycled' AND {scores.cool_down_ends()} > %(as_of)s))),
        placed AS ({placed})
        SELECT l.owner_id, count(*) FROM placed p JOIN leads_lead l ON l.id = p.lead_id
          LEFT JOIN leads_company c ON c.id = p.company_id
         WHERE ({meets.text}) IS TRUE GROUP BY 1""",
        {
            **scoring.params,
            **meets.params,
            **rest.params,
            "as_of": now,
            "every": every,
            "share": model.top_share,
            "active": now - cuts.ACTIVE,
        },
    )
    by_owner = {owner: n * every for owner, n in rows}
    return WouldHandOver(sum(by_owner.values()), by_owner, every > 1)
