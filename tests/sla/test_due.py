"""The drain: each event once, nothing early, the right people told, whoever runs it and how often."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from journal.models import Entry
from leads.touches import HumanTouch, log
from notify.models import Notice
from sla import policies
from sla.due import drain, oldest_due
from sla.models import Clock, Effect, Policy, Step
from sla.questions import kept_by_owner
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def told(user):
    return list(Notice.objects.filter(user=user).order_by("id").values_list("kind", "data__level"))


def test_nothing_fires_early_and_due_itself_is_still_in_time(lead):
    assert drain(after(seconds=150)) == 0, "half of five minutes, to the instant, is not past"
    drain(after(minutes=5))
    assert not Effect.objects.filter(level=100).exists()


def test_warnings_come_at_half_three_quarters_and_nine_tenths(lead, cast):
    for seconds in (151, 226, 271, 301):
        drain(after(seconds=seconds))
    own = Clock.objects.get(lead=lead, scope="owner")
    assert list(Effect.objects.filter(clock=own).order_by("level").values_list("level", "effective_at")) == [
        (50, after(seconds=150)), (75, after(seconds=225)), (90, after(seconds=270)), (100, after(seconds=300)),
    ]  # fmt: skip
    assert told(cast.owner)[1:] == [
        ("clock.warned", 50),
        ("clock.warned", 75),
        ("clock.warned", 90),
        ("clock.breached", 100),
    ]
    assert told(cast.manager) == [("clock.escalated", 90), ("clock.escalated", 100)]


def test_found_late_only_the_highest_level_is_told(lead, cast):
    drain(after(minutes=9))
    assert [level for _, level in told(cast.owner)[1:]] == [100]
    assert set(Effect.objects.values_list("level", flat=True)) == {100}


def test_twice_is_once(lead):
    drain(after(minutes=6))
    before = Notice.objects.count(), Effect.objects.count(), Entry.objects.count()
    Clock.objects.filter(target="first_response").update(next_at=after(minutes=5), next_level=100)
    drain(after(minutes=7))
    assert (Notice.objects.count(), Effect.objects.count(), Entry.objects.count()) == before


def test_a_breach_without_a_manager_goes_to_the_monitor(lead, cast):
    cast.midwest.manager = None
    cast.midwest.save()
    cast.admin.watches_handoffs = True
    cast.admin.save()
    drain(after(minutes=6))
    assert told(cast.admin) == [("clock.escalated", 100)]


def test_a_manager_who_owns_the_lead_does_not_escalate_to_themself(lead, cast):
    cast.admin.watches_handoffs = True
    cast.admin.save()
    lead.reassign(by=cast.admin, at=after(seconds=10), to=cast.manager)
    drain(after(minutes=10))
    assert ("clock.escalated", 100) in told(cast.admin)
    assert ("clock.escalated", 100) not in told(cast.manager)


def test_lots_are_taken_oldest_first(hand_over):
    for n in range(3):
        hand_over(email=f"p{n}@lots.example", at=NOW + timedelta(minutes=n))
    drain(after(minutes=30), limit=2)
    late = set(Clock.objects.exclude(breached_at=None).values_list("lead__person__email", flat=True))
    assert late == {"p0@lots.example"}


def test_the_oldest_wait_is_a_figure(lead):
    assert oldest_due(after(seconds=100)) == 0
    assert oldest_due(after(seconds=210)) == 60


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_fire_each_event_once(hand_over):
    for n in range(40):
        hand_over(email=f"p{n}@race.example")
    barrier, counts = Barrier(4), []

    def run():
        barrier.wait()
        while done := drain(after(minutes=6), limit=7):
            counts.append(done)
        connections.close_all()

    threads = [Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(counts) == 80, "each response clock, the lead's and the owner's, claimed once"
    assert Effect.objects.filter(event="breach").count() == 80
    assert Notice.objects.filter(kind="clock.escalated").count() == 40


@pytest.mark.django_db(transaction=True)
def test_a_stop_and_a_drain_that_race_tell_one_story(hand_over):
    leads = [hand_over(email=f"p{n}@both.example") for n in range(20)]
    barrier = Barrier(2)

    def answer():
        barrier.wait()
        for lead in leads:
            log([HumanTouch(lead.pk, "call", after(minutes=5))], by=lead.owner_id, at=after(minutes=5, seconds=2))
        connections.close_all()

    def fire():
        barrier.wait()
        for _ in range(30):
            drain(after(minutes=5, seconds=1), limit=3)
        connections.close_all()

    threads = [Thread(target=answer), Thread(target=fire)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    response = Clock.objects.filter(target="first_response")
    assert set(response.values_list("outcome", "breached_at", "next_at")) == {("met", None, None)}


def test_one_statement_between_savepoints_however_many_are_due(hand_over, django_assert_num_queries):
    for n in range(12):
        hand_over(email=f"p{n}@many.example")
    with django_assert_num_queries(3):
        drain(after(minutes=6))


def test_a_manager_who_left_is_not_whom_a_breach_goes_to(lead, cast):
    cast.manager.is_active = False
    cast.manager.save()
    cast.admin.watches_handoffs = True
    cast.admin.save()
    drain(after(minutes=6))
    assert ("clock.escalated", 100) in told(cast.admin)
    assert told(cast.manager) == []


def test_one_lead_answered_counts_once_for_who_answered(lead, cast):
    log([HumanTouch(lead.pk, "call", after(minutes=1))], by=cast.owner.pk, at=after(minutes=1))
    assert kept_by_owner([cast.owner.pk], since=NOW, now=after(hours=1)) == {cast.owner.pk: (1, 1)}


def test_steps_past_due_in_the_wrong_order_are_never_told_early(pool, hand_over):
    """Found late, ten minutes after due: the step of two hours isn't reached, however its line is written."""
    line = Policy.objects.get(policy_set__state="published", target="first_response", tier="hot")
    line.steps.filter(level=101).update(after=7_200)
    Step.objects.create(policy=line, level=102, after=300, who=["monitor"])
    policies.forget()
    lead = hand_over()
    drain(NOW + timedelta(minutes=15), 100)
    told = Effect.objects.filter(clock__lead=lead, clock__target="first_response", clock__scope="lead")
    assert sorted(told.values_list("level", flat=True)) == [100]
