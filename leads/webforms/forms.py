"""Making and changing forms. What is wrong is said all at once; every change is a fact and is live within seconds."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from journal.record import Fact, record
from leads import custom_attributes
from leads.checks import Checks
from leads.models import ConsentText, Form
from leads.webforms import fields, known, limits, origins
from revops.lib.errors import Forbidden, Invalid
from teams import access

if TYPE_CHECKING:
    from teams.models import User

HOST = re.compile(r"[\w.\-]+(:\d{1,5})?")
OLD_KEY_LASTS = timedelta(days=30)
MOST_FIELDS, MOST_OPTIONS, MOST_ORIGINS, MOST_CONSENTS = 30, 100, 30, 10
TEXTS = {"name": 80, "title": 120, "intro": 500, "button": 40, "thanks": 500, "hand_raise": 20, "product_interest": 80,
         "campaign": 120}  # fmt: skip
SHORT = [
    {"name": "email", "required": True},
    {"name": "first_name", "required": True},
    {"name": "last_name", "required": True},
    {"name": "company"},
    {"name": "message"},
]


def create(name: str, *, by: "User | None", at: datetime, via: str = "page", **given: Any) -> Form:
    """A new form, live at once; `given`: any of `Form`'s settings, the rest has a sensible start. Raises Invalid."""
    _may(by)
    values = _checked({"fields": SHORT, **given, "name": name}, Form())
    form = Form(key=new_key(), made_at=at, changed_at=at, by=by, **values)
    return _saved(form, "form.published", {"fields": [one["name"] for one in form.fields]}, by=by, at=at, via=via)


def change(form: Form, *, by: "User | None", at: datetime, via: str = "page", **given: Any) -> Form:
    """Set what is given; raises Invalid with everything that is wrong, keyed by setting. Nothing changed: no fact."""
    _may(by)
    changed = {name: value for name, value in _checked(given, form).items() if value != getattr(form, name)}
    if not changed:
        return form
    for name, value in changed.items():
        setattr(form, name, value)
    form.changed_at = at
    return _saved(form, "form.changed", {"settings": sorted(changed)}, by=by, at=at, via=via)


def rotate(form: Form, *, by: "User | None", at: datetime, via: str = "page") -> Form:
    """A new public key; the one until now works for 30 days more, so that no page out there breaks today."""
    _may(by)
    form.old_key, form.old_key_until, form.key = form.key, at + OLD_KEY_LASTS, new_key()
    return _saved(form, "form.rotated", {"old_key_until": form.old_key_until.isoformat()}, by=by, at=at, via=via)


def drop_old_key(form: Form, *, by: "User | None", at: datetime, via: str = "page") -> Form:
    """The key rotated away stops working now."""
    _may(by)
    form.old_key = form.old_key_until = None
    return _saved(form, "form.rotated", {"old_key_until": None}, by=by, at=at, via=via)


def disable(form: Form, *, by: "User | None", at: datetime, via: str = "page") -> Form:
    return _switch(form, on=False, by=by, at=at, via=via)


def enable(form: Form, *, by: "User | None", at: datetime, via: str = "page") -> Form:
    return _switch(form, on=True, by=by, at=at, via=via)


def names() -> dict[str, str]:
    """{source as submissions have it: the form's name}, for pages that show where something came from."""
    return {f"form:{pk}": name for pk, name in Form.objects.values_list("pk", "name")}


def new_key() -> str:
    return f"f_{secrets.token_urlsafe(12)}"


def _switch(form: Form, *, on: bool, by: "User | None", at: datetime, via: str) -> Form:
    _may(by)
    if form.is_active == on:
        return form
    form.is_active = on
    return _saved(form, "form.enabled" if on else "form.disabled", {}, by=by, at=at, via=via)


def _may(by: "User | None") -> None:
    """Programs of ours (by=None) and whoever may bring leads in."""
    if by is not None and not access.may(by, "import"):
        raise Forbidden("Marketing and administrators keep forms.", code="not_yours")


def _saved(form: Form, kind: str, data: dict[str, Any], *, by: "User | None", at: datetime, via: str) -> Form:
    try:
        with transaction.atomic():
            form.save()
            record([Fact(kind, "form", form.pk, at, by=by.pk if by else None, via=via, data=data)], now=at)
    except IntegrityError:
        raise Invalid("Another form has this name.", code="taken", field="name") from None
    known.forget()
    return form


# --- checking what is given -------------------------------------------------------------------
def _checked(given: Mapping[str, Any], form: Form) -> dict[str, Any]:
    check, values = Checks(), {}
    for name, longest in TEXTS.items():
        if name in given:
            values[name] = check.text(given, name, longest)
    for name, needed in (("name", "Give the form a name."), ("button", "Say what the button does."),
                         ("thanks", "Say what people read after sending.")):  # fmt: skip
        if name in values and not values[name] and not check.has(name):
            check.no("", name, "required", needed)
    readers = {
        "fields": _fields,
        "consents": _consents,
        "origins": _origins,
        "limits": _limits,
        "redirect_url": _redirect,
    }
    for name, reader in readers.items():
        if name in given:
            values[name] = reader(given[name], check)
    if "min_seconds" in given:
        values["min_seconds"] = check.whole(given, "min_seconds", 0, 60) or 0
    for name in ("proof_of_work", "is_active"):
        if name in given:
            values[name] = check.yes_no(given, name, getattr(form, name))
    if check.errors:
        raise check.failed()
    return values


def _fields(rows: Sequence[Mapping[str, Any]], check: Checks) -> list[dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = {}
    askable = fields.askable(custom_attributes.types())
    for row in rows[: MOST_FIELDS + 1]:
        name = row.get("name", "")
        if name not in askable or name in kept:
            check.no("", "fields", "unknown_field", f"There is no such field, or it is there twice: {str(name)[:60]}.")
            continue
        label = check.text(row, "label", 120) or askable[name].label
        options = check.texts(row, "options", 200, MOST_OPTIONS) or list(askable[name].options)
        kept[name] = {"name": name, "label": label, "required": bool(row.get("required")), "options": options}
    if len(rows) > MOST_FIELDS:
        check.no("", "fields", "too_many", f"Ask for at most {MOST_FIELDS} things.")
    keys = [kept[name] for name in fields.KEEPS if name in kept]
    if not keys:
        check.no("", "fields", "required", "Ask for an e-mail or a phone, or nobody can be answered.")
    elif len(keys) == 1:
        keys[0]["required"] = True
    return list(kept.values())


def _consents(rows: Sequence[Mapping[str, Any]], check: Checks) -> list[dict[str, Any]]:
    wanted = {int(row["text"]): bool(row.get("required")) for row in rows[:MOST_CONSENTS]}
    there = set(ConsentText.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := wanted.keys() - there:
        check.no("", "consents", "unknown_text", f"There are no words of this number: {min(missing)}.")
    return [{"text": pk, "required": required} for pk, required in wanted.items() if pk in there]


def _origins(rows: Sequence[str], check: Checks) -> list[str]:
    found = {}
    for row in rows:
        if not row.strip():
            continue
        if (one := origins.cleaned(row)) is None:
            check.no("", "origins", "invalid_origin", f"This is not the address of a site: {row.strip()[:60]}.")
        else:
            found[one] = None
    if len(found) > MOST_ORIGINS:
        check.no("", "origins", "too_many", f"Name at most {MOST_ORIGINS} sites.")
    return list(found)


def _limits(given: Mapping[str, str], check: Checks) -> dict[str, str]:
    kept = {}
    for name, default in limits.DEFAULTS.items():
        text = " ".join(str(given.get(name) or "").split())[:60]
        if text and (wrong := limits.flaw(text)):
            check.no("", f"limit_{name}", "invalid_limit", wrong)
        elif text and text != default:
            kept[name] = text
    return kept


def _redirect(text: str, check: Checks) -> str:
    found = check.url({"redirect_url": text}, "redirect_url", longest=500)
    # The host stands in the page's policy later, so it must be one and no more.
    if found and not (found.startswith(("https://", "http://")) and HOST.fullmatch(_host(found))):
        check.no("", "redirect_url", "invalid_url", "Begin with https:// and the name of a site.")
        return ""
    return found


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
