"""POST /touches/: touches of known people, once per source and external id."""

from datetime import timedelta

import pytest

from leads.models import Person, Touch
from revops.lib.now import now
from tests.api.conftest import fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace(api) -> int:
    return api.post("leads/", {"email": "grace@harborpine.example"}).json()["person"]


def report(api, *touches, **more):
    response = api.post("touches/", {"touches": list(touches)}, **more)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_by_mail_and_by_person(api, grace):
    found = report(
        api,
        {"email": "Grace@HarborPine.example", "kind": "page_view", "url": "https://us.example/pricing"},
        {"person": grace, "kind": "webinar", "asset": "Handoffs", "campaign": "Q4", "channel": "email"},
    )
    assert [(item["status"], item["person"]) for item in found] == [("created", grace)] * 2
    assert Touch.objects.filter(person=grace).count() == 3
    assert Person.objects.get(pk=grace).last_touch_at is not None


def test_one_bad_touch_does_not_fail_the_others(api, grace):
    found = report(
        api,
        {"person": grace, "kind": "form"},
        {"email": "nobody@nowhere.example", "kind": "form"},
        {"person": 999_999, "kind": "form"},
        {"kind": "form"},
        {"email": "no mail", "kind": "form"},
        {"person": grace},
        {"person": grace, "kind": "call", "by": 999_999},
        {"person": grace, "kind": "form", "occurred_at": "2999-01-01T00:00:00Z"},
        {"person": grace, "kind": "form", "x": 1},
        None,
    )  # fmt: skip
    assert [item["status"] for item in found] == ["created"] + ["refused"] * 9
    said = [{error["field"]: error["code"] for error in item["errors"]} for item in found]
    assert said[1:] == [
        {"email": "unknown_person"}, {"person": "unknown_person"}, {"email": "required"}, {"email": "invalid_email"},
        {"kind": "required"}, {"by": "unknown_user"}, {"occurred_at": "future"}, {"x": "unknown_field"}, {"": "not_an_object"},
    ]  # fmt: skip


def test_an_external_id_counts_once_a_source(api, grace):
    touch = {"person": grace, "kind": "page_view", "external_id": "e1", "source": "site"}
    found = report(api, touch, touch, {**touch, "source": "shop"})
    assert [item["status"] for item in found] == ["created", "duplicate", "created"]
    assert [item["status"] for item in report(api, touch)] == ["duplicate"]
    assert Touch.objects.filter(external_id="e1").count() == 2


def test_a_text_that_cannot_be_kept_refuses_its_touch_alone(api, grace):
    raw = b'{"touches": [{"person": %d, "kind": "form", "asset": "\\u0000"}, {"person": %d, "kind": "form"}]}' % (
        grace,
        grace,
    )
    response = api.post("touches/", raw=raw)
    assert [item["status"] for item in response.json()["results"]] == ["refused", "created"]


def test_touches_may_move_the_score(api, grace):
    before = Person.objects.get(pk=grace).engagement
    days = [(now() - timedelta(days=day)).isoformat() for day in range(3)]
    report(
        api,
        *(
            {"person": grace, "kind": "page_view", "url": "https://us.example/pricing", "occurred_at": at}
            for at in days
        ),
    )
    assert Person.objects.get(pk=grace).engagement > before


def test_the_list_is_needed(api):
    assert fields(api.post("touches/", {})) == {"touches": "required"}
