"""What is heard in the field: objections, competitors, and why deals were won and lost."""

from django.conf import settings
from django.db import models


class Competitor(models.Model):
    """`key`: the name without case and blanks at its edges; the same firm is kept once."""

    name = models.CharField(max_length=80)
    key = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DealCompetitor(models.Model):
    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="competitors")
    competitor = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["noted_at", "id"]
        constraints = [models.UniqueConstraint(fields=["deal", "competitor"], name="competitor_once_a_deal")]


class Objection(models.Model):
    """What the buyer holds against it, in their words. `request`: the content asked of marketing for an answer."""

    class Kind(models.TextChoices):
        PRICE = "price", "Price"
        SECURITY = "security", "Security and data"
        INTEGRATION = "integration", "Integration"
        FEATURE = "feature", "Something is missing"
        COMPETITOR = "competitor", "A competitor"
        TIMING = "timing", "Timing"
        TRUST = "trust", "Proof it works"
        OTHER = "other", "Other"

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="objections")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    words = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey("marketing.ContentRequest", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["kind", "at"], name="objection_kind_at")]


class Retrospective(models.Model):
    """Why a deal was really won or lost, told afterwards; `buyer_said`: whether the buyer was asked."""

    deal = models.OneToOneField("deals.Deal", on_delete=models.CASCADE, related_name="retrospective")
    reason = models.CharField(max_length=20)
    competitor = models.ForeignKey(Competitor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    happened = models.TextField(blank=True, default="")
    lesson = models.TextField(blank=True, default="")
    points_at = models.CharField(max_length=12, blank=True, default="", help_text="content, definition, scoring …")
    buyer_said = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
