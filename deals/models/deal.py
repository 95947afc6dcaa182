"""A deal: points back to the lead it came from; amounts in integer minor units."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from deals.money import major
from deals.stages import DealKind, DealStage, LossReason
from deals.verbs import DealVerbs


class DealQuerySet(models.QuerySet["Deal"]):
    def open(self):
        return self.filter(stage=DealStage.OPEN)

    def with_names(self):
        return self.select_related("company", "person", "owner", "source", "lead")


class Deal(DealVerbs, models.Model):
    """`amount_created` keeps the amount at creation. A deal may have no person or lead (imports). `competitor` when
    competitive; `no_decision` is a loss apart (K04 broad). `source`: the lead's, locked at creation.

    `stage` says whether it is open; `pipeline_stage` where it stands, since `stage_at` (caches of its open Stint).
    `pushes`: how often the closing date was put off. `list_amount` and `acv`: of the lines, null without any: what the
    same things cost by the list, and the recurring part of a year; `amount` is what they cost."""

    name = models.CharField(max_length=200)
    lead = models.OneToOneField("leads.Lead", null=True, on_delete=models.PROTECT, related_name="deal")
    company = models.ForeignKey("leads.Company", null=True, on_delete=models.PROTECT, related_name="deals")
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="deals")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="deals")
    source = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(
        max_length=10, choices=DealKind.choices, default=DealKind.NEW, db_default=DealKind.NEW.value
    )
    pipeline = models.ForeignKey(
        "deals.Pipeline", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    pipeline_stage = models.ForeignKey(
        "deals.PipelineStage", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    stage_at = models.DateTimeField(null=True)
    pushes = models.PositiveSmallIntegerField(default=0, db_default=0)
    signed_on = models.DateField(null=True)
    list_amount = models.BigIntegerField(null=True)
    acv = models.BigIntegerField(null=True)
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
            models.Index(
                fields=["pipeline_stage", "close_on", "id"],
                include=["amount", "currency"],
                condition=Q(stage="open"),
                name="deal_open_in_stage",
            ),
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
