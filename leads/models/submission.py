"""The raw enquiry and the import that may have brought it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Submission(models.Model):
    """Kept whatever became of it. `outcome`: created, existing, duplicate, touched or refused; `errors` when refused.

    `fingerprint`: source + canonical body, SHA-256; the same one within 10 minutes is one submission.
    """

    source = models.CharField(max_length=80)
    fingerprint = models.BinaryField(max_length=32, null=True)
    payload = models.JSONField(default=dict, db_default={})
    outcome = models.CharField(max_length=10)
    errors = models.JSONField(default=list, db_default=[])
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="submissions")
    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.PROTECT, related_name="submissions")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["fingerprint", "-received_at"], name="submission_fingerprint")]


class ImportRun(models.Model):
    """One file, reconciled: read = created + updated + merged + refused."""

    name = models.CharField(max_length=200)
    map_name = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, db_default={})
    refusals = models.JSONField(default=list, db_default=[])
