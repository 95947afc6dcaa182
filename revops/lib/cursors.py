"""Where a page of a list ends: a moment and a row's id, as an opaque word for an address."""

import base64
import binascii
import json
from datetime import datetime

from revops.lib.errors import Invalid


def write(at: datetime | None, pk: int) -> str:
    raw = json.dumps([at.isoformat() if at else "", pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def read(cursor: str) -> tuple[datetime | None, int]:
    """Raises Invalid for a word that we never wrote."""
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at) if at else None
        if (moment is None or moment.tzinfo is not None) and type(pk) is int and 0 <= pk < 2**63:
            return moment, pk
    except (binascii.Error, ValueError, TypeError, UnicodeError, RecursionError):
        pass
    raise Invalid("This page of the list no longer exists; start at its beginning.", code="invalid_cursor")
