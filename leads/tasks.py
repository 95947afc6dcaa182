"""What a worker does for leads when it is told to look."""

from celery import shared_task

from leads.importing import analysing, rehearsing, running, undoing
from revops.lib.now import now


@shared_task
def ask_providers(ids: list[int]) -> None:
    from leads.hooks import asking

    asking.ask(ids, now=now())


@shared_task
def analyse_import(run_id: int) -> None:
    analysing.work(run_id)


@shared_task
def rehearse_import(run_id: int) -> None:
    rehearsing.work(run_id)


@shared_task
def take_import(run_id: int) -> None:
    running.work(run_id)


@shared_task
def undo_import(run_id: int) -> None:
    undoing.work(run_id)
