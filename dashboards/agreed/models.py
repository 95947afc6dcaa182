"""Joint goals, and what each KPI is good for."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Goal(models.Model):
    """A number both sides own: `kpi` (its key) shall be `target` (in the KPI's unit: minor units for money) over
    [starts_on, ends_on]. It counts once marketing and sales have agreed."""

    kpi = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    target = models.DecimalField(max_digits=18, decimal_places=4)
    starts_on = models.DateField()
    ends_on = models.DateField()
    marketing_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    marketing_at = models.DateTimeField(null=True)
    sales_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sales_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "starts_on", "ends_on"], condition=Q(ended_at=None), name="one_goal_a_kpi_and_period"
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="goals_end_after_they_begin"),
        ]


class Judgement(models.Model):
    """The audit of one KPI: who owns it, where it is tracked, what it is good for. Appended; the newest counts."""

    class Kind(models.TextChoices):
        PROFIT = "profit", "Profit driver"
        GOAL = "goal", "Goal"
        DIAGNOSTIC = "diagnostic", "Diagnostic"
        VANITY = "vanity", "Vanity"

    kpi = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    tracked = models.CharField(max_length=120, blank=True, default="")
    raises_profit = models.BooleanField(null=True)
    would_do = models.CharField(max_length=300, blank=True, default="")
    card = models.PositiveSmallIntegerField(null=True, help_text="Its place among the dashboard's cards; null: none.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["kpi", "-at"], name="judgement_newest")]
