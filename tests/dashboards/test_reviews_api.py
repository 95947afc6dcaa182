"""Reviews and walls by REST: the same verbs, the same refusals."""

from datetime import timedelta

import pytest

from dashboards.meetings import erasing
from dashboards.meetings.models import Decision
from deals.models import Deal, PipelineStage, Stint

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(make_lead, make_deal, cast, ago, organisation):
    lead = make_lead(ago(90), mql_at=ago(89), opportunity_at=ago(60), owner=cast.owner)
    deal = make_deal(ago(60), lead=lead, person=lead.person, company=lead.company, owner=cast.owner, amount=5_000)
    stage = PipelineStage.objects.get(name="Proposal")
    Deal.objects.filter(pk=deal.pk).update(pipeline=stage.pipeline, pipeline_stage=stage, stage_at=ago(30))
    Stint.objects.create(deal=deal, stage=stage, entered_at=ago(30))
    return deal


def test_a_review_by_rest(stuck, cast, client, frozen, now):
    def post(path, body=None, **more):
        return client.post(f"/api/v1/{path}", body or {}, content_type="application/json", **more)

    with frozen(now):
        client.force_login(cast.owner)
        assert post("reviews/", {"kind": "pipeline"}).status_code == 403
        client.force_login(cast.manager)
        made = post("reviews/", {"kind": "pipeline"}, headers={"Idempotency-Key": "a"})
        assert made.status_code == 201 and post("reviews/", {"kind": "pipeline"}).json()["id"] == made.json()["id"]
        pk, topic = made.json()["id"], f"deal-{stuck.pk}"
        whole = client.get(f"/api/v1/reviews/{pk}/").json()
        assert [one["topic"] for one in whole["slides"]] == ["week", topic]
        assert whole["slides"][1]["facts"][0]["value"] == "$5k"
        assert client.get("/api/v1/reviews/?kind=pipeline").json()["results"][0]["id"] == pk
        given = {"topic": topic, "text": "Call them", "owner": cast.owner.pk, "due_on": "2026-12-01", "as_step": True}
        kept = post(f"reviews/{pk}/decisions/", given).json()
        assert (kept["deal"], kept["text"]) == (stuck.pk, "Call them")
        assert post(f"reviews/{pk}/decisions/", given | {"owner": 0}).status_code == 400
        assert post(f"reviews/{pk}/proposals/", {"topic": topic, "take": True}).status_code == 201
        assert post(f"reviews/{pk}/proposals/", {"topic": "week", "take": True}).status_code == 400
        assert post(f"reviews/decisions/{kept['id']}/done/", {"done": True}).json()["done_at"]
        assert post(f"reviews/decisions/{kept['id']}/done/", {"done": "yes"}).status_code == 400
        assert post(f"reviews/{pk}/closing/").json()["closed_at"]
        assert post(f"reviews/{pk}/decisions/", given | {"text": "Late"}).status_code == 409


def test_what_was_decided_over_somebody_goes_with_them(stuck, cast, client, frozen, now):
    with frozen(now):
        client.force_login(cast.manager)
        pk = client.post("/api/v1/reviews/", {"kind": "pipeline"}, content_type="application/json").json()["id"]
        person = stuck.person
        for topic, text in (
            (f"deal-{stuck.pk}", "Call the CFO"),
            ("week", f"Thank {person}"),
            ("week", "Hire one more"),
        ):
            client.post(f"/reviews/{pk}/decisions/", {"topic": topic, "text": text, "owner": cast.owner.pk,
                                                      "due_on": "2026-12-01"})  # fmt: skip
    erasing.erase([person.pk], [stuck.lead_id], at=now + timedelta(hours=1))
    assert list(Decision.objects.order_by("id").values_list("text", flat=True)) == [
        erasing.GONE,
        erasing.GONE,
        "Hire one more",
    ]


def test_walls_by_rest_are_for_administrators(cast, client, frozen, now, organisation):
    with frozen(now):
        client.force_login(cast.manager)
        assert client.get("/api/v1/walls/").status_code == 403
        client.force_login(cast.admin)
        made = client.post("/api/v1/walls/", {"name": "Floor"}, content_type="application/json").json()
        assert "/wall/" in made["address"] and client.get(made["address"]).status_code == 200
        board = client.get(f"/api/v1/walls/{made['id']}/board/").json()
        assert [tile["key"] for tile in board["tiles"]] == [
            "late",
            "in-time",
            "delivered",
            "deadline",
            "goal",
            "rejected",
        ]
        assert "address" not in client.get("/api/v1/walls/").json()["results"][0]
        gone = client.post(f"/api/v1/walls/{made['id']}/revocation/", {}, content_type="application/json")
        assert gone.json()["revoked_at"] and client.get(made["address"]).status_code == 404
