"""REST: pause, resume and merge, each done once however often it is sent."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from leads.models import Lead
from sla.models import Clock, Pause
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(make_lead):
    """The decision clock of a lead: it may be paused."""
    lead = make_lead("Marcus Hale", at=timezone.now())
    return Clock.objects.get(lead=lead, target="disposition")


def in_hours(hours: float) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def test_pause_and_resume(clock, api):
    asked = {"reason": "prospect_asked", "until": in_hours(5), "note": "Tomorrow"}
    answer = api.post(f"sla/clocks/{clock.pk}/pause/", asked)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["state"], told["due_at"]) == ("paused", None)
    assert datetime.fromisoformat(told["resume_at"]) == datetime.fromisoformat(asked["until"])
    told = api.post(f"sla/clocks/{clock.pk}/resume/").json()
    assert told["state"] == "running"
    assert datetime.fromisoformat(told["due_at"]) > clock.due_at


def test_a_pause_sent_twice_is_one(clock, api):
    asked = {"reason": "legal_hold", "until": in_hours(5)}
    first = api.post(f"sla/clocks/{clock.pk}/pause/", asked, idem="once")
    again = api.post(f"sla/clocks/{clock.pk}/pause/", asked, idem="once")
    assert first.json() == again.json() and Pause.objects.count() == 1
    api.post(f"sla/clocks/{clock.pk}/resume/", idem="on")
    api.post(f"sla/clocks/{clock.pk}/resume/", idem="on")
    api.post(f"sla/clocks/{clock.pk}/resume/")
    assert Pause.objects.filter(to_at=None).count() == 0


def test_what_is_wrong_is_named(clock, api):
    path = f"sla/clocks/{clock.pk}/pause/"
    assert fields(api.post(path, {})) == {"reason": "required"}
    assert fields(api.post(path, {"reason": "tea"})) == {"reason": "invalid_choice"}
    assert fields(api.post(path, {"reason": "legal_hold", "until": "tomorrow"})) == {"until": "invalid_moment"}
    assert fields(api.post(path, {"reason": "legal_hold", "until": in_hours(-1)})) == {"until": "past"}
    assert fields(api.post(path, {"reason": "legal_hold", "wheel": 1})) == {"wheel": "unknown_field"}
    assert problem(api.post(path, {"reason": "legal_hold"}), 403)["code"] == "too_long"
    assert not Pause.objects.exists()


def test_a_hot_response_is_refused_with_a_sentence(clock, api):
    hot = Clock.objects.get(lead=clock.lead, target="first_response", scope="lead")
    said = problem(api.post(f"sla/clocks/{hot.pk}/pause/", {"reason": "legal_hold", "until": in_hours(1)}), 409)
    assert said["code"] == "never_paused" and "can’t be paused" in said["detail"]


def test_only_keys_that_may_work(clock, make_api):
    reader = make_api("reader", scopes=["read"])
    problem(reader.post(f"sla/clocks/{clock.pk}/pause/", {"reason": "legal_hold"}), 403)
    problem(reader.post(f"leads/{clock.lead_id}/merge/", {"lead": clock.lead_id}), 403)


def test_no_such_clock(api):
    for pk in (9_999_999, 2**63):
        problem(api.post(f"sla/clocks/{pk}/pause/", {"reason": "legal_hold"}), 404)


def test_merge(clock, make_lead, api):
    other = make_lead("Marc Hale", at=timezone.now())
    path = f"leads/{clock.lead_id}/merge/"
    first = api.post(path, {"lead": other.pk}, idem="one")
    assert first.status_code == 200, first.content
    assert first.json()["id"] == clock.lead_id
    assert api.post(path, {"lead": other.pk}, idem="one").json() == first.json()
    assert Lead.objects.get(pk=other.pk).stage == "merged"
    assert api.get(f"leads/{other.pk}/").json()["stage"] == "merged"


def test_what_is_wrong_with_a_merge_is_named(clock, api):
    path = f"leads/{clock.lead_id}/merge/"
    assert fields(api.post(path, {})) == {"lead": "required"}
    assert fields(api.post(path, {"lead": "x"})) == {"lead": "not_a_whole_number"}
    assert fields(api.post(path, {"lead": 9_999_999})) == {"lead": "unknown_lead"}
    assert fields(api.post(path, {"lead": clock.lead_id})) == {"lead": "same"}
