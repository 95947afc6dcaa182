"""Credits of a month that is over: later stitching shows as a difference, it does not rewrite."""

from django.db import models


class AttributionClose(models.Model):
    """`month`: its first day. `credits`: {model: {channel: minor units}}; `wins`: deals and their amount as then."""

    month = models.DateField(unique=True)
    closed_at = models.DateTimeField()
    wins = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    look_back = models.PositiveSmallIntegerField()
    credits = models.JSONField(default=dict)

    class Meta:
        ordering = ["-month"]
