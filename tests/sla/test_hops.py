"""A breach moves the lead on: twice at most, to who can begin now, and each miss stays with whoever missed."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.benching import bench, unbench
from leads.models import Lead, Ownership, PoolMember
from leads.routing.why import why_sentence
from leads.touches import HumanTouch, log
from notify.models import Notice
from revops.lib.errors import Forbidden
from sla import hops
from sla.due import drain as fire
from sla.models import Clock, Hop, Policy
from teams.models import Calendar, CalendarVersion, Leave, User
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


@pytest.fixture
def second(pool, cast):
    PoolMember.objects.create(pool=pool, user=cast.teammate, position=1)
    return cast.teammate


@pytest.fixture
def third(pool, cast):
    PoolMember.objects.create(pool=pool, user=cast.other, position=2)
    return cast.other


@pytest.fixture
def missed(lead):
    """The owner's five minutes are over, noticed two seconds later."""
    at = after(minutes=5, seconds=2)
    fire(at)
    return lead


def own_clocks(lead):
    return list(Clock.objects.filter(lead=lead, target="first_response", scope="owner").order_by("run"))


def test_the_worked_example_of_domain_1_6(lead, second, cast):
    """Hot lead 10:00:00 to A, breach 10:05:00, noticed 10:05:02, B's due 10:10:02, B calls 10:08:30."""
    detected = after(minutes=5, seconds=2)
    fire(detected)
    assert hops.drain(detected, 100) == 1
    lead.refresh_from_db()
    assert lead.owner == second
    a, b = own_clocks(lead)
    assert (b.started_at, b.due_at, b.owner) == (detected, after(minutes=10, seconds=2), second)
    assert (a.outcome, a.reason, a.breached_at, a.owner) == (
        "breached_cancelled", "reassigned", after(minutes=5), cast.owner,
    )  # fmt: skip
    called = after(minutes=8, seconds=30)
    log([HumanTouch(lead.pk, "call", called)], by=second.pk, at=called)
    b.refresh_from_db()
    assert (b.outcome, (b.stopped_at - b.started_at).total_seconds()) == ("met", 208)
    whole = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    assert (whole.outcome, whole.owner, whole.run) == ("met_late", cast.owner, 1)
    assert (whole.stopped_at - whole.started_at).total_seconds() == 510
    assert (whole.stopped_at - whole.due_at).total_seconds() == 210
    hop = Hop.objects.get()
    assert (hop.outcome, hop.turn, hop.from_owner, hop.to_owner, hop.done_at) == (
        "moved",
        1,
        cast.owner,
        second,
        detected,
    )
    assert Notice.objects.filter(user=second, kind="lead.assigned").count() == 1
    owned = Ownership.objects.get(lead=lead, to_at=None)
    assert owned.cause == "breach" and owned.why["skipped"][str(cast.owner.pk)] == "previous"
    assert why_sentence(owned).startswith("Moved on because first response ran late. No rule matched")


def test_twice_is_once(missed, second):
    at = after(minutes=5, seconds=3)
    assert [hops.drain(at, 100), hops.drain(at, 100)] == [1, 0]
    assert Entry.objects.filter(kind="lead.assigned", data__cause="breach").count() == 1


def test_two_hops_are_the_limit_and_the_manager_decides(missed, second, third, cast):
    hops.drain(after(minutes=5, seconds=2), 100)
    for minute in (11, 17):
        fire(after(minutes=minute))
        hops.drain(after(minutes=minute), 100)
    assert list(Hop.objects.order_by("at").values_list("outcome", "turn")) == [
        ("moved", 1),
        ("moved", 2),
        ("limit", None),
    ]
    lead = Lead.objects.get(pk=missed.pk)
    assert lead.owner == third, "it stays with the last"
    told = Notice.objects.get(kind="lead.stuck")
    assert told.data["because"] == "limit" and told.data["hops"] == 2 and "slack" in told.how
    assert told.user == cast.admin, "the last owner's team has no manager"


def test_nobody_can_take_it_and_it_stays(missed, cast):
    hops.drain(after(minutes=5, seconds=2), 100)
    assert Hop.objects.get().outcome == "nobody"
    assert Lead.objects.get(pk=missed.pk).owner == cast.owner
    told = Notice.objects.get(kind="lead.stuck")
    assert (told.user, told.data["because"]) == (cast.manager, "nobody")


def test_a_manager_on_leave_is_not_the_one_told(missed, cast):
    Leave.objects.create(user=cast.manager, starts_at=NOW, ends_at=after(days=1))
    hops.drain(after(minutes=5, seconds=2), 100)
    assert Notice.objects.get(kind="lead.stuck").user == cast.admin


def off_shift(user):
    night = Calendar.objects.create(name="Night")
    CalendarVersion.objects.create(calendar=night, number=1, tz="UTC", weekly={"0": [["00:00", "01:00"]]})
    User.objects.filter(pk=user.pk).update(calendar=night)


def away(user):
    Leave.objects.create(user=user, starts_at=NOW, ends_at=after(days=1))


def full(user):
    PoolMember.objects.filter(user=user).update(cap=0)


def benched(user):
    User.objects.filter(pk=user.pk).update(benched_at=NOW)


@pytest.mark.parametrize("cannot", [off_shift, away, full, benched])
def test_who_cannot_begin_now_is_passed_over(missed, second, third, cannot):
    cannot(second)
    hops.drain(after(minutes=5, seconds=2), 100)
    assert Lead.objects.get(pk=missed.pk).owner == third


@pytest.mark.parametrize("cannot", [off_shift, away, full, benched])
def test_and_where_all_of_them_cannot_it_goes_to_nobody(missed, second, cannot):
    cannot(second)
    hops.drain(after(minutes=5, seconds=2), 100)
    assert Hop.objects.get().outcome == "nobody"


def test_answered_in_between_it_stays(missed, second, cast):
    at = after(minutes=5, seconds=3)
    log([HumanTouch(missed.pk, "call", at)], by=cast.owner.pk, at=at)
    hops.drain(after(minutes=5, seconds=4), 100)
    assert Hop.objects.get().outcome == "answered" and Lead.objects.get(pk=missed.pk).owner == cast.owner


def test_given_away_or_decided_in_between_it_stays(hand_over, second, cast):
    given, gone = hand_over(email="a@hop.example"), hand_over(email="b@hop.example")
    Lead.objects.filter(pk__in=[given.pk, gone.pk]).update(owner=cast.owner)
    Clock.objects.filter(scope="owner").update(owner=cast.owner)
    fire(after(minutes=6))
    Lead.objects.get(pk=given.pk).reassign(by=cast.manager, at=after(minutes=6, seconds=1), to=cast.other)
    Lead.objects.get(pk=gone.pk).reject(by=cast.manager, at=after(minutes=6, seconds=1), reason="bad_data")
    hops.drain(after(minutes=6, seconds=2), 100)
    assert set(Hop.objects.values_list("outcome", flat=True)) == {"answered"}
    assert Lead.objects.get(pk=given.pk).owner == cast.other


def test_a_line_that_benches_takes_who_missed_out_of_rotation(missed, second, cast, hand_over):
    Policy.objects.filter(tier="hot").update(bench=True)
    at = after(minutes=5, seconds=2)
    hops.drain(at, 100)
    assert User.objects.get(pk=cast.owner.pk).benched_at == at
    entry = Entry.objects.get(kind="user.benched")
    assert (entry.subject_id, entry.data["because"]) == (cast.owner.pk, "breach")
    for n in range(3):
        lead = hand_over(email=f"next{n}@hop.example", at=after(minutes=6))
        assert lead.owner == second
    owned = Ownership.objects.get(lead=lead)
    assert owned.why["skipped"] == {str(cast.owner.pk): "benched"}
    assert "1 taking no new leads passed over" in why_sentence(owned)
    assert Lead.objects.filter(owner=cast.owner).count() == 0


def test_the_manager_or_an_admin_benches_and_brings_back(cast, pool):
    for who in (cast.owner, cast.teammate, cast.other, cast.viewer):
        with pytest.raises(Forbidden):
            bench(cast.owner, by=who, at=NOW)
    for _ in range(2):
        bench(cast.owner, by=cast.manager, at=NOW)
    assert User.objects.get(pk=cast.owner.pk).benched_at == NOW
    unbench(cast.owner, by=cast.admin, at=after(hours=1))
    assert User.objects.get(pk=cast.owner.pk).benched_at is None
    kinds = list(Entry.objects.filter(subject_kind="user").order_by("id").values_list("kind", "by_id"))
    assert kinds == [("user.benched", cast.manager.pk), ("user.unbenched", cast.admin.pk)]


def test_a_reopened_lead_may_hop_again(missed, second, third, cast):
    hops.drain(after(minutes=5, seconds=2), 100)
    fire(after(minutes=11))
    hops.drain(after(minutes=11), 100)
    lead = Lead.objects.get(pk=missed.pk)
    lead.reject(by=cast.admin, at=after(minutes=12), reason="bad_data")
    lead.reopen(by=cast.admin, at=after(minutes=13))
    fire(after(minutes=19))
    hops.drain(after(minutes=19), 100)
    last = Hop.objects.order_by("-at").first()
    assert last.outcome == "nobody", "a new cycle may move on again, but not to whoever had it"


def test_the_number_of_questions_does_not_grow_with_the_lot(hand_over, second, third):
    counts = []
    for round, leads in enumerate((1, 2, 12)):
        for n in range(leads):
            hand_over(email=f"p{n}@hops{round}.example", at=after(hours=round))
        fire(after(hours=round, minutes=6))
        with CaptureQueriesContext(connection) as caught:
            assert hops.drain(after(hours=round, minutes=6), 100) == leads
        counts.append(len(caught))
        Clock.objects.update(next_at=None, next_level=None)
    assert counts[1] == counts[2] <= 26, "the first one reads the promises in force"
    assert set(Hop.objects.values_list("outcome", flat=True)) == {"moved"}


@pytest.mark.django_db(transaction=True)
def test_three_drains_and_answers_at_once_move_each_lead_once(hand_over, second, third, cast):
    leads = [hand_over(email=f"p{n}@race.example") for n in range(24)]
    at = after(minutes=6)
    fire(at)
    barrier = Barrier(4)

    def move():
        barrier.wait()
        for _ in range(20):
            hops.drain(at, 3)
        connections.close_all()

    def answer():
        barrier.wait()
        for lead in leads[::2]:
            log([HumanTouch(lead.pk, "call", at)], by=cast.owner.pk, at=at)
        connections.close_all()

    threads = [Thread(target=move) for _ in range(3)] + [Thread(target=answer)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Hop.objects.filter(done_at=None).count() == 0
    assert set(Hop.objects.values_list("outcome", flat=True)) <= {"moved", "answered"}
    moved = Hop.objects.filter(outcome="moved").count()
    assert moved >= 12 and Ownership.objects.filter(cause="breach").count() == moved
    for lead in leads:
        assert Clock.objects.filter(lead=lead, target="first_response", scope="owner").count() <= 2
        assert not Clock.objects.filter(lead=lead, target="first_response", scope="owner", phase="running").exists() or \
            Lead.objects.get(pk=lead.pk).first_response_at is None  # fmt: skip


def test_a_lead_that_becomes_hotter_is_still_in_the_same_cycle(second, third, hand_over, cast):
    """Twice a cycle and no oftener: that it was moved while it was standard counts when it is hot."""
    line = Policy.objects.get(policy_set__state="published", target="first_response", tier="standard")
    Policy.objects.filter(pk=line.pk).update(hops=2)
    line.steps.filter(level=100).update(then="reassign")
    hand_over("trial")
    missed = after(hours=24, seconds=1)
    fire(missed)
    hops.drain(missed, 100)
    hand_over("demo", at=after(hours=25))
    for minutes in (6, 12):
        fire(after(hours=25, minutes=minutes))
        hops.drain(after(hours=25, minutes=minutes), 100)
    told = Hop.objects.order_by("at").values_list("outcome", "turn")
    assert list(told) == [("moved", 1), ("moved", 2), ("limit", None)]
