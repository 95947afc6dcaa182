"""A replay of a draft: its result once it is there, its progress while it is counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class ReplayRun(models.Model):
    """One for a draft, a target and a number of days: a newer one takes its place. `draft`: a PolicySet's id.

    `key`: what was replayed (draft and live set as they were, the day); another key means that the result is of
    yesterday. `done` of `total` hand-offs are counted; `beat_at`: the last sign of life of who counts. `result`: a
    `replay.Replay` as JSON, null until the state is done."""

    draft = models.BigIntegerField()
    target = models.CharField(max_length=16)
    days = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "target", "days"], name="one_replay_a_draft"),
            models.CheckConstraint(condition=Q(state="done", result__isnull=False) | ~Q(state="done"),
                                   name="done_replays_have_results"),
        ]  # fmt: skip
