"""Cases 1 to 14 of ANCHORS 6, each a bug that somebody shipped, through the real clocks and the real drain."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from journal.models import Entry
from leads.models import Lead, Pool, PoolMember
from leads.touches import HumanTouch, log
from notify.models import Notice
from revops.lib.errors import Invalid
from sla import clocks, pausing, policies, replanning, state
from sla.business_time import Calendar as Hours
from sla.business_time import NeverOpens
from sla.due import drain
from sla.models import Clock, Effect, Policy, PolicySet
from teams.calendars import add_calendar, week
from teams.models import Leave, User
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
HOUR = 3_600


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def response(lead, scope="lead"):
    return Clock.objects.get(lead=lead, target="first_response", scope=scope, run=1)


@pytest.fixture
def promise(hand_over, cast):
    """`promise(start, seconds, tz, weekly)`: a lead whose one promise is so long on such hours, paused if need be."""

    def make(start, seconds, tz="UTC", weekly=None, closed=None, **line):
        calendar = add_calendar("Hours", tz=tz, weekly=weekly or week("09:00", "17:00"), closed=closed, by=None, at=NOW)
        cast.midwest.calendar = calendar
        cast.midwest.save()
        Policy.objects.filter(target="first_response").update(
            amount=seconds, hours="team", pause_reasons=["prospect_asked"], **line
        )
        policies.forget()
        return hand_over(at=start)

    return make


def test_anchors_6_case_1_saturday_afternoon_is_due_monday_at_ten(promise):
    """Frappe: 16:00."""
    assert response(promise(utc("2026-01-10T15:00"), HOUR)).due_at == utc("2026-01-12T10:00")


def test_anchors_6_case_2_saturday_evening_is_due_monday_at_ten(promise):
    """Frappe: Tuesday 10:00."""
    assert response(promise(utc("2026-01-10T20:00"), HOUR)).due_at == utc("2026-01-12T10:00")


def test_anchors_6_case_3_a_pause_over_the_weekend(promise, cast):
    """Fri 16:00, 4 h, paused Fri 16:30 to Mon 09:30 → Mon 13:00. BottleCRM: Thursday 05:00."""
    clock = response(promise(utc("2026-01-09T16:00"), 4 * HOUR))
    pausing.pause(clock, by=cast.manager, at=utc("2026-01-09T16:30"), reason="prospect_asked",
                  until=utc("2026-01-12T09:30"))  # fmt: skip
    pausing.drain(utc("2026-01-12T09:30"), 100)
    clock.refresh_from_db()
    assert clock.due_at == utc("2026-01-12T13:00")


def test_anchors_6_case_4_round_the_clock_loses_no_minute_at_midnight(promise):
    """zammad #3180."""
    always = {str(day): [["00:00", "24:00"]] for day in range(7)}
    clock = response(promise(utc("2026-01-06T23:58"), 300, weekly=always))
    assert clock.due_at == utc("2026-01-07T00:03")


def test_anchors_6_case_5_the_week_the_clocks_change(promise):
    """Fri 16:30 + 1 h → Mon 09:30 local, an hour of UTC earlier."""
    clock = response(promise(utc("2026-03-27T15:30"), HOUR, tz="Europe/Berlin"))
    assert clock.due_at == utc("2026-03-30T07:30")


def test_anchors_6_case_6_lunch_is_skipped(promise):
    """chatwoot #14009."""
    lunch = {str(day): [["08:00", "12:00"], ["13:30", "18:00"]] for day in range(5)}
    assert response(promise(utc("2026-01-06T11:30"), HOUR, weekly=lunch)).due_at == utc("2026-01-06T14:00")


@pytest.mark.parametrize(
    "weekly", [{}, {"0": [["17:00", "09:00"]]}, {"0": [["09:00", "09:00"]]}], ids=["none", "backward", "empty"]
)
def test_anchors_6_case_7_a_calendar_that_never_opens_is_refused(weekly):
    """Frappe CRM neither validates nor ends its loop."""
    with pytest.raises(Invalid):
        add_calendar("Never", tz="UTC", weekly=weekly, by=None, at=NOW)
    once = Hours("UTC", {}, {"2026-01-06": [["09:00", "17:00"]]})
    with pytest.raises(NeverOpens):
        once.advance(NOW, HOUR)


def test_anchors_6_case_8_nobody_opens_the_lead_and_the_breach_is_there(lead):
    drain(NOW + timedelta(minutes=5, seconds=1))
    assert Effect.objects.get(clock=response(lead), event="breach").effective_at == NOW + timedelta(minutes=5)


def test_anchors_6_case_9_a_worker_down_for_two_hours(lead, cast):
    """No double notices; breach time = due time."""
    back = NOW + timedelta(hours=2)
    while drain(back, limit=1):
        pass
    assert drain(back) == 0
    assert Counter(Notice.objects.filter(kind__startswith="clock.").values_list("user", flat=True)) == {
        cast.owner.pk: 1, cast.manager.pk: 1, cast.admin.pk: 1,
    }  # fmt: skip
    breaches = Effect.objects.filter(event="breach").values_list("effective_at", "detected_at")
    assert set(breaches) == {(NOW + timedelta(minutes=5), back)}
    assert response(lead).breached_at == NOW + timedelta(minutes=5)


def publish(change_mode, seconds):
    """The next version, with another time for the standard promise."""
    old = PolicySet.objects.get(state="published")
    lines = list(old.lines.prefetch_related("steps"))
    PolicySet.objects.filter(pk=old.pk).update(state="retired")
    new = PolicySet.objects.create(version=old.version + 1, state="published", change_mode=change_mode, based_on=old)
    for line in lines:
        steps = list(line.steps.all())
        line.pk, line.policy_set = None, new
        line.amount = seconds if line.tier == "standard" else line.amount
        line.save()
        for step in steps:
            step.pk, step.policy = None, line
            step.save()
    policies.forget()
    return new


def test_anchors_6_case_10_a_policy_edit_leaves_running_clocks(hand_over, cast):
    lead = hand_over("trial")
    before = Clock.objects.filter(lead=lead).order_by("id").values()
    before = list(before)
    publish("pin", 2 * HOUR)
    assert list(Clock.objects.filter(lead=lead).order_by("id").values()) == before
    assert response(hand_over("trial", email="b@two.example")).due_at == NOW + timedelta(hours=2)


def test_anchors_6_case_10_an_explicit_replan_keeps_pauses(hand_over, cast):
    """GLPI #15605."""
    lead = hand_over("trial")
    clock = response(lead)
    pausing.pause(clock, by=cast.manager, at=NOW + timedelta(hours=1), reason="prospect_asked",
                  until=NOW + timedelta(hours=4))  # fmt: skip
    pausing.drain(NOW + timedelta(hours=4), 100)
    new = publish("carry", 10 * HOUR)
    replanning.carry(new, by=cast.admin, at=NOW + timedelta(hours=5))
    clock.refresh_from_db()
    assert clock.due_at == NOW + timedelta(hours=13), "ten hours and the three it was paused"


def test_anchors_6_case_11_a_late_reply_keeps_the_miss_and_the_duration(lead):
    """chatwoot #13392, #15024."""
    log([HumanTouch(lead.pk, "call", NOW + timedelta(minutes=7))], by=lead.owner_id, at=NOW + timedelta(minutes=7))
    clock = response(lead)
    for later in (timedelta(minutes=8), timedelta(days=30)):
        drain(NOW + later)
        clock.refresh_from_db()
        assert state.of(clock, NOW + later) == "met_late"
        assert (clock.stopped_at - clock.started_at).total_seconds() == 420
    assert clock.breached_at == NOW + timedelta(minutes=5)


def test_anchors_6_case_12_a_warning_of_a_deadline_over_days_lands_in_working_hours(promise):
    """GLPI #22678, zammad #4432."""
    hours = Hours("America/New_York", {str(day): [["09:00", "17:00"]] for day in range(5)})
    lead = promise(utc("2026-01-09T21:30"), 12 * HOUR, tz="America/New_York")
    for clock in lead.clocks.filter(target="first_response"):
        for level, at in zip(clock.levels, clock.marks, strict=True):
            assert hours.elapsed(at - timedelta(microseconds=1), at) or hours.is_open(at), level


@pytest.mark.django_db(transaction=True)
def test_anchors_6_case_13_fifty_parallel_creates_are_ten_each(cast, hand_over):
    PoolMember.objects.all().delete()
    fallback = Pool.objects.get(is_fallback=True)
    five = [User.objects.create_user(f"{n}@reps.example", name=f"Rep {n}", role="sales") for n in range(5)]
    for place, rep in enumerate(five):
        PoolMember.objects.create(pool=fallback, user=rep, position=place)
    together = Barrier(5)

    def create(share):
        together.wait(20)
        try:
            for n in range(10):
                hand_over(email=f"p{share}.{n}@fifty.example")
        finally:
            connections.close_all()

    threads = [Thread(target=create, args=(share,)) for share in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Counter(Lead.objects.values_list("owner", flat=True)) == {rep.pk: 10 for rep in five}
    assert Clock.objects.filter(target="first_response", scope="owner").count() == 50


@pytest.fixture
def two(cast):
    fallback = Pool.objects.get(is_fallback=True)
    PoolMember.objects.all().delete()
    for place, rep in enumerate((cast.owner, cast.teammate)):
        PoolMember.objects.create(pool=fallback, user=rep, position=place)
    return cast.owner, cast.teammate


def test_anchors_6_case_13_a_manual_assignment_does_not_shift_turns(hand_over, cast, two):
    taken = [hand_over(email="a1@turns.example")]
    taken[0].reassign(by=cast.manager, at=NOW, to=cast.other)
    taken += [hand_over(email=f"a{n}@turns.example") for n in range(2, 5)]
    assert [lead.owner for lead in taken[1:]] == [cast.teammate, cast.owner, cast.teammate]


def test_anchors_6_case_13_away_is_skipped_and_back_there_is_no_flood(hand_over, cast, two):
    leave = Leave.objects.create(user=cast.teammate, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    for n in range(6):
        assert hand_over(email=f"b{n}@away.example").owner == cast.owner
    leave.delete()
    back = [hand_over(email=f"c{n}@away.example").owner for n in range(4)]
    assert Counter(back) == {cast.owner: 2, cast.teammate: 2}


def test_anchors_6_case_14_nobody_available_is_held_and_alarmed_not_dropped(hand_over, cast):
    PoolMember.objects.all().delete()
    lead = hand_over()
    assert (lead.stage, lead.owner) == ("mql", None)
    waits = Clock.objects.get(lead=lead, target="assignment")
    assert waits.phase == "running"
    drain(NOW + timedelta(minutes=2, seconds=1))
    assert Notice.objects.filter(kind="clock.escalated", data__target="assignment").exists()
    assert Entry.objects.filter(kind="clock.breached", data__target="assignment").count() == 1


# --- what a batch and a drain may cost ----------------------------------------------


def test_a_batch_of_facts_asks_each_question_once(hand_over, cast, django_assert_num_queries):
    """Stop and its entries, who answers now, the past, the terms, the start with its entry, soonest due, remembered."""
    from journal.record import Fact
    from sla.reactions import move_clocks

    leads = [hand_over(email=f"p{n}@batch.example") for n in range(8)]
    policies.published()
    facts = [Fact("touch.logged", "lead", lead.pk, NOW, data={"answers": True, "counts": False}) for lead in leads[:4]]
    facts += [
        Fact("lead.assigned", "lead", lead.pk, NOW, data={"owner": cast.teammate.pk, "from": cast.owner.pk})
        for lead in leads[4:]
    ]
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[4:]]).update(owner=cast.teammate)
    with django_assert_num_queries(BATCH):
        move_clocks(facts, now=NOW)
    assert Clock.objects.filter(run=2, owner=cast.teammate).count() == 4


BATCH = 8


@pytest.mark.django_db(transaction=True)
def test_a_stop_and_a_fire_that_race_are_met_or_breached_never_both(hand_over):
    """F38: answered at due itself, which is in time; answered a moment later, which is not; while the drain fires."""
    leads = [hand_over(email=f"p{n}@race.example") for n in range(40)]
    due = NOW + timedelta(minutes=5)
    together = Barrier(3)

    def answer():
        together.wait(20)
        for n, lead in enumerate(leads):
            at = due if n % 2 else due + timedelta(milliseconds=1)
            log([HumanTouch(lead.pk, "call", at)], by=lead.owner_id, at=due + timedelta(seconds=2))
        connections.close_all()

    def fire():
        together.wait(20)
        for _ in range(60):
            drain(due + timedelta(seconds=1), limit=3)
        connections.close_all()

    threads = [Thread(target=work) for work in (answer, fire, fire)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for n, lead in enumerate(leads):
        for clock in lead.clocks.filter(target="first_response"):
            expected = ("met", None, None) if n % 2 else ("met_late", due, None)
            assert (clock.outcome, clock.breached_at, clock.next_at) == expected
            ends = Entry.objects.filter(data__clock=clock.pk, kind__in=["clock.met", "clock.met_late"])
            assert ends.count() == 1
            assert Effect.objects.filter(clock=clock, event="breach").count() <= 1
            assert n % 2 or Effect.objects.filter(clock=clock, event="breach").count() == 1


def test_stopping_a_thousand_clocks_is_two_statements(hand_over, django_assert_num_queries):
    leads = [hand_over(email=f"p{n}@many.example") for n in range(6)]
    with django_assert_num_queries(2):
        clocks.stop([clocks.Stop(lead.pk, ("first_response",), NOW, fulfil=True) for lead in leads], now=NOW)
