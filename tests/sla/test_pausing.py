"""Pause and resume: only for allowed reasons, never longer than may be, and closed hours are never paid twice."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from journal.models import Entry
from leads.models import Lead
from leads.touches import HumanTouch, log
from revops.lib.errors import Forbidden, Invalid, Refused
from sla import policies
from sla.clocks import Start, start
from sla.due import drain as fire
from sla.models import Clock, Effect, Pause, Policy
from sla.pausing import drain, pause, resume
from sla.state import of as state_of
from teams.models import Calendar, CalendarVersion
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}
ASKED = "prospect_asked"


@pytest.fixture
def ny(db):
    calendar = Calendar.objects.create(name="NY")
    return CalendarVersion.objects.create(
        calendar=calendar, number=1, tz="America/New_York", weekly=WEEK,
        closed={"2026-07-03": [], "2026-11-26": [], "2026-12-25": []},
    )  # fmt: skip


@pytest.fixture
def clock_of(hand_over, ny):
    """`clock_of("2026-01-06T15:00Z", hours=4)`: a high-intent response clock on the New York calendar."""

    def make(begins: str, *, hours: float, lead=None):
        at = datetime.fromisoformat(begins)
        lead = lead or hand_over(at=at, email=f"p{at:%m%d%H%M}@pause.example")
        Clock.objects.filter(lead=lead).delete()
        line = Policy.objects.prefetch_related("steps").get(
            policy_set__state="published", target="first_response", tier="intent"
        )
        start([Start(lead.pk, line, ny, at, owner_id=lead.owner_id, amount=int(hours * 3600))], now=at)
        return Clock.objects.get(lead=lead)

    return make


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def paused(clock, cast, from_at: str, to_at: str):
    """Through the verbs: paused by the owner, resumed by the owner."""
    pause(clock, by=cast.owner, at=moment(from_at), reason=ASKED, until=moment(from_at) + timedelta(days=3))
    return resume(clock, by=cast.owner, at=moment(to_at))


def test_b20_a_pause_over_a_night_moves_due_by_the_open_hours_it_took(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    clock = paused(clock, cast, "2026-01-06T17:00Z", "2026-01-07T16:00Z")
    assert clock.due_at == moment("2026-01-07T18:00Z")


def test_b21_a_pause_in_closed_hours_pays_nothing_twice(clock_of, cast):
    clock = clock_of("2026-01-05T21:00Z", hours=2)
    assert clock.due_at == moment("2026-01-06T15:00Z")
    clock = paused(clock, cast, "2026-01-05T23:00Z", "2026-01-06T13:00Z")
    assert clock.due_at == moment("2026-01-06T15:00Z")


def test_anchors_6_case_3_a_weekend_paused(clock_of, cast):
    clock = clock_of("2026-01-09T21:00Z", hours=4)
    clock = paused(clock, cast, "2026-01-09T21:30Z", "2026-01-12T14:30Z")
    assert clock.due_at == moment("2026-01-12T18:00Z"), "Mon 13:00"


def test_a_paused_clock_has_no_due_and_nothing_to_fire(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    until = moment("2026-01-08T15:00Z")
    clock = pause(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"), reason=ASKED, until=until, note="On Thursday")
    assert (clock.phase, clock.due_at, clock.next_at, clock.next_level) == ("paused", None, None, None)
    assert clock.resume_at == until
    assert Lead.objects.get(pk=clock.lead_id).next_due_at is None
    fire(moment("2026-01-08T14:59Z"))
    assert not Effect.objects.filter(clock=clock).exists()
    entry = Entry.objects.get(kind="clock.paused")
    assert (entry.subject_id, entry.by_id, entry.data["reason"]) == (clock.lead_id, cast.owner.pk, ASKED)


def test_a_pause_ends_within_five_years_or_says_that_it_has_no_end(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    with pytest.raises(Invalid) as refusal:
        pause(clock, by=cast.admin, at=moment("2026-01-06T17:00Z"), reason=ASKED, until=moment("9999-12-31T17:00Z"))
    assert (refusal.value.code, refusal.value.field) == ("too_far", "until")


def test_until_resumes_by_itself_at_the_moment_agreed_however_late_the_drain(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    pause(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"), reason=ASKED, until=moment("2026-01-07T16:00Z"))
    assert drain(moment("2026-01-07T15:59Z"), 100) == 0
    assert drain(moment("2026-01-07T16:40Z"), 100) == 1
    assert drain(moment("2026-01-07T16:40Z"), 100) == 0
    clock.refresh_from_db()
    assert (clock.phase, clock.due_at) == ("running", moment("2026-01-07T18:00Z"))
    assert Lead.objects.get(pk=clock.lead_id).next_due_at == clock.due_at
    assert Pause.objects.get(clock=clock).to_at == moment("2026-01-07T16:00Z")


def test_only_warnings_not_told_yet_are_told_after_a_pause(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    fire(moment("2026-01-06T17:00:01Z"))
    clock = paused(clock, cast, "2026-01-06T17:30Z", "2026-01-06T19:30Z")
    assert (clock.next_level, clock.next_at) == (75, moment("2026-01-06T20:00Z"))
    for minute in ("20:00:01", "20:36:01", "21:00:01"):
        fire(moment(f"2026-01-06T{minute}Z"))
    levels = list(Effect.objects.filter(clock=clock).order_by("level").values_list("level", flat=True))
    assert levels == [50, 75, 90, 100]


def test_a_hot_first_response_is_never_paused(lead, cast):
    own = Clock.objects.get(lead=lead, target="first_response", scope="owner")
    with pytest.raises(Refused, match="First response of a hot lead can’t be paused"):
        pause(own, by=cast.owner, at=NOW, reason=ASKED, until=NOW + timedelta(hours=1))
    assert Clock.objects.get(pk=own.pk).phase == "running" and not Pause.objects.exists()


def test_that_the_owner_is_away_is_no_reason(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    with pytest.raises(Invalid):
        pause(clock, by=cast.owner, at=moment("2026-01-06T16:00Z"), reason="owner_away")


def test_a_reason_the_line_does_not_list_is_refused(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    Policy.objects.filter(pk=clock.policy_id).update(pause_reasons=["legal_hold"])
    policies.forget()
    with pytest.raises(Refused, match="only for: legal hold"):
        pause(clock, by=cast.admin, at=moment("2026-01-06T16:00Z"), reason=ASKED)


@pytest.mark.parametrize(("until", "longer"), [("2026-01-13T22:00Z", False), ("2026-01-14T14:00:00Z", False),
                                              ("2026-01-14T14:00:01Z", True), (None, True)])  # fmt: skip
def test_more_than_five_business_days_needs_a_manager(clock_of, cast, until, longer):
    clock, at = clock_of("2026-01-06T15:00Z", hours=4), moment("2026-01-06T16:00Z")
    wanted = {"at": at, "reason": ASKED, "until": until and moment(until)}
    if not longer:
        assert pause(clock, by=cast.owner, **wanted).phase == "paused"
        assert Pause.objects.get().approved_by is None
        return
    with pytest.raises(Forbidden, match="team’s manager"):
        pause(clock, by=cast.owner, **wanted)
    assert pause(clock, by=cast.manager, **wanted).phase == "paused"
    assert Pause.objects.get().approved_by == cast.manager


def test_five_days_again_and_again_need_a_manager_too(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=40)
    pause(clock, by=cast.owner, at=moment("2026-01-06T16:00Z"), reason=ASKED, until=moment("2026-01-13T22:00Z"))
    resume(clock, by=cast.owner, at=moment("2026-01-13T22:00Z"))
    with pytest.raises(Forbidden):
        pause(clock, by=cast.owner, at=moment("2026-01-14T15:00Z"), reason=ASKED, until=moment("2026-01-16T15:00Z"))


def test_a_stranger_to_the_lead_does_not_pause_it(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    for who in (cast.other, cast.marketer, cast.viewer, cast.teammate):
        with pytest.raises(Forbidden):
            pause(clock, by=who, at=moment("2026-01-06T16:00Z"), reason=ASKED, until=moment("2026-01-07T16:00Z"))


def test_overdue_and_paused_the_breach_stands(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=1)
    fire(moment("2026-01-06T16:00:01Z"))
    at = moment("2026-01-06T16:10Z")
    clock = pause(clock, by=cast.owner, at=at, reason=ASKED, until=moment("2026-01-06T18:00Z"))
    assert (clock.phase, clock.breached_at, clock.due_at) == ("running", moment("2026-01-06T16:00Z"), clock.due_at)
    assert state_of(clock, at) == "overdue" and Pause.objects.get().stands
    clock = resume(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"))
    assert clock.due_at == moment("2026-01-06T16:00Z") and Pause.objects.get().to_at == moment("2026-01-06T17:00Z")


def test_overdue_but_not_noticed_yet_is_overdue(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=1)
    clock = pause(clock, by=cast.owner, at=moment("2026-01-06T16:00:05Z"), reason=ASKED,
                  until=moment("2026-01-07T16:00Z"))  # fmt: skip
    assert clock.phase == "running" and Pause.objects.get().stands
    fire(moment("2026-01-06T16:00:06Z"))
    assert Clock.objects.get(pk=clock.pk).breached_at == moment("2026-01-06T16:00Z")


def test_stop_beats_pause(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    pause(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"), reason=ASKED, until=moment("2026-01-08T17:00Z"))
    at = moment("2026-01-07T15:00Z")
    log([HumanTouch(clock.lead_id, "call", at)], by=cast.owner.pk, at=at)
    clock.refresh_from_db()
    assert (clock.phase, clock.outcome, clock.breached_at, clock.stopped_at) == ("stopped", "met", None, at)
    assert Pause.objects.get(clock=clock).to_at == at
    with pytest.raises(Refused, match="has ended"):
        pause(clock, by=cast.owner, at=at, reason=ASKED, until=moment("2026-01-08T17:00Z"))
    assert resume(clock, by=cast.owner, at=at).phase == "stopped"


def test_twice_is_once(clock_of, cast):
    clock, at = clock_of("2026-01-06T15:00Z", hours=4), moment("2026-01-06T16:00Z")
    for _ in range(2):
        pause(clock, by=cast.owner, at=at, reason=ASKED, until=moment("2026-01-07T16:00Z"))
    assert Pause.objects.count() == 1
    with pytest.raises(Refused, match="paused already"):
        pause(clock, by=cast.manager, at=at, reason="legal_hold", until=moment("2026-01-07T16:00Z"))
    for _ in range(2):
        resume(clock, by=cast.owner, at=moment("2026-01-06T17:00Z"))
    assert Entry.objects.filter(kind="clock.resumed").count() == 1


def test_two_pauses_add_up(clock_of, cast):
    clock = clock_of("2026-01-06T15:00Z", hours=4)
    paused(clock, cast, "2026-01-06T16:00Z", "2026-01-06T17:00Z")
    clock = paused(clock, cast, "2026-01-06T18:00Z", "2026-01-06T19:00Z")
    assert clock.due_at == moment("2026-01-06T21:00Z")


def test_the_drain_asks_the_same_number_of_questions_whatever_the_lot(clock_of, cast, django_assert_num_queries):
    for hour in range(6):
        clock = clock_of(f"2026-01-06T{15 + hour}:00Z", hours=30)
        pause(clock, by=cast.owner, at=moment(f"2026-01-06T{15 + hour}:30Z"), reason=ASKED,
              until=moment("2026-01-07T16:00Z"))  # fmt: skip
    policies.pinned([clock.policy_id])
    with django_assert_num_queries(12):
        assert drain(moment("2026-01-07T16:00:01Z"), 100) == 6


@pytest.mark.django_db(transaction=True)
def test_a_pause_and_a_drain_that_race_tell_one_story(clock_of, cast):
    made = [clock_of(f"2026-01-06T15:{n:02}Z", hours=1) for n in range(20)]
    barrier, at = Barrier(2), moment("2026-01-06T15:59Z")

    def hold():
        barrier.wait()
        for clock in made:
            pause(clock, by=cast.owner, at=at, reason=ASKED, until=moment("2026-01-07T16:00Z"))
        connections.close_all()

    def burn():
        barrier.wait()
        for _ in range(40):
            fire(moment("2026-01-06T17:00Z"), limit=2)
        connections.close_all()

    threads = [Thread(target=hold), Thread(target=burn)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for clock in Clock.objects.filter(pk__in=[c.pk for c in made]):
        window = Pause.objects.get(clock=clock)
        breached = Effect.objects.filter(clock=clock, level=100).exists()
        assert breached == (clock.breached_at is not None) == window.stands == (clock.phase == "running")


@pytest.mark.django_db(transaction=True)
def test_a_resume_and_a_stop_that_race_leave_a_clock_that_is_met_once(clock_of, cast):
    made = [clock_of(f"2026-01-06T15:{n:02}Z", hours=4) for n in range(20)]
    for clock in made:
        pause(clock, by=cast.owner, at=moment("2026-01-06T16:00Z"), reason=ASKED, until=moment("2026-01-07T16:00Z"))
    barrier, at = Barrier(3), moment("2026-01-06T17:00Z")

    def each(act):
        def run():
            barrier.wait()
            for clock in made:
                act(clock)
            connections.close_all()

        return run

    acts = [
        lambda clock: resume(clock, by=cast.owner, at=at),
        lambda clock: log([HumanTouch(clock.lead_id, "call", at)], by=cast.owner.pk, at=at),
        lambda clock: drain(moment("2026-01-07T16:00:01Z"), 3),
    ]
    threads = [Thread(target=each(act)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for clock in Clock.objects.filter(pk__in=[c.pk for c in made]):
        assert (clock.phase, clock.outcome, clock.next_at, clock.breached_at) == ("stopped", "met", None, None)
        assert clock.due_at is not None and clock.pauses.filter(to_at=None).count() == 0
    assert Entry.objects.filter(kind="clock.met", data__target="first_response").count() == 20
