from celery import shared_task

from revops.lib.now import now
from scoring import cuts


@shared_task
def take_cut() -> None:
    cuts.take(now())
