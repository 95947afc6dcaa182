"""Two leads that were one: whatever either was promised, and whatever was done on either, counts once."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from journal.models import Entry
from leads.duplicates.merging import merge
from leads.models import Lead, PoolMember
from leads.touches import HumanTouch, log
from sla import hops, policies, rebuild
from sla.due import drain as fire
from sla.models import Clock, Effect, Hop, NextStep, Policy
from sla.next_steps import set_step
from sla.pausing import pause, resume
from sla.state import of as state_of
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def at(minute: int, second: int = 0) -> datetime:
    """10:00 of the examples is NOW."""
    return NOW + timedelta(minutes=minute, seconds=second)


@pytest.fixture
def two(hand_over):
    """L1 handed over at 10:00, L2 at 10:03; both hot."""
    return hand_over(email="l1@merge.example", at=at(0)), hand_over(email="l2@merge.example", at=at(3))


def response(lead, scope="lead") -> Clock:
    return Clock.objects.filter(lead=lead, target="first_response", scope=scope).order_by("-run").first()


def joined(survivor, loser, when, by) -> Lead:
    merge(survivor.person, loser.person, by=by, at=when)
    return Lead.objects.get(pk=survivor.pk)


@pytest.mark.parametrize("first_survives", [True, False])
def test_zammad_zm1_a_call_on_the_other_record_voids_the_breach(two, cast, first_survives):
    """L1 10:00 (due 10:05), L2 10:03; call on L2 at 10:04; merged 10:06: met at 10:04, L1's breach voided."""
    l1, l2 = two
    log([HumanTouch(l2.pk, "call", at(4))], by=cast.owner.pk, at=at(4))
    fire(at(5, 2))
    assert response(l1).breached_at == at(5)
    survivor, loser = (l1, l2) if first_survives else (l2, l1)
    joined(survivor, loser, at(6), cast.admin)
    clock = response(survivor)
    assert (clock.started_at, clock.due_at, clock.stopped_at) == (at(0), at(5), at(4))
    assert (clock.outcome, clock.breached_at, clock.reason) == ("met", None, "late_evidence")
    gone = response(loser)
    assert (gone.phase, gone.outcome, gone.reason, gone.breached_at) == ("stopped", "cancelled", "merged", None)
    assert not Clock.objects.exclude(breached_at=None).filter(target="first_response").exists(), (
        "nobody missed anything"
    )
    assert Effect.objects.filter(event="breach").exists(), "that it rang stays in the books"
    told = Entry.objects.get(kind="clock.merged", data__target="first_response")
    assert told.subject_id == survivor.pk and len(told.data["voided"]) == 1
    hops.drain(at(7), 100)
    assert set(Hop.objects.values_list("outcome", flat=True)) <= {"answered"}


@pytest.mark.parametrize("first_survives", [True, False])
def test_a_breach_survives_a_merge_that_shows_nothing(two, cast, first_survives):
    l1, l2 = two
    fire(at(5, 2))
    survivor, loser = (l1, l2) if first_survives else (l2, l1)
    joined(survivor, loser, at(6), cast.admin)
    clock = response(survivor)
    assert (clock.started_at, clock.due_at, clock.breached_at, clock.phase) == (at(0), at(5), at(5), "running")
    assert state_of(clock, at(6)) == "overdue" and clock.detected_at == at(5, 2)
    assert Clock.objects.filter(scope="lead", target="first_response", breached_at__isnull=False).count() == 1
    log([HumanTouch(survivor.pk, "call", at(8))], by=cast.owner.pk, at=at(8))
    clock.refresh_from_db()
    assert (clock.outcome, clock.breached_at) == ("met_late", at(5))


def test_zammad_904_a_merged_record_does_not_stay_escalated(two, cast):
    l1, l2 = two
    fire(at(9))
    joined(l1, l2, at(10), cast.admin)
    assert Lead.objects.get(pk=l2.pk).stage == "merged"
    assert not Clock.objects.filter(lead=l2).exclude(phase="stopped").exists()
    assert not Clock.objects.filter(lead=l2).exclude(next_at=None).exists()
    assert Lead.objects.get(pk=l2.pk).next_due_at is None
    before = Effect.objects.filter(clock__lead=l2).count()
    fire(at(600))
    assert Effect.objects.filter(clock__lead=l2).count() == before


def test_a_merge_buys_no_time_and_makes_nobody_late(hand_over, cast):
    """A standard promise of the morning and a hot one of now: the hot one's deadline, not five minutes after nine."""
    slow = hand_over("", email="slow@merge.example", at=at(-60))
    Lead.objects.filter(pk=slow.pk).update(stage="inquiry")
    hot = hand_over(email="hot@merge.example", at=at(0))
    joined(slow, hot, at(2), cast.admin)
    clock = response(slow)
    assert (clock.due_at, clock.tier, clock.breached_at) == (at(5), "hot", None)
    assert Lead.objects.get(pk=slow.pk).stage == "mql"
    fire(at(5, 1))
    assert Clock.objects.get(pk=clock.pk).breached_at == at(5)


def test_the_only_promise_goes_on_at_the_survivor(hand_over, cast):
    quiet = hand_over("", email="quiet@merge.example", at=at(-60))
    hot = hand_over(email="hot@merge.example", at=at(0))
    fire(at(2, 31))
    merged = joined(quiet, hot, at(3), cast.admin)
    assert (merged.stage, merged.owner, merged.mql_at) == ("mql", cast.owner, at(0))
    whole, own = response(merged), response(merged, "owner")
    assert (whole.due_at, own.due_at, own.owner) == (at(5), at(5), cast.owner)
    assert merged.next_due_at == at(5)
    assert (own.next_level, own.next_at) == (75, at(3, 45)), "the first warning was told already"
    fire(at(5, 1))
    assert set(Effect.objects.filter(clock=own).values_list("level", flat=True)) == {50, 100}
    assert Clock.objects.get(pk=own.pk).breached_at == at(5)
    disposition = Clock.objects.get(lead=merged, target="disposition")
    merged.accept(by=cast.owner, at=at(6))
    disposition.refresh_from_db()
    assert disposition.outcome == "met"


def test_both_owners_keep_what_they_missed(two, cast):
    l1, l2 = two
    Lead.objects.get(pk=l2.pk).reassign(by=cast.admin, at=at(3, 30), to=cast.other)
    fire(at(9))
    joined(l1, l2, at(10), cast.admin)
    misses = Clock.objects.filter(scope="owner", target="first_response").exclude(breached_at=None)
    assert set(misses.values_list("owner", "outcome")) == {
        (cast.owner.pk, ""), (cast.other.pk, "breached_cancelled"),
    }  # fmt: skip


def test_pauses_of_both_count(hand_over, cast):
    Policy.objects.filter(target="first_response", tier="hot").update(amount=3600, pause_reasons=["prospect_asked"])
    policies.forget()
    l1 = hand_over(email="l1@merge.example", at=at(0))
    l2 = hand_over(email="l2@merge.example", at=at(10))
    for lead, begins, ends in ((l1, 15, 20), (l2, 25, 35)):
        clock = response(lead)
        pause(clock, by=cast.admin, at=at(begins), reason="prospect_asked", until=at(600))
        resume(clock, by=cast.admin, at=at(ends))
    joined(l1, l2, at(40), cast.admin)
    clock = response(l1)
    assert (clock.started_at, clock.due_at) == (at(0), at(75)), "an hour and the fifteen minutes of both pauses"
    assert clock.pauses.count() == 2


def test_paused_on_one_record_is_paused_for_the_person(hand_over, cast):
    Policy.objects.filter(target="first_response", tier="hot").update(amount=3600, pause_reasons=["prospect_asked"])
    policies.forget()
    l1 = hand_over(email="l1@merge.example", at=at(0))
    l2 = hand_over(email="l2@merge.example", at=at(10))
    pause(response(l2), by=cast.admin, at=at(20), reason="prospect_asked", until=at(30))
    joined(l1, l2, at(25), cast.admin)
    clock = response(l1)
    assert (clock.phase, clock.due_at, clock.resume_at) == ("paused", None, at(30))
    clock = resume(clock, by=cast.admin, at=at(30))
    assert clock.due_at == at(70)


@pytest.mark.parametrize(
    ("first", "second", "goes_on"),
    [(at(40), "runs", at(40)), (at(40), at(35), at(40)), (at(40), None, None), (None, at(40), None)],
)
def test_a_pause_ends_when_both_would_be_over(hand_over, cast, first, second, goes_on):
    Policy.objects.filter(target="first_response", tier="hot").update(amount=3600, pause_reasons=["prospect_asked"])
    policies.forget()
    l1, l2 = hand_over(email="l1@merge.example", at=at(0)), hand_over(email="l2@merge.example", at=at(10))
    pause(response(l1), by=cast.admin, at=at(22), reason="prospect_asked", until=first)
    if second != "runs":
        pause(response(l2), by=cast.admin, at=at(20), reason="prospect_asked", until=second)
    joined(l1, l2, at(25), cast.admin)
    clock = response(l1)
    still = clock.pauses.get(to_at=None)
    assert (clock.phase, clock.resume_at, still.until) == ("paused", goes_on, goes_on)
    assert still.from_at == at(22 if second == "runs" else 20)
    assert rebuild.check(at=at(26)).differences == 0


def test_an_acceptance_on_either_record_ends_the_decision_clock(two, cast):
    l1, l2 = two
    Lead.objects.get(pk=l2.pk).accept(by=cast.owner, at=at(4))
    merged = joined(l1, l2, at(5), cast.admin)
    assert merged.stage == "sal" and merged.sal_at == at(4)
    clock = Clock.objects.get(lead=l1, target="disposition")
    assert (clock.outcome, clock.stopped_at) == ("met", at(4))
    assert Clock.objects.get(lead=l1, target="touch_minimum").phase == "running"


def test_the_next_step_goes_along(two, cast):
    l1, l2 = two
    step = set_step(l2, what="Call back", by_when=at(90), by=cast.admin, at=at(4))
    joined(l1, l2, at(5), cast.admin)
    step.refresh_from_db()
    assert (step.lead_id, step.state) == (l1.pk, "open")
    assert (step.clock.lead_id, step.clock.due_at, step.clock.phase) == (l1.pk, at(90), "running")


def test_two_next_steps_become_the_survivors(two, cast):
    l1, l2 = two
    mine = set_step(l1, what="Call back", by_when=at(80), by=cast.admin, at=at(4))
    theirs = set_step(l2, what="Write", by_when=at(90), by=cast.admin, at=at(4))
    joined(l1, l2, at(5), cast.admin)
    assert list(NextStep.objects.order_by("pk").values_list("state", flat=True)) == ["open", "dropped"]
    assert Clock.objects.get(pk=theirs.clock_id or response(l2).pk).phase == "stopped"
    mine.refresh_from_db()
    assert mine.clock is None or mine.clock.phase == "running"


def test_what_ended_before_stays_as_it_was(two, cast):
    """A superseded or cancelled clock is a promise of the past: no merge touches it."""
    l1, l2 = two
    Lead.objects.get(pk=l2.pk).reject(by=cast.owner, at=at(4), reason="bad_data")
    before = list(Clock.objects.filter(lead=l2).order_by("pk").values("outcome", "due_at", "stopped_at"))
    joined(l1, l2, at(5), cast.admin)
    assert list(Clock.objects.filter(lead=l2).order_by("pk").values("outcome", "due_at", "stopped_at")) == before
    assert response(l1).phase == "running"


@pytest.mark.django_db(transaction=True)
def test_a_merge_and_a_drain_that_race_tell_one_story(hand_over, cast, pool):
    PoolMember.objects.create(pool=pool, user=cast.teammate, position=1)
    pairs = [
        (hand_over(email=f"a{n}@race.example", at=at(0)), hand_over(email=f"b{n}@race.example", at=at(1)))
        for n in range(12)
    ]
    for _, b in pairs[::2]:
        log([HumanTouch(b.pk, "call", at(4))], by=cast.owner.pk, at=at(4))
    barrier = Barrier(3)

    def join():
        barrier.wait()
        for a, b in pairs:
            merge(a.person, b.person, by=cast.admin, at=at(6))
        connections.close_all()

    def burn():
        barrier.wait()
        for _ in range(40):
            fire(at(6), limit=3)
        connections.close_all()

    def move():
        barrier.wait()
        for _ in range(20):
            hops.drain(at(6), 3)
        connections.close_all()

    threads = [Thread(target=run) for run in (join, burn, move)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    while fire(at(6, 1)) or hops.drain(at(6, 1), 100):
        pass
    for n, (a, b) in enumerate(pairs):
        clock = response(a)
        if n % 2 == 0:
            assert (clock.outcome, clock.stopped_at, clock.breached_at) == ("met", at(4), None)
        else:
            assert (clock.phase, clock.breached_at, clock.due_at) == ("running", at(5), at(5))
        assert not Clock.objects.filter(lead=b).exclude(phase="stopped").exists()
        assert Lead.objects.get(pk=b.pk).stage == "merged"
    assert not Hop.objects.filter(done_at=None).exists()
