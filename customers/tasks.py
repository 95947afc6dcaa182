from celery import shared_task

from customers import renewals
from revops.lib.now import now


@shared_task
def open_renewals() -> None:
    renewals.open_due(now=now())
