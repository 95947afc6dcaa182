"""Channels and campaigns: one vocabulary with stable codes for touches, leads and deals."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Channel(models.Model):
    """`code` never changes; `aliases` catch what exports and UTM tags call it. `side`: marketing, sales or product."""

    code = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=60)
    side = models.CharField(max_length=12, default="marketing")
    paid = models.BooleanField(default=False)
    aliases = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """`code` is the normalised utm_campaign; a campaign unknown at intake is made with the code as its name."""

    code = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=120)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
