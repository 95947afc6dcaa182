"""What people agreed to: the words they saw, by version, and every yes and no, append-only (DOMAIN 7.2)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ConsentText(models.Model):
    """The exact words shown for a purpose and a channel. A text is never edited: a new version is a new row."""

    purpose = models.SlugField(max_length=40, help_text="newsletter, product_news, contact …")
    channel = models.SlugField(max_length=20, blank=True, default="", help_text="email, phone …; empty: all channels.")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["purpose", "channel", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "channel", "version"], name="consent_text_once")]

    def __str__(self) -> str:
        return f"{self.purpose}{f' by {self.channel}' if self.channel else ''}, v{self.version}"


class ConsentState(models.TextChoices):
    GRANTED = "granted", "Agreed"
    DENIED = "denied", "Said no"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ConsentEvent(models.Model):
    """One yes or no. `text`: the version they saw; `said`: the words themselves where no version of ours was shown.

    `how`: form, api, import, page, request or provider. `person.consent` is the newest of each, cached.
    """

    person = models.ForeignKey("leads.Person", on_delete=models.PROTECT, related_name="consent_events", db_index=False)
    purpose = models.SlugField(max_length=40)
    channel = models.SlugField(max_length=20, blank=True, default="", db_default="")
    state = models.CharField(max_length=10, choices=ConsentState.choices)
    text = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    said = models.TextField(blank=True, default="", db_default="")
    how = models.CharField(max_length=12)
    submission = models.ForeignKey(
        "leads.Submission", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["person", "at"], name="consent_person_at")]
