"""From what a form posted to an enquiry: the same checks as REST, in front of the same `capture`.

`payload` is the flat object that a browser posts and a Submission keeps: {email, first_name, …, consent_12: "yes",
utm_source, page_url, referrer, visitor}.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journal.idempotency import digest
from leads import custom_attributes
from leads import incoming as checked
from leads.checks import Checks, printable
from leads.incoming import Incoming, IncomingConsent
from leads.models import Form, Submission
from leads.webforms import fields, known
from leads.webforms.fields import Asked
from leads.webforms.known import Shown
from revops.lib.errors import Invalid, Refused

MOST_FIELDS, LONGEST_NAME, LONGEST_VALUE = 80, 100, 12_000
HIDDEN = ("page_url", "referrer", "visitor")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
YES = {"yes", "true", "on", "1"}


def incoming(
    form: Form | Shown,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    context: dict[str, Any] | None = None,
    delivery_key: str | None = None,
    replay_of: int | None = None,
    occurred_at: datetime | None = None,
) -> Incoming:
    """The checked enquiry; raises Invalid with all that is wrong, by the form's own field names.

    `occurred_at`: when it was really sent, for one taken in later; the cycle opens and its touch is dated then.
    """
    shown = known.of(form) if isinstance(form, Form) else form
    check = Checks()
    body, agreed = _body(shown, payload, check), _consents(shown, payload, check)
    try:
        item = checked.parse(body, now=now, types=custom_attributes.types)
    except Invalid as wrong:
        named = {"company.name": "company", "company.domain": "domain", "company.employees": "employees",
                 "company.industry": "industry"}  # fmt: skip
        taken = {error["field"] for error in check.errors}
        for error in wrong.errors:
            field = named.get(error["field"], error["field"].removeprefix("attributes."))
            if field not in taken:
                check.errors.append({**error, "field": field})
    if check.errors:
        order = [one.name for one in (*shown.fields, *shown.consents)]
        check.errors.sort(key=lambda error: order.index(error["field"]) if error["field"] in order else len(order))
        raise check.failed()
    item.source, item.payload, item.context = shown.source, dict(payload), context or {}
    item.delivery_key, item.replay_of, item.occurred_at = delivery_key, replay_of, occurred_at
    item.consents, item.visitor = agreed, _said(payload, "visitor")[:100]
    if delivery_key is None and replay_of is None:
        item.fingerprint = digest(dict(payload), prefix=shown.source)
    return item


def again(submission: Submission, *, now: datetime, occurred_at: datetime | None = None) -> Incoming:
    """A kept submission of a form once more, as the form is now; raises Refused when that form is gone."""
    pk = submission.source.removeprefix("form:")
    form = Form.objects.filter(pk=int(pk)).first() if pk.isdigit() else None
    if form is None:
        raise Refused("The form it was sent by is not kept any more.", code="no_form")
    return incoming(
        form, submission.payload, now=now, context=submission.context, replay_of=submission.pk, occurred_at=occurred_at
    )


def keepable(posted: Mapping[str, Any]) -> dict[str, str]:
    """What was posted as a row can keep it: bounded, and without signs that PostgreSQL cannot store."""
    kept: dict[str, str] = {}
    for name, value in list(posted.items())[:MOST_FIELDS]:
        text = value if isinstance(value, str) else "" if value is None else str(value)
        kept[printable(name)[:LONGEST_NAME]] = storable(text[:LONGEST_VALUE])
    return kept


def storable(text: str) -> str:
    """NUL and halves of characters replaced, the rest as it was."""
    if "\0" in text:
        text = text.replace("\0", "�")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _body(shown: Shown, payload: Mapping[str, Any], check: Checks) -> dict[str, Any]:
    """The REST shape of it. What the form does not ask is kept in the payload and goes nowhere."""
    body: dict[str, Any] = {"company": {}, "attributes": {}}
    for asked in shown.fields:
        value = _value(asked, payload, check)
        if value is None:
            continue
        subject, dot, name = asked.name.partition(".")
        if dot:
            body["attributes"].setdefault(subject, {})[name] = value
        elif asked.name == "company":
            body["company"]["name"] = value
        elif asked.name in ("domain", "employees", "industry"):
            body["company"][asked.name] = value
        else:
            body[asked.name] = value
    if not any(body.get(name) for name in fields.KEEPS) and not check.has(*fields.KEEPS):
        name = next((one.name for one in shown.fields if one.name in fields.KEEPS), "email")
        check.no("", name, "required", "We need this to answer you.")
    utm = {name: value for name in UTM if (value := _said(payload, name)[:500])}
    if shown.campaign:
        utm.setdefault("utm_campaign", shown.campaign)
    body |= {"utm": utm, "hand_raise": shown.hand_raise, "product_interest": shown.product_interest}
    for name in ("page_url", "referrer"):
        # What a browser adds by itself must never be what an enquiry fails by.
        address = _said(payload, name)
        body[name] = address[:4_000] if address.startswith(("https://", "http://")) else ""
    return body


def _value(asked: Asked, payload: Mapping[str, Any], check: Checks) -> Any:
    text = payload.get(asked.name)
    if asked.kind == "yes_no":
        ticked = _said(payload, asked.name).lower() in YES
        if asked.required and not ticked:
            check.no("", asked.name, "required", "Tick this to go on.")
        return ticked
    if text is None or not str(text).strip():
        if asked.required:
            check.no("", asked.name, "required", "This is needed.")
        return None
    if not isinstance(text, str):
        check.no("", asked.name, "not_a_text", "Give a text.")
        return None
    if asked.kind == "list":
        return [one.strip() for one in text.split(",") if one.strip()]
    if asked.options and text.strip() not in asked.options:
        check.no("", asked.name, "not_a_choice", "Choose one of those offered.")
        return None
    if asked.kind == "number":
        return _number(asked, text, check)
    return text


def _number(asked: Asked, text: str, check: Checks) -> int | float | None:
    plain = text.strip().replace(",", "").replace(" ", "")
    if len(plain) <= 20 and plain.isascii():
        try:
            return int(plain) if plain.lstrip("-").isdigit() else float(plain)
        except ValueError:
            pass
    check.no("", asked.name, "not_a_number", "Give a number.")
    return None


def _consents(shown: Shown, payload: Mapping[str, Any], check: Checks) -> list[IncomingConsent]:
    """Each yes with the version of the words it was said to. A box left empty is no answer, not a no."""
    given = []
    for one in shown.consents:
        if _said(payload, one.name).lower() in YES:
            given.append(IncomingConsent(one.purpose, one.channel, "granted", text=one.text_id))
        elif one.required:
            check.no("", one.name, "required", "We need you to agree to this.")
    return given


def _said(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return storable(value.strip()) if isinstance(value, str) else ""
