"""A change of what a customer pays a month."""

from django.conf import settings
from django.db import models


class Movement(models.TextChoices):
    NEW = "new", "New"
    EXPANSION = "expansion", "More"
    CONTRACTION = "contraction", "Less"
    CHURN = "churn", "Gone"
    REACTIVATION = "reactivation", "Back"


class SubscriptionMovement(models.Model):
    """`before`, `after`: monthly recurring revenue in minor units of `currency` (cents), rounded half up.

    `key`: what the source calls the event; the same one is kept once. `subscription`, `customer`: the source's ids.
    The person is who is known by the customer's id or mail; the company is theirs. `after` of a trial is 0.
    By hand the source is `hand`. `reason`: of a churn or contraction; `by`: who typed it in.
    """

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=Movement.choices)
    subscription = models.CharField(max_length=120)
    customer = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey("leads.Company", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="movement_once")]
        indexes = [
            models.Index(fields=["source", "subscription", "occurred_at"], name="movement_of_subscription"),
            models.Index(fields=["occurred_at"], name="movement_at"),
        ]
