"""HubSpot: finished forms, batches of subscribed changes, and objects that a workflow sends.

Of a batch the key is (subscription, object, moment, property), for `eventId` repeats (DOMAIN 7.3). What a batch tells
of one contact is one enquiry.
"""

from datetime import datetime
from typing import Any

from leads.hooks.told import Act, Told, dicts, inside, key_of, moment, of_content, text_of

EVENTS = {
    "form": Act("lead"),
    "contact": Act("lead"),
    "company": Act("company"),
    "deal": Act("ignore"),
    "contact.creation": Act("lead"),
    "contact.propertyChange": Act("learn"),
    "contact.deletion": Act("ignore"),
}
FIELDS = [
    ("email", "email"), ("firstname", "first_name"), ("lastname", "last_name"), ("jobtitle", "title"),
    ("phone", "phone"), ("mobilephone", "phone"), ("country", "country"), ("state", "region"),
    ("message", "message"), ("company", "company.name"), ("associated-company.name", "company.name"),
    ("associated-company.domain", "company.domain"), ("website", "company.domain"), ("domain", "company.domain"),
    ("name", "company.name"), ("industry", "company.industry"), ("numberofemployees", "company.employees"),
    ("pageUri", "page_url"), ("objectId", "external_id"), ("utm_source", "utm.source"), ("utm_medium", "utm.medium"),
    ("utm_campaign", "utm.campaign"), ("hs_email_optout", "opted_out"),
]  # fmt: skip
ALWAYS: dict[str, str] = {}
OBJECTS = {"0-1": "contact", "0-2": "company", "0-3": "deal"}


def told(body: Any, *, now: datetime) -> list[Told]:
    if isinstance(body, list):
        return [_change(one, now) for one in dicts(body)[:1_000]]
    if not isinstance(body, dict):
        return []
    if "submittedAt" in body and isinstance(body.get("fields") or body.get("values"), list):
        key = key_of(body.get("conversionId")) or of_content(body)
        return [Told(key, "form", moment(body.get("submittedAt"), now), body)]
    if "subscriptionType" in body:
        return [_change(body, now)]
    if isinstance(body.get("properties"), dict):
        return [_object(body, now)]
    return []


def _change(one: dict[str, Any], now: datetime) -> Told:
    kind = text_of(one.get("subscriptionType"))[:60]
    parts = [one.get(name) for name in ("subscriptionId", "objectId", "occurredAt", "propertyName")]
    return Told(key_of(*parts) or of_content(one), kind, moment(one.get("occurredAt"), now), one)


def group(kind: str, data: dict[str, Any]) -> str:
    """What tells of one contact in one delivery is taken together."""
    return f"{kind.partition('.')[0]}:{text_of(data.get('objectId'))}" if "subscriptionType" in data else ""


def _object(body: dict[str, Any], now: datetime) -> Told:
    said = text_of(body.get("objectType")).lower() or OBJECTS.get(text_of(body.get("objectTypeId")), "")
    properties = body["properties"]
    if not said:
        said = "contact" if "vid" in body else "deal" if "dealname" in properties or "dealstage" in properties else ""
    changed = _value(properties.get("lastmodifieddate") or properties.get("hs_lastmodifieddate"))
    return Told(of_content(body), said or "contact", moment(changed or body.get("updatedAt"), now), body)


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    """Fields and properties by their names, whether bare or with their history; `objectId` of a contact."""
    found: dict[str, str] = {}
    for one in dicts(data.get("fields") or data.get("values"))[:400]:
        if text := text_of(one.get("value")):
            found.setdefault(text_of(one.get("name"))[:120], text)
    properties = data.get("properties")
    if isinstance(properties, dict):
        for name, value in list(properties.items())[:400]:
            if text := _value(value):
                found.setdefault(name[:120], text)
        nearby = inside(data, "associated-company", "properties")
        for name, value in list(nearby.items())[:400] if isinstance(nearby, dict) else ():
            if text := _value(value):
                found.setdefault(f"associated-company.{name}"[:120], text)
    if "propertyName" in data and (text := text_of(data.get("propertyValue"))):
        found.setdefault(text_of(data["propertyName"])[:120], text)
    page = data.get("pageUrl") or inside(data, "context", "pageUri")
    number = data.get("vid") or data.get("objectId") or (data.get("id") if isinstance(properties, dict) else "")
    for name, value in (("pageUri", page), ("objectId", number if kind.startswith("contact") else "")):
        if text := text_of(value):
            found.setdefault(name, text)
    return found


def _value(value: Any) -> str:
    return text_of(value.get("value") if isinstance(value, dict) else value)
