"""Touches after accepting: which count, when they are enough, and when nobody need chase any more (TOUCH_MIN)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from leads.models import Lead, Touch
from leads.touches import HumanTouch, approve, log
from revops.lib.errors import Refused
from sla import policies, touch_progress
from sla.counted_touches import Rule, counted, reached_at
from sla.due import drain as fire
from sla.models import Clock, Policy
from tests.sla.conftest import NOW

RULE = Rule(touches=8, channels=2, per_day=2)
ZONE = "America/New_York"
KINDS = ["call", "email", "linkedin"]

touches = st.lists(
    st.tuples(
        st.integers(0, 30 * 24 * 60).map(lambda m: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=m)),
        st.sampled_from(KINDS),
    ),
    max_size=40,
)


@given(touches)
def test_no_kind_counts_more_than_twice_a_local_day(made):
    days = [(kind, at.astimezone(ZoneInfo(ZONE)).date()) for at, kind in counted(made, RULE, ZONE)]
    assert all(days.count(day) <= 2 for day in days)


@given(touches)
def test_every_touch_that_is_left_out_met_a_full_day(made):
    kept = counted(made, RULE, ZONE)
    for at, kind in set(made) - set(kept):
        day = at.astimezone(ZoneInfo(ZONE)).date()
        assert sum(1 for t, k in kept if k == kind and t.astimezone(ZoneInfo(ZONE)).date() == day) == 2


@given(touches, touches)
def test_more_touches_never_make_it_later(made, more):
    alone, together = reached_at(made, RULE, ZONE), reached_at(made + more, RULE, ZONE)
    assert alone is None or (together is not None and together <= alone)


@given(touches)
def test_it_is_reached_by_a_counted_touch_that_completes_number_and_channels(made):
    at = reached_at(made, RULE, ZONE)
    kept = counted(made, RULE, ZONE)
    if at is None:
        assert len(kept) < 8 or len({kind for _, kind in kept}) < 2
    else:
        until = [(t, kind) for t, kind in kept if t <= at]
        before = [(t, kind) for t, kind in kept if t < at]
        assert len(until) >= 8 and len({kind for _, kind in until}) >= 2
        assert len(before) < 8 or len({kind for _, kind in before}) < 2


@given(touches, st.randoms())
def test_the_order_they_are_told_in_does_not_matter(made, chance):
    shuffled = list(made)
    chance.shuffle(shuffled)
    assert reached_at(made, RULE, ZONE) == reached_at(shuffled, RULE, ZONE)


def test_the_day_ends_at_midnight_of_the_calendar_not_of_utc():
    late = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # half past eleven of 1 March in New York
    made = [(late + timedelta(hours=n), "call") for n in (-1, 0, 1)]
    assert len(counted(made, RULE, ZONE)) == 3
    assert len(counted(made, RULE, "UTC")) == 2, "all three on 2 March there"


# --- the clock ------------------------------------------------------------------


@pytest.fixture
def sal(lead, cast):
    log([HumanTouch(lead.pk, "call", NOW)], by=cast.owner.pk, at=NOW)
    return lead.accept(by=cast.owner, at=at(0))


def at(days=0.0, **more):
    return NOW + timedelta(hours=1) + timedelta(days=days, **more)


def clock(lead, run=1):
    return Clock.objects.get(lead=lead, target="touch_minimum", run=run)


def touch(lead, when, kind="call", **more):
    log([HumanTouch(lead.pk, kind, when, **more)], by=lead.owner_id, at=when)


def eight(lead, last=4.0):
    """Two channels a day for four days, the eighth at day `last`."""
    for day in range(1, 4):
        touch(lead, at(day), "call")
        touch(lead, at(day, minutes=5), "email")
    touch(lead, at(last, minutes=-5), "call")
    touch(lead, at(last), "email")


@pytest.mark.django_db
def test_accepting_starts_it_for_twenty_one_local_days(sal):
    begun = clock(sal)
    assert (begun.started_at, begun.phase, begun.owner_id) == (at(0), "running", sal.owner_id)
    assert begun.due_at == at(21), "no change of the clocks in between"


@pytest.mark.django_db
def test_the_eighth_counted_touch_keeps_it_at_its_own_moment(sal):
    eight(sal)
    kept = clock(sal)
    assert (kept.outcome, kept.stopped_at) == ("met", at(4))


@pytest.mark.django_db
def test_what_was_before_accepting_does_not_count(sal):
    assert touch_progress.of_leads([sal.pk], now=at(0, minutes=1))[sal.pk]["counted"] == 0


@pytest.mark.django_db
def test_eight_by_one_channel_are_not_enough_until_another_is_tried(sal):
    for day in range(1, 9):
        touch(sal, at(day))
    assert clock(sal).phase == "running"
    touch(sal, at(9), "linkedin")
    assert (clock(sal).outcome, clock(sal).stopped_at) == ("met", at(9))


@pytest.mark.django_db
def test_a_third_call_of_a_day_is_no_further_attempt(sal):
    for day in (1, 2, 3):
        for minute in range(3):
            touch(sal, at(day, minutes=minute))
    touch(sal, at(4), "email")
    assert clock(sal).phase == "running"
    assert touch_progress.of_leads([sal.pk], now=at(4))[sal.pk]["counted"] == 7


@pytest.mark.django_db
def test_the_eighth_after_due_is_late_and_the_miss_stays(sal):
    eight(sal, last=22)
    late = clock(sal)
    assert (late.outcome, late.breached_at) == ("met_late", at(21))


@pytest.mark.django_db
def test_the_eighth_at_due_itself_is_in_time(sal):
    eight(sal, last=21)
    assert clock(sal).outcome == "met"


@pytest.mark.django_db
def test_an_approved_eighth_of_before_due_voids_the_breach(sal, cast):
    for day in range(1, 8):
        touch(sal, at(day), "call" if day % 2 else "email")
    fire(at(22), 100)
    assert clock(sal).breached_at == at(21)
    log([HumanTouch(sal.pk, "email", at(20))], by=cast.owner.pk, at=at(22, hours=1))
    assert clock(sal).phase == "running"
    approve(Touch.objects.get(standing="waits"), by=cast.manager, at=at(23))
    kept = clock(sal)
    assert (kept.outcome, kept.reason, kept.stopped_at, kept.breached_at) == ("met", "late_evidence", at(20), None)


@pytest.mark.django_db
@pytest.mark.parametrize("how", [{"outcome": "two_way"}, {"kind": "meeting"}])
def test_a_reply_or_a_meeting_ends_it_uncounted(sal, how):
    touch(sal, at(2), **how)
    ended = clock(sal)
    assert (ended.outcome, ended.reason, ended.breached_at) == ("not_required", "replied", None)


@pytest.mark.django_db
def test_rejecting_ends_it_uncounted_and_undo_brings_it_back(sal, cast):
    sal.reject(by=cast.owner, at=at(1), reason="no_need")
    assert clock(sal).outcome == "not_required"
    sal.undo(by=cast.owner, at=at(1, minutes=1))
    assert (clock(sal).phase, clock(sal).due_at) == ("running", at(21))


@pytest.mark.django_db
def test_giving_up_after_due_stays_a_miss(sal, cast):
    sal.recycle(by=cast.owner, at=at(22), reason="timing", track="newsletter")
    assert clock(sal).outcome == "breached_cancelled"


@pytest.mark.django_db
def test_accepting_taken_back_takes_the_clock_along_and_accepting_again_begins_anew(sal, cast):
    sal.undo(by=cast.owner, at=at(0, minutes=2))
    assert (clock(sal).outcome, clock(sal).reason) == ("cancelled", "undone")
    sal.accept(by=cast.owner, at=at(0, minutes=3))
    assert clock(sal, run=2).started_at == at(0, minutes=3)


@pytest.mark.django_db
def test_a_batch_costs_as_many_statements_as_one(hand_over, cast, django_assert_num_queries):
    leads = [hand_over(email=f"p{n}@lumen.example").accept(by=cast.owner, at=at(0)) for n in range(6)]

    def count(some):
        with CaptureQueriesContext(connection) as asked:
            log([HumanTouch(one.pk, "email", at(1)) for one in some], by=cast.owner.pk, at=at(1))
        return len(asked)

    assert count(leads[:1]) == count(leads[1:])
    with django_assert_num_queries(1):
        assert len(touch_progress.of_leads([lead.pk for lead in leads], now=at(2))) == 6


# --- the pace, and who is unreachable ----------------------------------------------


@pytest.mark.django_db
def test_the_pace_is_said_in_words(sal):
    for day, kind in ((1, "call"), (1.1, "email"), (3, "call"), (4, "email"), (6, "call")):
        touch(sal, at(day), kind)
    told = touch_progress.of_leads([sal.pk], now=at(9))[sal.pk]
    assert told["line"] == "5 of 8 touches, 2 channels, day 9 of 21, expected 3.4 by now"
    assert not told["behind"]
    assert touch_progress.of_leads([sal.pk], now=at(14))[sal.pk]["behind"]


@pytest.mark.django_db
def test_the_drawing_has_a_step_for_each_counted_touch(sal):
    touch(sal, at(1))
    touch(sal, at(2), "email")
    card = touch_progress.card(sal.pk, now=at(9))
    assert len(card["dots"]) == 2 and card["dots"][1]["y"] < card["dots"][0]["y"]
    assert touch_progress.card(sal.pk + 99, now=at(9)) is None


@pytest.mark.django_db
def test_unreachable_needs_as_many_attempts_as_the_line_in_force_says(sal, cast):
    for day in range(1, 5):
        touch(sal, at(day))
    said = {"reason": "unable_to_reach", "track": "newsletter"}
    with pytest.raises(Refused, match=r"Reason unable to reach needs 8 attempts; 5 are logged\."):
        sal.recycle(by=cast.owner, at=at(5), **said)
    Policy.objects.filter(target="touch_minimum").update(terms={"touches": 5, "channels": 1, "per_day": 2})
    policies.forget()
    assert sal.recycle(by=cast.owner, at=at(5), **said).stage == "recycled"


@pytest.mark.django_db
def test_what_waits_or_is_still_to_come_is_no_attempt(sal, cast):
    log([HumanTouch(sal.pk, "call", at(1))], by=cast.owner.pk, at=at(1, hours=2))
    log([HumanTouch(sal.pk, "call", at(3))], by=cast.owner.pk, at=at(2))
    assert set(Touch.objects.filter(lead=sal).values_list("standing", flat=True)) == {"", "waits", "ahead"}
    with pytest.raises(Refused, match="1 are logged"):
        Lead.objects.get().recycle(by=cast.owner, at=at(2), reason="unable_to_reach", track="newsletter")
