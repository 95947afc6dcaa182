"""What changes under clocks that run: promises, opening hours, time zones. Nothing is ever late by an edit."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.models import Lead
from sla import policies, replanning
from sla.clocks import Start, start
from sla.due import drain as fire
from sla.models import Clock, Effect, Policy, PolicySet
from sla.pausing import pause, resume
from teams.calendars import again
from teams.models import Calendar, CalendarVersion

pytestmark = pytest.mark.django_db
WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}
HOUR = 3_600


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def ny(db):
    calendar = Calendar.objects.create(name="NY")
    return CalendarVersion.objects.create(calendar=calendar, number=1, tz="America/New_York", weekly=WEEK, closed={})


def line_of(tier: str) -> Policy:
    return Policy.objects.prefetch_related("steps").get(
        policy_set__state="published", target="first_response", tier=tier
    )


@pytest.fixture
def clock_of(hand_over, ny):
    """`clock_of("2026-01-06T15:00Z", hours=3)`: a high-intent response clock on the New York calendar."""

    def make(begins: str, *, hours: float = 3, tier="intent", **more):
        at = moment(begins)
        lead = hand_over(at=at, email=f"p{at:%m%d%H%M}{tier}@plan.example")
        Clock.objects.filter(lead=lead).delete()
        line = line_of(tier)
        Policy.objects.filter(pk=line.pk).update(amount=int(hours * HOUR))
        policies.forget()
        start([Start(lead.pk, line_of(tier), ny, at, owner_id=lead.owner_id, **more)], now=at)
        return Clock.objects.get(lead=lead)

    return make


def publish(**changed) -> PolicySet:
    """The next version: a copy of what is live with the high-intent line changed."""
    former = PolicySet.objects.get(state="published")
    lines = list(former.lines.prefetch_related("steps"))
    PolicySet.objects.filter(pk=former.pk).update(state="retired")
    fresh = PolicySet.objects.create(version=former.version + 1, state="published", change_mode="carry")
    for line in lines:
        steps = list(line.steps.all())
        line.pk, line.policy_set = None, fresh
        line._state.adding = True
        if line.target == "first_response" and line.tier == "intent":
            for name, value in changed.items():
                setattr(line, name, value)
        line.save()
        for step in steps:
            step.pk, step.policy = None, line
            step._state.adding = True
            step.save()
    policies.forget()
    return fresh


def carried(clock, at: str, **changed):
    replanning.carry(publish(**changed), by=None, at=moment(at))
    clock.refresh_from_db()
    return clock


def test_b27_carry_keeps_the_time_already_used(clock_of):
    """Start 10:00 with 3 h, at 11:00 changed to 2 h: due 12:00."""
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    assert clock.due_at == moment("2026-01-06T18:00Z")
    clock = carried(clock, "2026-01-06T16:00Z", amount=2 * HOUR)
    assert (clock.due_at, clock.tightened, clock.seconds) == (moment("2026-01-06T17:00Z"), False, 2 * HOUR)
    assert clock.policy.policy_set.state == "published"
    assert Lead.objects.get(pk=clock.lead_id).next_due_at == clock.due_at
    told = Entry.objects.get(kind="clock.retargeted")
    assert (told.data["from"], told.data["to"], told.data["because"]) == (
        "2026-01-06T18:00:00+00:00", "2026-01-06T17:00:00+00:00", "carry",
    )  # fmt: skip


def test_a_deadline_that_would_have_passed_is_now_and_never_before(clock_of):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    at = moment("2026-01-06T16:30Z")
    clock = carried(clock, "2026-01-06T16:30Z", amount=HOUR)
    assert (clock.due_at, clock.tightened) == (at, True)
    fire(at)
    assert not Effect.objects.filter(clock=clock, level=100).exists(), "due itself is still in time"
    fire(at + timedelta(seconds=1))
    assert Effect.objects.get(clock=clock, level=100).effective_at == at


def test_pin_leaves_open_clocks_alone(clock_of):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    publish(amount=HOUR)
    clock.refresh_from_db()
    assert clock.due_at == moment("2026-01-06T18:00Z")


def test_glpi_15605_a_new_promise_keeps_the_pauses_taken(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    pause(clock, by=cast.owner, at=moment("2026-01-06T15:30Z"), reason="prospect_asked",
          until=moment("2026-01-06T16:30Z"))  # fmt: skip
    resume(clock, by=cast.owner, at=moment("2026-01-06T16:30Z"))
    clock = carried(clock, "2026-01-06T17:00Z", amount=4 * HOUR)
    assert clock.due_at == moment("2026-01-06T20:00Z"), "four hours and the one that was paused"


def test_a_paused_clock_takes_the_new_promise_when_it_goes_on(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    pause(clock, by=cast.owner, at=moment("2026-01-06T16:00Z"), reason="prospect_asked",
          until=moment("2026-01-06T19:00Z"))  # fmt: skip
    clock = carried(clock, "2026-01-06T17:00Z", amount=2 * HOUR)
    assert (clock.phase, clock.due_at, clock.tightened) == ("paused", None, False)
    clock = resume(clock, by=cast.owner, at=moment("2026-01-06T18:00Z"))
    assert clock.due_at == moment("2026-01-06T19:00Z"), "one hour was used, one is left"


def test_a_paused_clock_whose_new_time_is_used_up_is_due_when_it_goes_on(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    pause(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"), reason="prospect_asked",
          until=moment("2026-01-06T19:00Z"))  # fmt: skip
    clock = carried(clock, "2026-01-06T18:00Z", amount=HOUR)
    assert clock.tightened
    clock = resume(clock, by=cast.owner, at=moment("2026-01-06T18:30Z"))
    assert clock.due_at == moment("2026-01-06T18:30Z")


def test_late_and_ended_clocks_never_change(clock_of, cast):
    _late, gone, lapsed = (clock_of(f"2026-01-06T15:0{n}Z", hours=1) for n in range(3))
    fire(moment("2026-01-06T16:00:30Z"))
    Lead.objects.get(pk=gone.lead_id).reject(by=cast.admin, at=moment("2026-01-06T15:30Z"), reason="bad_data")
    before = list(Clock.objects.order_by("pk").values("due_at", "policy_id", "outcome", "breached_at"))
    replanning.carry(publish(amount=9 * HOUR), by=None, at=moment("2026-01-06T16:05Z"))
    assert list(Clock.objects.order_by("pk").values("due_at", "policy_id", "outcome", "breached_at")) == before
    assert lapsed.pk and not Entry.objects.filter(kind="clock.retargeted").exists()


def test_warnings_told_are_not_told_again_under_the_new_promise(clock_of):
    clock = clock_of("2026-01-06T15:00Z", hours=2)
    fire(moment("2026-01-06T16:00:01Z"))
    clock = carried(clock, "2026-01-06T16:30Z", amount=4 * HOUR)
    assert (clock.next_level, clock.next_at) == (75, moment("2026-01-06T18:00Z"))


def test_a_new_line_above_takes_the_leads_its_condition_names(clock_of):
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    fresh = publish()
    first = fresh.lines.order_by("position").first()
    line = line_of("intent")
    line.pk, line.line, line.name, line.amount = None, "00000000-0000-0000-0000-000000000001", "In a hurry", 2 * HOUR
    line.condition = {"any": [{"attribute": "lead.hand_raise", "op": "is", "value": "demo"}]}
    line._state.adding, line.position = True, 200
    line.save()
    Policy.objects.filter(pk=line.pk).update(position=first.position)
    Policy.objects.filter(pk=first.pk).update(position=200)
    policies.forget()
    replanning.carry(fresh, by=None, at=moment("2026-01-06T16:00Z"))
    clock.refresh_from_db()
    assert (clock.policy.name, clock.due_at) == ("In a hurry", moment("2026-01-06T17:00Z"))


def newer(version, **changed):
    fields = {"tz": version.tz, "weekly": version.weekly, "closed": version.closed, **changed}
    return CalendarVersion.objects.create(calendar=version.calendar, number=version.number + 1, **fields)


def test_a_holiday_added_today_moves_open_clocks_and_says_so(clock_of, ny):
    clock = clock_of("2026-01-06T21:00Z", hours=3)
    assert clock.due_at == moment("2026-01-07T16:00Z")
    version = newer(ny, closed={"2026-01-07": []})
    assert replanning.recalendar(version, by=None, at=moment("2026-01-06T21:30Z")) == 1
    clock.refresh_from_db()
    assert (clock.due_at, clock.calendar_version) == (moment("2026-01-08T16:00Z"), version)
    told = Entry.objects.get(kind="clock.retargeted")
    assert (told.data["from"][:10], told.data["to"][:10], told.data["because"]) == (
        "2026-01-07",
        "2026-01-08",
        "calendar",
    )
    assert replanning.recalendar(version, by=None, at=moment("2026-01-06T21:30Z")) == 0, "twice is once"


def test_longer_hours_move_due_forward_but_never_before_now(clock_of, ny):
    clock = clock_of("2026-01-06T21:00Z", hours=3)
    version = newer(ny, weekly={str(day): [["00:00", "24:00"]] for day in range(7)})
    replanning.recalendar(version, by=None, at=moment("2026-01-07T01:00Z"))
    clock.refresh_from_db()
    assert clock.due_at == moment("2026-01-07T01:00Z"), "three hours after 16:00 were over at 19:00"


def test_clocks_follow_hours_that_are_edited(clock_of, ny, cast):
    clock = clock_of("2026-01-06T21:00Z", hours=3)
    again(ny, own={"2026-01-07": {"name": "Snow", "windows": []}}, by=cast.admin, at=moment("2026-01-06T21:30Z"))
    clock.refresh_from_db()
    assert clock.due_at == moment("2026-01-08T16:00Z")
    assert Entry.objects.get(kind="clock.retargeted").by_id == cast.admin.pk


def test_clocks_of_other_calendars_stay(clock_of, ny):
    clock_of("2026-01-06T21:00Z", hours=3)
    other = Calendar.objects.create(name="London")
    version = CalendarVersion.objects.create(calendar=other, number=2, tz="Europe/London", weekly=WEEK)
    assert replanning.recalendar(version, by=None, at=moment("2026-01-06T21:30Z")) == 0


def test_business_days_are_counted_on_the_new_hours(hand_over, ny):
    at = moment("2026-01-06T15:00Z")
    lead = hand_over(at=at)
    line = Policy.objects.prefetch_related("steps").get(policy_set__state="published", target="handoff_sched")
    start([Start(lead.pk, line, ny, at)], now=at)
    clock = Clock.objects.get(lead=lead, target="handoff_sched")
    assert clock.due_at == moment("2026-01-08T22:00Z")
    replanning.recalendar(newer(ny, closed={"2026-01-08": []}), by=None, at=at)
    clock.refresh_from_db()
    assert clock.due_at == moment("2026-01-09T22:00Z")


def test_f35_a_new_table_of_zones_recounts_open_clocks(clock_of, ny, frozen, capsys):
    """The stored deadline was right under the old table; the rule (line, hours, start) is kept beside it."""
    clock = clock_of("2026-01-06T15:00Z", hours=3)
    right = clock.due_at
    Clock.objects.filter(pk=clock.pk).update(due_at=right + timedelta(hours=1), marks=[
        mark + timedelta(hours=1) for mark in clock.marks], next_at=clock.next_at + timedelta(hours=1))  # fmt: skip
    with frozen(moment("2026-01-06T15:10Z")):
        call_command("sla_recompute")
        assert "1 open clocks" in capsys.readouterr().out
        call_command("sla_recompute")
        assert "0 open clocks" in capsys.readouterr().out
    after = Clock.objects.get(pk=clock.pk)
    assert (after.due_at, after.next_at, after.marks) == (right, clock.next_at, clock.marks)
    assert Entry.objects.get(kind="clock.retargeted").data["because"] == "zone"


def test_f36_a_lot_that_fails_moves_nobody(clock_of, monkeypatch):
    made = [clock_of(f"2026-01-06T15:0{n}Z", hours=3) for n in range(3)]
    fresh = publish(amount=2 * HOUR)

    def broken(*args, **kwargs):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(replanning.due, "remember", broken)
    with pytest.raises(RuntimeError):
        replanning.carry(fresh, by=None, at=moment("2026-01-06T16:00Z"))
    assert {c.due_at for c in made} == set(
        Clock.objects.filter(pk__in=[c.pk for c in made]).values_list("due_at", flat=True)
    )
    assert not Entry.objects.filter(kind="clock.retargeted").exists()


def test_lots_go_on_where_the_last_one_ended(clock_of, monkeypatch):
    monkeypatch.setattr(replanning, "LOT", 2)
    made = [clock_of(f"2026-01-06T15:0{n}Z", hours=3) for n in range(5)]
    assert replanning.carry(publish(amount=2 * HOUR), by=None, at=moment("2026-01-06T16:00Z")) >= 5
    for clock in made:
        before, clock = clock.due_at, Clock.objects.get(pk=clock.pk)
        assert clock.due_at == before - timedelta(hours=1)


def test_the_number_of_questions_does_not_grow_with_the_lot(clock_of):
    counts = []
    for n, many in enumerate((2, 8)):
        for minute in range(many):
            clock_of(f"2026-01-06T1{5 + n}:{minute:02}Z", hours=3)
        fresh = publish(amount=(4 + n) * HOUR)
        with CaptureQueriesContext(connection) as caught:
            assert replanning.carry(fresh, by=None, at=moment("2026-01-06T16:30Z")) >= many
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 22


@pytest.mark.django_db(transaction=True)
def test_an_edit_in_the_middle_of_a_sweep(clock_of, cast):
    """F36: each clock is fired under the old promise or the new one, once, and never before its deadline."""
    made = [clock_of(f"2026-01-06T15:{n:02}Z", hours=1) for n in range(30)]
    fresh, at = publish(amount=2 * HOUR), moment("2026-01-06T16:00Z")
    barrier = Barrier(2)

    def edit():
        barrier.wait()
        replanning.carry(fresh, by=None, at=at)
        connections.close_all()

    def sweep():
        barrier.wait()
        for _ in range(60):
            fire(moment("2026-01-06T16:20Z"), limit=1)
        connections.close_all()

    threads = [Thread(target=edit), Thread(target=sweep)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for clock in Clock.objects.filter(pk__in=[c.pk for c in made]):
        breach = Effect.objects.filter(clock=clock, level=100).first()
        if breach is not None:
            assert breach.effective_at == clock.breached_at == clock.due_at
            assert clock.policy.policy_set_id != fresh.pk
        else:
            assert clock.due_at > moment("2026-01-06T16:20Z") or clock.next_at <= clock.due_at
