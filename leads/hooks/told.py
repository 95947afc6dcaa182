"""What providers tell, in one shape: events with a key, a kind, a moment and a flat list of named values. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leads.checks import flaw

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_NAME, LONGEST_VALUE, MOST_VALUES = 120, 10_000, 400


@dataclass(slots=True)
class Told:
    """One event. `key`: the provider's own, else of the content; `data`: its part of the body, kept; `ask`: the id to
    ask the provider about, where a post carries no more."""

    key: str
    kind: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What an event is to us. `act`: one of ACTS; `touch`: the kind of touch it leaves, "" for none of its own."""

    act: str
    touch: str = ""


# In the order of their strength: of a group the strongest counts.
ACTS = {
    "lead": "Enquiry: opens or joins a lead",
    "touch": "A touch of the person",
    "learn": "News of a person",
    "company": "News of a company",
    "movement": "A movement of a subscription",
    "visit": "Product usage, as Segment tells it",
    "ignore": "Nothing to us",
}
STRENGTH = {act: rank for rank, act in enumerate(ACTS)}


def moment(value: Any, now: datetime) -> datetime:
    """ISO 8601, epoch seconds or milliseconds; what is missing, ahead of us or before 2000 is `now`."""
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            found = datetime.fromisoformat(value.strip())
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        else:
            number = int(value)
            found = datetime.fromtimestamp(number / 1_000 if number > 10**11 else number, UTC)
        return found.astimezone(UTC) if EARLIEST <= found <= now else now
    except (ValueError, TypeError, OverflowError, OSError):
        return now


def text_of(value: Any) -> str:
    """How a value of a body reads as the text of a field."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:LONGEST_VALUE]


def flat(data: Any, prefix: str = "", deep: int = 4) -> dict[str, str]:
    """{"a.b.0.c": text} of a body; lists by number, at most MOST_VALUES entries, nothing that is empty."""
    found: dict[str, str] = {}
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in parts:
        path = f"{prefix}{name}"[:LONGEST_NAME]
        if isinstance(value, (dict, list)):
            if deep > 1:
                found |= flat(value, f"{path}.", deep - 1)
        elif text := text_of(value):
            found.setdefault(path, text)
        if len(found) >= MOST_VALUES:
            break
    return found


def cleaned(value: Any) -> Any:
    """Without what no text column can hold: one odd sign in an answer must not lose the whole of it."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode() if flaw(value) else value
    if isinstance(value, dict):
        return {cleaned(name): cleaned(one) for name, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list) else value


def inside(data: Any, *path: str | int) -> Any:
    """The value at a path of names and numbers, None where there is none."""
    for name in path:
        if isinstance(data, Mapping) and isinstance(name, str):
            data = data.get(name)
        elif isinstance(data, list) and isinstance(name, int) and name < len(data):
            data = data[name]
        else:
            return None
    return data


def dicts(data: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of objects."""
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def of_content(data: Any) -> str:
    """A key for what has none: the same content is the same event."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:40]


def key_of(*parts: Any) -> str:
    """A key out of the provider's own ids; "" when the first is missing. Long ones are told apart by their hash."""
    if parts[0] in (None, "") or isinstance(parts[0], (dict, list)):
        return ""
    key = ":".join("" if part is None else str(part) for part in parts)
    return key if len(key) <= 160 and key.isascii() and key.isprintable() else of_content(list(map(str, parts)))
