"""The raw enquiry."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Outcome(models.TextChoices):
    """What became of an enquiry. Only `created`, `existing` and `touched` have reached somebody's record."""

    CREATED = "created", "New lead"
    EXISTING = "existing", "Joined the open lead"
    TOUCHED = "touched", "Kept as a touch"
    DUPLICATE = "duplicate", "Sent twice"
    SUSPECT = "suspect", "Held as suspected spam"
    SPAM = "spam", "Spam"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    IGNORED = "ignored", "Nothing to do"


class Door(models.TextChoices):
    API = "api", "REST"
    PAGE = "page", "By hand"
    FORM = "form", "Form"
    HOOK = "hook", "Provider"
    IMPORT = "import", "Import"


class Submission(models.Model):
    """The raw enquiry, kept whatever became of it, with `errors` ([{field, code, detail}]) when it was refused or
    failed and `suspicions` ([code]) when it was held.

    `fingerprint`: source + canonical body, SHA-256; the same one within 10 minutes is one submission. `delivery_key`:
    what its sender calls this one delivery; the same one from the same source is never taken twice. `context`: where it
    came from ({ip, agent, origin, page}), taken away after 90 days. `replay_of`: the one it was made from by Replay.
    """

    source = models.CharField(max_length=80)
    door = models.CharField(max_length=8, choices=Door.choices, default=Door.API, db_default=Door.API)
    fingerprint = models.BinaryField(max_length=32, null=True)
    delivery_key = models.CharField(max_length=160, null=True)
    payload = models.JSONField(default=dict, db_default={})
    context = models.JSONField(default=dict, db_default={})
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    errors = models.JSONField(default=list, db_default=[])
    suspicions = models.JSONField(default=list, db_default=[])
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="submissions")
    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.PROTECT, related_name="submissions")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    replay_of = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replays", db_index=False, db_constraint=False
    )
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "delivery_key"], condition=~Q(delivery_key=None), name="submission_delivered_once"
            )
        ]
        indexes = [
            models.Index(fields=["fingerprint", "-received_at"], name="submission_fingerprint"),
            models.Index(fields=["source", "-id"], name="submission_of_source"),
            models.Index(
                fields=["-id"],
                condition=Q(outcome__in=["suspect", "spam", "refused", "failed"]),
                name="submission_not_taken",
            ),
        ]
