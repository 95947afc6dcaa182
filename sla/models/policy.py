"""What we promise: an ordered list of lines, published as a set with a version."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Target(models.TextChoices):
    FIRST_RESPONSE = "first_response", "First response"
    ASSIGNMENT = "assignment", "Assignment"
    DISPOSITION = "disposition", "Disposition"


class Tier(models.TextChoices):
    HOT = "hot", "Hot"
    INTENT = "intent", "High intent"
    STANDARD = "standard", "Standard"
    NONE = "", "–"


def default_levels() -> list[int]:
    return [50, 75, 90]


class PolicySet(models.Model):
    """One published version of all lines; open clocks keep the line they were started under."""

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, default="draft")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_policy_set")
        ]


class Policy(models.Model):
    """First line of a target whose condition holds wins; a catch-all (`{}`) must end each target's list.

    `hours`: team (the owner's team calendar, else the organisation's), calendar (the one named), always (24×7).
    `unit`: seconds of open time, or same_business_day. `escalate`: who hears a breach: manager, monitor.
    """

    policy_set = models.ForeignKey(PolicySet, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    target = models.CharField(max_length=16, choices=Target.choices)
    tier = models.CharField(max_length=10, choices=Tier.choices, default="", blank=True)
    name = models.CharField(max_length=80)
    condition = models.JSONField(default=dict)
    seconds = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, default="seconds")
    hours = models.CharField(max_length=10, default="team")
    calendar = models.ForeignKey("teams.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    levels = ArrayField(models.PositiveSmallIntegerField(), default=default_levels)
    escalate = models.CharField(max_length=10, default="manager")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["policy_set", "position"], name="policy_line_once")]
