"""Who gets a lead and why: account owner, rules in order, the fallback; nobody is dropped."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import routing
from leads.models import Company, Lead, Ownership, Person, Pool, PoolMember, Rotation, RoutingPlan, RoutingRule
from leads.routing.why import why_sentence
from teams.calendars import add_calendar, week
from teams.models import Leave, User

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # Tuesday, 10:00 in Chicago
pytestmark = pytest.mark.django_db


def reps(*names, **more):
    return [User.objects.create_user(f"{name.lower()}@reps.example", name=name, role="sales", **more) for name in names]


def pool(name, members, weights=None, caps=None, fallback=False):
    made = Pool.objects.filter(is_fallback=True).get() if fallback else Pool.objects.create(name=name)
    for place, user in enumerate(members):
        PoolMember.objects.create(
            pool=made, user=user, position=place, weight=(weights or {}).get(user, 1), cap=(caps or {}).get(user)
        )
    return made


def rule(position, name, condition, to):
    plan = RoutingPlan.objects.get(state="live")
    return RoutingRule.objects.create(plan=plan, position=position, name=name, condition=condition, pool=to)


def leads(n, company=None, **person):
    people = Person.objects.bulk_create([Person(first_name="P", company=company, **person) for _ in range(n)])
    made = Lead.objects.bulk_create(
        [Lead(person=p, company=company, stage="mql", created_at=NOW, stage_at=NOW) for p in people]
    )
    return [lead.pk for lead in made]


def owners(decisions):
    return [decision.owner_id for decision in decisions.values()]


def office(opens, closes, name):
    return add_calendar(name, tz="America/Chicago", weekly=week(opens, closes), by=None, at=NOW)


def test_the_first_rule_that_holds_names_the_pool():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    large, europe = pool("Large", [ann]), pool("Europe", [bea])
    pool("", [cai], fallback=True)
    first = rule(1, "Large firms", {"attribute": "company.employees", "op": "at_least", "value": 500}, large)
    rule(2, "Europe", {"attribute": "company.country", "op": "in", "value": ["DE", "FR"]}, europe)
    big_german = Company.objects.create(name="A", name_key="a", employees=900, country="DE")
    small_german = Company.objects.create(name="B", name_key="b", employees=9, country="DE")
    unknown = Company.objects.create(name="C", name_key="c")
    ids = [*leads(1, big_german), *leads(1, small_german), *leads(1, unknown), *leads(1)]
    decided = routing.route(ids, at=NOW)
    assert owners(decided) == [ann.pk, bea.pk, cai.pk, cai.pk]
    assert [d.cause for d in decided.values()] == ["rule", "rule", "fallback", "fallback"]
    assert decided[ids[0]].why == {
        "cause": "rule", "rule": first.pk, "rule_name": "Large firms", "pool": large.pk, "pool_name": "Large",
        "eligible": [ann.pk], "skipped": {}, "plan": 1,
    }  # fmt: skip


def test_a_rule_switched_off_or_unreadable_stops_nobody(caplog):
    ann, cai = reps("Ann", "Cai")
    off = rule(1, "Off", {}, pool("Off", [ann]))
    off.is_active = False
    off.save()
    rule(2, "Broken", {"attribute": "person.custom.gone", "op": "is", "value": "x"}, pool("Broken", [ann]))
    pool("", [cai], fallback=True)
    with caplog.at_level("ERROR", "revops.routing"):
        assert owners(routing.route(leads(1), at=NOW)) == [cai.pk]
    assert "is passed over" in caplog.text


def test_the_owner_of_the_account_comes_first():
    ann, bea = reps("Ann", "Bea")
    pool("", [bea], fallback=True)
    company = Company.objects.create(name="A", name_key="a", owner=ann)
    [lead] = leads(1, company)
    decision = routing.route([lead], at=NOW)[lead]
    assert (decision.owner_id, decision.cause) == (ann.pk, "account_owner")
    assert not Rotation.objects.exclude(current={}).exists(), "nobody's turn was used up"


@pytest.mark.parametrize("gone", ["inactive", "leave", "previous"])
def test_an_account_owner_who_is_gone_away_or_had_it_is_passed_over(gone):
    ann, bea = reps("Ann", "Bea")
    pool("", [bea], fallback=True)
    [lead] = leads(1, Company.objects.create(name="A", name_key="a", owner=ann))
    if gone == "inactive":
        User.objects.filter(pk=ann.pk).update(is_active=False)
    elif gone == "leave":
        Leave.objects.create(user=ann, starts_at=NOW, ends_at=NOW + timedelta(days=9))
    else:
        Ownership.objects.create(lead_id=lead, owner=ann, from_at=NOW, to_at=NOW, cause="rule")
    assert owners(routing.route([lead], at=NOW)) == [bea.pk]


def test_a_batch_takes_turns_as_single_leads_would():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [ann, bea, cai], weights={ann: 5}, fallback=True)
    one_by_one = [owner for _ in range(7) for owner in owners(routing.route(leads(1), at=NOW))]
    assert one_by_one == [ann.pk, ann.pk, bea.pk, ann.pk, cai.pk, ann.pk, ann.pk]
    assert owners(routing.route(leads(7), at=NOW)) == one_by_one
    assert Counter(owners(routing.route(leads(56), at=NOW))) == {ann.pk: 40, bea.pk: 8, cai.pk: 8}


def test_fifty_leads_for_five_reps_are_ten_each():
    five = reps("Ann", "Bea", "Cai", "Dan", "Eve")
    pool("", five, fallback=True)
    assert set(Counter(owners(routing.route(leads(50), at=NOW))).values()) == {10}


def test_a_lead_given_by_hand_moves_nobody_s_turn():
    ann, bea = reps("Ann", "Bea")
    pool("", [ann, bea], fallback=True)
    first = owners(routing.route(leads(1), at=NOW))
    before = Rotation.objects.get().current
    Lead.objects.filter(pk__in=leads(3)).update(owner=bea)
    assert Rotation.objects.get().current == before
    assert first + owners(routing.route(leads(1), at=NOW)) == [ann.pk, bea.pk]


def test_leave_cap_and_inactivity_are_passed_over_with_the_reason():
    ann, bea, cai, dan = reps("Ann", "Bea", "Cai", "Dan")
    pool("", [ann, bea, cai, dan], caps={bea: 2, dan: 3}, fallback=True)
    Leave.objects.create(user=ann, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    Lead.objects.filter(pk__in=leads(2)).update(owner=bea)
    User.objects.filter(pk=cai.pk).update(is_active=False)
    [lead] = leads(1)
    decision = routing.route([lead], at=NOW)[lead]
    assert decision.owner_id == dan.pk
    assert decision.why["skipped"] == {str(ann.pk): "leave", str(bea.pk): "cap", str(cai.pk): "inactive"}
    assert why_sentence(decision.why) == (
        "No rule matched, so Everyone; it was their turn (1 with a full desk, 1 who left, 1 on leave passed over)."
    )


def test_a_cap_holds_within_a_batch():
    ann, bea = reps("Ann", "Bea")
    pool("", [ann, bea], caps={ann: 2}, fallback=True)
    assert Counter(owners(routing.route(leads(10), at=NOW))) == {ann.pk: 2, bea.pk: 8}


def test_the_off_shift_are_passed_over_while_somebody_is_on():
    ann, bea = reps("Ann", "Bea")
    ann.calendar = office("12:00", "20:00", "Late")
    ann.save()
    pool("", [ann, bea], fallback=True)
    decided = routing.route(leads(4), at=NOW)
    assert set(owners(decided)) == {bea.pk}
    assert next(iter(decided.values())).why["skipped"] == {str(ann.pk): "off_shift"}


def test_with_nobody_on_shift_the_next_to_start_owns_it():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    for user, opens in ((ann, "13:00"), (bea, "12:00"), (cai, "11:00")):
        user.calendar = office(opens, "20:00", user.name)
        user.save()
    Leave.objects.create(user=cai, starts_at=NOW, ends_at=NOW + timedelta(hours=5))
    pool("", [ann, bea, cai], fallback=True)
    [lead] = leads(1)
    decision = routing.route([lead], at=NOW)[lead]
    assert decision.owner_id == bea.pk
    assert decision.why["next_open"] == "2026-11-24T18:00:00+00:00"
    assert decision.why["skipped"] == {str(ann.pk): "off_shift", str(cai.pk): "leave"}
    assert "nobody was on shift" in why_sentence(decision.why)


def test_a_pool_with_nobody_at_all_hands_over_to_the_fallback():
    ann, bea = reps("Ann", "Bea")
    Leave.objects.create(user=ann, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    rule(1, "All", {}, pool("Away", [ann]))
    rule(2, "Never reached", {}, pool("Empty", []))
    pool("", [bea], fallback=True)
    [lead] = leads(1)
    decision = routing.route([lead], at=NOW)[lead]
    assert (decision.owner_id, decision.cause) == (bea.pk, "fallback")


def test_former_owners_are_passed_over_where_others_exist():
    ann, bea = reps("Ann", "Bea")
    rule(1, "All", {}, pool("Team", [ann, bea]))
    ids = leads(3)
    for lead in ids:
        Ownership.objects.create(lead_id=lead, owner=ann, from_at=NOW, to_at=NOW, cause="rule")
    assert owners(routing.route(ids, at=NOW)) == [bea.pk] * 3
    for lead in ids:
        Ownership.objects.create(lead_id=lead, owner=bea, from_at=NOW, to_at=NOW, cause="rule")
    assert set(owners(routing.route(ids, at=NOW))) == {ann.pk, bea.pk}, "a former owner is better than none"


def test_in_the_fallback_a_full_desk_is_better_than_none():
    (ann,) = reps("Ann")
    pool("", [ann], caps={ann: 1}, fallback=True)
    first, second = routing.route(leads(2), at=NOW).values()
    assert (first.owner_id, second.owner_id) == (ann.pk, ann.pk)
    assert "over_cap" not in first.why
    assert second.why["over_cap"] is True


def test_only_with_nobody_anywhere_is_a_lead_left_without_owner():
    (ann,) = reps("Ann")
    [lead] = leads(1)
    decision = routing.route([lead], at=NOW)[lead]
    assert (decision.owner_id, decision.cause) == (None, "nobody")
    assert why_sentence(decision.why).startswith("Nobody could own it")
    pool("", [ann], fallback=True)
    assert owners(routing.route([lead], at=NOW, without={ann.pk})) == [None]


def test_a_service_user_and_a_lead_that_isnt_there():
    ann, robot = reps("Ann", "Robot")
    User.objects.filter(pk=robot.pk).update(is_service=True)
    pool("", [robot, ann], fallback=True)
    [lead] = leads(1)
    assert owners(routing.route([lead, lead + 999], at=NOW)) == [ann.pk]
    assert routing.route([], at=NOW) == {}


def test_the_statements_do_not_grow_with_the_batch():
    ann, bea = reps("Ann", "Bea")
    team = pool("Team", [ann, bea])
    rule(1, "Known", {"attribute": "company.employees", "op": "at_least", "value": 1}, team)
    pool("", [ann, bea], fallback=True)
    company = Company.objects.create(name="A", name_key="a", employees=5)
    counts = []
    for ids in (leads(1, company), leads(1, company), leads(200, company)):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            routing.route(ids, at=NOW)
        counts.append(len(caught))
    # rules, match, members with their shifts; then the pool's turn: lock and update
    assert counts[1:] == [5, 5]
