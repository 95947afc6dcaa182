"""Keyed hashes of erased keys: enough to refuse the person's return by an import, of no use to anybody else."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings

from revops.lib import bulk

Key = tuple[str, str]


def of(kind: str, key: str) -> bytes:
    return hmac.digest(f"erased:{settings.ERASURE_KEY}".encode(), f"{kind}:{key}".encode(), sha256)


def remember(keys: Sequence[Key], *, at: datetime) -> None:
    rows = [(kind, of(kind, key), at) for kind, key in keys]
    if rows:
        types = {"kind": "text", "hash": "bytea", "at": "timestamptz"}
        bulk.run([bulk.insert("leads_erased", types, rows, "ON CONFLICT DO NOTHING")])


def known(keys: Iterable[Key]) -> set[Key]:
    """Which of these keys belonged to somebody who was erased; one query, none while nobody was."""
    wanted = {of(kind, key): (kind, key) for kind, key in set(keys)}
    if not wanted or not bulk.query("SELECT 1 FROM leads_erased LIMIT 1"):
        return set()
    rows = bulk.query(
        "SELECT hash FROM leads_erased WHERE hash IN (SELECT decode(x, 'hex') FROM unnest(%s::text[]) x)",
        [[one.hex() for one in wanted]],
    )
    return {wanted[bytes(found)] for (found,) in rows}
