"""Write keys: who may report. A site's is public, a server's is a secret that is shown once."""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from journal.record import Fact, record
from leads.models.visit import WriteKey
from revops.lib.errors import Refused

if TYPE_CHECKING:
    from teams.models import User

OLD_WORKS_FOR = timedelta(days=7)
FRESH_FOR = 5.0  # seconds; a key that was switched off or rotated is known everywhere within this
MOST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    kind: str
    source: str
    origins: tuple[str, ...]
    until: datetime | None


_kept: dict[str, tuple[float, Known | None]] = {}


def by_key(key: str, *, kind: str, now: datetime) -> Known | None:
    """The active key, also one rotated away that still works; None: there is none. Asked for once in a few seconds."""
    digest = digest_of(key)
    kept = _kept.get(digest)
    if kept is None or time.monotonic() - kept[0] > FRESH_FOR:
        row = WriteKey.objects.filter(Q(digest=digest) | Q(old_digest=digest), is_active=True).first()
        known = row and Known(row.kind, row.source, tuple(row.origins), row.old_until if row.digest != digest else None)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        kept = _kept[digest] = (time.monotonic(), known)
    known = kept[1]
    return known if known and known.kind == kind and (known.until is None or now < known.until) else None


def forget() -> None:
    """After a key changed in this process, and between tests."""
    _kept.clear()


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def add(*, name: str, kind: str, source: str, origins: Sequence[str], by: "User", at: datetime) -> tuple[WriteKey, str]:
    """A new key and, this once, the key itself. Keys of one source share their users' ids."""
    row = WriteKey(name=name, kind=kind, source=source, origins=list(origins), by=by)
    key = _draw(row)
    with transaction.atomic():
        row.save()
        _tell("added", row, by=by, at=at)
    return row, key


def rotate(row: WriteKey, *, by: "User", at: datetime) -> str:
    """A new key, answered this once; the one before works for another week, so that nothing is lost meanwhile."""
    with transaction.atomic():
        row = WriteKey.objects.select_for_update().get(pk=row.pk)
        if not row.is_active:
            raise Refused("This key is switched off. Switch it on before you change it.", code="inactive")
        row.old_digest, row.old_until = row.digest, at + OLD_WORKS_FOR
        key = _draw(row)
        row.save()
        _tell("rotated", row, by=by, at=at)
    forget()
    return key


def switch(row: WriteKey, *, on: bool, by: "User", at: datetime) -> None:
    """Off: nothing is taken with it any more, nor with the one before it. What came in stays."""
    with transaction.atomic():
        if WriteKey.objects.filter(pk=row.pk, is_active=not on).update(is_active=on):
            _tell("on" if on else "off", row, by=by, at=at)
    forget()


def _draw(row: WriteKey) -> str:
    key = secrets.token_urlsafe(24)
    row.digest = digest_of(key)
    row.shown = key if row.kind == WriteKey.Kind.SITE else f"{key[:6]}…"
    return key


def _tell(what: str, row: WriteKey, *, by: "User", at: datetime) -> None:
    record([Fact(f"write_key.{what}", "write_key", row.pk, at, by=by.pk, via="page", data={"name": row.name})], now=at)
