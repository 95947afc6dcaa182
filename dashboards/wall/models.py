"""An address somebody may show on a wall."""

from django.conf import settings
from django.db import models


class Wall(models.Model):
    """`digest`: SHA-256 of the token in the address, shown once. `team`: whose numbers; null is everybody's."""

    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
