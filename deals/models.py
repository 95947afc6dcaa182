"""A deal: points back to the lead it came from; amounts in integer minor units."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from deals.money import major
from deals.stages import DealStage, LossReason
from deals.verbs import DealVerbs

__all__ = ["Deal", "DealQuerySet", "DealStage", "HandoverCall", "LossReason"]


class DealQuerySet(models.QuerySet["Deal"]):
    def open(self):
        return self.filter(stage=DealStage.OPEN)

    def with_names(self):
        return self.select_related("company", "person", "owner", "source", "lead")


class Deal(DealVerbs, models.Model):
    """`amount_created` keeps the amount at creation. A deal may have no person or lead (imports). `competitor` when
    competitive; `no_decision` is a loss apart (K04 broad). `source`: the lead's, locked at creation."""

    name = models.CharField(max_length=200)
    lead = models.OneToOneField("leads.Lead", null=True, on_delete=models.PROTECT, related_name="deal")
    company = models.ForeignKey("leads.Company", null=True, on_delete=models.PROTECT, related_name="deals")
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="deals")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="deals")
    source = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    stage = models.CharField(max_length=8, choices=DealStage.choices, default=DealStage.OPEN)
    amount = models.BigIntegerField(null=True, help_text="Minor units; null = unknown.")
    amount_created = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="USD")
    close_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=20, blank=True, default="")
    competitor = models.CharField(max_length=80, blank=True, default="")
    note = models.TextField(blank=True, default="")
    next_step = models.CharField(max_length=200, blank=True, default="", help_text="As imported; no clock knows it.")
    external_key = models.CharField(max_length=160, null=True, unique=True, help_text="`source:id` of an import.")
    attributes = models.JSONField(default=dict, blank=True)
    history = models.BooleanField(default=False)
    undated = models.BooleanField(default=False)
    flags = models.JSONField(default=list, blank=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(stage="lost") | ~Q(reason=""), name="a_loss_has_a_reason"),
            models.CheckConstraint(condition=Q(stage="open") | ~Q(closed_at=None), name="closed_deals_have_a_date"),
        ]
        indexes = [
            models.Index(fields=["stage", "-id"], name="deal_stage_new"),
            models.Index(fields=["closed_at", "stage"], include=["amount", "currency"], name="deal_closed"),
            models.Index(
                fields=["close_on", "id"],
                include=["amount", "currency"],
                condition=Q(stage="open"),
                name="deal_open_close",
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="deal_name_trgm"),
            models.Index(fields=["created_at"], name="deal_created"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def worth(self) -> Decimal | None:
        """The amount in whole units; None when unknown."""
        return major(self.amount)

    def get_reason_display(self) -> str:
        """In words; an import may bring a reason of its own."""
        return LossReason(self.reason).label if self.reason in LossReason.values else self.reason

    def get_absolute_url(self) -> str:
        return f"/deals/{self.pk}/"


class HandoverCall(models.Model):
    """The three-way call of a won deal: booked for `booked_for`, later held, or let go (another took its place).

    It counts only with the rep, the customer and the customer success manager in it. At most one waits to be held.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="handover_calls")
    booked_for = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="When somebody said that it was held.")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    rep = models.BooleanField(default=False)
    customer = models.BooleanField(default=False)
    csm = models.BooleanField(default=False)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deal"], condition=Q(held_at=None, let_go_at=None), name="one_booked_handover_call_a_deal"
            ),
            models.CheckConstraint(
                condition=~Q(booked_for=None) | ~Q(held_at=None), name="handover_calls_are_booked_or_held"
            ),
        ]

    @property
    def missing(self) -> list[str]:
        """Who of the three was not there."""
        return [who for who in ("rep", "customer", "csm") if not getattr(self, who)]

    @property
    def counts(self) -> bool:
        return self.held_at is not None and not self.missing
