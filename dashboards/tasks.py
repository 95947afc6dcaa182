from celery import shared_task

from dashboards.snapshots import keeping
from revops.lib.now import now


@shared_task
def keep_numbers() -> None:
    keeping.keep(now())
