"""The pulse keeps time with the database alone, whatever happens to broker, worker, connection or a drain."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection

from journal.models import Heartbeat
from revops import pulse
from revops.lib.now import now
from revops.pulse import LOT, Pulse
from tests import cluster
from tests.ground import drains
from tests.processes import alive, wait_for

HERE = "tests.ground.drains."


@pytest.fixture
def make(monkeypatch):
    monkeypatch.setattr(drains, "asked", [])
    monkeypatch.setattr(drains, "left", {"long": 0})
    return lambda *names: Pulse([HERE + name for name in names], interval=0.02)


def beating():
    return Heartbeat.objects.filter(name="pulse").first()


def fresh_beat(than=None):
    found = beating()
    return found if found and (than is None or found.detail["pid"] != than) else None


def test_full_lots_are_followed_by_more_and_others_have_their_turn(db, make):
    drains.left["long"] = 2 * LOT + 5
    assert make("long", "good").tick() == 2 * LOT + 5
    assert drains.asked == ["long", "good", "long", "long"]


def test_a_broken_drain_stops_nobody_and_rests_ever_longer(db, make, caplog):
    running = make("broken", "missing", "good")
    running.tick()
    running.tick()
    assert drains.asked == ["broken", "good", "good"]
    running.resting[HERE + "broken"].until = 0
    running.tick()
    assert drains.asked.count("broken") == 2
    assert running.resting[HERE + "broken"].failures == 2
    assert "this drain is broken" in caplog.text
    assert beating().detail["failing"] == [HERE + "broken", HERE + "missing"]


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_costs_one_look(make, caplog):
    running = make("asks_the_database")
    running.tick()
    with cluster.connect() as admin, admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    admin.close()
    running.tick()
    running.beat_at = 0
    running.tick()
    assert beating().at > now() - timedelta(seconds=5)
    assert not running.resting[HERE + "asks_the_database"].failures, "deadlines must not wait for a rest"


def test_it_stops_when_its_parent_is_another_now(db, make):
    running = make("good")
    running.parent = os.getppid() + 1
    running.run()
    assert drains.asked == []


def test_missed_ticks_are_skipped_not_made_up(db, make, monkeypatch):
    running = make("good")
    ticks = []

    def slow_once():
        ticks.append(time.monotonic())
        if len(ticks) == 1:
            time.sleep(0.2)
        if len(ticks) == 4:
            running.stopping = True

    monkeypatch.setattr(running, "tick", slow_once)
    running.run()
    assert ticks[3] - ticks[1] > 0.025, "ten missed ticks would have come in a burst"


def test_it_ticks_without_a_broker_and_leaves_on_sigterm(processes):
    began = time.monotonic()
    by_hand = processes.start("pulse")
    wait_for(beating, what="the first heartbeat")
    assert time.monotonic() - began < 30
    by_hand.send_signal(signal.SIGTERM)
    assert by_hand.wait(10) == 0


def test_its_statements_cannot_hang(processes):
    processes.start("pulse")
    wait_for(beating)
    with cluster.connect() as admin, admin.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'revops pulse' AND datname = %s",
            [connection.settings_dict["NAME"]],
        )
        assert cursor.fetchone()[0] == 1
    admin.close()
    assert "statement_timeout" in pulse.TIMEOUTS and "lock_timeout" in pulse.TIMEOUTS


@pytest.mark.long
def test_a_worker_without_a_broker_carries_it_and_raises_it_again(processes):
    worker = processes.start("worker")
    first = wait_for(fresh_beat, within=60, what="a heartbeat from the worker's pulse").detail["pid"]
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: fresh_beat(than=first), within=60, what="a new pulse").detail["pid"]
    assert alive(worker.pid)
    worker.kill()
    worker.wait()
    wait_for(lambda: not alive(second), what="the pulse to follow its killed worker")


@pytest.mark.long
def test_a_worker_asked_to_stop_takes_it_along(processes):
    worker = processes.start("worker")
    child = wait_for(fresh_beat, within=60).detail["pid"]
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    assert not alive(child)


@pytest.mark.long
def test_the_check_tells_whether_this_hosts_pulse_lives(processes):
    nobody = processes.manage("pulse", "--check")
    assert nobody.wait(30) == 1
    assert "No pulse has beaten on this host" in nobody.log.read_text()
    processes.start("pulse")
    wait_for(beating)
    assert processes.manage("pulse", "--check").wait(30) == 0
    Heartbeat.objects.all().delete()
