from celery import shared_task

from revops.lib.now import now
from scoring import cuts
from scoring.learning import running as learning
from scoring.replay import running


@shared_task
def take_cut() -> None:
    cuts.take(now())


@shared_task
def count_replay(run_id: int) -> None:
    running.count(run_id)


@shared_task
def replay_live() -> None:
    running.every_night(now=now())


@shared_task
def learn_from_outcomes(run_id: int, keep: list[str]) -> None:
    learning.learn(run_id, keep)
