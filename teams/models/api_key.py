"""Keys for REST clients: hashed by the library, scoped and revocable by us."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey

SCOPES = ["intake", "read", "work", "admin"]
DEFAULT_SCOPES = ["intake", "read", "work"]


def default_scopes() -> list[str]:
    return list(DEFAULT_SCOPES)


class ApiKey(AbstractAPIKey):
    """A key acts as its own service user, so the journal can name it."""

    scopes = ArrayField(models.CharField(max_length=10), default=default_scopes)
    user = models.OneToOneField("teams.User", on_delete=models.PROTECT, related_name="api_key")

    class Meta(AbstractAPIKey.Meta):
        abstract = False
        verbose_name = "API key"
