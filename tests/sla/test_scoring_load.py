"""What other rules of scoring put on people: real desks first, else where the routing leads; hours against shifts."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Lead, Ownership, Pool, PoolMember, RoutingPlan, RoutingRule
from scoring.models import ReplayLead, ReplayRun
from sla import scoring_load
from teams import calendars
from teams.models import Organisation
from tests.scoring.model_of import person, touch

pytestmark = pytest.mark.django_db
SINCE = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday; two weeks, ten working days
UNTIL = SINCE + timedelta(days=14)


@pytest.fixture
def office(cast):
    """Open from nine to five on weekdays in UTC; the cast's two sellers take turns, one of them twice as often."""
    calendar = calendars.add_calendar(
        "Office", tz="UTC", weekly=calendars.week("09:00", "17:00"), by=cast.admin, at=SINCE
    )
    Organisation.objects.update_or_create(id=1, defaults={"timezone": "UTC", "calendar": calendar})
    Pool.objects.all().delete()
    pool = Pool.objects.create(name="All", is_fallback=True)
    PoolMember.objects.create(pool=pool, user=cast.owner, weight=2)
    PoolMember.objects.create(pool=pool, user=cast.teammate, weight=1)
    return pool


@pytest.fixture
def run():
    return ReplayRun.objects.create(key="k", days=14, started_at=UNTIL, beat_at=UNTIL)


def handed(run, *, live=None, draft=None, owner=None, cell="A1", **lead):
    made = Lead.objects.create(person=person(), created_at=SINCE, stage_at=SINCE, **lead)
    if owner:
        Ownership.objects.create(lead=made, owner=owner, from_at=SINCE, cause="rule", why={})
    ReplayLead.objects.create(
        run=run, lead_id=made.pk, opened_at=SINCE, live_at=live, draft_at=draft, live_best=90, draft_best=90,
        live_cell=cell, draft_cell=cell, live_points=[], draft_points=[],
    )  # fmt: skip
    return made


def at(day, hour):
    return SINCE + timedelta(days=day, hours=hour, minutes=10)


def load(run, every=1):
    return scoring_load.of(run.pk, since=SINCE, until=UNTIL, every=every)


def by_name(found):
    return {rep.user: (rep.live, rep.draft) for rep in found.reps}


def test_real_owners_keep_their_leads_and_new_ones_go_by_weight(cast, office, run):
    for day in range(3):
        handed(run, live=at(day, 10), draft=at(day, 10), owner=cast.teammate)
    for day in range(6):
        handed(run, draft=at(day, 11))
    found = load(run)
    assert by_name(found) == {cast.owner.pk: (0, 0.4), cast.teammate.pk: (0.3, 0.5)}
    assert found.note
    assert by_name(load(run, every=10))[cast.owner.pk] == (0, 4.0)


def test_nobody_can_take_it(cast, office, run):
    PoolMember.objects.all().delete()
    handed(run, draft=at(1, 10))
    assert by_name(load(run)) == {None: (0, 0.1)}


def test_routing_is_asked_with_the_replayed_score(cast, office, run):
    best = Pool.objects.create(name="Best")
    PoolMember.objects.create(pool=best, user=cast.manager)
    for position, (name, value) in enumerate([("A1", "A1"), ("broken", None)]):
        RoutingRule.objects.create(
            plan=RoutingPlan.objects.get(state="live"),
            position=900 + position, name=name, pool=best,
            condition={"attribute": "score.cell", "op": "is", "value": value},
        )  # fmt: skip
    handed(run, draft=at(1, 10), cell="A1")
    handed(run, draft=at(1, 10), cell="B1")
    found = by_name(load(run))
    assert found[cast.manager.pk] == (0, 0.1)
    assert found[cast.owner.pk][1] + found[cast.teammate.pk][1] == pytest.approx(0.1, abs=0.001)


def test_routing_may_ask_for_touches(cast, office, run):
    best = Pool.objects.create(name="Best")
    PoolMember.objects.create(pool=best, user=cast.manager)
    webinar, page = {"kind": ["webinar"]}, {"kind": ["page_view"]}
    conditions = [
        {"touches": webinar, "at_least": 1, "within_days": 2}, {"last": webinar, "at_most_days": 2},
        {"sequence": [page, webinar], "within_days": 2},
    ]  # fmt: skip
    plan = RoutingPlan.objects.get(state="live")
    RoutingRule.objects.create(plan=plan, position=900, name="came", pool=best, condition={"all": conditions})
    for seen in (0, 5):
        someone = handed(run, draft=at(1, 10)).person
        touch(someone, "page_view", at(seen, 8))
        touch(someone, "webinar", at(seen, 9))
    found = by_name(load(run))
    assert found[cast.manager.pk] == (0, 0.1), "who came after the hand-over had not come yet"


def test_clocks_by_the_hour_of_working_days_against_who_is_on_shift(cast, office, run):
    handed(run, live=at(0, 10), draft=at(0, 10), owner=cast.owner)
    handed(run, draft=at(1, 10), owner=cast.owner)
    handed(run, draft=at(5, 10), owner=cast.owner)  # a Saturday
    handed(run, draft=at(8, 20), owner=cast.owner)
    hours = load(run).hours
    assert (hours[10].live, hours[10].draft, hours[20].draft, hours[9].draft) == (0.1, 0.2, 0.1, 0)
    assert (hours[10].on_shift, hours[20].on_shift, hours[10].can_answer) == (2, 0, None)


def test_capacity_is_what_they_have_answered_at_their_busiest(cast, office, run):
    for day in range(10):
        for n in range(2 if day else 6):
            answered = at(day, 10 + n)
            lead = handed(run, live=at(day, 9), owner=cast.owner, first_response_at=answered)
            Lead.objects.filter(pk=lead.pk).update(owner=cast.owner)
    found = load(run)
    [rep] = found.reps
    assert rep.capacity == pytest.approx(4.2), "the 95th percentile of 6 and nine times 2 leads a day"
    assert found.hours[10].can_answer == 2, "one an hour, two on shift"


def test_no_working_day_no_load(cast, office, run):
    handed(run, live=at(5, 10), owner=cast.owner)
    saturday = SINCE + timedelta(days=5)
    found = scoring_load.of(run.pk, since=saturday, until=saturday + timedelta(hours=20), every=1)
    assert (found.reps, found.hours) == ([], [])
