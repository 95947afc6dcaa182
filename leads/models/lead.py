"""One qualification cycle of a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from leads.bant import Qualifying
from leads.decisions import Decisions
from leads.models.stage import OPEN_STAGES, Stage


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self):
        return self.filter(stage__in=OPEN_STAGES)

    def awaiting_disposition(self):
        """Handed over and not yet accepted, rejected or recycled."""
        return self.filter(stage=Stage.MQL)

    def without_owner(self):
        return self.filter(stage__in=[Stage.MQL, Stage.SAL, Stage.SQL], owner=None)

    def with_names(self):
        """Everything a list row or a heading shows, in one query."""
        return self.select_related("person", "company", "owner", "source", "campaign")


class Lead(Decisions, Qualifying, models.Model):
    """A cycle opened by a form, a hand-raise or a crossing. Stamps are never deleted; `stage` is the cached state.

    `history`: came by import with its dates; nobody was notified. `undated`: its dates are the import's, so time
    KPIs leave it out. `flags`: what an import found odd (`mql_missing`, `won_before_opened`, …).
    `next_due_at`: the soonest open clock, written by `leads.due.remember` for lists sorted by due. `merged_into`: the
    lead this one goes on as, of stage merged.
    """

    person = models.ForeignKey("leads.Person", on_delete=models.PROTECT, related_name="leads", db_index=False)
    company = models.ForeignKey("leads.Company", null=True, blank=True, on_delete=models.PROTECT, related_name="leads")
    cycle = models.PositiveIntegerField(default=1, db_default=1)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.INQUIRY, db_default=Stage.INQUIRY)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    source = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    campaign = models.ForeignKey(
        "marketing.Campaign", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    product_interest = models.CharField(max_length=80, blank=True, default="", db_default="")
    hand_raise = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="demo, contact, trial …: the person asked to be called.",
    )
    message = models.TextField(blank=True, default="", db_default="")
    attributes = models.JSONField(default=dict, db_default={}, blank=True)
    fit = models.FloatField(default=0, db_default=0)
    engagement = models.FloatField(default=0, db_default=0)
    usage = models.FloatField(default=0, db_default=0)
    pql = models.BooleanField(default=False, db_default=False)
    cell = models.CharField(max_length=2, default="C3", db_default="C3")

    created_at = models.DateTimeField(help_text="When the cycle opened, by the facts.")
    updated_at = models.DateTimeField(db_default=Now())
    mql_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True, help_text="To the present owner.")
    sal_at = models.DateTimeField(null=True)
    sql_at = models.DateTimeField(null=True)
    opportunity_at = models.DateTimeField(null=True)
    won_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    recycled_at = models.DateTimeField(null=True)
    disqualified_at = models.DateTimeField(null=True)
    stage_at = models.DateTimeField(help_text="When the present stage was entered.")
    first_touch_at = models.DateTimeField(null=True, help_text="The person's first touch, as known at opening.")
    first_response_at = models.DateTimeField(
        null=True, help_text="The first counted human touch after the MQL; written by touches.log."
    )
    last_touch_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)

    reason = models.CharField(max_length=24, blank=True, default="", db_default="")
    reason_note = models.TextField(blank=True, default="", db_default="")
    track = models.CharField(max_length=40, blank=True, default="", db_default="")
    revisit_on = models.DateField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed", db_index=False
    )
    history = models.BooleanField(default=False, db_default=False)
    undated = models.BooleanField(default=False, db_default=False)
    flags = models.JSONField(default=list, db_default=[], blank=True)
    import_run = models.ForeignKey(
        "leads.ImportRun", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = LeadQuerySet.as_manager()

    # A lead is written four times on its way in; each index is paid for each time. Persons are found by the unique
    # (person, cycle), dates by the indexes that `dashboards` keeps.
    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(stage__in=OPEN_STAGES), name="one_open_lead_a_person"
            ),
            # Checked when a statement ends: cycles of two people that become one are dealt anew in one.
            models.UniqueConstraint(
                fields=["person", "cycle"], name="lead_cycle_once", deferrable=models.Deferrable.IMMEDIATE
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "-created_at", "-id"], name="lead_stage_new"),
            models.Index(fields=["-created_at", "-id"], name="lead_new"),
            models.Index(fields=["-updated_at", "-id"], name="lead_updated"),
            models.Index(fields=["owner", "stage", "next_due_at", "id"], name="lead_owner_due"),
            models.Index(fields=["next_due_at", "id"], condition=Q(stage__in=OPEN_STAGES), name="lead_open_due"),
            models.Index(fields=["source", "-created_at"], name="lead_source"),
            models.Index(fields=["revisit_on"], condition=Q(stage=Stage.RECYCLED), name="lead_back"),
            models.Index(fields=["merged_into"], condition=~Q(merged_into=None), name="lead_merged"),
        ]

    def __str__(self) -> str:
        return f"Lead {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES

    @property
    def priority(self) -> float:
        return self.fit + self.engagement
