"""The desk's pages: on the deal, Discounts, Objections, Won and lost, Products; and REST beside them."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from deals import concessions, discounts
from deals.lines import Line, put
from deals.models import Deal, Product
from revops.lib.now import frozen
from tests.api.conftest import Api
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon():
    with frozen(NOW + timedelta(minutes=5)):
        yield


@pytest.fixture
def sold(deal, cast):
    put(deal, [Line("Platform", "annual", 1, 5_000_000, 5_000_000)], by=cast.owner, at=NOW)
    deal.refresh_from_db()
    return deal


def put_json(api, path, data):
    return api.client.put(
        f"/api/v1/{path}", json.dumps(data), content_type="application/json", HTTP_AUTHORIZATION=f"Api-Key {api.key}"
    )


def test_lines_are_typed_with_products_and_one_discount_for_all(deal, cast, signed_in):
    product = Product.objects.create(code="platform", name="Platform", billing="monthly", list_price=100_000)
    client, at = signed_in(cast.owner), f"/deals/{deal.pk}/lines/"
    assert "Platform" in client.get(at).content.decode()
    form = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0", "form-0-product": product.pk, "form-0-quantity": "2",
            "form-1-name": "Training", "form-1-unit_list": "500", "off": "10"}  # fmt: skip
    assert client.post(at, form).status_code == 302
    deal.refresh_from_db()
    assert (deal.list_amount, deal.amount, deal.acv) == (2_450_000, 2_205_000, 2_160_000)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "10% off" in page and "$22,050" in page
    assert client.post(at, form | {"form-1-unit_list": "a lot"}).status_code == 422
    # 10% off 99.99 is 89.991: rounded down it would be more than a rep may give.
    odd = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "0",
        "form-0-name": "Seat",
        "form-0-unit_list": "99.99",
        "off": "10",
    }
    client.post(at, odd)
    deal.refresh_from_db()
    assert deal.amount == 9_000 and discounts.given_away(deal, 0) <= 10


def test_a_discount_is_asked_and_decided_on_pages(sold, cast, signed_in):
    client = signed_in(cast.owner)
    asked = client.post(f"/deals/{sold.pk}/discounts/", {"percent": "15", "why": "They compare us"}, follow=True)
    page = asked.content.decode()
    assert "Ada Okafor decides" in page and "They compare us" in page and "/withdrawal/" in page
    assert "/approval/" not in page
    row = sold.discounts.get()
    assert client.post(f"/deals/discounts/{row.pk}/approval/").status_code == 403
    client = signed_in(cast.manager)
    assert f"/deals/discounts/{row.pk}/approval/" in client.get("/deals/discounts/").content.decode()
    assert "Approve" in client.get("/queue/").content.decode()
    assert client.post(f"/deals/discounts/{row.pk}/refusal/", {"note": ""}).status_code == 422
    client.post(f"/deals/discounts/{row.pk}/approval/")
    row.refresh_from_db()
    assert row.state == "approved"
    assert "Approved up to 15%." in client.get(f"/deals/{sold.pk}/").content.decode()


def test_gives_stand_beside_what_they_keep(sold, cast, signed_in):
    given = concessions.keep(None, give="Premium onboarding", cost=120_000, value=600_000, get="A case study",
                             by=cast.manager, at=NOW)  # fmt: skip
    discounts.ask(sold, percent=Decimal(10), why="x", by=cast.owner, at=NOW)
    client = signed_in(cast.owner)
    assert "keeps $3,800 against 10% off" in client.get(f"/deals/{sold.pk}/").content.decode()
    client.post(f"/deals/{sold.pk}/gives/", {"concession": given.pk})
    row = sold.gives.get()
    assert client.get(f"/deals/gives/{row.pk}/got/").status_code == 200
    assert client.post(f"/deals/gives/{row.pk}/removal/").status_code == 302 and not sold.gives.exists()


@pytest.mark.parametrize("as_whom", ["owner", "viewer", "admin"])
def test_everybody_reads_every_page_of_the_desk(sold, cast, signed_in, as_whom):
    client = signed_in(getattr(cast, as_whom))
    for at in ("/deals/discounts/", "/deals/discounts/?day=2026-08-01", "/deals/objections/", "/deals/losses/",
               "/deals/losses/?by=segment&reason=price&value=smb&days=90", "/deals/products/", f"/deals/{sold.pk}/"):  # fmt: skip
        assert client.get(at).status_code == 200, at
    new = [client.get(at).status_code for at in ("/deals/products/new/", "/deals/discounts/authority/")]
    assert new == ([200, 200] if as_whom == "admin" else [403, 403])
    assert client.get("/deals/concessions/new/").status_code == (200 if as_whom == "admin" else 403)


def test_objection_to_retrospective_on_pages(deal, cast, signed_in):
    client, base = signed_in(cast.owner), f"/deals/{deal.pk}/"
    client.post(f"{base}objections/", {"kind": "price", "words": "Too dear", "wish": "A sheet on return"})
    client.post(f"{base}competitors/", {"competitor": "Globex"})
    page = client.get(base).content.decode()
    assert all(one in page for one in ("Too dear", "A sheet on return", "Globex", 'data-key="b"'))
    one = deal.objections.get()
    client.post(f"/deals/objections/{one.pk}/answer/", {"answer": "Showed the sheet"})
    deal.lose(by=cast.owner, at=NOW + timedelta(minutes=1), reason="price")
    assert "Tell it…" in client.get("/deals/losses/").content.decode()
    client.post(f"{base}retrospective/", {"reason": "no_budget", "lesson": "Ask earlier", "points_at": "scoring"})
    page = client.get("/deals/losses/").content.decode()
    assert "Ask earlier" in page and "No budget" in page and 'href="/scoring/"' in page
    assert "Too dear" in client.get("/deals/objections/?kind=price").content.decode()


def test_the_same_over_rest(sold, cast):
    api = Api("desk", ("work", "admin", "read"))
    base = f"deals/{sold.pk}/"
    line = {"name": "Seats", "billing": "annual", "quantity": 10, "unit_list": "1000.00", "unit_net": "850"}
    answer = put_json(api, f"{base}lines/", {"lines": [line]})
    assert (answer.status_code, answer.json()["amount"], answer.json()["list_amount"]) == (200, "8500.00", "10000.00")
    asked = api.post(f"{base}discounts/", {"percent": "15", "why": "They compare us"}).json()
    assert (asked["state"], asked["level"], asked["approver"]) == ("open", "manager", cast.manager.pk)
    assert api.get("discounts/").json()["results"] == [asked]
    assert api.post(f"discounts/{asked['id']}/approval/", {}).status_code == 403
    assert api.post(f"discounts/{asked['id']}/withdrawal/", {}).json()["state"] == "withdrawn"
    assert api.post(f"{base}objections/", {"kind": "price", "words": "Too dear"}).json()["kind"] == "price"
    made = api.post("concessions/", {"give": "Training", "cost": "100", "value": "900", "get": "A reference",
                                     "currency": "USD", "segments": []})  # fmt: skip
    assert made.status_code == 201
    given = api.post(f"{base}gives/", {"concession": made.json()["id"]}).json()
    assert (given["cost"], given["get"]) == ("100.00", "A reference")
    assert put_json(api, f"{base}retrospective/", {"reason": "price"}).status_code == 409
    assert api.get("deals/losses/?by=segment").json()["deals"] == 0
    levels = [{"level": "manager", "up_to": "25", "approver": cast.other.pk}]
    kept = put_json(api, "discounts/authority/", {"levels": levels}).json()["results"]
    assert {"level": "manager", "up_to": "25.00", "approver": cast.other.pk} in kept
    assert put_json(api, "discounts/authority/", {"levels": [{"level": "rep", "up_to": "90"}]}).status_code == 400
    assert api.get("discounts/unapproved/").json()["unapproved"] == 0
    # The same year of local days as on the page.
    Deal.objects.filter(pk=sold.pk).update(stage="won", amount=100, closed_at=NOW - timedelta(days=364, hours=23))
    with frozen(NOW):
        assert api.get("discounts/unapproved/").json()["won"] == 0
    Deal.objects.filter(pk=sold.pk).update(closed_at=NOW - timedelta(days=363))
    with frozen(NOW):
        assert api.get("discounts/unapproved/").json()["unapproved"] == 1
