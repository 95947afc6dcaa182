"""How a customer is doing: readings of four components, weighed (K25)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Component(models.TextChoices):
    USAGE = "usage", "Usage"
    SUPPORT = "support", "Support"
    ENGAGEMENT = "engagement", "Engagement"
    SENTIMENT = "sentiment", "Sentiment"


class HealthWeight(models.Model):
    component = models.CharField(max_length=12, primary_key=True, choices=Component.choices)
    weight = models.PositiveSmallIntegerField()


class HealthReading(models.Model):
    """`value` 0–100, appended; the newest of a component is the one that counts."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    component = models.CharField(max_length=12, choices=Component.choices)
    value = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    source = models.CharField(max_length=60, blank=True, default="hand")
    note = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(value__lte=100), name="health_is_at_most_100")]
        indexes = [models.Index(fields=["customer", "component", "-at"], name="health_newest")]
