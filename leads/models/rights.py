"""What people ask about their own data, until when they must be answered, and whom we must not know again."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class RequestKind(models.TextChoices):
    ACCESS = "access", "Access"
    EXPORT = "export", "Portability"
    ERASURE = "erasure", "Erasure"
    OBJECTION = "objection", "Objection to marketing"
    RECTIFICATION = "rectification", "Rectification"


class RequestState(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


class DataRequest(models.Model):
    """One request of one person. `due_on`: the last day to answer (a month from receipt, two more when extended).

    Who is not known here has no `person`, only the `contact` they gave: it is kept nowhere else.

    `verified`: how we know that it is them. `note` and `answer` may name them, so an erasure empties both.
    """

    person = models.ForeignKey("leads.Person", null=True, on_delete=models.PROTECT, related_name="data_requests")
    contact = models.CharField(max_length=254, blank=True, default="", db_default="")
    kind = models.CharField(max_length=14, choices=RequestKind.choices)
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.OPEN)
    note = models.TextField(blank=True, default="")
    received_at = models.DateTimeField()
    due_on = models.DateField()
    extended_at = models.DateTimeField(null=True)
    extended_because = models.CharField(max_length=400, blank=True, default="")
    verified = models.CharField(max_length=400, blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="answered_requests_say_when",
            )
        ]

    @property
    def who(self) -> str:
        """Whose it is, in words."""
        return str(self.person) if self.person else self.contact or "Somebody not known here"


class Erased(models.Model):
    """A keyed hash of a key somebody was known by: an import that brings it again is refused. Nothing leads back."""

    kind = models.CharField(max_length=10)
    hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "hash"], name="erased_once")]
