"""A company that bought: who looks after it, where it stands, what is planned."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class ChurnReason(models.TextChoices):
    PRICE = "price", "Price"
    PRODUCT = "product", "Product falls short"
    SERVICE = "service", "Service and support"
    COMPETITOR = "competitor", "Went to a competitor"
    NOT_USED = "not_used", "Never really used"
    CLOSED = "closed", "Closed or was bought"
    PAYMENT = "payment", "Payment failed"
    OTHER = "other", "Other"


class Customer(models.Model):
    """`since`: the first deal won. Onboarding until the hand-over call was held and the first value seen, then active,
    churned when nothing recurs any more; back is active again (`reactivated_at`, an old logo)."""

    class Status(models.TextChoices):
        ONBOARDING = "onboarding", "Onboarding"
        ACTIVE = "active", "Active"
        CHURNED = "churned", "Churned"

    company = models.OneToOneField("leads.Company", on_delete=models.PROTECT, related_name="customer")
    first_deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.PROTECT, related_name="+")
    csm = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="customers")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ONBOARDING)
    since = models.DateTimeField()
    first_value_at = models.DateTimeField(null=True)
    first_value = models.CharField(max_length=200, blank=True, default="")
    activated_at = models.DateTimeField(null=True)
    churned_at = models.DateTimeField(null=True)
    churn_reason = models.CharField(max_length=20, blank=True, default="")
    churn_note = models.CharField(max_length=300, blank=True, default="")
    reactivated_at = models.DateTimeField(null=True)
    history = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["since"], name="customer_since"),
            models.Index(fields=["csm", "status"], name="customer_csm"),
        ]

    def __str__(self) -> str:
        return str(self.company)

    def get_absolute_url(self) -> str:
        return f"/customers/{self.pk}/"

    # Rights ask who owns a thing (teams.access): a customer is its success manager's.
    @property
    def owner(self) -> Any:
        return self.csm

    @property
    def owner_id(self) -> int | None:
        return self.csm_id


class StandardStep(models.Model):
    """A step every onboarding begins with, `days` after the win."""

    title = models.CharField(max_length=120)
    days = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]


class OnboardingStep(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="steps")
    title = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]


class Term(models.Model):
    """What runs until when: the day a subscription renews, and the deal that renews it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="terms")
    subscription = models.CharField(max_length=120, blank=True, default="")
    starts_on = models.DateField()
    renews_on = models.DateField()
    deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["renews_on", "id"]
        indexes = [models.Index(fields=["renews_on"], condition=Q(ended_at=None), name="term_renews")]
