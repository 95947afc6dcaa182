"""The engine's health: it fails when a deadline waits unfired, when no pulse beats, when the brake is on."""

from datetime import UTC, datetime, timedelta

import pytest

from journal.models import Brake, Heartbeat
from revops.lib.now import frozen
from sla.models import Clock, Parked

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture
def alive():
    for name in ("pulse", "sender"):
        Heartbeat.objects.create(name=name, at=NOW)


def asked(client, at=NOW):
    with frozen(at):
        answer = client.get("/healthz/engine")
    return answer.status_code, {check["key"]: check for check in answer.json()["checks"]}


def test_all_is_well_while_the_processes_beat_and_nothing_waits(client, cast, alive):
    status, checks = asked(client)
    assert status == 200 and all(check["ok"] for check in checks.values())


def test_sixty_seconds_are_borne_sixty_one_are_not(client, make_lead, alive):
    make_lead(at=NOW - timedelta(minutes=30))
    oldest = Clock.objects.exclude(next_at=None).order_by("next_at").first().next_at
    Heartbeat.objects.update(at=oldest + timedelta(seconds=60))
    assert asked(client, oldest + timedelta(seconds=60))[0] == 200
    status, checks = asked(client, oldest + timedelta(seconds=61))
    assert status == 503 and checks["oldest_due"]["value"] == 61 and not checks["oldest_due"]["ok"]


def test_a_silent_pulse_fails_and_a_silent_sender_only_shows(client, cast, alive):
    Heartbeat.objects.filter(name="sender").update(at=NOW - timedelta(minutes=5))
    status, checks = asked(client)
    assert status == 200 and not checks["sender"]["ok"]
    Heartbeat.objects.filter(name="pulse").update(at=NOW - timedelta(seconds=31))
    assert asked(client)[0] == 503


def test_no_pulse_ever_says_what_to_do(client, cast):
    status, checks = asked(client)
    assert status == 503 and "start a worker" in checks["pulse"]["said"]


def test_the_brake_fails_and_the_page_releases_it(client, signed_in, cast, alive):
    Brake.objects.create(at=NOW, jump=7_200.0, host="db")
    assert asked(client)[0] == 503
    browser = signed_in(cast.admin)
    page = browser.get("/health/").content.decode()
    assert "jumped 7200 s" in page and "The time is right" in page
    browser.post("/health/brake/release/")
    assert Brake.objects.get().released_by == cast.admin
    assert asked(client)[0] == 200


def test_a_parked_clock_is_shown_and_tried_again(client, signed_in, cast, make_lead, alive):
    lead = make_lead(at=NOW)
    clock = Clock.objects.filter(lead=lead).first()
    Parked.objects.create(clock=clock, attempts=5, error="no such luck", first_at=NOW, last_at=NOW, retry_at=None)
    status, checks = asked(client)
    assert status == 200 and not checks["parked"]["ok"]
    browser = signed_in(cast.admin)
    assert "no such luck" in browser.get("/health/").content.decode()
    browser.post(f"/health/parked/{clock.pk}/retry/")
    assert Parked.objects.get().retry_at is not None


def test_only_administrators_see_the_page(signed_in, cast):
    browser = signed_in(cast.owner)
    assert browser.get("/health/").status_code == 403
    assert browser.post("/health/brake/release/").status_code == 403
