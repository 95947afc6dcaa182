"""What a person was told."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Notice(models.Model):
    """`key` makes it once: e.g. `clock:81:breach:100:manager`. `data` holds ids and codes; the words are rendered.

    `how`: by which channels whoever wrote it asks that it be heard, beside the app. `hours_id`: the version of the
    opening hours it belongs to; outside them nothing leaves the house. `planned_at`: null until its deliveries are
    written."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    at = models.DateTimeField()
    data = models.JSONField(default=dict, db_default={})
    how = ArrayField(models.CharField(max_length=10), default=list, db_default=[])
    hours_id = models.BigIntegerField(null=True)
    planned_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user"),
            models.Index(fields=["id"], condition=models.Q(planned_at=None), name="notice_unplanned"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]
