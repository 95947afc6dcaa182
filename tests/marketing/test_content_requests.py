"""What sales asks marketing for: a first answer within four open hours, whoever gives it; done with an address."""

from datetime import UTC, datetime, timedelta

import pytest

from marketing import requests
from marketing.models import ContentRequest
from notify.models import Notice
from revops.lib.errors import Forbidden, Invalid, Refused
from revops.lib.now import frozen
from sla import due
from sla.models import Clock
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 10, tzinfo=UTC)


def later(hours):
    return AT + timedelta(hours=hours)


@pytest.fixture
def asked(cast):
    return requests.ask("A page on data residency", why="Three deals ask", by=cast.owner, at=AT)


def test_asking_tells_marketing_and_owes_an_answer_in_four_hours(asked, cast):
    clock = Clock.objects.get()
    assert (clock.content_request, clock.target, clock.seconds) == (asked, "content", 4 * 3600)
    assert list(Notice.objects.values_list("user_id", "kind", "subject_kind")) == [
        (cast.marketer.pk, "content.asked", "content_request")
    ]
    assert (requests.owed_count(cast.marketer), requests.owed_count(cast.owner)) == (1, 0)
    assert requests.ask(" A page on data residency", why="x", by=cast.owner, at=later(1)) == asked, "twice is once"
    with pytest.raises(Forbidden):
        requests.ask("x", by=cast.viewer, at=AT)
    with pytest.raises(Invalid):
        requests.ask(" ", by=cast.owner, at=AT)


def test_taking_is_no_answer_and_the_first_answer_keeps_the_promise(asked, cast):
    requests.take(asked, by=cast.marketer, at=later(1))
    clock = Clock.objects.get()
    assert (clock.phase, clock.owner) == ("running", cast.marketer)
    with pytest.raises(Forbidden):
        requests.answer(asked, text="No", by=cast.owner, at=later(1))
    answered = requests.answer(asked, text="On Friday", by=cast.marketer, at=later(2))
    assert (answered.answered_at, answered.state) == (later(2), "taken")
    clock.refresh_from_db()
    assert (clock.outcome, clock.stopped_at) == ("met", later(2))
    made = requests.finish(asked, url="https://acme.example/residency", by=cast.marketer, at=later(30))
    assert (made.state, made.answered_at, made.closed_at) == ("done", later(2), later(30))
    assert requests.finish(asked, url="https://acme.example/residency", by=cast.marketer, at=later(31)).pk == made.pk
    with pytest.raises(Refused):
        requests.decline(asked, why="Late", by=cast.marketer, at=later(31))
    assert set(Notice.objects.filter(user=cast.owner).values_list("kind", flat=True)) == {
        "content.answered", "content.done"
    }  # fmt: skip


@pytest.mark.parametrize("url", ["javascript:alert(1)", "acme", "https://", "http://[", ""])
def test_what_is_done_has_an_address(asked, cast, url):
    with pytest.raises(Invalid):
        requests.finish(asked, url=url, by=cast.marketer, at=later(1))


def test_late_is_late_and_somebody_hears_of_it(asked, cast):
    at = Clock.objects.get().due_at
    while due.drain(at + timedelta(minutes=1), 10):
        pass
    told = Notice.objects.filter(kind__startswith="clock.", subject_kind="content_request")
    assert told.exists() and told.first().subject_id == asked.pk
    requests.decline(asked, why="Not this quarter", by=cast.marketer, at=at + timedelta(hours=1))
    clock = Clock.objects.get()
    assert (clock.outcome, clock.breached_at) == ("met_late", at)


def test_the_desk_lists_by_the_clock_in_a_fixed_number_of_queries(
    asked, cast, signed_in, django_assert_max_num_queries
):
    for n in range(5):
        requests.ask(f"Sheet {n}", by=cast.owner, at=later(n / 10))
    client = signed_in(cast.marketer)
    with frozen(later(1)):
        with django_assert_max_num_queries(14):
            page = client.get("/content/").content.decode()
        assert page.index("data residency") < page.index("Sheet 0") < page.index("Sheet 4")
        assert "Take" in client.get(f"/content/{asked.pk}/").content.decode()
        assert client.post(f"/content/{asked.pk}/taking/").status_code == 302
        assert client.post(f"/content/{asked.pk}/answer/", {"text": "On Friday"}).status_code == 302
        assert client.post(f"/content/{asked.pk}/completion/", {"url": "nowhere"}).status_code == 422
        assert client.post(f"/content/{asked.pk}/refusal/", {"why": "No budget"}).status_code == 302
        assert "No budget" in client.get(f"/content/{asked.pk}/").content.decode()
        assert "data residency" in client.get("/content/?view=closed").content.decode()
        client = signed_in(cast.owner)
        assert client.get(f"/content/{asked.pk}/answer/").status_code == 403
        assert client.post("/content/new/", {"title": "A price sheet"}).status_code == 302
        assert "A price sheet" in client.get("/content/?view=mine").content.decode()
    assert ContentRequest.objects.count() == 7


def test_the_same_over_rest(cast):
    api = Api("content", ("work", "read"))
    made = api.post("content-requests/", {"title": "A sheet", "why": "They ask"})
    assert made.status_code == 201
    base = f"content-requests/{made.json()['id']}/"
    assert api.post(f"{base}taking/", {}).json()["state"] == "taken"
    assert api.post(f"{base}answer/", {"text": "On Friday"}).json()["answer"] == "On Friday"
    assert api.post(f"{base}completion/", {"url": "https://acme.example/a"}).json()["state"] == "done"
    assert api.post(f"{base}refusal/", {"why": "x"}).status_code == 409
    assert [row["title"] for row in api.get("content-requests/?state=done").json()["results"]] == ["A sheet"]
    assert api.post("content-requests/", {"title": "A sheet", "deal": 999}).status_code == 404
