"""Calendly: somebody booked a meeting, or called it off."""

from datetime import datetime
from typing import Any

from leads.hooks.told import Act, Told, dicts, flat, inside, key_of, moment, of_content, text_of

EVENTS = {"invitee.created": Act("lead", "meeting"), "invitee.canceled": Act("touch", "other")}
FIELDS = [
    ("email", "email"), ("first_name", "first_name"), ("last_name", "last_name"), ("name", "full_name"),
    ("text_reminder_number", "phone"), ("answer.1", "message"), ("utm_source", "utm.source"),
    ("utm_medium", "utm.medium"), ("utm_campaign", "utm.campaign"), ("utm_term", "utm.term"),
    ("utm_content", "utm.content"),
]  # fmt: skip
ALWAYS = {"hand_raise": "demo"}


def told(body: Any, *, now: datetime) -> list[Told]:
    payload = inside(body, "payload")
    if not isinstance(payload, dict):
        return []
    kind = text_of(body.get("event"))[:60]
    key = key_of(payload.get("uri"), kind) or of_content(body)
    return [Told(key, kind, moment(body.get("created_at") or payload.get("created_at"), now), body)]


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    """The invitee's own fields, `answer.1 …` by place and by the question's words, UTM by their short names."""
    payload = inside(data, "payload") or {}
    found = {name: text for name, value in payload.items() if (text := text_of(value))}
    for number, one in enumerate(dicts(payload.get("questions_and_answers"))[:50], 1):
        if answer := text_of(one.get("answer")):
            found[f"answer.{number}"] = answer
            found.setdefault(text_of(one.get("question"))[:120] or f"answer.{number}", answer)
    found |= flat(payload.get("tracking"))
    return found | flat(inside(payload, "scheduled_event"), "meeting.", 2)
