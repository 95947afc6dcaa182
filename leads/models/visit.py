"""What browsers and products report: who came, how often, what they did. Anonymous until somebody says who it is."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from leads.models.touch import KINDS


class Visitor(models.Model):
    """One anonymous id, of a browser or (as `user:source:id`) of a product that has not said who its user is.

    `person`: the only person it ever belonged to. `is_ambiguous`: it belonged to two, so nothing of it is anybody's
    from then on, for good (DOMAIN 5.1).
    """

    anonymous_id = models.CharField(max_length=240, unique=True)
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="visitors")
    is_ambiguous = models.BooleanField(default=False, db_default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(is_ambiguous=True), name="visitor_ambiguous")]


class Visit(models.Model):
    """What one visitor did without a break of 30 minutes. `channel` and `campaign` are those of its first page."""

    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, related_name="visits", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    events = models.PositiveIntegerField(default=0, db_default=0)
    entry_url = models.CharField(max_length=500, blank=True, default="", db_default="")
    referrer = models.CharField(max_length=500, blank=True, default="", db_default="")
    channel = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        "marketing.Campaign", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=["visitor", "ended_at"], name="visit_of_visitor")]


class VisitEvent(models.Model):
    """One thing reported, once: `message_id` is what the sender calls it. `occurred_at` is by our clock.

    `touch_kind`: the kind of touch it makes once its person is known, "" for none. `person`: whose touch it became.
    """

    class Type(models.TextChoices):
        PAGE = "page", "Page"
        SCREEN = "screen", "Screen"
        TRACK = "track", "Track"
        IDENTIFY = "identify", "Identify"
        GROUP = "group", "Group"
        ALIAS = "alias", "Alias"

    source = models.CharField(max_length=60)
    message_id = models.CharField(max_length=120)
    type = models.CharField(max_length=10, choices=Type.choices)
    name = models.CharField(max_length=120, blank=True, default="", db_default="")
    visitor = models.ForeignKey(Visitor, null=True, on_delete=models.CASCADE, related_name="events", db_index=False)
    visit = models.ForeignKey(
        Visit, null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="visit_events")
    touch_kind = models.CharField(max_length=20, blank=True, default="", db_default="")
    side = models.CharField(max_length=10, blank=True, default="", db_default="")
    channel = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        "marketing.Campaign", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    asset = models.CharField(max_length=120, blank=True, default="", db_default="")
    url = models.CharField(max_length=500, blank=True, default="", db_default="")
    properties = models.JSONField(default=dict, db_default={})
    occurred_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    clamped = models.BooleanField(default=False, db_default=False)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "message_id"], name="visit_event_once")]
        indexes = [
            models.Index(
                fields=["visitor", "occurred_at"], condition=models.Q(person=None), name="visit_event_anonymous"
            ),
            models.Index(fields=["received_at"], name="visit_event_received"),
        ]


class EventMapping(models.Model):
    """Which touch an event of a product or a mail system makes. `event`: its name, compared without regard to case;
    `kind` "": kept, but no touch; `withdraws`: no touch, it takes the consent to the newsletter back."""

    event = models.CharField(max_length=120, unique=True)
    kind = models.CharField(
        max_length=20, blank=True, default="", db_default="", choices=[(kind, kind) for kind in KINDS]
    )


class WriteKey(models.Model):
    """What lets a site or a server report. A site's key is public and may only report pages and mail addresses, from
    `origins` when there are any; a server's is a secret, of which only the digest and the first letters are kept.

    `old_digest` works beside the new one until `old_until`: programs are changed over one after the other.
    """

    class Kind(models.TextChoices):
        SITE = "site", "Website"
        SERVER = "server", "Server"

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    source = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    shown = models.CharField(max_length=60)
    old_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    old_until = models.DateTimeField(null=True)
    origins = models.JSONField(default=list, db_default=[], blank=True)
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["kind", "name", "pk"]

    def __str__(self) -> str:
        return self.name
