"""The dialogs of pause, resume, merge and bench: what happens to the clock is said before the button."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Lead
from sla.models import Clock, Pause
from teams.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lead(make_lead, now):
    return make_lead("Marcus Hale", at=now)


@pytest.fixture
def clock(lead):
    return Clock.objects.get(lead=lead, target="disposition")


def test_the_lead_page_offers_what_may_be_paused_and_to_whom(lead, clock, cast, signed_in):
    hot = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    page = signed_in(cast.owner).get(f"/leads/{lead.pk}/").content.decode()
    assert f"/clocks/{clock.pk}/pause/" in page and f"/clocks/{hot.pk}/pause/" not in page
    assert f"/clocks/{clock.pk}/pause/" not in signed_in(cast.viewer).get(f"/leads/{lead.pk}/").content.decode()


def test_pause_says_what_it_does_and_does_it(lead, clock, cast, signed_in, now):
    browser = signed_in(cast.owner)
    page = browser.get(f"/clocks/{clock.pk}/pause/").content.decode()
    assert "The prospect asked for a time" in page and "Legal hold" in page
    assert "left and goes on with it" in page and "business days" in page
    until = (now + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    answer = browser.post(f"/clocks/{clock.pk}/pause/?next=/leads/{lead.pk}/", {"reason": "prospect_asked",
                          "until": until, "note": "Tomorrow"}, follow=True)  # fmt: skip
    assert "Decision is paused until" in answer.content.decode()
    assert Pause.objects.get().note == "Tomorrow"
    page = browser.get(f"/leads/{lead.pk}/").content.decode()
    assert f"/clocks/{clock.pk}/resumption/" in page
    assert "goes on now and is due" in browser.get(f"/clocks/{clock.pk}/resumption/").content.decode()
    answer = browser.post(f"/clocks/{clock.pk}/resumption/", follow=True)
    assert "Decision counts again, due" in answer.content.decode()
    assert Clock.objects.get(pk=clock.pk).phase == "running"


@pytest.mark.parametrize(("given", "status", "said"), [
    ({}, 422, "Choose a reason"),
    ({"reason": "prospect_asked"}, 403, "needs the team’s manager"),
    ({"reason": "prospect_asked", "until": "2020-01-01T10:00"}, 400, "must be after now"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_the_dialog(clock, cast, signed_in, given, status, said):
    answer = signed_in(cast.owner).post(f"/clocks/{clock.pk}/pause/", given)
    assert answer.status_code == status and said in answer.content.decode()
    assert not Pause.objects.exists()


def test_a_hot_response_cannot_be_asked_for(lead, cast, signed_in):
    hot = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    answer = signed_in(cast.owner).get(f"/clocks/{hot.pk}/pause/")
    assert answer.status_code == 409 and "can’t be paused" in answer.content.decode()


def test_others_and_strangers_are_turned_away(clock, cast, client, signed_in):
    assert client.get(f"/clocks/{clock.pk}/pause/").status_code == 302
    for who in (cast.other, cast.viewer):
        assert signed_in(who).get(f"/clocks/{clock.pk}/pause/").status_code == 403
        assert signed_in(who).post(f"/clocks/{clock.pk}/resumption/").status_code == 403
    assert signed_in(cast.owner).get("/clocks/999999/pause/").status_code == 404


def test_merge_is_searched_chosen_and_done(lead, make_lead, cast, signed_in, now):
    other = make_lead("Marc Hale", at=now)
    browser = signed_in(cast.owner)
    page = browser.get(f"/leads/{lead.pk}/").content.decode()
    assert f"/leads/{lead.pk}/merging/" in page
    page = browser.get(f"/leads/{lead.pk}/merging/").content.decode()
    assert "keeps the earliest start" in page
    answer = browser.post(f"/leads/{lead.pk}/merging/", {"who": "marc.hale"})
    assert answer.status_code == 422 and "Choose who it is" in answer.content.decode()
    assert f'value="{other.pk}"' in answer.content.decode() and "owner Jonah Reyes" in answer.content.decode()
    assert "Nobody else is known" in browser.post(f"/leads/{lead.pk}/merging/", {"who": "zzzz"}).content.decode()
    answer = browser.post(f"/leads/{lead.pk}/merging/", {"who": "marc.hale", "lead": other.pk}, follow=True)
    assert "Marc Hale is part of Marcus Hale now." in answer.content.decode()
    tombstone = browser.get(f"/leads/{other.pk}/").content.decode()
    assert "This record goes on as Marcus Hale" in tombstone and f'href="/leads/{lead.pk}/"' in tombstone
    assert Lead.objects.get(pk=other.pk).stage == "merged"


def test_a_number_finds_a_lead(lead, make_lead, cast, signed_in, now):
    other = make_lead("Somebody Else", at=now)
    answer = signed_in(cast.admin).post(f"/leads/{lead.pk}/merging/", {"who": f"#{other.pk}"})
    assert f'value="{other.pk}"' in answer.content.decode()


def test_merging_what_is_anothers_is_refused(lead, make_lead, cast, signed_in, now):
    other = make_lead("Marc Hale", at=now, owner=cast.other)
    answer = signed_in(cast.owner).post(f"/leads/{lead.pk}/merging/", {"who": "marc.hale", "lead": other.pk})
    assert answer.status_code == 403 and "owner of both" in answer.content.decode()


def test_the_manager_takes_somebody_out_of_rotation(cast, signed_in):
    browser = signed_in(cast.manager)
    assert "its clocks run on" in browser.get(f"/people/{cast.owner.pk}/bench/").content.decode()
    browser.post(f"/people/{cast.owner.pk}/bench/")
    assert User.objects.get(pk=cast.owner.pk).benched_at is not None
    assert "Back in rotation" in browser.get(f"/people/{cast.owner.pk}/bench/").content.decode()
    browser.post(f"/people/{cast.owner.pk}/bench/")
    assert User.objects.get(pk=cast.owner.pk).benched_at is None
    assert signed_in(cast.teammate).post(f"/people/{cast.owner.pk}/bench/").status_code == 403
