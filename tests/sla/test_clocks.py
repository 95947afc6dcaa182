"""The state machine of a clock, event by event (DOMAIN 1.5, 1.6)."""

from datetime import timedelta

import pytest

from journal.models import Entry
from leads.handover import hand_over as hand_over_leads
from leads.models import Lead, Pool, PoolMember
from leads.progress import Move, advance, take_back
from leads.touches import HumanTouch, log
from revops.lib.errors import Invalid
from sla import policies, state
from sla.due import drain
from sla.models import Clock, Effect, Policy
from teams.models import Calendar, CalendarVersion, Organisation
from teams.people import deactivate
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def clock(lead, target="first_response", scope="lead", run=1):
    return Clock.objects.get(lead=lead, target=target, scope=scope, run=run)


def call(lead, at, by=None, occurred=None):
    log([HumanTouch(lead.pk, "call", occurred or at)], by=by or lead.owner_id, at=at)


def test_a_hand_off_starts_its_four_clocks(lead):
    shown = {(c.target, c.scope, c.tier, c.phase, c.outcome) for c in lead.clocks.all()}
    assert shown == {
        ("assignment", "lead", "", "stopped", "met"),
        ("first_response", "lead", "hot", "running", ""),
        ("first_response", "owner", "hot", "running", ""),
        ("disposition", "lead", "", "running", ""),
    }
    assert clock(lead).due_at == after(minutes=5)
    assert clock(lead, "disposition").due_at == after(hours=48)
    assert Lead.objects.get().next_due_at == after(minutes=5)


def test_an_answer_at_due_itself_is_in_time(lead):
    call(lead, after(minutes=5))
    assert {c.outcome for c in lead.clocks.filter(target="first_response")} == {"met"}
    assert not Effect.objects.filter(event="breach").exists()


def test_an_answer_an_instant_later_is_late_and_the_breach_is_dated_at_due(lead):
    call(lead, after(minutes=5, microseconds=1))
    late = clock(lead)
    assert (late.outcome, late.breached_at) == ("met_late", after(minutes=5))
    assert Effect.objects.get(clock=late).effective_at == after(minutes=5)
    kinds = list(Entry.objects.filter(data__clock=late.pk).order_by("at").values_list("kind", flat=True))
    assert kinds == ["clock.breached", "clock.met_late"]


def test_without_a_worker_a_clock_still_shows_overdue(lead):
    assert state.of(clock(lead), after(minutes=5)) == "running"
    assert state.of(clock(lead), after(minutes=5, microseconds=1)) == "overdue"


def test_the_breach_found_late_is_dated_at_due(lead):
    drain(after(minutes=17), 100)
    late = clock(lead)
    assert (late.breached_at, late.detected_at, late.phase) == (after(minutes=5), after(minutes=17), "running")
    assert Entry.objects.filter(kind="clock.breached", at=after(minutes=5)).count() == 2


def test_a_late_answer_keeps_the_miss_visible(lead):
    drain(after(minutes=6), 100)
    call(lead, after(minutes=7))
    assert clock(lead).outcome == "met_late" and clock(lead).breached_at == after(minutes=5)
    assert Effect.objects.filter(clock=clock(lead), event="breach").count() == 1


def test_evidence_from_before_due_voids_the_breach(lead):
    drain(after(minutes=6), 100)
    call(lead, after(minutes=8), occurred=after(minutes=4))
    voided = clock(lead)
    assert (voided.outcome, voided.breached_at, voided.reason) == ("met", None, "late_evidence")
    assert Entry.objects.filter(kind="clock.breached").exists(), "what was said stays said"


@pytest.mark.parametrize("kind", ["note"])
def test_a_note_answers_nobody(lead, kind):
    log([HumanTouch(lead.pk, kind, after(minutes=1))], by=lead.owner_id, at=after(minutes=1))
    assert clock(lead).phase == "running"


def test_a_moment_typed_in_from_long_ago_or_the_future_stops_nothing(lead):
    call(lead, after(minutes=20), occurred=after(minutes=4))
    call(lead, after(minutes=20), occurred=after(minutes=25))
    assert clock(lead).phase == "running"
    assert Lead.objects.get().first_response_at is None


def test_accepting_stops_disposition_and_not_first_response(lead, cast):
    lead.accept(by=cast.owner, at=after(hours=1))
    assert clock(lead, "disposition").outcome == "met"
    assert clock(lead).phase == "running"


def test_rejecting_an_overdue_lead_does_not_launder_the_breach(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=6), reason="no_need")
    assert clock(lead).outcome == "breached_cancelled"
    assert clock(lead, "disposition").outcome == "met"
    assert Lead.objects.get().next_due_at is None


def test_rejecting_in_time_leaves_the_response_out_of_attainment(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=4), reason="no_need")
    assert clock(lead).outcome == "cancelled"
    assert state.counts_as_kept("cancelled") is None


def test_disqualifying_cancels_everything(lead, cast):
    lead.disqualify(by=cast.owner, at=after(minutes=4), reason="spam")
    assert set(lead.clocks.exclude(target="assignment").values_list("outcome", flat=True)) == {"cancelled"}


def test_taking_a_rejection_back_lets_the_clocks_run_on(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=1), reason="no_need")
    lead.undo(by=cast.owner, at=after(minutes=2))
    assert {c.phase for c in lead.clocks.exclude(target="assignment")} == {"running"}
    assert clock(lead).due_at == after(minutes=5), "no time is bought"
    assert Lead.objects.get().next_due_at == after(minutes=5)
    drain(after(minutes=6), 100)
    assert clock(lead).breached_at == after(minutes=5)


def test_reassigning_moves_the_owner_clock_and_not_the_lead_clock(lead, cast):
    lead.reassign(by=cast.manager, at=after(minutes=3), to=cast.teammate)
    assert clock(lead, scope="owner").reason == "reassigned"
    second = clock(lead, scope="owner", run=2)
    assert (second.owner, second.started_at, second.due_at) == (cast.teammate, after(minutes=3), after(minutes=8))
    assert clock(lead).due_at == after(minutes=5) and clock(lead).owner == cast.teammate
    assert clock(lead, "disposition").run == 1 and lead.clocks.filter(target="disposition").count() == 1


def test_a_late_first_owner_answers_for_the_lead_clock(lead, cast):
    """DOMAIN 1.6: A breaches at 10:05:00, moved to B at 10:05:02, B calls at 10:08:30: met in 208 s; the lead's clock is
    met late at 510 s, charged to A."""
    drain(after(minutes=5, seconds=1), 100)
    lead.reassign(by=cast.manager, at=after(minutes=5, seconds=2), to=cast.teammate)
    call(lead, after(minutes=8, seconds=30), by=cast.teammate.pk)
    assert clock(lead, scope="owner").outcome == "breached_cancelled"
    own = clock(lead, scope="owner", run=2)
    assert (own.outcome, (own.stopped_at - own.started_at).total_seconds()) == ("met", 208)
    whole = clock(lead)
    assert (whole.outcome, (whole.stopped_at - whole.started_at).total_seconds()) == ("met_late", 510)
    assert whole.owner == cast.owner


def test_reopening_starts_the_next_run_and_keeps_the_old_one(lead, cast):
    lead.disqualify(by=cast.owner, at=after(minutes=4), reason="spam")
    lead.reopen(by=cast.owner, at=after(days=1))
    assert clock(lead).outcome == "cancelled"
    assert clock(lead, run=2).due_at == after(days=1, minutes=5)
    assert clock(lead, "disposition", run=2).started_at == after(days=1)


def test_nobody_to_own_it_leaves_assignment_running(hand_over, cast):
    PoolMember.objects.all().delete()
    lead = hand_over(email="nobody@there.example")
    assert lead.owner is None
    assert clock(lead, "assignment").due_at == after(minutes=2)
    assert not lead.clocks.filter(target="disposition").exists()


def test_team_hours_decide_when_a_hot_lead_is_due(hand_over, cast):
    """B02: Friday 16:58 in New York and five minutes are Monday 09:03."""
    hours = Calendar.objects.create(name="New York")
    weekly = {str(day): [["09:00", "17:00"]] for day in range(5)}
    CalendarVersion.objects.create(calendar=hours, number=1, tz="America/New_York", weekly=weekly)
    cast.midwest.calendar = hours
    cast.midwest.save()
    friday = NOW.replace(year=2026, month=1, day=9, hour=21, minute=58)
    lead = hand_over(at=friday)
    assert clock(lead).due_at == friday.replace(day=12, hour=14, minute=3)


@pytest.mark.parametrize(
    ("more", "tier", "seconds"),
    [
        ({"hand_raise": "contact"}, "hot", 300),
        ({"touches": [{"kind": "page_view", "url": "https://x.example/pricing", "occurred_at": (NOW - timedelta(hours=h)).isoformat()} for h in (1, 5, 9)],
          "hand_raise": "trial"}, "intent", 3_600),
    ],
)  # fmt: skip
def test_the_tier_follows_the_first_line_that_matches(hand_over, more, tier, seconds):
    lead = hand_over(**more)
    assert (clock(lead).tier, clock(lead).seconds) == (tier, seconds)


def running(lead):
    return sorted(lead.clocks.exclude(phase="stopped").values_list("target", "scope", "owner"))


def test_taking_back_a_colleague_s_acceptance_gives_the_lead_back_with_one_owner_clock(lead, cast):
    lead.accept(by=cast.teammate, at=after(minutes=1))
    assert lead.owner == cast.teammate
    lead.undo(by=cast.teammate, at=after(minutes=2))
    assert (lead.stage, lead.owner) == ("mql", cast.owner)
    assert running(lead) == [
        ("disposition", "lead", cast.owner.pk), ("first_response", "lead", cast.owner.pk),
        ("first_response", "owner", cast.owner.pk),
    ]  # fmt: skip


def test_taking_back_the_acceptance_of_a_lead_nobody_had_brings_back_only_the_decision(hand_over, cast):
    PoolMember.objects.all().delete()
    lead = hand_over()
    lead.accept(by=cast.admin, at=after(minutes=1))
    lead.undo(by=cast.admin, at=after(minutes=2))
    assert (lead.stage, lead.owner) == ("mql", cast.admin)
    assert clock(lead, "assignment").phase == "stopped"


def test_an_answer_given_meanwhile_keeps_its_clock_closed_when_a_rejection_is_taken_back(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=1), reason="no_need")
    call(lead, after(minutes=2))
    lead.undo(by=cast.owner, at=after(minutes=3))
    assert {c.outcome for c in lead.clocks.filter(target="first_response")} == {"met"}
    assert running(lead) == [("disposition", "lead", cast.owner.pk)]


def test_when_nobody_can_take_it_over_the_owner_clock_ends_and_assignment_runs(lead, cast):
    PoolMember.objects.all().delete()
    hand_over_leads(cast.owner, by=cast.admin, at=after(minutes=2))
    lead.refresh_from_db()
    assert lead.owner is None
    assert clock(lead, scope="owner").reason == "reassigned"
    assert clock(lead, "assignment", run=2).due_at == after(minutes=4)
    assert lead.next_due_at == after(minutes=4)
    lead.reassign(by=cast.admin, at=after(minutes=3), to=cast.teammate)
    assert clock(lead, "assignment", run=2).outcome == "met"
    assert [c for c in running(lead) if c[1] == "owner"] == [("first_response", "owner", cast.teammate.pk)]


def test_a_deal_ends_what_is_still_owed(lead):
    Lead.objects.update(stage="sql")
    advance([Move(lead.pk, "opportunity", after(minutes=4))], now=after(minutes=4))
    assert running(lead) == []
    assert (clock(lead).outcome, clock(lead).reason) == ("cancelled", "opportunity")
    lead.refresh_from_db()
    assert lead.next_due_at is None


def test_a_deal_does_not_launder_a_breach_and_taking_it_back_starts_nothing(lead):
    Lead.objects.update(stage="sql")
    advance([Move(lead.pk, "opportunity", after(minutes=6))], now=after(minutes=6))
    advance([Move(lead.pk, "won", after(minutes=6))], now=after(minutes=6))
    assert clock(lead).outcome == "breached_cancelled"
    take_back(lead.pk, by=None, at=after(minutes=7), now=after(minutes=7))
    assert running(lead) == []


def test_an_answer_from_before_a_reassignment_leaves_the_new_owner_nothing_to_answer(lead, cast):
    lead.reassign(by=cast.manager, at=after(minutes=3), to=cast.teammate)
    call(lead, after(minutes=4), by=cast.owner.pk, occurred=after(minutes=2))
    assert clock(lead).outcome == "met"
    second = clock(lead, scope="owner", run=2)
    assert (second.outcome, second.reason, second.stopped_at) == ("cancelled", "answered", second.started_at)


def test_a_lead_reopened_after_its_owner_left_goes_to_somebody_else(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=1), reason="no_need")
    deactivate(cast.owner, by=cast.admin, at=after(hours=1))
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.teammate)
    lead.refresh_from_db()
    lead.reopen(by=cast.admin, at=after(hours=2))
    assert (lead.stage, lead.owner) == ("mql", cast.teammate)
    assert {c.owner for c in lead.clocks.filter(started_at=after(hours=2))} == {cast.teammate}
    assert [c for c in running(lead) if c[0] == "assignment"] == []


def test_a_lead_reopened_when_nobody_is_left_waits_for_an_owner(lead, cast):
    lead.reject(by=cast.owner, at=after(minutes=1), reason="no_need")
    deactivate(cast.owner, by=cast.admin, at=after(hours=1))
    lead.refresh_from_db()
    lead.reopen(by=cast.admin, at=after(hours=2))
    assert (lead.stage, lead.owner) == ("mql", None)
    assert running(lead) == [("assignment", "lead", None), ("first_response", "lead", None)]


def test_the_day_to_come_back_is_a_day_of_the_organisation(lead, cast):
    Organisation.objects.update_or_create(id=1, defaults={"timezone": "America/New_York"})
    evening = NOW.replace(hour=1) + timedelta(days=1)  # the 24th, 20:00 in New York
    with pytest.raises(Invalid, match="after today"):
        lead.recycle(by=cast.owner, at=evening, reason="timing", track="newsletter", revisit_on=NOW.date())
    lead.recycle(by=cast.owner, at=evening, reason="timing", track="newsletter", revisit_on=evening.date())
    assert lead.stage == "recycled"


@pytest.fixture
def standard(hand_over):
    """A lead on the standard promise of a day: it asked for a trial."""
    lead = hand_over("trial")
    assert clock(lead).tier == "standard"
    return lead


def test_a_demo_request_makes_a_waiting_lead_hot(standard, hand_over):
    """DOMAIN 1.6, lead upgraded."""
    hand_over("demo", at=after(hours=2))
    for scope in ("lead", "owner"):
        assert (clock(standard, scope=scope).outcome, clock(standard, scope=scope).reason) == (
            "cancelled",
            "superseded",
        )
        hot = clock(standard, scope=scope, run=2)
        assert (hot.tier, hot.due_at, hot.owner_id) == ("hot", after(hours=2, minutes=5), standard.owner_id)
    standard.refresh_from_db()
    assert standard.next_due_at == after(hours=2, minutes=5)
    hand_over("demo", at=after(hours=2, minutes=1))
    assert not standard.clocks.filter(run=3).exists(), "what is hot stays as it is"


def test_an_upgrade_buys_no_time(standard, hand_over):
    hand_over("demo", at=after(hours=23, minutes=58))
    hot = clock(standard, run=2)
    assert (hot.due_at, hot.seconds) == (after(hours=24), 120)
    assert dict(zip(hot.levels, hot.marks, strict=True))[50] == after(hours=23, minutes=59), "half of what was left"
    drain(after(hours=24, seconds=1), 100)
    assert clock(standard, run=2).breached_at == after(hours=24)


def test_an_upgrade_launders_no_breach(standard, hand_over):
    hand_over("demo", at=after(hours=25))
    assert clock(standard).outcome == "breached_cancelled"
    assert clock(standard, run=2).due_at == after(hours=25, minutes=5)


def test_a_lead_that_was_answered_gets_no_second_first_response(standard, hand_over):
    call(standard, after(hours=1))
    hand_over("demo", at=after(hours=2))
    assert not standard.clocks.filter(target="first_response", run=2).exists()


def test_a_line_nobody_can_read_any_more_is_passed_over(hand_over, caplog):
    Policy.objects.filter(tier="hot").update(condition={"attribute": "person.custom.gone", "op": "is", "value": "x"})
    policies.forget()
    lead = hand_over()
    assert clock(lead).tier in {"intent", "standard"}
    assert "is passed over" in caplog.text
