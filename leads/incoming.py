"""One enquiry as it comes in, checked: the same shape from REST, batches, imports and the form for a lead by hand.

`parse` is plain Python on purpose: it stands in front of every lead. It says everything that is wrong at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from leads import identity
from leads.checks import Checks
from leads.custom_attributes import Types, fitted
from revops.lib.errors import Invalid

MOST_TOUCHES = 100
MAY_BE_AHEAD = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

LEAD_FIELDS = frozenset(
    """email phone external_id source first_name last_name title country region message attributes company utm referrer
    page_url consent product_interest hand_raise touches""".split()
)
COMPANY_FIELDS = frozenset("name domain industry employees country technologies".split())
TOUCH_FIELDS = frozenset(
    "kind channel direction automatic by occurred_at sent_at url asset campaign external_id outcome".split()
)
SUBJECTS = frozenset(["person", "company", "lead"])
DIRECTIONS = {"in": "in", "out": "out", "inbound": "in", "outbound": "out"}
OUTCOMES = frozenset(["attempt", "two_way"])


@dataclass(slots=True)
class IncomingCompany:
    """`domain`: registrable, never a free-mail one, or "". `employees`: a count or None = unknown."""

    name: str = ""
    domain: str = ""
    industry: str = ""
    employees: int | None = None
    country: str = ""
    technologies: list[str] = field(default_factory=list)


@dataclass(slots=True)
class IncomingTouch:
    """`occurred_at`: aware, never in the future. `by`: a user's id. `channel`, `campaign`: as the sender names them.

    `sent_at`: when the sender's clock said it sent this; `clamped`: that clock put the touch far ahead of ours."""

    kind: str
    occurred_at: datetime
    channel: str = ""
    direction: str = "in"
    automatic: bool = True
    by: int | None = None
    url: str = ""
    asset: str = ""
    campaign: str = ""
    external_id: str | None = None
    outcome: str = ""
    sent_at: datetime | None = None
    clamped: bool = False


@dataclass(slots=True)
class IncomingConsent:
    """A yes or a no that came along. `text`: the id of the ConsentText they saw (purpose and channel are then its own);
    `said`: the words themselves when no version of ours was shown. `state`: granted, denied or withdrawn. `at`: when
    they said so; None = with the enquiry."""

    purpose: str = ""
    channel: str = ""
    state: str = "granted"
    text: int | None = None
    said: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class Incoming:
    """A checked enquiry. `email` and `phone` as typed; `keys()` are what recognises the person.

    `delivery_key`: what its sender calls this delivery; the same one from the same source is taken once. `context`:
    where it came from ({ip, agent, origin, page}). `replay_of`: the submission it is made from once more. `opens`:
    False = it only tells of somebody and opens no cycle. `visitor`: the anonymous id of the browser it came from.
    `consents`: what they agreed to, kept as consent events; the plain `consent` object of REST and imports becomes such
    events too (leads/consent/giving.py).
    `occurred_at`: when the cycle opened, for history; None = now. `utm`: {source, medium, …} lower-case names, values
    as sent. `payload`: the raw body, kept. `fingerprint`: SHA-256 of source and body when no idempotency key was given.
    """

    email: str = ""
    phone: str = ""
    external_id: str = ""
    source: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    country: str = ""
    region: str = ""
    message: str = ""
    person_attributes: dict[str, Any] = field(default_factory=dict)
    company_attributes: dict[str, Any] = field(default_factory=dict)
    lead_attributes: dict[str, Any] = field(default_factory=dict)
    company: IncomingCompany | None = None
    utm: dict[str, str] = field(default_factory=dict)
    referrer: str = ""
    page_url: str = ""
    consent: dict[str, Any] = field(default_factory=dict)
    product_interest: str = ""
    hand_raise: str = ""
    touches: list[IncomingTouch] = field(default_factory=list)
    occurred_at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    fingerprint: bytes | None = None
    delivery_key: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    replay_of: int | None = None
    visitor: str = ""
    opens: bool = True
    consents: list[IncomingConsent] = field(default_factory=list)

    def keys(self) -> list[tuple[str, str]]:
        """[(kind, key)] of PersonKey, the strongest first: email, its Gmail mailbox, external; a phone only when there
        is neither.

        Colleagues share a switchboard: a number beside a mail address must not make two people one.
        """
        found: list[tuple[str, str]] = []
        if self.email and (mail := identity.exact_key(self.email)):
            found.append(("email", mail))
            if mailbox := identity.gmail_key(mail):
                found.append(("gmail", mailbox))
        if self.external_id and self.source:
            found.append(("external", f"{self.source}:{self.external_id}"))
        if not found and self.phone and (digits := identity.phone_digits(self.phone)):
            found.append(("phone", digits))
        return found

    def company_domain(self) -> str:
        """The firm's registrable domain: as given, else from the mail address; "" for free mail or none."""
        if self.company is not None and self.company.domain:
            return self.company.domain
        return identity.company_domain(self.email) or "" if self.email else ""


def parse(data: Any, *, now: datetime, types: Types | Callable[[], Types] | None = None) -> Incoming:
    """Check one plain dict of the REST shape; raises Invalid with all errors ([{field, code, detail}]).

    `types`: the custom attributes there are (custom_attributes.types), or a function that looks them up when needed.
    A moment up to five minutes ahead of `now` is a skewed clock and becomes `now`; further ahead is refused.
    """
    check = Checks()
    if not check.is_object(data, "", LEAD_FIELDS):
        raise check.failed()
    text = check.text
    company = data.get("company")
    attributes = _attributes(data.get("attributes"), check, types)
    found = Incoming(
        email=text(data, "email", 254),
        phone=text(data, "phone", 40),
        external_id=text(data, "external_id", 120),
        source=text(data, "source", 60),
        first_name=text(data, "first_name", 100),
        last_name=text(data, "last_name", 100),
        title=text(data, "title", 160),
        country=check.country(data, "country"),
        region=text(data, "region", 80),
        message=text(data, "message", 10_000, lines=True),
        person_attributes=attributes.get("person", {}),
        company_attributes=attributes.get("company", {}),
        lead_attributes=attributes.get("lead", {}),
        company=None if company is None else _company(company, check),
        utm=_utm(data.get("utm"), check),
        referrer=check.url(data, "referrer"),
        page_url=check.url(data, "page_url"),
        consent=_consent(data.get("consent"), check),
        product_interest=text(data, "product_interest", 80),
        hand_raise=_hand_raise(data, check),
        touches=_touches(data.get("touches"), check, now),
        payload=data,
    )
    _identify(found, check)
    if check.errors:
        raise check.failed()
    return found


def parse_touch(
    data: Any, *, now: datetime, check: Checks, at: str = "", extra: frozenset[str] = frozenset()
) -> IncomingTouch:
    """One touch; errors go into `check` under the path `at`. `extra`: fields the caller reads itself."""
    touch = IncomingTouch(kind="", occurred_at=now)
    if not check.is_object(data, at, TOUCH_FIELDS | extra if extra else TOUCH_FIELDS):
        return touch
    text = check.text
    touch.kind = check.slug(data, "kind", 20, at)
    touch.channel = text(data, "channel", 60, at)
    touch.direction = check.choice(data, "direction", DIRECTIONS, at) or "in"
    touch.automatic = check.yes_no(data, "automatic", True, at)
    touch.by = check.whole(data, "by", 1, 2**63 - 1, at)
    moment, touch.sent_at = check.moment(data, "occurred_at", at), check.moment(data, "sent_at", at)
    if moment is not None:
        if touch.sent_at is not None:
            moment, touch.clamped = on_our_clock(moment, sent_at=touch.sent_at, received_at=now)
        if moment > now + MAY_BE_AHEAD:
            check.no(at, "occurred_at", "future", "This is in the future: more than 5 minutes ahead of our clock.")
        elif moment < EARLIEST:
            check.no(at, "occurred_at", "too_old", "This is before the year 2000.")
        else:
            touch.occurred_at = min(moment, now)
    # Touches keep the part of an address that rules look at; the raw body has the rest.
    touch.url = check.url(data, "url", at)[:500]
    touch.asset = text(data, "asset", 120, at)
    touch.campaign = text(data, "campaign", 120, at)
    touch.external_id = text(data, "external_id", 120, at) or None
    touch.outcome = check.choice(data, "outcome", OUTCOMES, at)
    return touch


def on_our_clock(original: datetime, *, sent_at: datetime, received_at: datetime) -> tuple[datetime, bool]:
    """When it was by our clock, whatever the sender's shows: received − (sent − original) (DOMAIN 1.6, clock skew).

    More than five minutes ahead of our clock even so: the moment it was received, and True.
    """
    try:
        moment = received_at - (sent_at - original)
    except OverflowError:
        return received_at, True
    return (received_at, True) if moment > received_at + MAY_BE_AHEAD else (moment, False)


def _identify(found: Incoming, check: Checks) -> None:
    if found.email:
        if identity.exact_key(found.email) is None:
            check.no("", "email", "invalid_email", "This is not a mail address.")
    elif found.external_id:
        if not found.source:
            check.no("", "source", "required", "An external_id is only known together with its source.")
    elif found.phone:
        if identity.phone_digits(found.phone) is None:
            check.no("", "phone", "invalid_phone", "Give 7 to 15 digits with the country, like +49 30 1234567.")
    elif not check.has("email", "phone", "external_id"):
        check.no("", "email", "required", "Say who it is: an email, a phone, or an external_id with its source.")


def _company(data: Any, check: Checks) -> IncomingCompany:
    company = IncomingCompany()
    if not check.is_object(data, "company", COMPANY_FIELDS):
        return company
    text = check.text
    company.name = text(data, "name", 200, "company")
    company.industry = text(data, "industry", 80, "company")
    company.employees = check.whole(data, "employees", 0, 2**31 - 1, "company")
    company.country = check.country(data, "country", "company")
    company.technologies = check.texts(data, "technologies", 60, 100, "company")
    domain = text(data, "domain", 255, "company")
    if domain:
        known = identity.registrable(domain)
        if known is None:
            check.no("company", "domain", "invalid_domain", "This is not a domain, like acme.com.")
        elif not identity.is_free_mail(known):
            company.domain = known
    return company


def _attributes(data: Any, check: Checks, types: Types | Callable[[], Types] | None) -> dict[str, dict[str, Any]]:
    if data is None or not check.is_object(data, "attributes", SUBJECTS):
        return {}
    known: Types = (types() if callable(types) else types or {}) if any(data.values()) else {}
    kept: dict[str, dict[str, Any]] = {}
    for subject in data.keys() & SUBJECTS:
        values, at = data[subject], f"attributes.{subject}"
        if values is None or not check.is_object(values, at, None):
            continue
        kept[subject] = {}
        for name, value in values.items():
            if (subject, name) not in known:
                check.no(at, name, "unknown_attribute", f"There is no custom attribute of a {subject} by this name.")
            elif value is None:
                continue
            elif check.clean(value, f"{at}.{name}"):
                kept[subject][name], wrong = fitted(value, *known[subject, name])
                if wrong:
                    check.no(at, name, "invalid", wrong)
    return kept


def _utm(data: Any, check: Checks) -> dict[str, str]:
    """Names in any case, with or without `utm_`, the first one wins (DOMAIN 7.4); values stay as sent."""
    if data is None or not check.is_object(data, "utm", None, most=30):
        return {}
    kept: dict[str, str] = {}
    for name in data:
        if value := check.text(data, name, 500, "utm"):
            kept.setdefault(name.lower().removeprefix("utm_")[:40], value)
    return kept


def _consent(data: Any, check: Checks) -> dict[str, Any]:
    """{purpose or channel: true, false, a text or a small object of these}."""
    if data is None or not check.is_object(data, "consent", None, most=30) or not check.clean(data, "consent"):
        return {}
    for name, value in data.items():
        for part in value.values() if isinstance(value, dict) and len(value) <= 10 else [value]:
            if not (
                part is None or isinstance(part, (bool, int, float)) or (isinstance(part, str) and len(part) <= 2_000)
            ):
                check.no(
                    "consent",
                    name,
                    "invalid",
                    "Give true or false, a text up to 2,000 characters, or {state, at, text}.",
                )
                break
    return data


def _hand_raise(data: Mapping[str, Any], check: Checks) -> str:
    """demo, contact, trial …; a bare true means: call me."""
    value = data.get("hand_raise")
    if isinstance(value, bool):
        return "contact" if value else ""
    return check.text(data, "hand_raise", 20)


def _touches(data: Any, check: Checks, now: datetime) -> list[IncomingTouch]:
    if data is None:
        return []
    if not isinstance(data, list):
        check.no("", "touches", "not_a_list", "Give a list of touches.")
        return []
    if len(data) > MOST_TOUCHES:
        check.no("", "touches", "too_many", f"Send at most {MOST_TOUCHES} touches with one lead.")
        return []
    return [parse_touch(one, now=now, check=check, at=f"touches.{i}") for i, one in enumerate(data)]


__all__ = ["Incoming", "IncomingCompany", "IncomingConsent", "IncomingTouch", "Invalid", "parse", "parse_touch"]
