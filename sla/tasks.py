from celery import shared_task

from sla import replaying


@shared_task
def count_replay(run_id: int) -> None:
    replaying.count(run_id)
