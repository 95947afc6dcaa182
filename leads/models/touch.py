"""Any interaction: marketing, sales or product."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

# Kinds a person does that answer a lead: they stop a first-response clock (DOMAIN 1.2).
ANSWERING_KINDS = ["call", "email", "sms", "linkedin", "meeting"]
KINDS = [
    "page_view", "form", "demo_request", "contact_request", "email_click", "email_open", "webinar", "download",
    "event", "ad_click", "chat", "intent", "invite", "feature_use", "trial_start", "call", "email", "sms", "linkedin",
    "meeting", "note", "other",
]  # fmt: skip


class Standing(models.TextChoices):
    """Whether a touch somebody typed in counts (DOMAIN 1.6, backdated activity)."""

    COUNTS = "", "Counts"
    WAITS = "waits", "Waits for approval"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    AHEAD = "ahead", "Counts when it happens"


# Of these, what a person did is an attempt and an answer; the others only say that somebody claims it.
COUNTED = [Standing.COUNTS.value, Standing.APPROVED.value]


class Touch(models.Model):
    """Append-only, but for its standing. Four times (DOMAIN 0): occurred, sent, received, recorded. `side`: marketing,
    sales or product.

    Channels and campaigns are never deleted (PROTECT), and a million touches should not ask for them a million times:
    those two have no constraint in the database. `clamped`: the sender’s clock put it more than five minutes ahead of
    ours, so the moment it was received stands. `direction`: in (the buyer acts) or out (we do). `outcome`, of a human
    touch: `attempt` or `two_way`. `standing`: whether it counts; `judged_*`: who approved or declined it, when.
    """

    person = models.ForeignKey("leads.Person", on_delete=models.PROTECT, related_name="touches", db_index=False)
    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.PROTECT, related_name="touches", db_index=False)
    kind = models.CharField(max_length=20)
    side = models.CharField(max_length=10, default="marketing", db_default="marketing")
    channel = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        "marketing.Campaign", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    asset = models.CharField(max_length=120, blank=True, default="", db_default="")
    url = models.CharField(max_length=500, blank=True, default="", db_default="")
    direction = models.CharField(max_length=3, default="in", db_default="in")
    automatic = models.BooleanField(default=True, db_default=True)
    outcome = models.CharField(max_length=10, blank=True, default="", db_default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.TextField(blank=True, default="", db_default="")
    minutes = models.PositiveSmallIntegerField(null=True, help_text="How long it took, if somebody said.")
    source = models.CharField(max_length=60, blank=True, default="", db_default="")
    external_id = models.CharField(max_length=120, null=True)
    occurred_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    clamped = models.BooleanField(default=False, db_default=False)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    standing = models.CharField(max_length=8, choices=Standing.choices, blank=True, default="", db_default="")
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name_plural = "touches"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=None), name="touch_external_once"
            )
        ]
        indexes = [
            models.Index(fields=["person", "occurred_at"], name="touch_person_at"),
            models.Index(fields=["lead", "occurred_at"], condition=Q(side="sales"), name="touch_lead_sales"),
            models.Index(fields=["recorded_at"], condition=Q(standing="waits"), name="touch_waiting"),
            models.Index(fields=["occurred_at", "id"], condition=Q(standing="ahead"), name="touch_ahead"),
        ]
