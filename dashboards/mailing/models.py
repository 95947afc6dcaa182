"""Who gets which view of which page, when, and as what."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Mailing(models.Model):
    """`query`: the page's address without what moves (dates are taken anew each time from `days`). `weekday` 0 Monday,
    of a weekly one; `day` of a monthly one. `next_at` is due: null when it is stopped."""

    class Every(models.TextChoices):
        WEEK = "week", "Week"
        MONTH = "month", "Month"

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        CSV = "csv", "CSV"

    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True, default="")
    every = models.CharField(max_length=6, choices=Every.choices)
    weekday = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=1)
    hour = models.PositiveSmallIntegerField(default=8)
    form = models.CharField(max_length=4, choices=Form.choices, default=Form.PDF)
    to = ArrayField(models.PositiveBigIntegerField(), default=list, help_text="Ids of users.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["next_at"], condition=~Q(next_at=None), name="mailing_due")]
