"""One message on its way to one person, or to one channel of Slack or Teams."""

from uuid import UUID, uuid5

from django.conf import settings
from django.db import models
from django.db.models import Q

FAMILY = UUID("6f1a7c1e-5a0e-4a5e-9c0b-2f6a4c9b7d10")


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DEAD = "dead", "Not delivered"
    MUTED = "muted", "Not needed"


class Delivery(models.Model):
    """`event` is the notice's key: an event goes once to each person by each of their channels, and once to each
    destination however many people of it are told (`user` is then the first of them).

    Taken by lease: `attempts` is counted and `leased_until` set before anything is sent, so whoever dies meanwhile
    only makes it wait. `inside`: it travels inside that other mail, a digest, and shares its fate."""

    notice = models.ForeignKey("notify.Notice", on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    channel = models.CharField(max_length=8)
    destination = models.ForeignKey(
        "notify.Destination", null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING, db_default=State.WAITING)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    leased_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=400, default="", db_default="")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    inside = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="carried")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "event"], condition=Q(destination=None), name="delivery_once_a_person"
            ),
            models.UniqueConstraint(
                fields=["destination", "event"], condition=~Q(destination=None), name="delivery_once_a_destination"
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "not_before", "id"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["user", "channel"], condition=Q(state="waiting"), name="delivery_waiting_user"),
            models.Index(fields=["-id"], condition=Q(state="dead"), name="delivery_dead"),
        ]

    @property
    def message_id(self) -> UUID:
        """The same at each attempt, whoever makes it: receivers can tell a repetition from news."""
        to = f"d{self.destination_id}" if self.destination_id else f"u{self.user_id}"
        return uuid5(FAMILY, f"{self.event}|{self.channel}|{to}")
