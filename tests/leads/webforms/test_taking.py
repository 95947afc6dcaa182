"""A form sent by people: one lead, once, in somebody's queue; what cannot be taken is said and kept."""

import json
from datetime import timedelta

import pytest

from leads.models import Lead, Submission, Touch
from leads.webforms import forms, reading
from sla.models import Clock
from tests.leads.webforms.conftest import GOOD, NOW, SITE

pytestmark = pytest.mark.django_db


def test_a_person_who_fills_it_in_is_a_lead_with_a_clock(web_form, filled, cast):
    answer = filled(web_form, utm_source="google", utm_medium="cpc", page_url=f"{SITE}/pricing")
    assert (answer.status_code, answer["Location"]) == (303, f"/f/{web_form.key}/thanks/")
    lead = Lead.objects.select_related("person").get()
    assert (lead.person.email, lead.owner, lead.hand_raise) == (GOOD["email"], cast.owner, "demo")
    assert lead.source_id == "paid_search"
    assert Clock.objects.filter(lead=lead).exists()
    [kept] = Submission.objects.all()
    assert (kept.door, kept.outcome, kept.source) == ("form", "created", web_form.source)
    assert kept.context["origin"] == SITE
    assert kept.payload["message"] == GOOD["message"]
    assert "form_token" not in kept.payload
    assert Touch.objects.get().kind == "demo_request"
