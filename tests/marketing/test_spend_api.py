"""Spend and time over REST: batches that can be sent again, and what is refused by name."""

import pytest

from marketing.models import Campaign, LoadedRate, SalesHours, Spend
from tests.api.conftest import Api, fields

pytestmark = pytest.mark.django_db


def test_a_batch_is_kept_once_corrected_later_and_taken_back():
    api = Api("ads", ("read", "work"))
    Campaign.objects.create(code="tour", name="Tour", channel_id="event")
    body = {"source": "ads", "entries": [
        {"month": "2026-11", "channel": "paid_search", "amount": "12000.50", "key": "2026-11/search"},
        {"month": "2026-11", "campaign": "tour", "amount": "800", "key": "2026-11/tour", "note": "hall"},
        {"month": "2026-11", "amount": "99", "key": "crm"},
    ]}  # fmt: skip
    first = api.post("spend/", body).json()
    assert (first["new"], first["changed"]) == (3, 0)
    assert api.post("spend/", body).json()["same"] == 3
    body["entries"] = [{"month": "2026-11", "channel": "paid_search", "amount": "9", "key": "2026-11/search"},
                       {"month": "2026-11", "amount": None, "key": "crm"}]  # fmt: skip
    second = api.post("spend/", body, idem="one").json()
    assert (second["changed"], second["removed"]) == (1, 1)
    assert api.post("spend/", body, idem="one").json() == second
    listed = api.get("spend/", month="2026-11", channel="event").json()["results"]
    assert [(row["campaign"], row["amount"], row["channel"]) for row in listed] == [("tour", "800.00", "event")]
    assert api.post(f"spend/undo/{second['batch']}/").json()["new"] == 1
    assert Spend.objects.get(key="2026-11/search").amount == 1_200_050
    assert api.post(f"spend/undo/{'0' * 32}/").status_code == 409


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"month": "2026-13", "channel": "event", "amount": "1", "key": "a"}, "entries.0.month"),
        ({"month": "2026-11", "channel": "event", "amount": 1, "key": "a"}, "entries.0.amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1"}, "entries.0.key"),
        ({"month": "2026-11", "channel": "event", "key": "a"}, "entries.0.amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1", "key": "a", "who": "x"}, "entries.0.who"),
        ("text", "entries.0"),
    ],
)
def test_a_wrong_entry_refuses_the_batch_and_is_named(entry, field):
    api = Api("ads", ("read", "work"))
    assert field in fields(api.post("spend/", {"source": "ads", "entries": [entry]}))
    unknown = {"month": "2026-11", "channel": "blimp", "amount": "1", "key": "a"}
    assert "entries.0.channel" in fields(api.post("spend/", {"source": "ads", "entries": [unknown]}), 404)
    assert not Spend.objects.exists()


def test_rates_norms_hours_and_margin_over_rest(cast):
    api = Api("hr", ("read", "work", "admin"))

    def put(path, data):
        return api.client.put(f"/api/v1/{path}", data, "application/json", HTTP_AUTHORIZATION=f"Api-Key {api.key}")

    answer = api.post("spend/rates/", {"role": "sales", "hourly": "60.00", "from_on": "2026-01-01"})
    assert answer.json()["rates"][0]["hourly"] == "60.00"
    assert put("spend/norms/", {"minutes": {"call": 20, "sms": None}}).json()["norms"]["call"] == 20
    said = {"month": "2026-11", "user": cast.owner.pk, "hours": "40.5"}
    assert put("spend/hours/", said).json()["hours"] == [{"user": cast.owner.pk, "hours": "40.5"}]
    assert put("spend/margin/", {"gross_margin": "80.5"}).json()["gross_margin"] == "80.50"
    told = api.get("spend/time/", month="2026-11").json()
    assert told["norms"].get("sms") is None and told["hours"][0]["hours"] == "40.5"
    for path, body, field in (
        ("spend/norms/", {"minutes": {"dance": 1}}, "dance"), ("spend/hours/", said | {"hours": "1.55"}, "hours"),
        ("spend/margin/", {"gross_margin": "0"}, "percent"),
        ("spend/margin/", {}, "gross_margin"),
    ):  # fmt: skip
        assert field in fields(put(path, body)), path
    gone = api.client.delete(f"/api/v1/spend/rates/{LoadedRate.objects.get().pk}/",
                             HTTP_AUTHORIZATION=f"Api-Key {api.key}")  # fmt: skip
    assert gone.json()["rates"] == [] and SalesHours.objects.count() == 1
    weak = Api("reader", ("read",))
    assert weak.post("spend/", {"source": "a", "entries": []}).status_code == 403
