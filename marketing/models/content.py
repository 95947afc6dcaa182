"""What sales asks marketing for."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ContentRequest(models.Model):
    """`about_kind`, `about_id`: what it was asked over (a deal); `stage`, `segment`: whom it should help. The
    promise is a first answer; done when there is something to use (`url`)."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        TAKEN = "taken", "Being made"
        DONE = "done", "Done"
        DECLINED = "declined", "Declined"

    title = models.CharField(max_length=160)
    why = models.CharField(max_length=400, blank=True, default="")
    about_kind = models.CharField(max_length=12, blank=True, default="")
    about_id = models.BigIntegerField(null=True)
    stage = models.CharField(max_length=60, blank=True, default="")
    segment = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=400, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(closed_at=None), name="content_request_open"),
            models.Index(fields=["about_kind", "about_id"], name="content_request_about"),
        ]

    def __str__(self) -> str:
        return self.title
