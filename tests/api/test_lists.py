"""GET: filters, an allow-list of orderings, and pages that neither skip nor repeat."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from revops.lib.now import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(api) -> list[int]:
    """Seven leads, of which all but the first were made at the same moment."""
    leads = [{"email": f"p{i}@firm{i}.example", "first_name": f"Name{i}", "source": "webinar"} for i in range(7)]
    ids = [item["id"] for item in api.post("leads/batch/", {"leads": leads}).json()["results"]]
    Lead.objects.filter(pk=ids[0]).update(created_at=now() - timedelta(days=9), stage="rejected", reason="bad_data")
    return ids


def walk(api, path, link="next", **params):
    """All pages in turn, following the links."""
    pages, response = [], api.get(path, **params).json()
    while True:
        pages.append([row["id"] for row in response["results"]])
        if response[link] is None:
            return pages
        response = api.client.get(response[link], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()


@pytest.mark.parametrize("ordering", ["created_at", "-created_at", "updated_at", "-updated_at", "id", "-id"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_show_everything_once_in_order(api, seven, ordering, limit):
    pages = walk(api, "leads/", ordering=ordering, limit=limit)
    columns = [ordering.removeprefix("-"), "pk"] if ordering.removeprefix("-") != "id" else ["pk"]
    rows = Lead.objects.order_by(*(("-" if ordering[0] == "-" else "") + column for column in columns))
    assert [pk for page in pages for pk in page] == list(rows.values_list("pk", flat=True))
    assert all(len(page) == limit for page in pages[:-1])


def test_back_is_the_way_one_came(api, seven):
    first = api.get("leads/", limit=3).json()
    second = api.client.get(first["next"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    back = api.client.get(second["previous"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    assert back["results"] == first["results"] and back["previous"] is None and back["next"] is not None


def test_a_new_lead_does_not_shift_the_pages(api, seven):
    first = api.get("leads/", limit=3).json()
    api.post("leads/", {"email": "new@new.example"})
    second = api.client.get(first["next"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


def test_filters(api, seven, cast):
    def found(**params):
        return [row["id"] for row in api.get("leads/", ordering="id", **params).json()["results"]]

    assert found(stage="rejected") == seven[:1]
    assert found(stage="rejected,inquiry") == seven
    assert found(q="name3") == found(q="FIRM3 name3") == [seven[3]]
    assert found(q="name3 firm4") == []
    assert found(owner=cast.owner.pk) == []
    assert found(source=Lead.objects.get(pk=seven[1]).source_id) == seven
    assert found(cell=Lead.objects.get(pk=seven[1]).cell) == seven
    later = (now() + timedelta(seconds=1)).isoformat()
    assert found(updated_after=later) == []
    assert found(updated_after=(now() - timedelta(hours=1)).isoformat()) == seven


def test_a_cursor_of_another_ordering_is_refused(api, seven):
    link = api.get("leads/", limit=2).json()["next"]
    response = api.client.get(f"{link}&ordering=id", HTTP_AUTHORIZATION=f"Api-Key {api.key}")
    assert response.status_code == 400


def test_a_page_costs_three_statements_however_long(api, seven):
    for limit in (1, 7):
        with CaptureQueriesContext(connection) as seen:
            api.get("leads/", limit=limit)
        assert len(seen) == 3  # who asks, which leads, the leads


def test_one_lead_with_its_panels(api):
    pk = api.post("leads/", {"email": "grace@harborpine.example", "hand_raise": "demo", "message": "Hi"}).json()["id"]
    found = api.get(f"leads/{pk}/").json()
    row = api.get("leads/").json()["results"][0]
    assert {name: found[name] for name in row} == row
    assert found["message"] == "Hi" and found["attributes"] == {"person": {}, "company": {}, "lead": {}}
    assert found["firm"]["domain"] == "harborpine.example" and found["deals"] is None


def test_everyone_signed_in_reads(cast, signed_in):
    for who in ("owner", "marketer", "viewer"):
        assert signed_in(getattr(cast, who)).get("/api/v1/leads/").status_code == 200
