"""BANT items as confirmed by a person, and what was true when a lead became an MQL."""

from django.conf import settings
from django.db import models

BANT = ["budget", "authority", "need", "timeline"]


class Qualification(models.Model):
    """One confirmed item: value, evidence, when and by whom. Re-confirming replaces the row; the journal keeps both."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.PROTECT, related_name="qualifications")
    item = models.CharField(max_length=12, choices=[(b, b.title()) for b in BANT])
    value = models.CharField(max_length=400)
    evidence = models.CharField(max_length=1000)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "item"], name="bant_item_once")]


class Snapshot(models.Model):
    """Immutable (DOMAIN 2.3): definition and model versions, scores, the trace {rule id: points}, signals, firm."""

    lead = models.OneToOneField("leads.Lead", on_delete=models.PROTECT, related_name="snapshot")
    at = models.DateTimeField()
    definition_version = models.PositiveIntegerField(null=True)
    model_version = models.PositiveIntegerField(null=True)
    because = models.CharField(
        max_length=20, help_text="cell, threshold, top, pql, hand_raise or rule; import for history."
    )
    fit = models.FloatField()
    engagement = models.FloatField()
    usage = models.FloatField()
    cell = models.CharField(max_length=2)
    trace = models.JSONField(default=dict, db_default={})
    cut = models.FloatField(null=True, help_text="The priority it was compared with; by cells none.")
    source = models.CharField(max_length=32, blank=True, default="", db_default="")
    signals = models.JSONField(default=list, db_default=[], help_text="Ids of the last ten touches.")
    firm = models.JSONField(default=dict, db_default={})
