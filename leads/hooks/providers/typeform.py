"""Typeform: one finished form a post."""

from datetime import datetime
from typing import Any

from leads.hooks.told import Act, Told, dicts, inside, key_of, moment, of_content, text_of

EVENTS = {"form_response": Act("lead")}
# `@email`: the first answer to a question of that type, whatever it is called.
FIELDS = [
    ("@email", "email"), ("@phone_number", "phone"), ("First name", "first_name"), ("Last name", "last_name"),
    ("Name", "full_name"), ("Company", "company.name"), ("Job title", "title"), ("@website", "company.domain"),
    ("hidden.utm_source", "utm.source"), ("hidden.utm_medium", "utm.medium"), ("hidden.utm_campaign", "utm.campaign"),
    ("hidden.utm_term", "utm.term"), ("hidden.utm_content", "utm.content"),
]  # fmt: skip
ALWAYS: dict[str, str] = {}


def told(body: Any, *, now: datetime) -> list[Told]:
    response = inside(body, "form_response")
    if not isinstance(response, dict):
        return []
    key = key_of(response.get("token") or body.get("event_id")) or of_content(body)
    kind = text_of(body.get("event_type"))[:60] or "form_response"
    return [Told(key, kind, moment(response.get("submitted_at"), now), body)]


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    """By the question's words, by its reference, and by the type of answer."""
    response = inside(data, "form_response") or {}
    titles = {
        text_of(one.get("id")): text_of(one.get("title")) for one in dicts(inside(response, "definition", "fields"))
    }
    found: dict[str, str] = {}
    for answer in dicts(response.get("answers"))[:200]:
        given, asked = _given(answer), inside(answer, "field") or {}
        if not given or not isinstance(asked, dict):
            continue
        title, ref = titles.get(text_of(asked.get("id")), ""), text_of(asked.get("ref"))
        for name in (title, ref, f"@{text_of(asked.get('type')) or text_of(answer.get('type'))}"):
            if name.strip("@"):
                found.setdefault(name[:120], given)
    hidden = response.get("hidden")
    for name, value in (hidden if isinstance(hidden, dict) else {}).items():
        if text := text_of(value):
            found.setdefault(f"hidden.{name}"[:120], text)
    return found


def _given(answer: dict[str, Any]) -> str:
    kind = text_of(answer.get("type"))
    value = answer.get(kind)
    if isinstance(value, dict):
        labels = value.get("labels")
        value = (
            ", ".join(map(text_of, labels)) if isinstance(labels, list) else value.get("label") or value.get("other")
        )
    return text_of(value)
