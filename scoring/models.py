"""Versioned scoring models and definitions. Published rows are immutable."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ScoringModel(models.Model):
    """One version. Cut-offs: fit A/B and engagement 1/2 (DOMAIN 3.2); `mql_cells` qualify by score alone."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        RETIRED = "retired"

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.CharField(max_length=400, blank=True, default="")
    fit_a = models.FloatField(default=70)
    fit_b = models.FloatField(default=40)
    engagement_1 = models.FloatField(default=60)
    engagement_2 = models.FloatField(default=30)
    pql_all = models.BooleanField(default=False, help_text="All usage rules must hold; else any.")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_model")
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class RuleGroup(models.Model):
    """`cap`: the most its rules may add together; null = none."""

    model = models.ForeignKey(ScoringModel, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=60)
    cap = models.FloatField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]


class Rule(models.Model):
    """kind `fit`: `condition` true → points. kind `engagement`: each touch matching `touches` adds
    points·2^(−age/half_life); with `at_least` and `within_days` it is a frequency rule, awarded once.
    kind `usage`: a frequency condition; points count for usage, holding makes a PQL."""

    class Kind(models.TextChoices):
        FIT = "fit"
        ENGAGEMENT = "engagement"
        USAGE = "usage"

    model = models.ForeignKey(ScoringModel, on_delete=models.CASCADE, related_name="rules")
    group = models.ForeignKey(RuleGroup, null=True, on_delete=models.SET_NULL, related_name="rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=120)
    points = models.FloatField()
    condition = models.JSONField(default=dict, help_text="fit: a condition (leads.conditions).")
    touches = models.JSONField(default=dict, help_text="engagement and usage: a touch filter (leads.conditions).")
    half_life_days = models.FloatField(null=True)
    at_least = models.PositiveIntegerField(null=True)
    within_days = models.FloatField(null=True)
    distinct = models.CharField(max_length=20, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]


class Definition(models.Model):
    """A stage in words and as a predicate; a stage entry keeps the version it met. `items`: BANT asked for an SQL."""

    stage = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    sentence = models.TextField()
    predicate = models.JSONField(default=dict)
    items = models.JSONField(default=list)
    items_needed = models.PositiveSmallIntegerField(default=4)
    effective_at = models.DateTimeField()
    review_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "version"], name="definition_once")]
        ordering = ["stage", "-version"]
