"""Long work that people watch: it says how far it is, can be stopped, and goes on where it stopped.

An abstract model: rooms keep their own runs. Whoever works on one calls `beat` after every lot; a run that says nothing
for SILENT is taken for dead, and the next who looks starts it again from its `cursor`.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from kombu.exceptions import OperationalError

log = logging.getLogger("revops.runs")
SILENT = timedelta(seconds=60)


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class Stopped(Exception):
    """Somebody cancelled, or what was worked on has changed: nobody waits for this any more."""


class Run(models.Model):
    """`done` of `total` rows are worked off; `cursor`: the last one's id; `beat_at`: the last sign of life. `result`:
    JSON, null until the state is done. `key`: what it was asked about; another key makes the result yesterday's."""

    key = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0, db_default=0)
    result = models.JSONField(null=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    @classmethod
    def has_result(cls, name: str) -> models.CheckConstraint:
        """What is done has a result."""
        return models.CheckConstraint(condition=Q(state="done", result__isnull=False) | ~Q(state="done"), name=name)

    def stands(self, now: datetime) -> bool:
        """Whether there is nothing to start: done, at work, or failed a moment ago (it would fail again at once)."""
        fresh = now - self.beat_at < SILENT
        return self.state == RunState.DONE or (self.state in (RunState.RUNNING, RunState.FAILED) and fresh)

    def beat(self, *, at: datetime, **changed: Any) -> None:
        """Keep `changed` (done, cursor, …) and the sign of life. Raises Stopped when nobody waits for it any more."""
        mine = type(self)._default_manager.filter(pk=self.pk, key=self.key, state=RunState.RUNNING)
        if not mine.update(beat_at=at, **changed):
            raise Stopped
        for name, value in changed.items():
            setattr(self, name, value)

    def cancel(self, *, at: datetime) -> None:
        """Whoever works stops after the present lot. Twice is once; what is done stays."""
        type(self)._default_manager.filter(pk=self.pk, state=RunState.RUNNING).update(
            state=RunState.CANCELLED, beat_at=at
        )
        self.refresh_from_db()


def hand_over(task: Any, *args: Any) -> None:
    """Have a worker do it. Without a broker no worker hears of it, and it is done here: better slow than never."""
    try:
        task.delay(*args)
    except OperationalError:
        log.warning("The broker is away: %s is done by the web process.", task.name)
        task(*args)
