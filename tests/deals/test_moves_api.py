"""REST of pipelines and of a deal's way through them: what the pages do, by the same verbs."""

import json

import pytest
from django.test import Client

from deals.models import Deal, PipelineStage
from leads.models import Lead, Person
from teams.keys import create_api_key
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(db, frozen):
    keys = {}

    def sent(method, path, data=None, *, scopes=("read", "work")):
        key = keys.setdefault(scopes, None) or keys.update({scopes: create_api_key("k" + "".join(scopes), scopes)[1]})
        key = keys[scopes]
        with frozen(NOW):
            return Client().generic(
                method, f"/api/v1/{path}", json.dumps(data if data is not None else {}) if method != "GET" else "",
                content_type="application/json", headers={"Authorization": f"Api-Key {key}"},
            )  # fmt: skip

    return sent


def test_a_deal_goes_its_way_by_rest(send, deal, cast, django_assert_max_num_queries):
    admin = ("admin", "read")
    [pipeline] = send("GET", "pipelines/").json()["results"]
    first, second, third, _ = (stage["id"] for stage in pipeline["stages"])
    asked = send("POST", f"pipeline-stages/{first}/criteria/", {"text": "Pain named"}, scopes=admin).json()
    refused = send("POST", f"deals/{deal.pk}/moves/", {"to": second})
    assert refused.status_code == 409 and refused.json()["code"] == "criteria"
    met = send("PUT", f"deals/{deal.pk}/criteria/{asked['id']}/", {"evidence": "mail of 3 May"}).json()
    assert [(row["met"], row["evidence"]) for row in met["results"]] == [(True, "mail of 3 May")]
    moved = send("POST", f"deals/{deal.pk}/moves/", {"to": third}).json()
    assert (moved["pipeline_stage"], moved["stage_name"], moved["stuck"]) == (third, "Proposal", None)
    stays = send("GET", f"deals/{deal.pk}/moves/").json()["results"]
    assert [(row["stage"], row["skipped"]) for row in stays] == [(first, False), (second, True), (third, False)]
    pushed = send("PATCH", f"deals/{deal.pk}/changes/", {"close_on": "2027-05-01"}).json()
    assert (pushed["pushes"], pushed["close_on"]) == (1, "2027-05-01")
    assert send("PATCH", f"deals/{deal.pk}/changes/", {"amount": {"amount": "5", "currency": "EUR"}}).status_code == 400
    assert send("DELETE", f"deals/{deal.pk}/criteria/{asked['id']}/").json()["results"] == []
    lost = send("POST", f"deals/{deal.pk}/loss/", {"reason": "price"}).json()
    assert (lost["stage"], lost["pipeline_stage"], lost["pipeline"]) == ("lost", None, pipeline["id"])
    assert send("POST", f"deals/{deal.pk}/reopening/").json()["pipeline_stage"] == third
    for n in range(9):
        Deal.objects.create(name=f"More {n}", created_at=NOW, amount=1)
    with django_assert_max_num_queries(12):
        rows = send("GET", f"deals/?pipeline_stage={third}&kind=new").json()["results"]
    assert [row["id"] for row in rows] == [deal.pk]


def test_people_and_joining_by_rest(send, deal, cast):
    ada = Person.objects.create(first_name="Ada", last_name="Byron", email="ada@k.example", company=deal.company)
    second = Lead.objects.create(
        person=ada, company=deal.company, owner=cast.owner, stage="sql", created_at=NOW, sql_at=NOW, stage_at=NOW
    )
    joined = send("POST", f"leads/{second.pk}/conversion/", {"into": deal.pk})
    assert (joined.status_code, joined.json()["id"]) == (200, deal.pk)
    anew = {"amount": {"amount": "5.00", "currency": "USD"}, "close_on": "2027-05-01"}
    again = send("POST", f"leads/{second.pk}/conversion/", anew)
    assert (again.status_code, again.json()["id"]) == (200, deal.pk)  # nothing was made
    named = send("POST", f"deals/{deal.pk}/roles/", {"person": ada.pk, "role": "buyer", "primary": True}).json()
    assert next((r["person"], r["role"], r["primary"]) for r in named["results"]) == (ada.pk, "buyer", True)
    assert send("DELETE", f"deals/{deal.pk}/roles/{ada.pk}/").status_code == 200
    assert send("DELETE", f"deals/{deal.pk}/roles/{deal.person_id}/").status_code == 409
    wrong = send("POST", f"deals/{deal.pk}/roles/", {"person": 999_999, "role": "king"})
    assert wrong.status_code == 400
    assert send("POST", f"leads/{second.pk}/conversion/", {"into": 10**9}).status_code == 400


def test_administrators_keep_pipelines_by_rest(send, deal):
    admin = ("admin", "read")
    made = send("POST", "pipelines/", {"name": "Partners", "stages": ["Intro", "Paper"]}, scopes=admin)
    assert made.status_code == 201
    pipeline = made.json()
    intro, paper = (stage["id"] for stage in pipeline["stages"])
    answers = [
        send("POST", f"pipelines/{pipeline['id']}/stages/", {"name": "Last", "limit_days": 5}, scopes=admin),
        send("PATCH", f"pipeline-stages/{intro}/", {"name": "Hello", "probability": 7}, scopes=admin),
        send("POST", f"pipeline-stages/{intro}/shift/", {"to": "later"}, scopes=admin),
        send("POST", f"pipeline-stages/{paper}/retirement/", {"to": intro}, scopes=admin),
        send("PATCH", f"pipelines/{pipeline['id']}/", {"name": "Allies", "is_default": True}, scopes=admin),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200], answers
    allies = answers[-1].json()
    assert [(stage["name"], stage["limit_days"]) for stage in allies["stages"]] == [("Hello", 14), ("Last", 5)]
    assert send("POST", f"pipeline-stages/{paper}/retirement/", {"to": intro}, scopes=admin).status_code == 409
    assert send("POST", "pipelines/", {"name": "X", "stages": ["One"]}).status_code == 403
    nameless = send("POST", f"pipelines/{pipeline['id']}/stages/", {"name": None}, scopes=admin)
    assert (nameless.status_code, nameless.json()["errors"][0]["field"]) == (400, "name")
    assert send("PATCH", f"pipeline-stages/{intro}/", {"probability": 101}, scopes=admin).status_code == 400
    assert PipelineStage.objects.get(pk=intro).probability == 7
