"""POST /leads/batch/: a result per item, in order; one bad item never fails the others."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import api as lead_api
from leads.models import Lead, Submission, Touch

pytestmark = pytest.mark.django_db


def results(response):
    assert response.status_code == 200, response.content
    found = response.json()["results"]
    assert [item["index"] for item in found] == list(range(len(found)))
    return found


def test_each_item_gets_its_result_in_order(api):
    api.post("leads/", {"email": "known@acme.example"})
    found = results(api.post("leads/batch/", {"leads": [
        {"email": "new@acme.example", "hand_raise": "demo"},
        {"email": "known@acme.example", "message": "again"},
        {"email": "nonsense"},
        {"email": "new@acme.example", "message": "me too"},
        5,
        {"email": "x@acme.example", "nmae": "y"},
    ]}))  # fmt: skip
    assert [item["status"] for item in found] == ["created", "existing", "refused", "existing", "refused", "refused"]
    assert found[0]["id"] == found[3]["id"] and found[0]["created"] is True and found[3]["created"] is False
    assert found[0]["stage"] == "mql" and found[0]["clocks"]
    assert found[2]["id"] is None and found[2]["errors"][0]["field"] == "email"
    assert found[4]["errors"][0]["code"] == "not_an_object"
    assert found[5]["errors"][0]["field"] == "nmae"
    assert Lead.objects.count() == 2


def test_a_text_that_cannot_be_kept_refuses_its_item_alone(api):
    raw = b'{"leads": [{"email": "a@b.example", "message": "\\u0000"}, {"email": "c@d.example"}, {"\\ud800": 1}]}'
    found = results(api.post("leads/batch/", raw=raw))
    assert [item["status"] for item in found] == ["refused", "created", "refused"]
    assert found[0]["errors"][0] == {
        "field": "message",
        "code": "nul",
        "detail": "The NUL character cannot be kept in a text.",
    }


def test_an_empty_batch_is_nothing(api):
    assert results(api.post("leads/batch/", {"leads": []})) == []


def test_a_thousand_leads_cost_the_statements_of_two(api):
    def leads(name, size):
        return {"leads": [
            {"email": f"{name}{i}@firm{i % 50}.example", "touches": [{"kind": "page_view", "url": "/x"}]} for i in range(size)
        ]}  # fmt: skip

    api.post("leads/batch/", leads("warm", 2))
    few = _statements(lambda: results(api.post("leads/batch/", leads("few", 2))))
    body = leads("many", 1000)
    many = _statements(lambda: results(api.post("leads/batch/", body)))
    assert many <= few
    assert Lead.objects.count() == 1004 and Touch.objects.count() == 2 * 1004
    again = results(api.post("leads/batch/", body))
    assert {item["status"] for item in again} == {"duplicate"}
    assert Submission.objects.count() == 1004


def test_a_batch_under_a_key_is_done_once(api):
    body = {"leads": [{"email": "a@b.example"}, {"email": "nonsense"}]}
    first, again = api.post("leads/batch/", body, idem="b1"), api.post("leads/batch/", body, idem="b1")
    assert first.content == again.content and again["Idempotency-Replayed"] == "true"
    assert Submission.objects.count() == 1


def test_a_body_of_several_megabytes_is_taken(api):
    leads = [{"email": f"p{i}@acme.example", "message": "x" * 4_000} for i in range(1000)]
    raw = json.dumps({"leads": leads}).encode()
    assert 4_000_000 < len(raw) < 5 * 1024 * 1024
    assert len(results(api.post("leads/batch/", raw=raw))) == 1000


def _statements(call) -> int:
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def test_what_the_database_refuses_is_refused_alone(api, monkeypatch):
    """A true database error spoils the statement's transaction, and with it the others', unless it is fenced off."""
    really = lead_api.capture

    def capture(items, **how):
        if any(item.first_name == "Spoilt" for item in items):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return really(items, **how)

    monkeypatch.setattr(lead_api, "capture", capture)
    leads = [
        {"email": "a@north.example"},
        {"email": "b@north.example", "first_name": "Spoilt"},
        {"email": "c@north.example"},
    ]
    answer = api.post("leads/batch/", {"leads": leads})
    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == ["created", "refused", "created"]
    assert Lead.objects.count() == 2
