"""Segment: its events go on to the room of visits as they are."""

from datetime import datetime
from typing import Any

from leads.hooks.told import Act, Told, dicts, flat, inside, key_of, moment, of_content, text_of

KINDS = ("identify", "group", "track", "page", "screen", "alias")
EVENTS = {kind: Act("visit") for kind in KINDS}
FIELDS: list[tuple[str, str]] = []
ALWAYS: dict[str, str] = {}


def told(body: Any, *, now: datetime) -> list[Told]:
    batch = inside(body, "batch")
    found = []
    for one in dicts(batch if isinstance(batch, list) else [body])[:1_000]:
        kind = text_of(one.get("type") or one.get("action"))[:60]
        key = key_of(one.get("messageId") or one.get("message_id")) or of_content(one)
        found.append(Told(key, kind, moment(one.get("timestamp") or one.get("originalTimestamp"), now), one))
    return found


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    return flat(data)
