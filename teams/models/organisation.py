"""The one company that runs this installation."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q


class Organisation(models.Model):
    """One row (id 1). `timezone` is the reporting zone: KPI days are taken in it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=120, default="")
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    calendar = models.ForeignKey("teams.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    executive = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Head of revenue: the last to hear of a promise that nobody keeps.",
    )  # fmt: skip
    gross_margin = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="Percent of revenue; unknown until said."
    )
    set_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_organisation"),
            models.CheckConstraint(
                condition=Q(gross_margin=None) | Q(gross_margin__gt=0, gross_margin__lte=100),
                name="a_margin_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "This company"

    @classmethod
    def get(cls) -> "Organisation":
        return cls.objects.select_related("calendar").filter(id=1).first() or cls(id=1)

    def today(self, at: datetime) -> date:
        """The day it is here at `at`, in the reporting zone."""
        return at.astimezone(ZoneInfo(self.timezone)).date()
