"""Replays kept and watched: a short history is counted at once, a long one in lots by a worker, with progress and a way
to stop. What was counted once is there again until the draft, what is live, or the day changes.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from revops.lib import bulk
from revops.lib.now import now as present
from revops.lib.runs import RunState, Stopped, hand_over
from sla import replay
from sla.drafts import live
from sla.models import PolicySet, ReplayRun, Target
from sla.replay import DAYS, Replay

AT_ONCE = 5_000  # hand-offs; more are counted by a worker


def begin(
    draft: PolicySet, *, now: datetime, target: str = Target.FIRST_RESPONSE, days: int = DAYS, by: Any = None
) -> ReplayRun:
    """The replay of a draft as it is now: there already, counted at once, or running. Raises Invalid as `replay.of`."""
    key = key_of(draft, now=now)
    kept = ReplayRun.objects.filter(draft=draft.pk, target=target, days=days).first()
    if kept is not None and kept.key == key and kept.stands(now):
        return kept
    total = _expected(days, now)
    if total <= AT_ONCE:
        found = replay.of(draft, days=days, now=now, target=target)
        return _keep(draft, target, days, key, by=by, at=now, total=total, found=found)
    run = _keep(draft, target, days, key, by=by, at=now, total=total)
    transaction.on_commit(lambda: _send(run.pk))
    return run


def result(run: ReplayRun) -> Replay | None:
    return Replay.from_json(run.result) if run.state == RunState.DONE else None


def progress(run_id: int) -> ReplayRun | None:
    return ReplayRun.objects.filter(pk=run_id).first()


def stop(
    draft: PolicySet, *, at: datetime, target: str = Target.FIRST_RESPONSE, days: int = DAYS
) -> ReplayRun | None:  # fmt: skip
    """Cancel the replay of a draft, if one runs; it as it then is."""
    run = ReplayRun.objects.filter(draft=draft.pk, target=target, days=days).first()
    if run is not None:
        run.cancel(at=at)
    return run


def count(run_id: int) -> None:
    """A worker's part: count, saying how far it is after every lot. Stops when nobody waits for it any more."""
    run = progress(run_id)
    if run is None or run.state != RunState.RUNNING:
        return
    draft = PolicySet.objects.filter(pk=run.draft).first()
    waiting = ReplayRun.objects.filter(pk=run_id, key=run.key, state=RunState.RUNNING)
    if draft is None:
        waiting.update(state=RunState.CANCELLED, beat_at=present())
        return

    def counted(done: int, total: int) -> None:
        run.beat(at=present(), done=done, total=total)

    try:
        found = replay.of(draft, days=run.days, now=run.started_at, target=run.target, counted=counted)
    except Stopped:
        return
    except Exception:
        waiting.update(state=RunState.FAILED, beat_at=present())
        raise
    waiting.update(
        state=RunState.DONE, result=_written(found), done=F("total"), beat_at=present()
    )  # fmt: skip


def key_of(draft: PolicySet, *, now: datetime) -> str:
    """What a result is of: facts under seven days old are not judged, so a day's first result holds for the day."""
    edited = draft.edited_at or draft.published_at
    return f"{draft.pk} {edited.isoformat() if edited else ''} {live().pk} {now.date().isoformat()}"


def _expected(days: int, now: datetime) -> int:
    [(n,)] = bulk.query(
        "SELECT count(*) FROM leads_lead WHERE mql_at >= %s AND mql_at < %s AND NOT history AND NOT undated",
        [now - timedelta(days=days), now],
    )
    return n


def _keep(
    draft: PolicySet, target: str, days: int, key: str, *, by: Any, at: datetime, total: int,
    found: Replay | None = None,
) -> ReplayRun:  # fmt: skip
    state = RunState.RUNNING if found is None else RunState.DONE
    values = {
        "key": key, "state": state, "total": total, "done": 0 if found is None else total, "started_at": at,
        "beat_at": at, "by": by, "result": None if found is None else _written(found),
    }  # fmt: skip
    run, _ = ReplayRun.objects.update_or_create(draft=draft.pk, target=target, days=days, defaults=values)
    # Drafts go; so do their replays.
    gone = ~Q(draft__in=PolicySet.objects.filter(state="draft").values("pk")) & ~Q(pk=run.pk)
    ReplayRun.objects.filter(gone, beat_at__lt=at - timedelta(days=1)).delete()
    return run


def _written(found: Replay) -> dict[str, Any]:
    """As JSON keeps it."""
    return bulk.loads(bulk.dumps(found.as_json()))


def _send(run_id: int) -> None:
    from sla.tasks import count_replay

    hand_over(count_replay, run_id)
