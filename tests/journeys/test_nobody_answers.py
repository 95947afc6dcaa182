"""Nobody answers a hot lead; the worker is killed and the broker emptied in between. The promise is still kept time on:
a breach dated at due, told once to the owner and once to the manager."""

import os
import signal
from datetime import timedelta

import pytest
import redis

from journal.models import Entry
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from notify.models import Notice
from revops.lib.now import now
from sla import policies
from sla.models import Clock, Effect
from tests.cast import make_cast
from tests.processes import alive, arguments_of, those_of, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sockets]


def pulses_in(folder) -> list[int]:
    return [pid for pid in those_of(str(folder)) if b"pulse" in arguments_of(pid)]


@pytest.mark.long
def test_a_breach_is_dated_at_due_though_the_worker_dies_and_the_broker_forgets(processes, broker):
    processes.redis_url = broker.url
    policies.forget()
    cast = make_cast()
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    # The last warning is past, due is 25 s away: the first worker has that long to start, and lies dead at due.
    came = now() - timedelta(minutes=4, seconds=35)
    [outcome] = capture(
        [parse({"email": "marcus@lumen.example", "hand_raise": "demo"}, now=came)], by=None, via="api", now=came
    )
    lead = Lead.objects.get(pk=outcome.lead_id)

    first = processes.start("worker")
    wait_for(lambda: Effect.objects.filter(level=90).count() == 2, what="the last warning, by the first worker")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    wait_for(lambda: not pulses_in(processes.folder), what="the pulse noticing that its worker is gone")
    assert not Effect.objects.filter(level=100).exists()
    client = redis.Redis.from_url(broker.url)
    client.flushall()
    client.close()
    wait_for(lambda: now() > lead.created_at + timedelta(minutes=5, seconds=1), what="due to pass with nobody looking")

    second = processes.start("worker")
    wait_for(lambda: Effect.objects.filter(level=100).count() == 2, what="the breach, by the second worker")
    assert alive(second.pid)
    for clock in Clock.objects.filter(target="first_response"):
        assert clock.breached_at == clock.due_at == came + timedelta(minutes=5)
        assert clock.detected_at > clock.due_at
    assert set(Entry.objects.filter(kind="clock.breached").values_list("at", flat=True)) == {
        came + timedelta(minutes=5)
    }
    assert Notice.objects.filter(user=cast.manager, kind="clock.escalated", data__level=100).count() == 1
    assert Notice.objects.filter(user=cast.owner, kind="clock.breached").count() == 1
    assert Notice.objects.filter(user=cast.owner, kind="clock.warned", data__level=90).count() == 1
