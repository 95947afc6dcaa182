from celery import shared_task

from dashboards.attribution import closing
from dashboards.snapshots import keeping
from revops.lib.now import now


@shared_task
def keep_numbers() -> None:
    keeping.keep(now())


@shared_task
def close_attribution() -> None:
    closing.close_months(now=now())
