"""Make and revoke the addresses of wallboards. An address is a secret: only its digest is kept."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from dashboards.wall.models import Wall
from journal.record import Fact, record
from revops.lib.errors import Invalid
from teams import access
from teams.models import Team

SEEN_EVERY = timedelta(minutes=1)


def make(name: str, *, team: Team | None = None, by: Any, at: datetime, via: str = "page") -> tuple[Wall, str]:
    """A wall and, this once, its token. Raises Forbidden but for administrators; Invalid for a name of none or more
    than 80 characters."""
    access.require(by, "administer")
    name = " ".join((name or "").split())
    if not 1 <= len(name) <= 80:
        raise Invalid("Say where it hangs, in at most 80 characters.", code="required", field="name")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        wall = Wall.objects.create(name=name, digest=digest(token), team=team, made_at=at, made_by=by)
        data = {"team": team.pk if team else None}
        record([Fact("wall.made", "wall", wall.pk, at, by=by.pk, via=via, data=data)], now=at)
    return wall, token


def revoke(wall: Wall, *, by: Any, at: datetime, via: str = "page") -> Wall:
    """From the next look on its address shows nothing. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        if Wall.objects.filter(pk=wall.pk, revoked_at=None).update(revoked_at=at):
            record([Fact("wall.revoked", "wall", wall.pk, at, by=by.pk, via=via)], now=at)
    wall.refresh_from_db()
    return wall


def find(token: str, *, at: datetime) -> Wall | None:
    """The wall of this address, unless there is none or it was revoked; notes that it was looked at."""
    wall = Wall.objects.filter(digest=digest(token), revoked_at=None).first()
    if wall is not None and (wall.seen_at is None or at - wall.seen_at >= SEEN_EVERY):
        Wall.objects.filter(pk=wall.pk).update(seen_at=at)
    return wall


def digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
