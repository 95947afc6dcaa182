"""Who would get it: one lead, an enquiry never sent, and last month's leads under a draft; and was it fair."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import F

from leads import ownership, routing
from leads.incoming import parse
from leads.models import (
    AttributeFact,
    Company,
    Lead,
    Ownership,
    Person,
    Pool,
    PoolMember,
    Rotation,
    RoutingPlan,
    RoutingRun,
    RoutingRunLead,
    Waiting,
)
from leads.routing import drafts, dry, fairness, month
from revops.lib.errors import Invalid
from teams.models import Leave, User
from tests.leads.routing.test_deciding import NOW, leads, office, pool, reps, rule

pytestmark = pytest.mark.django_db
LARGE = {"attribute": "company.employees", "op": "at_least", "value": 500}
DAY = timedelta(days=1)


@pytest.fixture
def rosa(db):
    return User.objects.create_user("rosa@dry.example", name="Rosa Vidal", role="admin")


def given(n, *, at, cause="rule", to=None, **more):
    """Leads handed over at `at`, as routing or somebody gave them."""
    ids = leads(n, **more)
    Lead.objects.filter(pk__in=ids).update(mql_at=at)
    if to is None:
        wanted = {lead: (d.owner_id, d.cause, d.why) for lead, d in routing.route(ids, at=at).items()}
    else:
        wanted = dict.fromkeys(ids, (to.pk, cause, {}))
    ownership.assign([ownership.Assignment(lead, *one) for lead, one in wanted.items()], at=at, now=at)
    return ids


def test_one_lead_is_walked_down_the_ladder_and_nothing_is_written(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    large = pool("Large", [ann, bea])
    rule(1, "Large firms", LARGE, large)
    rule(2, "Dutch", {"attribute": "person.country", "op": "is", "value": "NL"}, large)
    pool("", [cai], fallback=True)
    Leave.objects.create(user=ann, starts_at=NOW, ends_at=NOW + DAY)
    [lead] = leads(1, Company.objects.create(name="A", name_key="a", employees=900, owner=ann))
    found = dry.one(Lead.objects.get(pk=lead), at=NOW)
    assert (found.owner, found.cause, found.eligible, found.skipped) == (bea, "rule", [bea], [(ann, "on leave")])
    assert [(s.what, s.state, s.note) for s in found.steps] == [
        ("They have a deal with this company", "passed", "nobody"),
        ("It is a named account of theirs", "passed", "nobody"),
        ("They own the account", "passed", "Ann is away or had it before"),
        ("Rule “Large firms”", "decided", "Large"), ("Rule “Dutch”", "not_asked", ""), ("No rule", "not_asked", ""),
    ]  # fmt: skip
    assert not Rotation.objects.exclude(current={}).exists()
    draft = drafts.open_draft(by=rosa, at=NOW)
    drafts.change(draft.rules.first(), {"person": cai}, by=rosa, at=NOW)
    assert dry.one(Lead.objects.get(pk=lead), at=NOW, plan=draft).owner == cai


def test_an_enquiry_that_was_never_sent_is_routed_beside_the_record(rosa):
    ann, cai = reps("Ann", "Cai")
    rule(1, "Large firms", LARGE, pool("Large", [ann]))
    pool("", [cai], fallback=True)
    body = {"email": "new@acme.example", "hand_raise": "demo", "company": {"name": "Acme", "employees": 900}}
    assert dry.sample(parse(body, now=NOW), at=NOW).owner == ann
    body["company"]["employees"] = 10
    found = dry.sample(parse(body, now=NOW), at=NOW)
    assert (found.owner, found.steps[-1].note) == (cai, "Everyone")
    assert not Person.objects.exists()


def test_last_month_under_a_draft_beside_who_did(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    team = pool("Team", [ann, bea])
    pool("", [cai], fallback=True)
    since, until = NOW - 10 * DAY, NOW
    big = Company.objects.create(name="A", name_key="a", employees=900)
    AttributeFact.objects.create(subject_kind="company", subject_id=big.pk, values={"employees": 900}, at=since)
    PoolMember.objects.filter(user=ann).update(cap=1)
    for n in (0, 1, 2, 3, 3.5, 4):
        given(1, at=since + n * DAY, company=big)
    given(1, at=since - DAY), given(1, at=until), leads(2)
    Leave.objects.create(user=bea, starts_at=since + 3 * DAY, ends_at=since + 4 * DAY)
    first = Lead.objects.filter(mql_at__gte=since).order_by("mql_at").first()
    Lead.objects.filter(pk=first.pk).update(rejected_at=since + 2 * DAY)
    draft = drafts.open_draft(by=rosa, at=NOW)
    added = drafts.add(draft, fields={"name": "Large", "condition": LARGE, "pool": team}, by=rosa, at=NOW)
    run = dry.month(draft, since, until, now=NOW)
    result = run.result
    assert (run.state, result["leads"], result["same"], result["other"]) == ("done", 6, 1, 5)
    assert result["against"] == {"version": 1, "held": 0, "queued": 0}
    assert result["people"] == [
        {"user": ann.pk, "had": 0, "against": 0, "gets": 2}, {"user": bea.pk, "had": 0, "against": 0, "gets": 3},
        {"user": cai.pk, "had": 6, "against": 6, "gets": 1},
    ]  # fmt: skip
    assert {(r["name"], r["leads"]) for r in result["rules"]} == {("Large", 5), ("Everyone", 1)}
    rows = month.moved(run)
    # Ann's desk holds one: her first is closed when Bea is away. Then she is full again, and the fallback takes one.
    assert [row["gets"] for row in rows] == [ann.pk, bea.pk, bea.pk, ann.pk, bea.pk]
    assert rows[0]["why"]["rule"] == added.pk
    assert dry.month(draft, since, until, now=NOW).pk == run.pk, "it stands as long as nothing changed"
    drafts.change(added, {"is_active": False}, by=rosa, at=NOW)
    assert dry.month(draft, since, until, now=NOW).result["same"] == 6
    assert RoutingRun.objects.count() == 1
    with pytest.raises(Invalid):
        dry.month(draft, until, since, now=NOW)


def test_a_draft_that_only_renames_a_rule_says_that_0_differ(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    rule(1, "Large", LARGE, pool("Team", [ann, bea]))
    pool("", [ann, bea, cai], fallback=True)
    since = NOW - 10 * DAY
    big = Company.objects.create(name="A", name_key="a", employees=900)
    AttributeFact.objects.create(subject_kind="company", subject_id=big.pk, values={"employees": 900}, at=since - DAY)
    routing.route(leads(1), at=since), routing.route(leads(1, big), at=since)  # so the turns of that time began elsewhere
    given(5, at=since + DAY), given(3, at=since + DAY, company=big), given(2, at=since + 2 * DAY, to=cai)
    draft = drafts.open_draft(by=rosa, at=NOW)
    drafts.change(draft.rules.get(), {"name": "500 and more"}, by=rosa, at=NOW)
    run = dry.month(draft, since, NOW, now=NOW)
    assert (run.result["leads"], run.result["same"], run.result["other"]) == (10, 10, 0)
    assert all(one["against"] == one["gets"] for one in run.result["people"]) and month.moved(run) == []
    assert RoutingRunLead.objects.exclude(had_id=F("gets_id")).exists(), "what really happened went otherwise"
    own = dry.month(drafts.live(), since, NOW, now=NOW)
    assert own.result["other"] > 0, "what is live is compared with who got them"
    # What nobody is given differs too.
    queue = Pool.objects.create(name="Queue", method=Pool.Method.CLAIM)
    drafts.change(draft.rules.get(), {"pool": queue}, by=rosa, at=NOW + DAY / 24)
    run = dry.month(draft, since, NOW, now=NOW + DAY / 24)
    assert (run.result["queued"], run.result["against"]["queued"], run.result["same"]) == (3, 0, 7)
    assert run.result["other"] == 0 and len(month.moved(run)) == 3
    # Another plan goes live: what the draft was compared with is past.
    assert month.stands_for(run, now=NOW)
    RoutingPlan.objects.filter(state="live").update(state="past")
    RoutingPlan.objects.create(version=99, state="live")
    assert not month.stands_for(run, now=NOW)


def test_a_run_that_died_goes_on_where_it_stopped(rosa, monkeypatch):
    [cai] = reps("Cai")
    pool("", [cai], fallback=True)
    given(5, at=NOW - DAY)
    monkeypatch.setattr(month, "LOT", 2)
    monkeypatch.setattr(month, "AT_ONCE", 0)
    plan = drafts.live()
    run = month.begin(plan, NOW - 2 * DAY, NOW, now=NOW, send=False)
    assert month._lot(run, month._plans(run))
    assert (run.done, RoutingRunLead.objects.count()) == (2, 2)
    again = month.begin(plan, NOW - 2 * DAY, NOW, now=NOW + DAY / 24, send=False)
    assert again.pk == run.pk
    month.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.result["same"], run.result["against"]) == ("done", 5, 5, None)


def test_fairness_says_what_was_expected_of_whom(rosa):
    ann, bea = reps("Ann", "Bea")
    team = pool("", [ann, bea], weights={ann: 2}, fallback=True)
    bea.calendar = office("09:00", "17:00", "Office")
    bea.save()
    at = NOW - 2 * DAY
    given(6, at=at + DAY)
    away = Leave.objects.create(user=ann, starts_at=NOW - DAY / 2, ends_at=NOW)
    given(3, at=NOW - timedelta(minutes=1))
    given(2, at=NOW - timedelta(minutes=1), to=ann, cause="manual")
    [fair] = fairness.report(at, NOW)
    assert (fair.pool, fair.decisions) == (team, 9)
    mine = {one.user.name: one for one in fair.members}
    assert [(n, s.eligible, s.given, s.expected, s.difference, s.by_hand) for n, s in mine.items()] == [
        ("Ann", 6, 4, 4.0, 0.0, 2), ("Bea", 9, 5, 5.0, 0.0, 0),
    ]  # fmt: skip
    assert mine["Ann"].skipped == {"leave": 3}
    assert sum(one.time_share for one in fair.members) == pytest.approx(1)
    assert mine["Ann"].time_share > mine["Bea"].time_share, "round the clock but half a day, against office hours"
    assert fair.furthest == 0
    away.delete()
    assert Counter(Ownership.objects.values_list("cause", flat=True)) == {"fallback": 9, "manual": 2}
    assert not Waiting.objects.exists()
    assert Pool.objects.count() == 1
