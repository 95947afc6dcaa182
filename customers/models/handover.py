"""What must be handed over before a win can be booked, and what was promised."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class HandoverItem(models.Model):
    """A line of the checklist. A required one that is empty keeps a deal from being won."""

    key = models.CharField(max_length=30, unique=True)
    label = models.CharField(max_length=120)
    help = models.CharField(max_length=240, blank=True, default="")
    required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label


class Handover(models.Model):
    """Of one deal to one customer success manager, who accepts it or returns it with what is missing."""

    class State(models.TextChoices):
        OPEN = "open", "Being filled"
        RETURNED = "returned", "Returned with gaps"
        ACCEPTED = "accepted", "Accepted"

    deal = models.OneToOneField("deals.Deal", on_delete=models.CASCADE, related_name="handover")
    csm = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    gaps = models.CharField(max_length=400, blank=True, default="")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["csm"], condition=~Q(state="accepted"), name="handover_waits")]

    # Rights ask who owns a thing (teams.access): accepting is for whom it goes to.
    @property
    def owner(self) -> Any:
        return self.csm

    @property
    def owner_id(self) -> int | None:
        return self.csm_id


class HandoverAnswer(models.Model):
    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="answers")
    item = models.ForeignKey(HandoverItem, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "item"], name="handover_answer_once")]


class PromiseMade(models.Model):
    """What somebody told the customer before the sale; shown on top of everything afterwards."""

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="promises")
    text = models.CharField(max_length=300)
    due_on = models.DateField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "id"]
