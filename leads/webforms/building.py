"""The builder's state: what stands in its boxes, step by step, until it is kept. Works without scripts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms as django_forms
from django.http import QueryDict

from leads import custom_attributes
from leads.models import ConsentText, Form
from leads.touch_words import HAND_RAISES
from leads.webforms import fields, known
from leads.webforms.known import Shown
from leads.webforms.limits import DEFAULTS

LATELY = timedelta(days=30)
TEXTS = ("name", "title", "intro", "button", "thanks", "redirect_url", "hand_raise", "product_interest", "campaign")
HANDS = [("", "Nothing more: it is scored like any form"), *HAND_RAISES.items()]


class NameForm(django_forms.Form):
    name = django_forms.CharField(
        max_length=80, help_text="For yourselves: “Demo request, pricing page”.",
        error_messages={"required": "Say what you call it."},
    )  # fmt: skip


def kept(form: Form) -> dict[str, Any]:
    """As the form is now. `fields`: [{name, label, required, options}], `consents`: {text id: required}."""
    return {
        **{name: getattr(form, name) for name in TEXTS},
        "fields": [dict(row) for row in form.fields],
        "consents": {row["text"]: bool(row.get("required")) for row in form.consents},
        "origins": "\n".join(form.origins), "limits": dict(form.limits), "min_seconds": form.min_seconds,
        "proof_of_work": form.proof_of_work,
    }  # fmt: skip


def posted(data: QueryDict) -> dict[str, Any]:
    """As it stands in the boxes; nothing is checked yet."""
    names = data.getlist("field")
    labels, options, needed = data.getlist("label"), data.getlist("options"), set(data.getlist("required"))
    rows = [
        {"name": name, "label": label, "required": name in needed, "options": _lines(choices)}
        for name, label, choices in zip(names, labels, options, strict=False)
    ]
    ticked = [int(one) for one in data.getlist("consent") if one.isdecimal() and len(one) < 19]
    must = set(data.getlist("consent_required"))
    seconds = data.get("min_seconds", "").strip()
    return {
        **{name: data.get(name, "") for name in TEXTS},
        "fields": rows, "consents": {pk: str(pk) in must for pk in ticked}, "origins": data.get("origins", ""),
        "limits": {name: data.get(f"limit_{name}", "") for name in DEFAULTS},
        "min_seconds": int(seconds) if seconds.isdecimal() and len(seconds) < 6 else seconds,
        "proof_of_work": "proof_of_work" in data,
    }  # fmt: skip


def stepped(state: dict[str, Any], step: str) -> dict[str, Any]:
    """The state after a row's button: up:2, down:0, drop:1, or add."""
    rows, (what, _, place) = state["fields"], step.partition(":")
    if what == "add":
        base = fields.askable(custom_attributes.types()).get(place)
        if base is not None and all(row["name"] != place for row in rows):
            rows.append({"name": place, "label": base.label, "required": False, "options": list(base.options)})
    elif place.isdecimal() and int(place) < len(rows):
        at = int(place)
        row = rows.pop(at)
        if what in ("up", "down"):
            rows.insert(max(0, at + (1 if what == "down" else -1)), row)
    return state


def given(state: dict[str, Any]) -> dict[str, Any]:
    """The state as `forms.change` takes it."""
    consents = [{"text": pk, "required": required} for pk, required in state["consents"].items()]
    return {**state, "consents": consents, "origins": state["origins"].splitlines()}


def offered(state: dict[str, Any]) -> list[fields.Asked]:
    """What could be asked besides."""
    there = {row["name"] for row in state["fields"]}
    return [one for name, one in fields.askable(custom_attributes.types()).items() if name not in there]


def words_to_agree(state: dict[str, Any], newest: list[ConsentText]) -> list[dict[str, Any]]:
    """The newest words of each purpose, and older ones that this form still shows."""
    new = {one.pk for one in newest}
    older = ConsentText.objects.filter(pk__in=state["consents"].keys() - new)
    return [
        {"text": one, "ticked": one.pk in state["consents"], "required": state["consents"].get(one.pk, False),
         "old": one.pk not in new}
        for one in [*newest, *older]
    ]  # fmt: skip


def preview(form: Form, state: Mapping[str, Any]) -> Shown:
    """The form as the state has it, for drawing only."""
    drawn = Form(pk=form.pk, key=form.key, **{name: state[name] for name in TEXTS})
    drawn.fields = state["fields"]
    drawn.consents = [{"text": pk, "required": required} for pk, required in state["consents"].items()]
    return known.of(drawn)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
