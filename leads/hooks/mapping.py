"""The visible mapping of a connection: what each event is to us, and where each named value goes.

`{"events": {kind: {"act", "touch"}}, "fields": [{"from", "to"}], "always": {field: value}}`. Several names may go to
one field: the first that holds something counts. `always` stands where nothing came. Pure but for custom attributes.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from leads import identity
from leads.checks import Checks
from leads.custom_attributes import Types
from leads.hooks.providers import PROVIDERS
from leads.hooks.told import ACTS, LONGEST_NAME, Act
from leads.incoming import Incoming, parse
from leads.models.touch import KINDS
from revops.lib.errors import Invalid

TARGETS = {
    "email": "Person · e-mail", "phone": "Person · phone", "full_name": "Person · whole name",
    "first_name": "Person · first name", "last_name": "Person · last name", "title": "Person · job title",
    "opted_out": "Person · opted out of e-mail (yes withdraws consent)",
    "country": "Person · country", "region": "Person · region", "external_id": "Person · id over there",
    "company.name": "Company · name", "company.domain": "Company · website", "company.industry": "Company · industry",
    "company.employees": "Company · employees", "company.country": "Company · country", "message": "Lead · message",
    "product_interest": "Lead · product interest", "hand_raise": "Lead · hand raised for", "page_url": "Touch · page",
    "referrer": "Touch · referrer", "utm.source": "Touch · UTM source", "utm.medium": "Touch · UTM medium",
    "utm.campaign": "Touch · UTM campaign", "utm.term": "Touch · UTM term", "utm.content": "Touch · UTM content",
}  # fmt: skip
ALWAYS = {"hand_raise", "product_interest", "message", "country", "utm.source", "utm.medium", "utm.campaign"}
# Only these say who it is; without any of them nothing can be taken.
WHO = ("email", "phone", "external_id")
MOST_FIELDS = 100
YES = frozenset({"true", "yes", "1", "on"})
NOTHING: Act = Act("ignore")


def first(provider: str) -> dict[str, Any]:
    """What a new connection starts with."""
    module = PROVIDERS[provider]
    return {
        "events": {kind: {"act": act.act, "touch": act.touch} for kind, act in module.EVENTS.items()},
        "fields": [{"from": name, "to": to} for name, to in module.FIELDS],
        "always": dict(module.ALWAYS),
    }


def act_of(mapping: Mapping[str, Any], kind: str) -> Act:
    said = mapping.get("events", {}).get(kind)
    return Act(said["act"], said.get("touch", "")) if said else NOTHING


def attribute_targets(types: Types) -> dict[str, str]:
    """Custom attributes as further places a value may go to."""
    return {f"attributes.{subject}.{name}": f"{subject.capitalize()} · {name}" for subject, name in sorted(types)}


def checked(data: Any, *, types: Types) -> dict[str, Any]:
    """A mapping as somebody edited it; raises Invalid naming everything that is wrong with it."""
    check = Checks()
    if not check.is_object(data, "", {"events", "fields", "always"}):
        raise check.failed()
    targets = TARGETS | attribute_targets(types)
    kept: dict[str, Any] = {"events": {}, "fields": [], "always": {}}
    events = data.get("events") or {}
    if check.is_object(events, "events", None, most=100):
        for kind, said in events.items():
            if check.is_object(said, f"events.{kind}", {"act", "touch"}):
                act = check.choice(said, "act", list(ACTS), f"events.{kind}") or "ignore"
                kept["events"][kind] = {"act": act, "touch": check.choice(said, "touch", KINDS, f"events.{kind}")}
    fields = data.get("fields") or []
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        check.no("", "fields", "not_a_list", f"Give at most {MOST_FIELDS} fields.")
        fields = []
    for i, row in enumerate(fields):
        if check.is_object(row, f"fields.{i}", {"from", "to"}):
            name = check.text(row, "from", LONGEST_NAME, f"fields.{i}")
            to = check.choice(row, "to", list(targets), f"fields.{i}")
            if name and to:  # a row that was emptied is one less
                kept["fields"].append({"from": name, "to": row["to"]})
    always = data.get("always") or {}
    if check.is_object(always, "always", ALWAYS):
        kept["always"] = {name: text for name in always if (text := check.text(always, name, 200, "always"))}
    if check.errors:
        raise check.failed()
    return kept


def says_who(mapping: Mapping[str, Any], provider: str) -> None:
    """Raises Invalid when nothing of it says who it is: each delivery would be refused."""
    if PROVIDERS[provider].FIELDS and not any(row["to"] in WHO for row in mapping["fields"]):
        raise Invalid(
            "Fields: let one become “Person · e-mail”, “Person · phone” or “Person · id over there”. Without any "
            "of them nobody is known, and each delivery would be refused. Nothing was changed.",
            code="nobody", field="fields",
        )  # fmt: skip


def filled(mapping: Mapping[str, Any], values: Mapping[str, str], *, source: str) -> dict[str, Any]:
    """The values where they go, as one plain dict of the REST shape (leads.incoming)."""
    found: dict[str, str] = {}
    for row in mapping.get("fields", ()):
        if text := values.get(row["from"], "").strip():
            found.setdefault(row["to"], text)
    for name, text in mapping.get("always", {}).items():
        found.setdefault(name, text)
    whole = found.pop("full_name", "").split()
    if whole and "first_name" not in found and "last_name" not in found:
        found["first_name"] = whole[0]
        if whole[1:]:
            found["last_name"] = " ".join(whole[1:])
    if "hand_raise" in found and found["hand_raise"].lower() in YES:
        found["hand_raise"] = "contact"
    data: dict[str, Any] = {"source": source}
    # Only the no is told so: that a box is empty over there is no consent.
    if found.pop("opted_out", "").lower() in YES:
        data["consent"] = {"newsletter.email": "unsubscribed"}
    for name, text in found.items():
        _put(data, name, _fitted(name, text))
    return data


def _fitted(name: str, text: str) -> Any:
    """What is asked for in another form than text."""
    if name == "company.domain":
        return identity.registrable(text) or text
    if name == "company.employees":
        digits = text.replace(",", "").replace("\u202f", "").replace(" ", "")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else text
    return text


def read(
    mapping: Mapping[str, Any], values: Mapping[str, str], *, source: str, now: datetime,
    types: Types | Callable[[], Types] | None = None, data: dict[str, Any] | None = None,
) -> tuple[Incoming, list[dict[str, str]]]:  # fmt: skip
    """(the enquiry, [{field, code, detail}] of what was left out of it because it could not be read).

    A provider cannot correct what somebody typed: only not knowing who it is refuses the whole. Raises Invalid then.
    `data`: the plain dict itself, where it was filled already.
    """
    data = filled(mapping, values, source=source) if data is None else data
    try:
        return parse(data, now=now, types=types), []
    except Invalid as first_refusal:
        less = deepcopy(data)
        for error in first_refusal.errors:
            _drop(less, error["field"])
        try:
            return parse(less, now=now, types=types), first_refusal.errors
        except Invalid:
            raise first_refusal from None


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".", 2) if path.startswith("attributes.") else path.split(".", 1)
    for name in above:
        data = data.setdefault(name, {})
    data[last] = value


def _drop(data: dict[str, Any], path: str) -> None:
    *above, last = path.split(".", 2) if path.startswith("attributes.") else path.split(".", 1)
    for name in above:
        data = data.get(name, {})
    if isinstance(data, dict):
        data.pop(last, None)


def names_of(rows: Iterable[Mapping[str, str]], values: Mapping[str, str]) -> list[str]:
    """The names there are to choose from: those mapped, then the others that came."""
    return list(dict.fromkeys([*(row["from"] for row in rows), *values]))
