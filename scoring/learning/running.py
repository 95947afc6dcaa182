"""Learning runs: a worker reads the leads in lots, guards, fits and judges; the page watches and may stop it."""

import time
from collections.abc import Collection
from datetime import datetime
from hashlib import sha1
from typing import Any

from django.db import transaction

from revops.lib import bulk
from revops.lib.errors import Invalid
from revops.lib.now import now as present
from revops.lib.runs import RunState, Stopped, hand_over
from scoring.learning import leads_table, lesson, suggesting
from scoring.learning.leads_table import HORIZONS
from scoring.models import LearningRun, ScoringModel, Suggestion
from teams import access


def begin(*, outcome: str, keep: Collection[str] = (), now: datetime, by: Any) -> LearningRun:
    """Of what is live today: there already, or running. `keep`: attributes wanted in against the guard. Raises
    Forbidden, Invalid."""
    access.require(by, "administer")
    if outcome not in HORIZONS:
        raise Invalid(f"Choose one of: {', '.join(HORIZONS)}.", code="not_a_choice", field="outcome")
    key = _key(ScoringModel.objects.get(state="published"), outcome, keep, now)
    kept = LearningRun.objects.filter(key=key).order_by("-pk").first()
    if kept is not None and kept.stands(now):
        return kept
    total, _ = leads_table.expected(outcome, now)
    run = LearningRun.objects.create(
        key=key, outcome=outcome, horizon=HORIZONS[outcome], total=total, started_at=now, beat_at=now, by=by
    )
    transaction.on_commit(lambda: _send(run.pk, sorted(keep)))
    return run


def newest(outcome: str) -> LearningRun | None:
    return LearningRun.objects.filter(outcome=outcome).order_by("-pk").first()


def learn(run_id: int, keep: Collection[str] = ()) -> None:
    """A worker's part. Stops between lots and steps when nobody waits for it any more."""
    run = LearningRun.objects.filter(pk=run_id, state=RunState.RUNNING).first()
    if run is None:
        return
    waiting = LearningRun.objects.filter(pk=run_id, key=run.key, state=RunState.RUNNING)
    model = ScoringModel.objects.get(state="published")
    began = time.monotonic()

    def told(done: int) -> None:
        run.beat(at=present(), done=done)

    try:
        leads = leads_table.build(model, outcome=run.outcome, now=run.started_at, told=told)
        found = lesson.learn(leads.table, keep=keep, told=lambda: told(run.done))
        advice = suggesting.advise(leads)
        told(run.done)
    except Stopped:
        return
    except Exception:
        waiting.update(state=RunState.FAILED, beat_at=present())
        raise
    kept = found.as_json() | {
        "advice": suggesting.as_json(advice), "model": model.version, "young": leads.young,
        "from": leads.handed[0].isoformat() if leads.handed else None,
        "held_from": leads.handed[found.fitted].isoformat() if found.held else None,
        "until": leads.handed[-1].isoformat() if leads.handed else None,
        "took": round(time.monotonic() - began, 2),
    }  # fmt: skip
    with transaction.atomic():
        if waiting.update(
            state=RunState.DONE, result=bulk.loads(bulk.dumps(kept)), done=len(leads.table), beat_at=present()
        ):  # fmt: skip
            Suggestion.objects.bulk_create(_row(run, one) for one in advice.suggested)


def result(run: LearningRun | None) -> dict[str, Any] | None:
    return run.result if run is not None and run.state == RunState.DONE else None


def _row(run: LearningRun, one: suggesting.Suggested) -> Suggestion:
    return Suggestion(
        run=run, rule=one.line, points_now=one.points_now, points=one.points, low=one.low, high=one.high,
        beta=one.beta, leads_with=one.leads_with, leads_without=one.leads_without, conversions=one.conversions,
    )  # fmt: skip


def _key(model: ScoringModel, outcome: str, keep: Collection[str], now: datetime) -> str:
    """Leads ripen by the day, so a day's first result holds for the day."""
    wanted = sha1("\n".join(sorted(keep)).encode(), usedforsecurity=False).hexdigest()[:12] if keep else "-"
    return f"{outcome} v{model.version} {model.pk} {now.date().isoformat()} {wanted}"


def _send(run_id: int, keep: list[str]) -> None:
    from scoring.tasks import learn_from_outcomes

    hand_over(learn_from_outcomes, run_id, keep)
