"""POST /touches/: touches of known people, once per source and external id."""

from datetime import timedelta

import pytest

from journal.models import Entry
from leads.models import Lead, Person, Touch
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


# --- what a telephone system reports ------------------------------------------------------------
@pytest.fixture
def asked(api, cast) -> Lead:
    """A raised hand whose first-response clock runs."""
    pk = api.post("leads/", {"email": "ida@lumen.example", "hand_raise": "demo"}).json()["id"]
    return Lead.objects.get(pk=pk)


def answer_clocks(api, lead) -> set[str]:
    return {c["state"] for c in api.get(f"leads/{lead.pk}/").json()["clocks"] if c["target"] == "first_response"}


CALL = {"kind": "call", "automatic": False, "direction": "out"}


def test_a_call_somebody_made_answers_the_lead(api, cast, asked):
    assert answer_clocks(api, asked) == {"running"}
    [told] = report(
        api, {"person": asked.person_id, **CALL, "by": cast.owner.pk, "external_id": "c1", "source": "dialler"}
    )
    assert told["status"] == "created"
    assert answer_clocks(api, asked) == {"met"}
    asked.refresh_from_db()
    assert asked.first_response_at == Touch.objects.get(kind="call").occurred_at
    entry = Entry.objects.get(kind="touch.logged")
    assert (entry.by, entry.data["answers"]) == (cast.owner, True)


def test_a_repeated_call_answers_once(api, asked):
    call = {"person": asked.person_id, **CALL, "external_id": "c1"}
    report(api, call)
    first = Lead.objects.get(pk=asked.pk).first_response_at
    report(api, call)
    assert Entry.objects.filter(kind="touch.logged").count() == 1
    assert Lead.objects.get(pk=asked.pk).first_response_at == first


@pytest.mark.parametrize("change", [{"automatic": True}, {"direction": "in"}, {"kind": "page_view"}])
def test_what_is_no_answer(api, asked, change):
    report(api, {"person": asked.person_id, **CALL, **change})
    assert answer_clocks(api, asked) == {"running"}


def test_a_call_before_the_lead_asked_is_no_answer(api, asked):
    report(api, {"person": asked.person_id, **CALL, "occurred_at": (now() - timedelta(hours=1)).isoformat()})
    assert answer_clocks(api, asked) == {"running"}
