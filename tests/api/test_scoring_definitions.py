"""REST: definitions read by everybody, drafted by admins, agreed by people of both sides."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from scoring.models import Definition
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
US = {"attribute": "person.country", "op": "is", "value": "US"}


@pytest.fixture
def admin(make_api):
    return make_api("admin", ("read", "intake", "admin"))


def send(api, method, path, data=None):
    return api.client.generic(
        method, f"/api/v1/scoring/definitions/{path}", json.dumps(data or {}), content_type="application/json",
        HTTP_AUTHORIZATION=f"Api-Key {api.key}",
    )  # fmt: skip


@pytest.fixture
def draft(admin):
    answer = send(admin, "POST", "", {"stage": "mql"})
    assert answer.status_code == 201
    return answer.json()


def test_the_list_says_what_is_in_force_as_a_sentence(api, django_assert_max_num_queries):
    Definition.objects.create(
        stage="mql", version=2, sentence="S", predicate=US, effective_at=datetime(2099, 1, 1, tzinfo=UTC)
    )
    with django_assert_max_num_queries(6):
        rows = api.get("scoring/definitions/").json()["results"]
    assert {(row["stage"], row["version"], row["in_force"]) for row in rows} == {
        ("mql", 1, True), ("mql", 2, False), ("sal", 1, True), ("sql", 1, True),
    }  # fmt: skip
    assert next(row["rule"] for row in rows if row["version"] == 2) == "Country is US"


def test_a_draft_is_opened_once_changed_and_refused_to_those_who_saw_less(admin, draft):
    again = send(admin, "POST", "", {"stage": "mql"})
    assert again.status_code == 200 and again.json()["id"] == draft["id"]
    path = f"{draft['id']}/"
    kept = send(admin, "PATCH", path, {"predicate": US, "asked_on": "2099-01-01", "seen": draft["edited_at"]}).json()
    assert (kept["rule"], kept["asked_on"], kept["effective_at"]) == ("Country is US", "2099-01-01", None)
    assert problem(send(admin, "PATCH", path, {"note": "x", "seen": draft["edited_at"]}), 409)["code"] == "stale"
    wrong = {"predicate": {"attribute": "x", "op": "is"}, "items_needed": 5, "sentence": 4, "review_on": "never"}
    assert fields(send(admin, "PATCH", path, wrong)).keys() == {"predicate.attribute", "items_needed", "sentence", "review_on"}  # fmt: skip
    assert fields(send(admin, "PATCH", path, {"stage": "sal"})) == {"stage": "unknown_field"}
    assert fields(send(admin, "POST", "", {"stage": "lead"})) == {"stage": "not_a_choice"}
    assert problem(send(admin, "PATCH", "999999/", {"note": "x"}), 404)


def test_a_key_proposes_and_two_people_agree(admin, draft, cast):
    path = f"{draft['id']}/"
    send(admin, "PATCH", path, {"predicate": US})
    proposed = send(admin, "POST", f"{path}proposal/").json()
    assert proposed["state"] == "proposed" and proposed["approvals"] == []
    assert send(admin, "DELETE", f"{path}proposal/").json()["state"] == "draft"
    send(admin, "POST", f"{path}proposal/")
    for by, side in ((cast.marketer, "marketing"), (cast.owner, "sales")):
        browser = Client()
        browser.force_login(by)
        answer = browser.post(f"/api/v1/scoring/definitions/{path}approval/", {"side": side}, "application/json")
        assert answer.status_code == 200, answer.content
    assert answer.json()["in_force"] and [yes["side"] for yes in answer.json()["approvals"]] == ["marketing", "sales"]
    assert problem(send(admin, "PATCH", path, {"note": "late"}), 409)["code"] == "stale"


def test_a_key_never_approves_and_without_the_scope_writes_nothing(api, make_api, draft):
    worker = make_api("worker", ("read", "work"))
    path = f"{draft['id']}/"
    assert problem(send(worker, "POST", f"{path}approval/", {"side": "sales"}), 403)["code"] == "not_your_side"
    for method, where, body in (("POST", "", {"stage": "sal"}), ("PATCH", path, {"note": "x"}),
                                ("POST", f"{path}proposal/", {}), ("POST", f"{path}discard/", {})):  # fmt: skip
        assert problem(send(worker, method, where, body), 403)


def test_discarding_answers_with_what_is_in_force(admin, draft):
    kept = send(admin, "POST", f"{draft['id']}/discard/", {"seen": draft["edited_at"]}).json()
    assert (kept["version"], kept["state"], kept["in_force"]) == (1, "published", True)
    assert not Definition.objects.filter(pk=draft["id"]).exists()
