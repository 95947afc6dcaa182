"""The table of DOMAIN 1.5, row by row: a state, an event, what becomes of it."""

from datetime import timedelta
from fractions import Fraction

import pytest

from journal.models import Entry
from leads.touches import HumanTouch, log
from notify.models import Notice
from revops.lib.errors import Refused
from sla import clocks, pausing, state
from sla.due import drain
from sla.models import Clock, Effect, Hop, Pause, Policy
from sla.questions import Kept, attainment, attainment_by
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def response(lead, scope="lead", run=1):
    return Clock.objects.get(lead=lead, target="first_response", scope=scope, run=run)


def call(lead, at, occurred=None):
    log([HumanTouch(lead.pk, "call", occurred or at)], by=lead.owner_id, at=at)


def asked_to_wait(clock, by, at, **more):
    return pausing.pause(clock, by=by, at=at, reason="prospect_asked", until=at + timedelta(days=1), **more)


@pytest.fixture
def standard(hand_over):
    """A day round the clock to answer, and a promise that may be paused."""
    lead = hand_over("trial")
    assert response(lead).due_at == after(hours=24)
    return lead


def test_nothing_start_becomes_running_with_warnings_and_breach_ahead(lead):
    begun = response(lead)
    assert (state.of(begun, NOW), begun.due_at, begun.seconds) == ("running", after(minutes=5), 300)
    marks = dict(zip(begun.levels, begun.marks, strict=True))
    expected = {50: 150, 75: 225, 90: 270, 100: 300, 101: 600}
    assert marks == {level: after(seconds=seconds) for level, seconds in expected.items()}
    assert (begun.next_at, begun.next_level) == (after(seconds=150), 50)


def test_running_fulfilled_at_due_itself_is_met(lead):
    call(lead, after(minutes=5))
    assert (response(lead).outcome, response(lead).breached_at) == ("met", None)


def test_running_fulfilled_after_due_is_a_breach_at_due_and_then_met_late(lead):
    call(lead, after(minutes=5, microseconds=1))
    late = response(lead)
    assert (late.outcome, late.breached_at) == ("met_late", after(minutes=5))
    story = Entry.objects.filter(data__clock=late.pk).order_by("id").values_list("kind", "at")
    assert list(story) == [
        ("clock.breached", after(minutes=5)),
        ("clock.met_late", after(minutes=5, microseconds=1)),
    ]


def test_running_past_due_is_overdue_breached_at_due_escalated_and_moved_on(lead, cast):
    drain(after(minutes=5, seconds=2))
    late = response(lead, scope="owner")
    assert state.of(late, after(minutes=5, seconds=2)) == "overdue"
    assert (late.breached_at, late.detected_at) == (after(minutes=5), after(minutes=5, seconds=2))
    assert Notice.objects.filter(user=cast.manager, kind="clock.escalated", data__level=100).count() == 1
    assert Hop.objects.get().clock == late, "asked for once, by the owner's clock"


def test_running_paused_before_due_has_no_due_and_nothing_to_fire(standard, cast):
    asked_to_wait(response(standard), cast.owner, after(hours=4))
    held = response(standard)
    assert (held.phase, held.due_at, held.next_at, held.next_level) == ("paused", None, None, None)
    drain(after(hours=26))
    assert not Effect.objects.filter(clock=held).exists()


def test_paused_resumed_has_the_time_it_had_left_and_the_warnings_not_yet_given(standard, cast):
    drain(after(hours=18, seconds=1))
    asked_to_wait(response(standard), cast.owner, after(hours=20))
    pausing.resume(response(standard), by=cast.owner, at=after(hours=26))
    going = response(standard)
    assert (state.of(going, after(hours=26)), going.due_at) == ("running", after(hours=30))
    assert (going.next_level, going.next_at) == (100, after(hours=30)), "three quarters were told before the pause"


def test_paused_fulfilled_is_met_and_the_pause_is_over(standard, cast):
    asked_to_wait(response(standard), cast.owner, after(hours=4))
    call(standard, after(hours=10))
    kept = response(standard)
    assert (kept.outcome, kept.stopped_at, kept.resume_at) == ("met", after(hours=10), None)
    assert Pause.objects.get(clock=kept).to_at == after(hours=10)
    assert kept.due_at == after(hours=30), "when it would have been due, so that its period counts it"
    assert attainment(since=NOW, until=after(days=3), now=after(days=3)).met == 1


def test_overdue_paused_stays_overdue_and_the_pause_is_on_record(standard, cast):
    drain(after(hours=25))
    asked_to_wait(response(standard), cast.owner, after(hours=26))
    late = response(standard)
    assert (late.phase, late.due_at, late.breached_at) == ("running", after(hours=24), after(hours=24))
    assert state.of(late, after(hours=27)) == "overdue"
    assert Pause.objects.get(clock=late).stands


def test_overdue_fulfilled_after_due_is_met_late(lead):
    drain(after(minutes=6))
    call(lead, after(minutes=8, seconds=30))
    late = response(lead)
    assert late.outcome == "met_late"
    assert (late.stopped_at - late.due_at).total_seconds() == 210
    assert Effect.objects.filter(clock=late, event="breach").count() == 1


def test_overdue_with_evidence_from_before_due_is_met_and_the_breach_void(lead, cast):
    drain(after(minutes=6))
    told = Notice.objects.filter(kind__startswith="clock.").count()
    call(lead, after(minutes=8), occurred=after(minutes=4))
    voided = response(lead)
    assert (voided.outcome, voided.reason, voided.breached_at) == ("met", "late_evidence", None)
    assert Notice.objects.filter(kind__startswith="clock.").count() == told, "what was said stays on record"


@pytest.mark.parametrize("pause", [False, True], ids=["running", "paused"])
def test_running_or_paused_cancelled_is_left_out(standard, cast, pause):
    if pause:
        asked_to_wait(response(standard), cast.owner, after(hours=1))
    standard.disqualify(by=cast.owner, at=after(hours=2), reason="spam")
    gone = response(standard)
    assert (gone.outcome, gone.reason, gone.breached_at) == ("cancelled", "disqualified", None)
    assert state.counts_as_kept("cancelled") is None
    assert not Pause.objects.filter(to_at=None).exists()


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not yet noticed"])
def test_overdue_cancelled_is_still_a_miss(lead, cast, noticed):
    if noticed:
        drain(after(minutes=6))
    lead.disqualify(by=cast.owner, at=after(minutes=7), reason="spam")
    laundered = response(lead)
    assert (laundered.outcome, laundered.breached_at) == ("breached_cancelled", after(minutes=5))
    assert state.counts_as_kept("breached_cancelled") is False


def test_stopped_started_again_is_the_next_cycle_and_the_old_one_stays(lead, cast):
    lead.disqualify(by=cast.owner, at=after(minutes=4), reason="spam")
    before = Clock.objects.filter(pk=response(lead).pk).values().get()
    lead.reopen(by=cast.owner, at=after(days=1))
    assert response(lead, run=2).due_at == after(days=1, minutes=5)
    assert Clock.objects.filter(pk=before["id"]).values().get() == before


def test_stopped_anything_else_changes_nothing(standard, cast):
    call(standard, after(hours=1))
    before = Clock.objects.filter(pk=response(standard).pk).values().get()
    call(standard, after(hours=2))
    clocks.stop([clocks.Stop(standard.pk, ("first_response",), after(hours=3), fulfil=False, reason="x")],
                now=after(hours=3))  # fmt: skip
    clocks.charge({standard.pk: cast.teammate.pk}, now=after(hours=3))
    drain(after(days=2))
    with pytest.raises(Refused):
        asked_to_wait(response(standard), cast.owner, after(hours=4))
    pausing.resume(response(standard), by=cast.owner, at=after(hours=5))
    assert Clock.objects.filter(pk=before["id"]).values().get() == before


def test_at_one_instant_a_fulfilment_beats_a_cancellation(lead):
    stop = clocks.Stop(lead.pk, ("first_response",), after(minutes=4), fulfil=False, reason="disqualified")
    answer = clocks.Stop(lead.pk, ("first_response",), after(minutes=4), fulfil=True)
    clocks.stop([stop, answer], now=after(minutes=4))
    assert response(lead).outcome == "met"


def test_not_required_counts_neither_way_unless_it_was_late_already(hand_over):
    early, late = hand_over(email="a@one.example"), hand_over(email="b@two.example")
    for lead, minutes in ((early, 4), (late, 6)):
        moment = after(minutes=minutes)
        stop = clocks.Stop(lead.pk, ("first_response",), moment, fulfil=False, outcome="not_required", scope="lead")
        clocks.stop([stop], now=moment)
    assert (response(early).outcome, response(late).outcome) == ("not_required", "breached_cancelled")
    assert Entry.objects.filter(kind="clock.not_required", data__clock=response(early).pk).exists()


def make(lead, number, **fields):
    """Clocks of the past fifty promises of one lead; due in the period."""
    line = Policy.objects.get(policy_set__state="published", target="first_response", tier="standard")
    begun = {"started_at": after(days=-3), "seconds": 300, "due_at": after(days=-2), "phase": "stopped", "policy": line}
    if fields.get("phase") not in ("running", "paused"):
        begun["stopped_at"] = after(days=-1)
    runs = range(Clock.objects.filter(lead=lead, target="stage_age").count() + 1, 10_000)
    Clock.objects.bulk_create(
        Clock(lead=lead, target="stage_age", run=run, **{**begun, **fields}) for run in list(runs)[:number]
    )


def test_attainment_is_met_of_all_that_fell_due_42_of_49_is_85_7_percent(lead):
    """DOMAIN 1.5: 50 due: 42 met, 3 met_late, 4 open overdue, 1 cancelled → 42/49 = 85.7%."""
    Clock.objects.all().delete()
    make(lead, 42, outcome="met")
    make(lead, 3, outcome="met_late")
    make(lead, 4, phase="running")
    make(lead, 1, outcome="cancelled")
    period = {"since": after(days=-10), "until": NOW, "now": NOW, "target": "stage_age"}
    kept = attainment(**period)
    assert (kept.met, kept.judged, kept.share) == (42, 49, Fraction(42, 49))
    assert f"{float(kept.share):.1%}" == "85.7%"
    make(lead, 2, outcome="not_required")
    make(lead, 5, outcome="met", history=True)
    make(lead, 3, outcome="breached_cancelled", due_at=after(days=-20))
    make(lead, 1, phase="paused", due_at=None)
    kept = attainment(**period)
    assert (kept.met, kept.judged, kept.left_out, kept.paused) == (42, 49, 3, 1), "a paused clock is counted apart"


def test_attainment_agrees_with_the_state_each_clock_shows(lead, cast, hand_over):
    hand_over("trial", email="a@one.example")
    call(lead, after(minutes=6))
    for now in (after(minutes=5), after(minutes=7), after(hours=30)):
        shown = [state.of(c, now) for c in Clock.objects.filter(scope="lead", due_at__lt=after(days=30))]
        judged = [kept for kept in map(state.counts_as_kept, shown) if kept is not None]
        if now >= after(minutes=6):  # before the answer, the stored outcome is not yet true
            found = attainment(since=NOW, until=after(days=30), now=now, target=None)
            assert (found.met, found.judged) == (sum(judged), len(judged))


def test_attainment_by_person_and_target_asks_once(lead, cast, django_assert_num_queries):
    call(lead, after(minutes=6))
    with django_assert_num_queries(1):
        found = attainment_by(["owner", "target"], since=NOW, until=after(hours=1), now=after(hours=1), scope="owner")
    assert found == {(cast.owner.pk, "first_response"): Kept(met_late=1)}
    teams = attainment_by(["team"], since=NOW, until=after(hours=1), now=after(hours=1), target="first_response")
    assert teams == {(cast.midwest.pk,): Kept(met_late=1)}
