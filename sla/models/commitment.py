"""What a side promises for a period, where no clock of one lead could say it (DOMAIN 1.3, MKT_* and REJECT_RATE)."""

from django.conf import settings
from django.db import models


class Commitment(models.Model):
    """Append only: the newest row of a key that starts on or before a day is the one in force on it.

    `key`: volume, quality, overrides, rejection, feedback, rubber_stamp. `goal`: a share in percent, or a number of
    leads a quarter for volume. `inputs`: what the goal was derived from. volume: {"revenue": minor units, "currency",
    "deal_size": minor units, "rate": fraction, "measured": [names of the inputs that the system measured]}; rejection:
    {"least": 20}; rubber_stamp: {"seconds": 5, "least": 20}."""

    key = models.CharField(max_length=16)
    side = models.CharField(max_length=10)
    goal = models.DecimalField(max_digits=12, decimal_places=4)
    inputs = models.JSONField(default=dict)
    starts_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["key", "-starts_on", "-id"], name="commitment_in_force")]
