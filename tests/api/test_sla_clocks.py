"""REST: clocks in pages, chosen by what people ask for, and one with its receipt."""

from datetime import UTC, datetime, timedelta

import pytest

from sla import policies
from sla.due import drain
from sla.models import Clock, Pause
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_policies():
    policies.forget()
    yield
    policies.forget()


@pytest.fixture
def leads(make_lead, cast, frozen):
    """A hot lead of the owner and one of another team's, ten minutes old."""
    mine = make_lead("Marcus Hale", owner=cast.owner, at=NOW - timedelta(minutes=10))
    theirs = make_lead("Ana Silva", owner=cast.other, at=NOW - timedelta(minutes=2))
    with frozen(NOW):
        yield mine, theirs


def found(api, **asked):
    page = api.get("sla/clocks/", **asked)
    assert page.status_code == 200, page.content
    return page.json()["results"]


def test_all_clocks_newest_first_in_pages(api, leads, django_assert_num_queries):
    total = Clock.objects.count()
    first = api.get("sla/clocks/", limit=5).json()
    ids = [row["id"] for row in first["results"]]
    assert ids == sorted(Clock.objects.values_list("pk", flat=True), reverse=True)[:5]
    rest = api.client.get(first["next"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    assert len(rest["results"]) == total - 5 and rest["next"] is None
    with django_assert_num_queries(2):  # the key, the page
        found(api)


def test_they_are_chosen_by_lead_owner_team_target_tier_and_due(api, leads, cast):
    mine, theirs = leads
    assert {row["lead"] for row in found(api, lead=mine.pk)} == {mine.pk}
    assert {row["owner"] for row in found(api, owner=cast.other.pk)} == {cast.other.pk}
    assert {row["lead"] for row in found(api, team=cast.midwest.pk)} == {mine.pk}
    assert {row["target"] for row in found(api, target="disposition")} == {"disposition"}
    assert {row["target"] for row in found(api, tier="hot")} == {"first_response"}
    soon = found(api, state="running", due_after=NOW.isoformat(), due_before=(NOW + timedelta(hours=1)).isoformat())
    assert {(row["lead"], row["target"]) for row in soon} == {(theirs.pk, "first_response")}
    assert found(api, deal=1) == []


def test_states_are_as_of_now_whether_or_not_anybody_noticed(api, leads):
    mine, theirs = leads
    late = found(api, state="overdue")
    assert {(row["lead"], row["target"]) for row in late} == {(mine.pk, "first_response")}
    assert all(row["breached_at"] == row["due_at"] for row in late)
    drain(NOW, 100)
    assert len(found(api, state="overdue")) == len(late)
    running = found(api, state="running", target="first_response")
    assert {row["lead"] for row in running} == {theirs.pk}
    assert {row["target"] for row in found(api, state="met")} == {"assignment"}
    Clock.objects.filter(lead=theirs, target="disposition").update(phase="paused", due_at=None, next_at=None)
    assert [row["state"] for row in found(api, state="paused")] == ["paused"]


@pytest.mark.parametrize(("name", "value"), [
    ("state", "late"), ("target", "lunch"), ("owner", "me"), ("team", "0"), ("due_after", "soon"), ("limit", "0"),
    ("colour", "red"), ("tier", "warm"),
])  # fmt: skip
def test_a_wrong_parameter_is_named(api, name, value):
    assert set(fields(api.get("sla/clocks/", **{name: value}))) == {name}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+18:57", "9999-12-31T23:59:59-18:57", "2026-11-24T15:00:00Z"])
def test_any_moment_of_iso_8601_can_be_asked_for(api, leads, moment):
    assert isinstance(found(api, due_before=moment), list)


def test_one_clock_comes_with_its_receipt_and_pauses(api, leads):
    clock = Clock.objects.get(lead=leads[0], target="disposition")
    Pause.objects.create(clock=clock, reason="legal_hold", from_at=NOW - timedelta(minutes=5), to_at=NOW)
    told = api.get(f"sla/clocks/{clock.pk}/").json()
    assert (told["id"], told["lead"], told["deal"], told["state"]) == (clock.pk, leads[0].pk, None, "running")
    assert told["receipt"]["policy"] == "Accepted, rejected or recycled"
    assert [pause["reason"] for pause in told["pauses"]] == ["legal_hold"]
    problem(api.get("sla/clocks/999999/"), 404)
