"""Where a deal stands: pipelines, their stages with exit criteria, and who is on the other side."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Pipeline(models.Model):
    """A way deals go. One is the default: deals of leads and imports begin there."""

    name = models.CharField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline")
        ]

    def __str__(self) -> str:
        return self.name


class PipelineStage(models.Model):
    """`probability`: percent won from here, used until enough deals went this way to measure it. `limit_days`: how long
    a deal may usually stay, until ten were won to judge by. `next_step`: what is proposed when one stalls here."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="stages")
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    probability = models.PositiveSmallIntegerField(default=10)
    limit_days = models.PositiveSmallIntegerField(default=14)
    next_step = models.CharField(max_length=200, blank=True, default="")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pipeline", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"], condition=Q(retired_at=None), name="pipeline_stage_name_once"
            ),
            models.CheckConstraint(condition=Q(probability__lte=100), name="a_probability_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.name


class ExitCriterion(models.Model):
    """What must be true before a deal leaves the stage. Retired ones stay for the deals that met them."""

    stage = models.ForeignKey(PipelineStage, on_delete=models.PROTECT, related_name="criteria")
    text = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["stage", "position", "id"]

    def __str__(self) -> str:
        return self.text


class CriterionMet(models.Model):
    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="criteria_met")
    criterion = models.ForeignKey(ExitCriterion, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=300, blank=True, default="")
    met_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deal", "criterion"], name="criterion_met_once")]


class Stint(models.Model):
    """One stay of a deal in a stage, [entered_at, left_at); open while `left_at` is null and the deal is open.

    `skipped`: passed without stopping, zero long. Appended; a deal that comes back to a stage has a second stint.
    """

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="stints", db_index=False)
    stage = models.ForeignKey(PipelineStage, on_delete=models.PROTECT, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    skipped = models.BooleanField(default=False, db_default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["entered_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["deal"], condition=Q(left_at=None), name="one_open_stint_a_deal"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="stints_end_after_they_begin"
            ),
        ]
        indexes = [
            models.Index(fields=["deal", "entered_at"], name="stint_of_deal"),
            models.Index(fields=["stage", "entered_at"], name="stint_of_stage"),
        ]


class ContactRole(models.Model):
    """A person on the buying side. One of them is the primary contact."""

    class Role(models.TextChoices):
        CHAMPION = "champion", "Champion"
        SPONSOR = "sponsor", "Sponsor"
        BUYER = "buyer", "Economic buyer"
        INFLUENCER = "influencer", "Influencer"
        USER = "user", "User"
        ADMIN = "admin", "Administrator"
        BILLING = "billing", "Billing"
        BLOCKER = "blocker", "Blocker"

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="roles")
    person = models.ForeignKey("leads.Person", on_delete=models.PROTECT, related_name="deal_roles")
    role = models.CharField(max_length=10, choices=Role.choices)
    is_primary = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "person"], name="one_role_a_person_on_a_deal"),
            models.UniqueConstraint(fields=["deal"], condition=Q(is_primary=True), name="one_primary_contact"),
        ]
