"""A meeting, what it looked at, and what was decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Meeting(models.Model):
    """`period`: the first day of what is reviewed. `frozen_at`: the as-of of its numbers. `versions`: which definition,
    model and promises were in force then: {"definition": 6, "model": 3, "promises": 7}. `minutes`: how long it should
    take."""

    kind = models.CharField(max_length=12)
    period = models.DateField()
    frozen_at = models.DateTimeField()
    versions = models.JSONField(default=dict)
    minutes = models.PositiveSmallIntegerField(default=30)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-frozen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "period"], condition=Q(closed_at=None), name="one_open_meeting_a_period"
            )
        ]


class Slide(models.Model):
    """One screen, frozen. `facts`: [{key, name, value, note, tone, href}] with values in words, as everybody saw them;
    `lines`: a small table [[…]] under `head`; `sentences`: what else was said."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="slides")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=24)
    title = models.CharField(max_length=200)
    facts = models.JSONField(default=list)
    head = models.JSONField(default=list)
    lines = models.JSONField(default=list)
    sentences = models.JSONField(default=list)
    deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.SET_NULL, related_name="+")
    detail = models.JSONField(default=dict, db_default={}, help_text="What a screen of one deal shows, frozen.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "position"], name="slide_place_once"),
            models.UniqueConstraint(fields=["meeting", "key"], name="slide_once"),
        ]


class Decision(models.Model):
    """What somebody will do by when. `topic`: the slide it was decided over."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="decisions")
    topic = models.CharField(max_length=24)
    deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["made_at", "id"]
        indexes = [models.Index(fields=["meeting", "id"], name="decision_meeting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False), name="done_by_has_a_moment"
            )
        ]
