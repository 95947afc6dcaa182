"""What winning customers costs: money by campaign and month, and people's time. Money in minor units."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Spend(models.Model):
    """`month`: its first day. `kind`: a programme of that channel, or tools for all channels (no channel): those are
    split. The same (source, key) is kept once, corrected by the next one told."""

    class Kind(models.TextChoices):
        PROGRAMME = "programme", "Programme"
        TOOLS = "tools", "Tools"

    month = models.DateField()
    channel = models.ForeignKey("marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey("marketing.Campaign", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PROGRAMME)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    note = models.CharField(max_length=200, blank=True, default="")
    source = models.CharField(max_length=60, default="hand")
    key = models.CharField(max_length=160, null=True)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-month", "id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], condition=~Q(key=None), name="spend_once"),
            models.CheckConstraint(condition=Q(kind="tools") | ~Q(channel=None), name="programmes_have_a_channel"),
        ]
        indexes = [models.Index(fields=["month", "channel"], name="spend_month")]


class EffortNorm(models.Model):
    """How long a logged sales touch of this kind usually takes; one that says its own minutes counts those."""

    kind = models.CharField(max_length=20, primary_key=True)
    minutes = models.PositiveSmallIntegerField()


class LoadedRate(models.Model):
    """What an hour of this role costs, everything included, from that day on."""

    role = models.CharField(max_length=12)
    hourly = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    from_on = models.DateField()

    class Meta:
        ordering = ["role", "-from_on"]
        constraints = [models.UniqueConstraint(fields=["role", "from_on"], name="loaded_rate_once")]


class SalesHours(models.Model):
    """Hours a person sold in a month, as they or their manager say; what logged touches don't explain is split over
    channels by the days deals were open."""

    month = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    hours = models.DecimalField(max_digits=6, decimal_places=1)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "user"], name="sales_hours_once")]
