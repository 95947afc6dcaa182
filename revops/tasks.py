from celery import shared_task

from revops.lib.now import now
from revops.tidy import tidy as tidy_up


@shared_task
def tidy() -> None:
    tidy_up(now=now())
