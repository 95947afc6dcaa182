"""One KPI, one day."""

from django.db import models


class Snapshot(models.Model):
    """`value` in the KPI's unit (minor units for money), null with `na`; of the last 90 days, or the KPI's own span, up
    to and with `day`. `as_of`: what was known then."""

    kpi = models.CharField(max_length=40)
    day = models.DateField()
    as_of = models.DateTimeField()
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    na = models.CharField(max_length=160, blank=True, default="")
    hits = models.BigIntegerField(null=True)
    n = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["kpi", "-day"]
        constraints = [models.UniqueConstraint(fields=["kpi", "day"], name="snapshot_once_a_day")]
