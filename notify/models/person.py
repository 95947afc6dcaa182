"""What a person wants to hear, how, and when not."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Preference(models.Model):
    """One person's own choice for one promise (a key of `promises.PROMISES`).

    `channels` null: as the policy asks; empty: in the app only. `breaks_quiet` null: as the promise does by itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    promise = models.CharField(max_length=30)
    channels = ArrayField(models.CharField(max_length=8), null=True)
    breaks_quiet = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "promise"], name="one_preference_a_promise")]


class Attention(models.Model):
    """Quiet hours on the person's own wall clock, and when a browser of theirs last asked for news.

    From `quiet_from` on each of `quiet_days` (0 = Monday) until the next `quiet_to`, which is the day after when it
    isn't later; equal means a whole day. Both null: no quiet hours."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attention", primary_key=True
    )
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    quiet_days = ArrayField(models.PositiveSmallIntegerField(), default=list, db_default=[])
    listening_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None) | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_begin_and_end",
            )
        ]
