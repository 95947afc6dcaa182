"""An account at a provider: its address and secret, what its events and fields are to us. Every change is a fact."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from journal.record import Fact, record
from leads import custom_attributes
from leads.checks import Checks
from leads.hooks import mapping
from leads.models.hook import Connection, Provider
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

if TYPE_CHECKING:
    from teams.models import User

OLD_SECRET_FOR = timedelta(hours=24)
KEEP = "import"  # who may import may say where leads come from
SHORTEST_SECRET, LONGEST_SECRET = 6, 200
MOST_REFUSALS = "20 per minute"


def add(*, provider: str, name: str, secret: str = "", access_token: str = "", by: "User", at: datetime) -> Connection:
    """A connection with the provider's first mapping. `secret`: what the provider signs with; left out: one of ours."""
    access.require(by, KEEP)
    check = Checks()
    kind = check.choice({"provider": provider}, "provider", list(Provider.values))
    kept = {
        "name": check.text({"name": name}, "name", 80), "secret": _secret(secret, check),
        "access": check.text({"access": access_token}, "access", 500),
    }  # fmt: skip
    if not kind and not check.errors:
        check.no("", "provider", "required", "Choose a provider.")
    if not kept["name"] and not check.has("name"):
        check.no("", "name", "required", "Give it a name.")
    elif Connection.objects.filter(name__iexact=kept["name"]).exists():
        check.no("", "name", "taken", "There is a connection of this name.")
    if check.errors:
        raise check.failed()
    with transaction.atomic():
        connection = Connection.objects.create(
            provider=kind, token=secrets.token_urlsafe(24), mapping=mapping.first(kind), made_at=at, made_by=by,
            edited_at=at, **kept,
        )  # fmt: skip
        _tell("hook.added", connection, by, at, provider=kind)
    return connection


def remap(connection: Connection, data: Any, *, by: "User", at: datetime, seen: datetime | None) -> Connection:
    """Replace the mapping. Raises Invalid for what is wrong in it, Refused when somebody changed it since `seen`."""
    access.require(by, KEEP)
    kept = mapping.checked(data, types=custom_attributes.types())
    mapping.says_who(kept, connection.provider)
    with transaction.atomic():
        now = _hold(connection)
        if seen is not None and now.edited_at != seen:
            raise Refused("Somebody else changed this mapping meanwhile. Nothing was changed.", code="stale")
        now.mapping, now.edited_at = kept, at
        now.save(update_fields=["mapping", "edited_at"])
        _tell("hook.remapped", now, by, at)
    return now


def rotate(connection: Connection, *, secret: str = "", by: "User", at: datetime) -> Connection:
    """A new secret; posts signed with the one before count for another day."""
    access.require(by, KEEP)
    check = Checks()
    fresh = _secret(secret, check)
    if check.errors:
        raise check.failed()
    with transaction.atomic():
        now = _hold(connection)
        now.old_secret, now.old_secret_until, now.secret = now.secret, at + OLD_SECRET_FOR, fresh
        now.save(update_fields=["old_secret", "old_secret_until", "secret"])
        _tell("hook.rotated", now, by, at)
    return now


def switch(connection: Connection, *, on: bool, by: "User", at: datetime) -> Connection:
    """On or off; off, its address answers as if there were none. Twice is once."""
    access.require(by, KEEP)
    with transaction.atomic():
        now = _hold(connection)
        if now.is_active != on:
            now.is_active = on
            now.save(update_fields=["is_active"])
            _tell("hook.switched", now, by, at, on=on)
    return now


def secrets_of(connection: Connection, *, now: datetime) -> list[str]:
    """Those that count now."""
    until = connection.old_secret_until
    return [connection.secret, *([connection.old_secret] if until is not None and now < until else [])]


def failed(connection: Connection, detail: str, *, now: datetime) -> None:
    """Note why a post was refused, for the page of sources; the caller limits how often."""
    bulk.query(
        """UPDATE leads_connection SET last_error = %s, last_error_at = %s WHERE id IN (
               SELECT id FROM leads_connection WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED) RETURNING id""",
        [detail[:300], now, connection.pk],
    )


def _hold(connection: Connection) -> Connection:
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)


def _secret(given: str, check: Checks) -> str:
    secret = check.text({"secret": given}, "secret", LONGEST_SECRET)
    if secret and len(secret) < SHORTEST_SECRET:
        check.no("", "secret", "too_short", f"Use at least {SHORTEST_SECRET} characters.")
    return secret or secrets.token_urlsafe(32)


def _tell(kind: str, connection: Connection, by: "User", at: datetime, **data: Any) -> None:
    record([Fact(kind, "connection", connection.pk, at, by=by.pk, via="page", data=data)], now=at)


__all__ = ["Invalid", "add", "failed", "remap", "rotate", "secrets_of", "switch"]
