"""Meta Lead Ads: a post carries ids only; who it is must be asked for by `leadgen_id`."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from leads.hooks.told import Act, Told, dicts, inside, key_of, moment, of_content, text_of

GRAPH = "https://graph.facebook.com/v24.0"
ASKED = "created_time,ad_id,form_id,campaign_name,platform,field_data"
EVENTS = {"leadgen": Act("lead")}
FIELDS = [
    ("email", "email"), ("work_email", "email"), ("phone_number", "phone"), ("work_phone_number", "phone"),
    ("full_name", "full_name"), ("first_name", "first_name"), ("last_name", "last_name"),
    ("company_name", "company.name"), ("job_title", "title"), ("country", "country"), ("state", "region"),
    ("campaign_name", "utm.campaign"),
]  # fmt: skip
ALWAYS = {"utm.source": "facebook", "utm.medium": "paid_social"}


def told(body: Any, *, now: datetime) -> list[Told]:
    if inside(body, "object") != "page":
        return []
    found = []
    for entry in dicts(body.get("entry"))[:1_000]:
        for change in dicts(entry.get("changes"))[:1_000]:
            value, kind = change.get("value"), text_of(change.get("field"))[:60]
            if isinstance(value, dict):
                asked = text_of(value.get("leadgen_id")) if kind == "leadgen" else ""
                key = key_of(asked) or of_content(change)
                found.append(Told(key, kind, moment(value.get("created_time"), now), {"change": value}, ask=asked))
    return found


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    """The form's fields by their names, once the lead was asked for; ids of ad and form beside them."""
    found = {}
    for one in dicts(inside(data, "lead", "field_data"))[:200]:
        given = one.get("values")
        text = ", ".join(filter(None, map(text_of, given))) if isinstance(given, list) else text_of(given)
        if text and one.get("name"):
            found.setdefault(text_of(one["name"])[:120], text)
    known = data.get("lead") or data.get("change")
    for name in ("campaign_name", "ad_name", "platform", "form_id", "ad_id", "adgroup_id", "campaign_id", "page_id"):
        if text := text_of(inside(known, name)):
            found.setdefault(name, text)
    return found


def question(asked: str, access: str) -> tuple[str, dict[str, str]]:
    """(address, headers) that answer who a lead is; the answer is kept as `lead` beside the event."""
    return f"{GRAPH}/{quote(asked, safe='')}?fields={ASKED}", {"Authorization": f"Bearer {access}"}
