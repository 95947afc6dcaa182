"""F33: a jump of the database's clock holds everything until a person says it is right; a laptop's sleep is no jump."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from journal.models import Brake, Entry, Heartbeat
from notify import sender
from revops import brake
from revops.brake import Reading, Watch
from revops.lib.errors import Forbidden
from revops.pulse import Pulse
from tests.ground import drains

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 14, tzinfo=UTC)


@pytest.fixture
def boot(monkeypatch):
    """Time since boot, moved by hand."""
    boot = {"seconds": 1_000.0}
    monkeypatch.setattr(brake, "since_boot", lambda: boot["seconds"])
    return boot


@pytest.fixture
def shift(boot):
    """`shift(hours=2)`: the database's clock is set wrong by so much, for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA shifted; SET LOCAL search_path = shifted, pg_catalog, public")

    def by(**delta):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""CREATE OR REPLACE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
                    $$ SELECT pg_catalog.now() + interval '{timedelta(**delta).total_seconds()} seconds' $$"""
            )

    by()
    return by


def test_f33_a_jump_of_two_hours_holds(shift):
    watch = Watch()
    assert watch.held()[1] is False
    shift(hours=2)
    assert watch.held()[1] is True and watch.held()[1] is True
    [held] = Brake.objects.all()
    assert held.jump == pytest.approx(7_200, abs=1)
    assert Entry.objects.filter(kind="brake.on").count() == 1


def test_a_jump_back_holds_too(shift):
    watch = Watch()
    watch.held()
    shift(hours=-2)
    assert watch.held()[1] is True


def test_sleep_is_no_jump(shift, boot):
    watch = Watch()
    watch.held()
    shift(hours=9)
    boot["seconds"] += 9 * 3_600
    assert watch.held()[1] is False and not Brake.objects.exists()


def test_nine_minutes_are_borne(shift):
    watch = Watch()
    watch.held()
    shift(minutes=9)
    assert watch.held()[1] is False


def test_a_person_says_the_time_is_right(shift, cast):
    watch, other = Watch(), Watch()
    watch.held()
    other.held()
    shift(hours=2)
    assert watch.held()[1] and other.held()[1]
    with pytest.raises(Forbidden):
        brake.release(by=cast.owner, at=AT)
    assert brake.release(by=cast.admin, at=AT) is True
    assert brake.release(by=cast.admin, at=AT) is False
    assert not watch.held()[1] and not other.held()[1], "each pulse takes the new time for right"
    assert Brake.objects.get().released_by == cast.admin


def test_the_clock_put_right_lets_go_by_itself(shift):
    watch = Watch()
    watch.held()
    shift(hours=2)
    watch.held()
    shift()
    assert watch.held()[1] is False
    assert Brake.objects.get().released_at and Brake.objects.get().released_by is None


def test_a_pulse_started_anew_compares_with_the_last_good_reading(shift):
    first = Watch()
    first.held()
    shift(hours=2)
    second = Watch(Reading.kept(first.detail()))
    assert second.held()[1] is True


def test_a_pulse_that_knows_nothing_respects_a_brake(shift):
    watch = Watch()
    watch.held()
    shift(hours=2)
    watch.held()
    assert Watch().held()[1] is True


def test_another_boot_cannot_be_compared():
    assert Reading.kept({"reading": {"at": 1.0, "since_boot": 1.0, "boot": "another", "brake": 0}}) is None
    assert Reading.kept({}) is None


def test_nothing_is_drained_while_it_is_on(shift, monkeypatch):
    monkeypatch.setattr(drains, "asked", [])
    running = Pulse(["tests.ground.drains.good"], interval=0.02)
    running.tick()
    shift(hours=2)
    running.tick()
    running.tick()
    assert drains.asked == ["good"]
    shift()
    running.tick()
    assert drains.asked == ["good", "good"]


def test_the_sender_waits_too(monkeypatch, cast):
    Brake.objects.create(at=AT, jump=7_200.0, host="db")
    running = sender.Sender(clock=lambda: AT)
    monkeypatch.setattr(running, "plan", lambda: pytest.fail("nothing may be planned"))
    assert running.look() == 0
    assert Heartbeat.objects.get(name="sender").at == AT
