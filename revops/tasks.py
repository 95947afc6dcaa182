from celery import shared_task

from dashboards.agreed import announcing
from dashboards.scoreboard import ringing
from revops.lib.now import now
from revops.tidy import tidy as tidy_up
from scoring.learning import rot
from teams import calendars


@shared_task
def tidy() -> None:
    tidy_up(now=now())


@shared_task
def extend_holidays() -> None:
    calendars.extend(now=now())


@shared_task
def ring_alarms() -> None:
    ringing.ring(now())
    rot.ring(now())


@shared_task
def announce() -> None:
    announcing.look(now())
