"""Keys for REST clients, made and taken back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from revops.lib.errors import Invalid
from teams.models import ApiKey, Role, User
from teams.models.api_key import DEFAULT_SCOPES, SCOPES


def create_api_key(
    name: str, scopes: Sequence[str] = DEFAULT_SCOPES, *, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key and, this once, its plain text; only a hash is kept. It acts as a service user of its own.

    Raises Invalid for an empty name, one over 50 characters, or a scope that doesn't exist.
    """
    name = " ".join(name.split())
    if not name or len(name) > 50 or "\x00" in name:
        raise Invalid("A key needs a name of 1 to 50 characters.", field="name", code="name")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        said = f"Unknown scope {unknown[0]!r}." if unknown else "A key needs a scope."
        raise Invalid(f"{said} The scopes are {', '.join(SCOPES)}.", field="scopes", code="scope")
    key = ApiKey(name=name, scopes=[scope for scope in SCOPES if scope in scopes], expiry_date=expires_at)
    plain = ApiKey.objects.assign_key(key)
    with transaction.atomic():
        # The address can never receive mail; it only has to be unique.
        key.user = User.objects.create_user(
            f"key-{key.prefix.lower()}@service.invalid",
            name=name,
            role=Role.ADMIN if "admin" in scopes else Role.VIEWER,
            is_service=True,
        )
        key.save(force_insert=True)
    return key, plain


def revoke_api_key(key: ApiKey) -> None:
    """From the next request on the key opens nothing; what it did keeps its name. Twice is once."""
    ApiKey.objects.filter(pk=key.pk).update(revoked=True)
    key.revoked = True
