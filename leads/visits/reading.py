"""One report in Segment's shape, read leniently: what cannot be kept is left out, only what is no report is refused.

Pure: no database, no clock. Names come in camelCase or snake_case, ids in several places; senders differ.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import identity
from leads.checks import Checks, flaw
from leads.custom_attributes import Types, fitted
from leads.incoming import EARLIEST, MAY_BE_AHEAD, Incoming, IncomingCompany, on_our_clock
from leads.models.visit import VisitEvent
from leads.visits.stitching import browser_id
from revops.lib import bulk
from revops.lib.errors import Invalid

TYPES = frozenset(VisitEvent.Type.values)
# Of an event by these names the properties are of whoever did it; elsewhere an `email` may be somebody else's.
REGISTERS = {"signed up", "user registered", "user signed up", "account created"}
LARGEST_KEPT = 8_000
WITHOUT_ID_ONCE_IN = 600  # seconds: the same body without an id and a time is one report within this
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(slots=True)
class Report:
    """`occurred_at` by our clock, never in the future. `learnable`: who and what firm it tells of, None for nothing.
    `visitor`: the anonymous id; `user_key`: `user:source:id` of the sender's own user. `also`: an anonymous id that an
    alias says is the same user. `utm`, `referrer`, `url`: of the page."""

    type: str
    message_id: str
    name: str
    visitor: str
    user_key: str
    occurred_at: datetime
    sent_at: datetime | None
    received_at: datetime
    clamped: bool
    url: str = ""
    referrer: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    learnable: Incoming | None = None
    also: str = ""


def read(data: Any, *, source: str, now: datetime, forwarded: bool, public: bool, types: Types) -> Report:
    """Raises Invalid when it is no report: no object, no known type, or (public) no anonymous id."""
    if not isinstance(data, dict):
        raise Invalid("Give a JSON object.", code="not_an_object")
    kind = text(_of(data, "type") or _of(data, "action"), 20).lower()
    if kind not in TYPES or (public and kind not in ("page", "identify")):
        raise Invalid("Give the type of the report: page, track, identify …", code="unknown_type", field="type")
    visitor = browser_id(text(_of(data, "anonymousId"), 120))
    if public and not visitor:
        raise Invalid("Give the visitor’s anonymous id.", code="required", field="anonymousId")
    user = "" if public else text(_of(data, "userId"), 120)
    occurred, sent, received, clamped = _moments(data, now=now, forwarded=forwarded)
    context, properties, traits = _object(data, "context"), _object(data, "properties"), _traits(data, kind)
    page = _object(context, "page")
    named = _of(data, "event") if kind == "track" else _of(data, "name") or properties.get("name")
    name = text(named, 120) if kind in ("track", "page", "screen") else ""
    previous = text(_of(data, "previousId"), 120) if kind == "alias" else ""
    report = Report(
        kind, _message_id(data, source, now), name, visitor, f"user:{source}:{user}" if user else "", occurred, sent,
        received, clamped, address(properties.get("url") or page.get("url") or properties.get("link_url")),
        address(properties.get("referrer") or page.get("referrer")), _utm(context, properties),
        _kept(traits=traits, properties=properties, group=_of(data, "groupId")),
        also=browser_id(previous),
    )  # fmt: skip
    if previous and "@" in previous:
        traits = {"email": previous}
    report.learnable = _learnable(kind, name, user, source, traits, properties, public=public, types=types)
    return report


def text(value: Any, longest: int) -> str:
    """Trimmed on one line and cut; "" for what is no text or number, or cannot be kept."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or flaw(value[: longest * 4]):
        return ""
    return " ".join(value[: longest * 4].split())[:longest]


def address(value: Any) -> str:
    """A web address of at most 500 characters, "" for anything else (a link is made of it later)."""
    check = Checks()
    found = check.url({"url": text(value, 500)}, "url")
    return "" if check.errors else found


def _of(data: Mapping[str, Any], name: str) -> Any:
    found = data.get(name)
    return data.get(re.sub(r"([A-Z])", r"_\1", name).lower()) if found is None else found


def _object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _traits(data: Mapping[str, Any], kind: str) -> dict[str, Any]:
    own = _object(data, "traits")
    return own if own or kind == "group" else _object(_object(data, "context"), "traits")


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    return Checks().moment({name: _of(data, name)}, name)


def _moments(
    data: Mapping[str, Any], *, now: datetime, forwarded: bool
) -> tuple[datetime, datetime | None, datetime, bool]:
    """(when it happened by our clock, when it was sent by theirs, when it was received, whether that is a guess).

    timestamp = receivedAt − (sentAt − originalTimestamp) (DOMAIN 1.6). Segment has worked `timestamp` out already when
    it passes a report on without the original one.
    """
    received = min(_moment(data, "receivedAt") or now, now) if forwarded else now
    original, sent, stamped = (_moment(data, name) for name in ("originalTimestamp", "sentAt", "timestamp"))
    if original is None and forwarded:
        moment, clamped = stamped or received, False
    elif (original := original or stamped) is None:
        moment, clamped = received, False
    elif sent is None:
        moment, clamped = original, False
    else:
        moment, clamped = on_our_clock(original, sent_at=sent, received_at=received)
    if moment > received + MAY_BE_AHEAD or moment < EARLIEST:
        return received, sent, received, True
    return min(moment, received), sent, received, clamped


def _message_id(data: Mapping[str, Any], source: str, now: datetime) -> str:
    """What the sender calls it; else the body itself, with the ten minutes it came in when it tells no time."""
    given = text(_of(data, "messageId"), 120)
    if given:
        return given
    timed = any(_of(data, name) for name in ("originalTimestamp", "timestamp", "sentAt"))
    lot = "" if timed else str(int(now.timestamp()) // WITHOUT_ID_ONCE_IN)
    return "body:" + hashlib.sha256(f"{source}\n{lot}\n{bulk.dumps(data)}".encode(errors="replace")).hexdigest()


def _utm(context: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, str]:
    found = {name: text(value, 200) for name, value in list(_object(context, "campaign").items())[:10]}
    if "name" in found:
        found.setdefault("campaign", found.pop("name"))
    if "campaign" not in found and (named := text(properties.get("campaign_name"), 120)):
        found["campaign"] = named
    return {name: value for name, value in found.items() if value}


def _kept(**parts: Any) -> dict[str, Any]:
    """What is kept of the body: traits and properties as sent, unless they are too large or cannot be kept."""
    kept = {name: part for name, part in parts.items() if part and Checks().clean(part, name)}
    return kept if len(bulk.dumps(kept)) <= LARGEST_KEPT else {}


def _learnable(
    kind: str, name: str, user: str, source: str, traits: dict, properties: dict, *, public: bool, types: Types
) -> Incoming | None:
    """Who it is, and (of identify, group and a registration) what is told of them. None when it names nobody.

    Anybody can write a public report: it may name a person by mail, and tell no more than what they are called.
    """
    registers = kind == "track" and name.lower() in REGISTERS
    told = {**traits, **properties} if registers else traits
    found = Incoming(source=source)
    about = {} if kind == "group" else told
    mail = text(about.get("email"), 254) or (user if "@" in user else "")
    found.email = mail if identity.exact_key(mail) else ""
    if user and user != found.email and not public:
        found.external_id = user
    if kind == "group":
        found.company = _company(traits)
        found.company_attributes = _custom("company", traits, types)
    elif kind == "identify" or registers:
        _name(found, told)
        if not public:
            _describe(found, told, types)
    return found if found.keys() or found.company else None


def _name(found: Incoming, told: Mapping[str, Any]) -> None:
    full = text(told.get("name"), 200)
    first, _, last = full.partition(" ")
    found.first_name = text(_of(told, "firstName"), 100) or first[:100]
    found.last_name = text(_of(told, "lastName"), 100) or last[:100]


def _describe(found: Incoming, told: Mapping[str, Any], types: Types) -> None:
    found.title = text(told.get("title") or told.get("position"), 160)
    phone = text(told.get("phone"), 40)
    found.phone = phone if identity.phone_digits(phone) else ""
    place = _object(told, "address")
    found.country = identity.country_code(text(told.get("country") or place.get("country"), 80)) or ""
    found.region = text(told.get("region") or place.get("state"), 80)
    firm = told.get("company")
    found.company = _company(firm if isinstance(firm, dict) else {"name": firm})
    found.person_attributes = _custom("person", told, types)


def _company(told: Mapping[str, Any]) -> IncomingCompany | None:
    name = text(told.get("name"), 200)
    domain = identity.registrable(text(told.get("domain") or told.get("website"), 255)) or ""
    domain = "" if identity.is_free_mail(domain) else domain
    if not (name or domain):
        return None
    employees = text(_of(told, "employeeCount") or told.get("employees"), 12)
    return IncomingCompany(
        name, domain, text(told.get("industry"), 80), int(employees) if _WHOLE.fullmatch(employees) else None,
        identity.country_code(text(told.get("country"), 80)) or "",
    )  # fmt: skip


def _custom(subject: str, told: Mapping[str, Any], types: Types) -> dict[str, Any]:
    """Traits by the names of the company's own attributes, as far as they fit."""
    kept = {}
    for name, value in told.items():
        if (subject, name) in types and value is not None and Checks().clean(value, "traits"):
            fit, wrong = fitted(value, *types[subject, name])
            if not wrong:
                kept[name] = fit
    return kept
