"""Versioned scoring models. Published rows are immutable."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from leads.conditions.field import ConditionField


class ScoringModel(models.Model):
    """One version. Cut-offs: fit A/B and engagement 1/2 (DOMAIN 3.2). What makes an MQL of a score is the definition.

    `top_share`: percent of the pool that `score.top` holds for (DOMAIN 3.3). A draft is edited and compared by
    `edited_at`; one in the shadow scores silently beside the live one between `shadow_from` and `shadow_until`.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SHADOW = "shadow"
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
    top_share = models.PositiveSmallIntegerField(default=20, db_default=20)
    based_on = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)
    shadow_from = models.DateTimeField(null=True)
    shadow_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_model"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_model"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="shadow"), name="one_shadow_model"),
            models.CheckConstraint(condition=Q(top_share__gte=5, top_share__lte=50), name="top_share_from_5_to_50"),
            models.CheckConstraint(
                condition=Q(fit_a__gt=F("fit_b"), engagement_1__gt=F("engagement_2")), name="cut_offs_in_order"
            ),
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
    kind `usage`: a frequency condition; points count for usage, holding makes a PQL. With a `condition` too, touches
    count only of whom it holds for. `line`: the same rule through all versions."""

    class Kind(models.TextChoices):
        FIT = "fit"
        ENGAGEMENT = "engagement"
        USAGE = "usage"

    model = models.ForeignKey(ScoringModel, on_delete=models.CASCADE, related_name="rules")
    line = models.UUIDField(default=uuid4)
    group = models.ForeignKey(RuleGroup, null=True, on_delete=models.SET_NULL, related_name="rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=120)
    points = models.FloatField()
    condition = ConditionField(default=dict, help_text="fit: a condition (leads.conditions).")
    touches = ConditionField(default=dict, help_text="engagement and usage: a touch filter (leads.conditions).")
    half_life_days = models.FloatField(null=True)
    at_least = models.PositiveIntegerField(null=True)
    within_days = models.FloatField(null=True)
    distinct = models.CharField(max_length=20, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["model", "line"], name="rule_line_once")]
