"""Entries, idempotency keys and heartbeats."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class EntryQuerySet(models.QuerySet["Entry"]):
    def about(self, kind: str, ids):
        return self.filter(subject_kind=kind, subject_id__in=list(ids))


class Entry(models.Model):
    """One fact. `at`: when it took effect; `recorded_at`: when we learned of it; `via`: page, api, task, import, demo.

    `data` carries ids and codes only. `kind` is dotted: `lead.mql`, `clock.breached`, `deal.won` …
    """

    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    via = models.CharField(max_length=12, default="task", db_default="task")
    data = models.JSONField(default=dict, db_default={})

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="entry_subject"),
            models.Index(fields=["kind", "at"], name="entry_kind_at"),
        ]


class IdempotencyKey(models.Model):
    """The first answer to a request that may be repeated; committed with the work it describes."""

    scope = models.CharField(max_length=80, help_text="Who and which call: `key:12 POST /api/v1/leads/`.")
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class Heartbeat(models.Model):
    """The last sign of life of a process that must live: `pulse`, `beat`."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)


class Brake(models.Model):
    """The database's clock jumped against the time since boot: nothing is fired until somebody says it is right.

    `jump`: seconds, positive = forward. One at most is on; `released_at` null while it is."""

    at = models.DateTimeField()
    jump = models.FloatField()
    host = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(released_at=None), name="one_brake_at_a_time"
            )
        ]


class Work(models.Model):
    """A piece of work that can be taken back as a whole: an import, a merge (journal/remembering.py).

    `taken_back_by` without `taken_back_at`: who asked for it last, of a worker that is at it or could not.
    """

    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="It may be taken back until then; afterwards what it wrote is forgotten.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")


class Change(models.Model):
    """What a piece of work did to a row, in order; written by the database itself.

    `op`: I, U or D. `before`, `after`: of an update the columns that changed; `before` of a deletion the whole row.
    `print`: of the row as it was left, without the columns that are only caches: another one means that somebody else
    has changed it since.
    """

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="changes", db_index=False)
    table = models.CharField(max_length=63)
    row = models.CharField(max_length=64)
    op = models.CharField(max_length=1)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    print = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["work", "table", "row"], name="change_of_row")]
