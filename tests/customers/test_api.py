"""Customers over REST: found, read, worked on, and told of in batches."""

from datetime import timedelta

import pytest

from customers.models import Customer, HealthReading, PromiseMade, SubscriptionMovement, Term
from deals.models import Deal
from tests.api.conftest import api, fields, make_api, problem  # noqa: F401
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_day_later(frozen):
    with frozen(NOW + timedelta(days=9)):
        yield


def test_a_handover_from_empty_to_won(api, fresh, csm, cast):  # noqa: F811
    path = f"deals/{fresh.pk}/handover/"
    found = api.get(path).json()
    assert (found["state"], found["filled"], found["required"], len(found["items"])) == ("open", 0, 8, 8)
    assert fields(api.post(path, {"answers": {"weather": "fine"}})) == {"weather": "unknown"}
    assert fields(api.post(path, {"answers": {"goals": None}})) == {"answers.goals": "required"}
    found = api.post(path, {"answers": {item["key"]: "As agreed" for item in found["items"]}}).json()
    assert (found["filled"], found["missing"]) == (8, [])
    assert fields(api.post(f"{path}manager/", {"csm": cast.viewer.pk})) == {"csm": "not_success"}
    assert api.post(f"{path}manager/", {"csm": csm.pk}).json()["csm"] == csm.pk
    promise = api.post(f"deals/{fresh.pk}/promises/", {"text": "Single sign-on", "due_on": "2027-03-01"}).json()
    assert problem(api.post(f"deals/{fresh.pk}/win/"), 409)["code"] == "guard"
    assert api.post(f"{path}return/", {"gaps": "Who pays?"}).json()["state"] == "returned"
    assert api.post(f"{path}acceptance/").json()["state"] == "accepted"
    assert api.post(f"deals/{fresh.pk}/win/").json()["stage"] == "won"
    assert api.post(f"promises/{promise['id']}/keeping/").json()["kept_at"]
    assert PromiseMade.objects.get().kept_by == api.user


def test_one_customer_from_onboarding_to_gone_and_back(api, customer, csm):  # noqa: F811
    path = f"customers/{customer.pk}/"
    assert [row["id"] for row in api.get("customers/", status="onboarding", csm=csm.pk).json()["results"]] == [
        customer.pk
    ]
    assert api.get("customers/", status="churned").json()["results"] == []
    found = api.get(path).json()
    assert (found["monthly"], found["health"]["score"], len(found["steps"])) == (
        {"amount": "2000.00", "currency": "USD"}, None, 6)  # fmt: skip
    assert api.post(f"onboarding-steps/{found['steps'][0]['id']}/done/").json()["steps"][0]["done_at"]
    assert len(api.post(f"{path}steps/", {"title": "Train", "due_on": "2026-12-24"}).json()["steps"]) == 7
    assert fields(api.post(f"{path}first-value/", {"what": "x", "seen_at": "2030-01-01T00:00:00Z"})) == {
        "seen_at": "future"}  # fmt: skip
    assert (
        api.post(f"{path}first-value/", {"what": "Live", "seen_at": "2026-12-01T09:00:00Z"}).json()["first_value"]
        == "Live"
    )
    terms = api.post(f"{path}terms/", {"starts_on": "2026-12-01", "renews_on": "2027-12-01"}).json()["terms"]
    deal = api.post(f"terms/{terms[-1]['id']}/renewal/").json()["deal"]
    assert (Deal.objects.get(pk=deal).kind, api.post(f"terms/{terms[-1]['id']}/renewal/").json()["deal"]) == (
        "renewal",
        deal,
    )
    assert api.post(f"{path}expansion/", {"amount": {"amount": "900.00", "currency": "USD"}, "close_on": "2027-02-01"}
                    ).status_code == 201  # fmt: skip
    gone = api.post(f"{path}leaving/", {"reason": "price"}).json()
    assert (gone["status"], gone["monthly"]["amount"], gone["churn_reason"]) == ("churned", "0.00", "price")
    assert fields(api.post(f"{path}return/", {})) == {"monthly": "required"}
    nothing = {"monthly": {"amount": "0.00", "currency": "USD"}}
    assert api.post(f"{path}return/", nothing).status_code == 400
    back = api.post(f"{path}return/", {"monthly": {"amount": "1500.00", "currency": "USD"}}).json()
    assert (back["status"], back["monthly"]["amount"]) == ("active", "1500.00")
    problem(api.get("customers/999999/"), 404)


def test_readings_and_movements_come_in_batches_kept_once(api, customer, cast, make_api):  # noqa: F811
    readings = [{"customer": customer.pk, "component": "usage", "value": 80, "at": "2026-12-01T00:00:00Z"}] * 2
    assert [api.post("health-readings/", {"readings": readings}).json()["new"] for _ in range(2)] == [1, 0]
    assert HealthReading.objects.get().source == "api"
    assert fields(api.post("health-readings/", {"readings": [{**readings[0], "value": 900}]})) == {
        "readings.0.value": "not_a_whole_number"}  # fmt: skip
    problem(api.post("health-readings/", {"readings": [{**readings[0], "customer": 999_999}]}), 404)
    move = {"customer": customer.pk, "key": "e1", "subscription": "s1", "currency": "USD", "before": 0, "after": 900_000,
            "occurred_at": "2026-12-02T00:00:00Z"}  # fmt: skip
    body = {"source": "billing", "movements": [move]}
    for changed, name in (({"currency": "usd"}, "movements.0.currency"), ({"before": 900_000}, "movements.0.after")):
        assert name in fields(api.post("movements/", {"source": "billing", "movements": [{**move, **changed}]}))
    assert fields(api.post("movements/", {"source": "deals", "movements": [move]})) == {"source": "reserved"}
    assert [api.post("movements/", body).json()["new"] for _ in range(2)] == [1, 0]
    kept = SubscriptionMovement.objects.get()
    assert (kept.source, kept.company_id, kept.by) == ("billing", customer.company_id, api.user), (
        "what deals told is replaced"
    )
    gone = {**move, "key": "e2", "before": 900_000, "after": 0, "occurred_at": "2026-12-03T00:00:00Z"}
    api.post("movements/", {"source": "billing", "movements": [gone]})
    assert Customer.objects.get().status == "churned" and Term.objects.exists()
    reader = make_api("reader", ("read",))
    problem(reader.post("movements/", body), 403)
    problem(reader.post(f"customers/{customer.pk}/leaving/", {"reason": "price"}), 403)
