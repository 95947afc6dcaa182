"""Rules in versions: drafted, published, gone back from; what comes before rules; where rules lead."""

from datetime import timedelta

import pytest

from leads import routing
from leads.models import Company, Lead, Ownership, Pool, RoutingPlan, RoutingRule, Waiting
from leads.routing import drafts, named_accounts, picking, pools, publishing, waiting
from leads.routing.why import why_sentence
from revops.lib.errors import Forbidden, Invalid, Refused
from teams.models import Leave, User
from tests.leads.routing.test_deciding import NOW, leads, owners, pool, reps, rule

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)
LARGE = {"attribute": "company.employees", "op": "at_least", "value": 500}


@pytest.fixture
def rosa(db):
    return User.objects.create_user("rosa@plans.example", name="Rosa Vidal", role="admin")


def company(name="Acme", **more):
    return Company.objects.create(name=name, name_key=name.lower(), **more)


def test_a_draft_is_edited_published_and_gone_back_from(rosa):
    ann, bea = reps("Ann", "Bea")
    large = pool("Large", [ann])
    pool("", [bea], fallback=True)
    by = {"by": rosa, "at": NOW}
    draft = drafts.open_draft(**by)
    assert drafts.open_draft(**by) == draft, "there is one draft at a time"
    added = drafts.add(draft, fields={"name": "Large firms", "condition": LARGE, "pool": large}, **by)
    [lead] = leads(1, company(employees=900))
    assert owners(routing.route([lead], at=NOW)) == [bea.pk], "a draft routes nobody"
    assert [(d.field, d.after) for d in drafts.differences(draft)] == [("rule", "Large")]
    live = publishing.publish(draft, note="For enterprise", **by)
    assert publishing.publish(draft, **by) == live, "twice is once"
    decided = routing.route([lead], at=NOW)[lead]
    assert (decided.owner_id, decided.why["plan"], decided.why["rule"]) == (ann.pk, 2, added.pk)
    with pytest.raises(Refused, match="published v2"):
        drafts.change(added, {"name": "Other"}, **by)
    back = publishing.roll_back(RoutingPlan.objects.get(version=1), **by)
    assert (back.version, back.note, RoutingPlan.objects.get(state="live")) == (3, "Back to v1", back)
    assert owners(routing.route([lead], at=NOW)) == [bea.pk]
    assert publishing.roll_back(RoutingPlan.objects.get(version=1), **by) == back, "it says the same already"


def test_one_change_at_a_time_on_what_was_seen(rosa):
    [ann] = reps("Ann")
    here, by = pool("Here", [ann]), {"by": rosa, "at": NOW}
    draft = drafts.open_draft(**by)
    seen = draft.edited_at
    one = drafts.add(draft, fields={"name": "One", "pool": here}, seen=seen, **by)
    with pytest.raises(Refused, match="Rosa Vidal changed this draft"):
        drafts.add(draft, fields={"name": "Two", "pool": here}, seen=seen, **by)
    two = drafts.duplicate(one, **by)
    drafts.move(two, to=1, **by)
    drafts.change(two, {"name": "Two", "person": ann, "is_active": False}, **by)
    assert [(r.name, r.to, r.position) for r in draft.rules.all()] == [("Two", "person", 1), ("One", "pool", 2)]
    drafts.remove(one, **by)
    drafts.remove(one, **by)
    again = drafts.put_back(draft, one.line, **by)
    assert (again.name, again.pool, again.position) == ("One", here, 2)
    drafts.set_options(draft, sticky_days=90, account_owner=False, **by)
    for fields, field in (({"pool": 10**9}, "pool"), ({"condition": {"attribute": "x"}}, "condition"),
                          ({"skills": "dutch"}, "skills"), ({"colour": 1}, "colour"), ({"to": "moon"}, "to")):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            drafts.change(again, fields, **by)
        assert refused.value.errors[0]["field"].startswith(field)
    with pytest.raises(Forbidden):
        drafts.open_draft(by=ann, at=NOW)
    drafts.discard(draft, **by)
    drafts.discard(draft, **by)
    assert not RoutingPlan.objects.filter(state="draft").exists()
    with pytest.raises(Refused, match="discarded this draft"):
        drafts.add(draft, fields={"name": "Three", "pool": here}, **by)


def test_what_is_wrong_is_said_before_it_is_published(rosa):
    ann, gone = reps("Ann", "Gone")
    empty, skilled, by = pool("Empty", []), pool("Skilled", [ann]), {"by": rosa, "at": NOW}
    draft = drafts.open_draft(**by)
    for fields in (
        {"name": "A", "condition": LARGE, "pool": empty}, {"name": "B", "condition": LARGE, "pool": skilled},
        {"name": "C", "pool": skilled, "skills": ["Dutch"]}, {"name": "c", "to": "person", "person": gone},
    ):  # fmt: skip
        drafts.add(draft, fields=fields, **by)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    found = [(p.code, p.blocks) for p in drafts.problems(draft)]
    assert found == [
        ("nobody", False), ("nobody", False), ("unreached", False), ("no_skill", False), ("same_name", False),
        ("unreached", False), ("gone", True),
    ]  # fmt: skip
    with pytest.raises(Refused, match="Gone is gone"):
        publishing.publish(draft, **by)


def test_a_draft_begun_before_another_was_published_is_stale(rosa):
    by = {"by": rosa, "at": NOW}
    draft = drafts.open_draft(**by)
    RoutingPlan.objects.filter(state="live").update(state="past")
    RoutingPlan.objects.create(version=9, state="live", published_by=rosa, published_at=NOW)
    with pytest.raises(Refused, match="after this draft was begun"):
        publishing.publish(draft, **by)


def test_the_ladder_deal_list_account_person_company_then_rules(rosa):
    from deals.models import Deal

    deal, named, account, former, mate, rep = reps("Deal", "Named", "Account", "Former", "Mate", "Rep")
    pool("", [rep], fallback=True)
    by = {"by": rosa, "at": NOW}
    draft = drafts.set_options(drafts.open_draft(**by), sticky_days=30, account_sticky=True, **by)
    publishing.publish(draft, **by)
    acme = company("Acme", domain="acme.example", owner=account)
    [lead] = leads(1, acme)
    person = Lead.objects.get(pk=lead).person
    Lead.objects.filter(pk=lead).update(cycle=2)
    Lead.objects.create(person=person, cycle=1, stage="recycled", owner=former, created_at=NOW - timedelta(days=9), stage_at=NOW)  # fmt: skip
    [other] = leads(1, acme)
    Lead.objects.filter(pk=other).update(owner=mate, assigned_at=NOW)
    keys = named_accounts.add_list(name="Key accounts", owner=rosa, **by)
    assert named_accounts.add(keys, "acme.example; named@reps.example\nAcme\nx@nobody.example, a@b.example", **by).added == 2
    Deal.objects.create(name="D", company=acme, owner=deal, stage="won", created_at=NOW, closed_at=NOW)

    def decided():
        found = routing.route([lead], at=NOW)[lead]
        return found.owner_id, found.cause, why_sentence(found.why)

    assert decided() == (deal.pk, "deal_owner", "They have a deal with this company.")
    Leave.objects.create(user=deal, starts_at=NOW, ends_at=LATER)
    assert decided() == (named.pk, "named_account", "It is a named account of theirs: the list Key accounts.")
    named_accounts.remove_list(keys, **by)
    assert decided()[:2] == (account.pk, "account_owner")
    Company.objects.filter(pk=acme.pk).update(owner=None)
    assert decided() == (former.pk, "sticky", "They had this person before.")
    User.objects.filter(pk=former.pk).update(benched_at=NOW)
    assert decided()[:2] == (mate.pk, "account_sticky")
    User.objects.filter(pk=mate.pk).update(is_active=False)
    assert decided()[:2] == (rep.pk, "fallback")


def test_two_of_one_company_in_one_batch_stay_together(rosa):
    ann, bea = reps("Ann", "Bea")
    pool("", [ann, bea], fallback=True)
    by = {"by": rosa, "at": NOW}
    publishing.publish(drafts.set_options(drafts.open_draft(**by), account_sticky=True, **by), **by)
    one, other = company("One"), company("Other")
    ids = [*leads(1, one), *leads(1, other), *leads(2, one), *leads(1, other)]
    assert owners(routing.route(ids, at=NOW)) == [ann.pk, bea.pk, ann.pk, ann.pk, bea.pk]


def test_a_rule_to_a_person_and_one_to_the_account_s_owner(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [cai], fallback=True)
    plan = RoutingPlan.objects.get(state="live")
    plan.account_owner = False
    plan.save()
    RoutingRule.objects.create(plan=plan, position=1, name="Theirs", to="account_owner", condition=LARGE)
    RoutingRule.objects.create(plan=plan, position=2, name="Ann's", to="person", person=ann)
    [owned] = leads(1, company("Owned", employees=900, owner=bea))
    [free] = leads(1, company("Free", employees=900))
    decided = routing.route([owned, free], at=NOW)
    assert owners(decided) == [bea.pk, ann.pk]
    assert [why_sentence(d.why) for d in decided.values()] == [
        "Rule “Theirs” leads to the account’s owner.", "Rule “Ann's” leads to them.",
    ]  # fmt: skip
    Leave.objects.create(user=ann, starts_at=NOW, ends_at=LATER)
    assert owners(routing.route([free], at=NOW)) == [cai.pk], "who is away does not keep a lead waiting"


def test_skills_daily_limits_and_the_least_loaded(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    team = pool("Team", [ann, bea, cai])
    by = {"by": rosa, "at": NOW}
    pools.change(team, {"method": "least_loaded"}, **by)
    dutch = rule(1, "Dutch", LARGE, team)
    RoutingRule.objects.filter(pk=dutch.pk).update(skills=["dutch"])
    rule(2, "Rest", {}, team)
    pool("", [ann], fallback=True)
    members = {member.user_id: member for member in team.members.all()}
    pools.change_member(members[bea.pk], {"skills": ["Dutch ", "dutch"]}, **by)
    pools.change_member(members[cai.pk], {"per_day": 2, "weight": 2}, **by)
    big = company("Big", employees=900)
    spoken = routing.route(leads(2, big), at=NOW)
    assert owners(spoken) == [bea.pk, bea.pk]
    assert next(iter(spoken.values())).why["skipped"] == {str(ann.pk): "skill", str(cai.pk): "skill"}
    loaded = owners(routing.route(leads(5), at=NOW))
    assert sorted(loaded[:3]) == [ann.pk, bea.pk, cai.pk], "the weight decides where nobody has any"
    assert loaded[3:] == [cai.pk, bea.pk], "two for who has twice the weight"
    [had] = leads(1)
    Ownership.objects.create(lead_id=had, owner=cai, from_at=NOW - timedelta(days=1), to_at=NOW, cause="rule")
    for n in range(2):
        [given] = leads(1)
        Ownership.objects.create(lead_id=given, owner=cai, from_at=NOW, cause=["rule", "manual"][n])
    decided = routing.route(leads(4), at=NOW)
    assert owners(decided).count(cai.pk) == 1, "one today by a rule; what was given by hand or yesterday is not counted"
    assert "with enough for today" in why_sentence(list(decided.values())[-1].why)


def test_only_one_picks_and_limits_hold(rosa):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    by = {"by": rosa, "at": NOW}
    queue = pools.add(fields={"name": "Inbound", "method": "claim", "picks_open": 1, "picks_an_hour": 2}, **by)
    for user in (ann, bea):
        pools.add_member(queue, user, **by)
    rule(1, "All", {}, queue)
    pool("", [cai], fallback=True)
    ids = leads(4)
    decided = routing.route(ids, at=NOW)
    assert {(d.owner_id, d.cause) for d in decided.values()} == {(None, "claim")}
    assert waiting.keep(decided, at=NOW) == [], "a lead in a queue is not held"
    rows = list(Lead.objects.filter(pk__in=ids).order_by("pk"))
    assert picking.pick(rows[0], by=ann, at=LATER).owner == ann
    assert picking.pick(rows[0], by=ann, at=LATER).owner == ann, "twice is once"
    held = Ownership.objects.get(lead_id=ids[0])
    assert (held.cause, why_sentence(held)) == ("picked", "They picked it. Rule “All” leads to the queue Inbound.")
    for who, lead, code in ((bea, rows[0], "taken"), (ann, rows[1], "limit"), (cai, rows[1], "not_yours")):
        with pytest.raises((Refused, Forbidden)) as refused:
            picking.pick(lead, by=who, at=LATER)
        assert refused.value.code == code
    Lead.objects.filter(pk=ids[0]).update(stage="rejected")
    assert picking.pick_next(queue, by=ann, at=LATER).pk == ids[1]
    Lead.objects.filter(pk=ids[1]).update(stage="rejected")
    [mine] = picking.queues(ann, at=LATER)
    assert (mine.waiting, mine.open, mine.last_hour, mine.left) == (2, 0, 2, 0)
    assert mine.why_not == "You picked 2 in the last hour, the most allowed."
    assert [row.lead_id for row in picking.waiting_in(queue, now=LATER)] == ids[2:]
    pools.change(queue, {"method": "turns"}, **by)
    assert waiting.drain(LATER, 10) == 2
    assert set(Lead.objects.filter(pk__in=ids[2:]).values_list("owner", flat=True)) == {ann.pk, bea.pk}


def test_case_14_nobody_eligible_is_held_alarmed_at_once_and_tried_again(rosa):
    from notify.models import Notice

    [ann] = reps("Ann")
    pool("", [ann], fallback=True)
    away = Leave.objects.create(user=ann, starts_at=NOW, ends_at=NOW + timedelta(hours=8))
    ids = leads(3)
    decided = routing.route(ids, at=NOW)
    facts = waiting.keep(decided, at=NOW)
    assert [fact.kind for fact in facts] == ["lead.held"] * 3
    [notice] = Notice.objects.filter(kind="lead.held")
    assert (notice.user, notice.data) == (rosa, {"leads": 3}), "one notice for a batch"
    assert waiting.drain(NOW + timedelta(seconds=29), 10) == 0
    assert waiting.drain(NOW + timedelta(seconds=31), 10) == 3
    assert [row.age for row in waiting.held(now=LATER)] == [timedelta(minutes=1)] * 3
    away.delete()
    waiting.wake(LATER)
    Lead.objects.filter(pk=ids[2]).update(stage="rejected")
    assert waiting.drain(LATER, 10) == 3
    assert not Waiting.objects.exists()
    assert list(Lead.objects.filter(pk__in=ids).order_by("pk").values_list("owner", flat=True)) == [ann.pk, ann.pk, None]
    assert Ownership.objects.filter(why__held=True).count() == 2


def test_what_was_held_keeps_its_place_when_it_goes_into_a_queue(rosa):
    claim = pool("", [], fallback=True)
    [held, newer] = leads(2)
    waiting.keep(routing.route([held], at=NOW), at=NOW)
    pools.change(claim, {"method": "claim"}, by=rosa, at=LATER)
    waiting.keep(routing.route([newer], at=LATER), at=LATER)
    assert waiting.drain(LATER + timedelta(minutes=5), 10) == 1
    assert [(row.lead_id, row.since) for row in picking.waiting_in(claim, now=LATER)] == [(held, NOW), (newer, LATER)]


def test_a_pool_in_use_stays_and_every_change_is_a_fact(rosa):
    from journal.models import Entry

    [ann] = reps("Ann")
    by = {"by": rosa, "at": NOW}
    team = pools.add(fields={"name": "Team"}, **by)
    member = pools.add_member(team, ann, {"cap": 5, "weight": 2}, **by)
    assert pools.add_member(team, ann, **by) == member, "twice is once"
    rule(1, "All", {}, team)
    for act in (lambda: pools.remove(team, **by), lambda: pools.remove(Pool.objects.get(is_fallback=True), **by)):
        with pytest.raises(Refused):
            act()
    RoutingRule.objects.all().delete()
    with pytest.raises(Invalid):
        pools.add(fields={"name": "Team"}, **by)
    [now] = pools.now_in([team], at=NOW)[team.pk]
    assert (now.user, now.reason, now.open) == (ann.pk, "", 0)
    pools.remove_member(member, **by)
    pools.remove(team, **by)
    pools.remove(team, **by)
    assert [e.kind for e in Entry.objects.filter(subject_kind="pool").order_by("id")] == [
        "pool.added", "pool.joined", "pool.left", "pool.removed",
    ]  # fmt: skip
