"""A channel of Slack or Teams that takes posts at an address of its own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Teams"


class Destination(models.Model):
    """`url` is a secret: who has it may post. It is shown once, to whoever types it; afterwards only `masked`.

    `team` null: the whole company's, for teams that have none of their own. Never deleted, only switched off: what
    was sent to it stays readable. `off_because`: a sentence, when the receiver itself said that it is gone."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    url = models.CharField(max_length=600)
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    off_because = models.CharField(max_length=200, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def masked(self) -> str:
        """Enough to tell two apart, too little to post: `hooks.slack.com/…x7Qz`."""
        return f"{urlsplit(self.url).hostname}/…{self.url[-4:]}"
