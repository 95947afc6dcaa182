"""The builder: works without scripts, says all that is wrong, and is live at once."""

import pytest

from journal.models import Entry
from leads.consent import texts
from leads.models import AttributeDefinition, Form
from leads.webforms import forms, known, reading
from revops.lib.errors import Forbidden, Invalid
from tests.leads.webforms.conftest import GOOD, NOW

pytestmark = pytest.mark.django_db


def boxes(form, **more):
    """What a browser would send of the builder's page."""
    rows = form.fields
    return {
        "field": [row["name"] for row in rows], "label": [row["label"] for row in rows],
        "options": ["\n".join(row["options"]) for row in rows], "required": [row["name"] for row in rows if row["required"]],
        "name": form.name, "button": form.button, "thanks": form.thanks, "min_seconds": form.min_seconds, **more,
    }  # fmt: skip


def test_a_form_is_made_shown_built_and_embedded(cast, signed_in):
    client = signed_in(cast.marketer)
    assert client.get("/intake/forms/").status_code == 200
    client.post("/intake/forms/new/", {"name": "Contact us"})
    form = Form.objects.get()
    assert client.post("/intake/forms/new/", {"name": "Contact us"}).status_code == 422
    at = f"/intake/forms/{form.pk}/"
    moved = client.post(at, boxes(form, do="down:0")).content.decode()
    assert "Not kept yet" in moved
    assert moved.index('value="first_name"') < moved.index('value="email"')
    assert "preview-phone" in client.post(at, boxes(form, do="add:phone")).content.decode()
    assert 'name="field" value="message"' not in client.post(at, boxes(form, do="drop:4")).content.decode()
    assert client.post(at, boxes(form, do="drop:99")).status_code == 200
    form.refresh_from_db()
    assert [row["name"] for row in form.fields] == [row["name"] for row in forms.SHORT], "nothing kept yet"
    words = texts.add("newsletter", "", "News, please.", by=cast.admin, at=NOW)
    answer = client.post(
        at, boxes(form, do="keep", consent=[words.pk], origins="acme.example\n", limit_ip="5 per minute")
    )
    assert answer.status_code == 302
    form.refresh_from_db()
    assert (form.consents, form.origins) == ([{"text": words.pk, "required": False}], ["https://acme.example"])
    assert form.limits == {"ip": "5 per minute"}
    code = client.get(f"{at}embedding/").content.decode()
    assert f"/f/{form.key}/form.js" in code
    assert "&lt;form action=" in code
    assert list(Entry.objects.filter(subject_kind="form").values_list("kind", flat=True)) == [
        "form.published",
        "form.changed",
    ]


def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(web_form, cast, signed_in):
    wrong = boxes(web_form, do="keep", name="", redirect_url="javascript:alert(1)", origins="not a site", min_seconds="soon",
                  limit_ip="often", title="Typed")  # fmt: skip
    wrong["field"] = wrong["field"][1:]
    page = signed_in(cast.admin).post(f"/intake/forms/{web_form.pk}/", wrong)
    assert page.status_code == 422
    body = page.content.decode()
    for said in ("Give the form a name", "Begin with https://" if "Begin" in body else "address that starts with", "not the address of a site",
                 "whole number", "50 per 10 seconds", "Ask for an e-mail or a phone", 'value="Typed"'):  # fmt: skip
        assert said in body, said


def test_custom_attributes_are_asked_and_read_by_their_type(web_form, cast):
    for name, kind, options in (("seats", "number", []), ("start", "date", []), ("trial", "yes_no", []),
                                ("tools", "list", ["CRM", "ERP"]), ("plan", "text", [])):  # fmt: skip
        AttributeDefinition.objects.create(subject="lead", name=name, type=kind, options=options)
    asked = [{"name": "email"}, {"name": "lead.plan", "options": ["Basic", "Pro"]}, *({"name": f"lead.{one}"} for one in
             ("seats", "start", "trial", "tools"))]  # fmt: skip
    forms.change(web_form, by=cast.admin, at=NOW, fields=asked)
    said = {"email": GOOD["email"], "lead.seats": "1,200", "lead.start": "2027-01-04", "lead.trial": "yes",
            "lead.tools": "CRM, ERP", "lead.plan": "Pro"}  # fmt: skip
    item = reading.incoming(web_form, said, now=NOW)
    assert item.lead_attributes == {
        "seats": 1200,
        "start": "2027-01-04",
        "trial": True,
        "tools": ["CRM", "ERP"],
        "plan": "Pro",
    }
    with pytest.raises(Invalid) as wrong:
        reading.incoming(web_form, said | {"lead.seats": "many", "lead.start": "soon", "lead.plan": "Gold"}, now=NOW)
    assert {error["field"] for error in wrong.value.errors} == {"lead.seats", "lead.start", "lead.plan"}
    AttributeDefinition.objects.filter(name="seats").delete()
    assert "lead.seats" not in [one.name for one in known.of(web_form).fields], "asked no more when it is gone"


def test_who_may(web_form, cast, signed_in):
    for verb in (forms.rotate, forms.disable):
        with pytest.raises(Forbidden):
            verb(web_form, by=cast.owner, at=NOW)
    client = signed_in(cast.owner)
    assert (
        client.get("/intake/forms/").status_code == client.post(f"/intake/forms/{web_form.pk}/key/").status_code == 403
    )


def test_keys_and_the_switch_have_their_buttons(web_form, cast, signed_in):
    client, at, old = signed_in(cast.marketer), f"/intake/forms/{web_form.pk}", web_form.key
    client.post(f"{at}/key/")
    client.post(f"{at}/switch/")
    web_form.refresh_from_db()
    assert (web_form.old_key, web_form.is_active) == (old, False)
    assert "Stop the old key now" in client.get(f"{at}/embedding/").content.decode()
    client.post(f"{at}/old-key/")
    client.post(f"{at}/switch/")
    web_form.refresh_from_db()
    assert (web_form.old_key, web_form.is_active) == (None, True)
