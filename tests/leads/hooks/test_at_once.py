"""F41: fifty identical posts at the same moment are one event, one person and one lead."""

import json

import pytest
from django.test import Client

from leads.hooks import mapping
from leads.models import Lead, Person, Submission
from leads.models.hook import Delivery, HookEvent
from revops.lib import rates
from revops.lib.now import frozen
from sla.models import Clock
from tests.at_once import beside
from tests.cast import make_cast
from tests.leads.hooks.posting import NOW, connect, signed


@pytest.mark.django_db(transaction=True)
def test_f41_fifty_identical_posts_at_once_are_one_lead():
    make_cast()
    rates.forget()
    ours = connect("typeform", mapping={**mapping.first("typeform"), "always": {"hand_raise": "demo"}})
    answers = [
        {"type": "email", "email": "grace@harborpine.example", "field": {"id": "a", "type": "email", "ref": "mail"}}
    ]
    body = json.dumps({"event_id": "01", "event_type": "form_response", "form_response": {
        "form_id": "f", "token": "01", "submitted_at": "2026-11-24T14:58:00Z", "answers": answers}}).encode()  # fmt: skip

    def post():
        return (
            Client()
            .post(f"/hooks/{ours.token}/", body, content_type="application/json", headers=signed(ours, body))
            .json()
        )

    with frozen(NOW):
        said = beside(*[post] * 50)
    assert sorted(answer["new"] for answer in said) == [0] * 49 + [1]
    assert {answer["events"] for answer in said} == {1}
    assert (Delivery.objects.count(), HookEvent.objects.get().sent) == (1, 50)
    assert (Person.objects.count(), Lead.objects.count(), Submission.objects.count()) == (1, 1, 1)
    assert Clock.objects.filter(target="first_response", scope="lead").count() == 1
