"""Providers that push to an address of ours: how each is known, what they sent, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Provider(models.TextChoices):
    HUBSPOT = "hubspot", "HubSpot"
    TYPEFORM = "typeform", "Typeform"
    META = "meta", "Meta Lead Ads"
    CALENDLY = "calendly", "Calendly"
    SEGMENT = "segment", "Segment"
    STRIPE = "stripe", "Stripe"


class Connection(models.Model):
    """One account at a provider. Never deleted, only switched off: what it sent stays readable.

    `token` is the last part of its address. `secret`: what its posts are signed with; `old_secret` still counts until
    `old_secret_until`. `access`: what we ask with where a post carries ids only. `mapping`: {events: {kind: act},
    fields: [{from, to}], always: {field: value}} of leads.hooks.mapping.
    """

    provider = models.CharField(max_length=12, choices=Provider.choices)
    name = models.CharField(max_length=80, unique=True)
    token = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=200)
    old_secret = models.CharField(max_length=200, blank=True, default="", db_default="")
    old_secret_until = models.DateTimeField(null=True)
    access = models.CharField(max_length=500, blank=True, default="", db_default="")
    mapping = models.JSONField(default=dict, db_default={})
    is_active = models.BooleanField(default=True, db_default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="", db_default="")
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One post whose signature was right, as it came: the raw body, and the headers that say what it is."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="deliveries")
    body = models.BinaryField()
    headers = models.JSONField(default=dict, db_default={})
    received_at = models.DateTimeField()


class EventState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    IGNORED = "ignored", "Nothing to do"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


class HookEvent(models.Model):
    """One thing that a delivery tells. `key`: what the provider calls it; the same one of a connection counts once,
    however often and in whatever company it is sent (`sent`: how often). `due_at`: when it is next tried, for those
    that must ask the provider first."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="events", db_index=False)
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    data = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=8, choices=EventState.choices)
    why = models.CharField(max_length=300, blank=True, default="", db_default="")
    submission = models.ForeignKey("leads.Submission", null=True, on_delete=models.SET_NULL, related_name="hook_events")
    sent = models.PositiveIntegerField(default=1, db_default=1)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="hook_event_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="hook_event_due"),
            models.Index(fields=["connection", "-id"], name="hook_event_newest"),
        ]
