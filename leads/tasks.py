"""What workers do for intake."""

from celery import shared_task

from revops.lib.now import now


@shared_task
def ask_providers(ids: list[int]) -> None:
    from leads.hooks import asking

    asking.ask(ids, now=now())
