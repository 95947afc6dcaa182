"""What a person was told."""

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """`key` makes it once: e.g. `clock:81:breach:100:manager`. `data` holds ids and codes; the words are rendered."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    at = models.DateTimeField()
    data = models.JSONField(default=dict, db_default={})
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
        ]
