"""A row that cannot be fired harms no other, is seen, and is tried again (F7)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import OperationalError, ProgrammingError

from journal.models import Entry
from leads.models import PoolMember
from leads.touches import HumanTouch, log
from revops.lib.errors import Forbidden
from sla import due, hops, parking, pausing
from sla.due import drain, oldest_due
from sla.models import Clock, Effect, Hop, Parked
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


@pytest.fixture
def poison():
    """`poison(clock)`: the database refuses every effect of it. `poison()`: it is well again."""

    def make(clock=None):
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS poisoned ON sla_effect")
            if clock is not None:
                cursor.execute(
                    """CREATE OR REPLACE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS
                       $$ BEGIN RAISE EXCEPTION 'this row is poison'; END $$"""
                )
                cursor.execute(
                    f"CREATE TRIGGER poisoned BEFORE INSERT ON sla_effect FOR EACH ROW WHEN (NEW.clock_id = {clock.pk})"
                    " EXECUTE FUNCTION poisoned()"
                )

    return make


@pytest.fixture
def five(hand_over):
    """The owners' clocks of five leads, due one after the other."""
    leads = [hand_over(email=f"p{n}@poison.example", at=after(seconds=n)) for n in range(5)]
    return [lead.clocks.get(target="first_response", scope="owner") for lead in leads]


@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "in the middle", "last"])
def test_one_bad_row_holds_up_nobody(five, poison, place):
    poison(five[place])
    assert drain(after(minutes=6)) == 10
    fired = set(Effect.objects.filter(level=100).values_list("clock_id", flat=True))
    assert fired == set(Clock.objects.filter(target="first_response").values_list("id", flat=True)) - {five[place].pk}
    parked = Parked.objects.get()
    assert (parked.clock, parked.attempts, parked.error) == (five[place], 1, "this row is poison")
    assert parked.retry_at == after(minutes=7)
    assert Entry.objects.get(kind="clock.parked").data["clock"] == five[place].pk


def test_it_is_tried_again_ever_later_and_then_only_when_a_person_asks(five, poison, cast):
    bad = five[0]
    poison(bad)
    at, waits = after(minutes=6), []
    for _ in range(5):
        drain(at)
        parked = Parked.objects.get()
        waits.append(parked.retry_at and (parked.retry_at - at).total_seconds() / 60)
        assert drain(at + timedelta(seconds=30)) == 0, "set aside, it waits"
        at = parked.retry_at or at
    assert waits == [1, 5, 30, 120, None]
    drain(at + timedelta(days=3))
    assert Parked.objects.get().attempts == 5
    with pytest.raises(Forbidden):
        parking.retry(bad, by=cast.owner, at=at)
    poison()
    parking.retry(bad, by=cast.admin, at=at)
    drain(at)
    assert not Parked.objects.exists(), "released by success"
    assert Effect.objects.filter(clock=bad, level=100).get().effective_at == bad.due_at
    assert Entry.objects.get(kind="clock.retried").by == cast.admin


def test_what_is_set_aside_is_not_what_waits(five, poison):
    poison(five[0])
    drain(after(minutes=6))
    assert oldest_due(after(minutes=6, seconds=30)) == 0
    assert oldest_due(after(minutes=8)) == 330, "tried again, it waits since its first warning"


def test_two_pulses_that_fail_on_one_row_count_one_attempt(five):
    parking.park(five[0].pk, "no", at=after(minutes=6))
    parking.park(five[0].pk, "no", at=after(minutes=6))
    assert Parked.objects.get().attempts == 1


@pytest.mark.parametrize("state", ["40P01", "55P03", "08006", "57P01", "42P01", "53300", None])
def test_what_is_no_rows_fault_sets_nothing_aside(five, monkeypatch, state):
    kind = ProgrammingError if state == "42P01" else OperationalError

    class Cause(Exception):
        pgcode = state

    def broken(*args):
        raise kind("down") from Cause()

    monkeypatch.setattr(due, "fire", broken)
    with pytest.raises(kind):
        drain(after(minutes=6))
    assert not Parked.objects.exists()


@pytest.fixture
def stuck_row():
    """`stuck_row(clock)`: the database refuses every change of it."""

    def make(clock):
        with connection.cursor() as cursor:
            cursor.execute(
                """CREATE OR REPLACE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN RAISE EXCEPTION 'this row is stuck'; END $$"""
            )
            cursor.execute(
                f"CREATE TRIGGER stuck BEFORE UPDATE ON sla_clock FOR EACH ROW WHEN (OLD.id = {clock.pk}) EXECUTE FUNCTION stuck()"
            )

    return make


@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "in the middle", "last"])
def test_one_bad_row_holds_up_no_move_to_another_owner(five, stuck_row, pool, cast, place):
    PoolMember.objects.create(pool=pool, user=cast.teammate)
    drain(after(minutes=6))
    stuck_row(five[place])
    hops.drain(after(minutes=6), 100)
    assert set(Hop.objects.filter(done_at=None).values_list("clock_id", flat=True)) == {five[place].pk}
    assert Parked.objects.get().clock == five[place]
    assert hops.drain(after(minutes=6, seconds=30), 100) == 0, "set aside, it waits"
    assert hops.drain(after(minutes=8), 100) == 1 and Parked.objects.get().attempts == 2


def test_one_bad_row_holds_up_no_resumption(hand_over, stuck_row, cast):
    clocks = [hand_over(email=f"q{n}@poison.example").clocks.get(target="disposition") for n in range(3)]
    for clock in clocks:
        pausing.pause(clock, by=cast.admin, at=after(minutes=1), reason="legal_hold", until=after(minutes=2))
    stuck_row(clocks[1])
    assert pausing.drain(after(minutes=3), 100) == 3
    assert set(Clock.objects.filter(phase="paused")) == {clocks[1]} == {parked.clock for parked in Parked.objects.all()}


def test_what_is_answered_meanwhile_is_set_aside_no_more(five, poison):
    """Nothing is left to fire, so nobody need look at it."""
    poison(five[0])
    drain(after(minutes=6))
    poison()
    log([HumanTouch(five[0].lead_id, "call", after(minutes=6))], by=five[0].owner_id, at=after(minutes=6))
    assert not Parked.objects.exists()


def test_a_move_that_was_set_aside_stays_so_when_the_clock_ends(five, poison):
    drain(after(minutes=6))
    parking.park(five[0].pk, "no such pool", at=after(minutes=6))
    log([HumanTouch(five[0].lead_id, "call", after(minutes=6))], by=five[0].owner_id, at=after(minutes=6))
    assert Hop.objects.filter(clock=five[0], done_at=None).exists() and Parked.objects.exists()
    assert hops.drain(after(minutes=8), 10) and not Parked.objects.filter(clock__hop__done_at=None).exists()
