"""Changing what is promised: drafts, what blocks them, publishing, going back."""

from datetime import timedelta

import pytest

from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from sla import drafts, policies
from sla.draft_checks import implies
from sla.models import Clock, Policy, PolicySet, Step
from teams.models import Calendar, CalendarVersion, Role, User
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
MOUNTAIN = {"attribute": "person.region", "op": "is", "value": "Mountain West"}


def later(**delta):
    return NOW + timedelta(**delta)


@pytest.fixture
def admin(cast):
    return cast.admin


@pytest.fixture
def ruth(cast):
    return User.objects.create_user("ruth@cast.example", name="Ruth Adeyemi", role=Role.ADMIN)


@pytest.fixture
def draft(admin):
    return drafts.open_draft(by=admin, at=NOW)


def hot(policy_set):
    return policy_set.lines.get(target="first_response", tier="hot")


def names(policy_set, target="first_response"):
    return [line.name for line in policy_set.lines.filter(target=target).order_by("position")]


def codes(policy_set, *, blocking=True, **more):
    return {p.code for p in drafts.problems(policy_set, **more) if p.blocks == blocking}


def test_a_draft_is_a_copy_of_what_is_live_with_ladders_and_the_same_line_ids(draft):
    live = drafts.live()
    assert (draft.state, draft.version, draft.based_on) == ("draft", live.version + 1, live)
    pairs = list(zip(live.lines.order_by("position"), draft.lines.order_by("position"), strict=True))
    assert len(pairs) == 10 and all(old.line == new.line and old.pk != new.pk for old, new in pairs)
    assert [s.level for s in hot(draft).steps.all()] == [50, 75, 90, 100, 101]
    assert drafts.differences(draft) == []


def test_opening_twice_gives_the_same_draft(draft, ruth):
    assert drafts.open_draft(by=ruth, at=later(minutes=1)) == draft
    assert Entry.objects.filter(kind="policy.drafted").count() == 1


@pytest.mark.parametrize("who", ["owner", "manager", "marketer", "viewer", "stranger"])
def test_only_admins_change_policies(cast, draft, who):
    by = getattr(cast, who)
    with pytest.raises(Forbidden):
        drafts.change(hot(draft), {"amount": 600}, by=by, at=NOW)
    with pytest.raises(Forbidden):
        drafts.publish(draft, by=by, at=NOW)


def test_a_change_is_kept_and_told_with_old_and_new(draft, admin):
    drafts.change(hot(draft), {"amount": 600, "name": "Hot lead answered"}, by=admin, at=later(minutes=1))
    assert hot(draft).amount == 600 and hot(drafts.live()).amount == 300
    told = Entry.objects.get(kind="policy.changed")
    assert (told.subject_kind, told.subject_id, told.by) == ("policies", draft.pk, admin)
    assert told.data["fields"] == {"amount": [300, 600]}
    [difference] = drafts.differences(draft)
    assert (difference.field, difference.before, difference.after) == ("amount", 300, 600)


@pytest.mark.parametrize(("fields", "field"), [
    ({"amount": "soon"}, "amount"), ({"amount": -1}, "amount"), ({"amount": True}, "amount"),
    ({"unit": "weeks"}, "unit"), ({"hours": "calendar"}, "calendar"), ({"calendar": 999_999}, "calendar"),
    ({"goal": 101}, "goal"), ({"pause_reasons": ["holiday"]}, "pause_reasons"), ({"hops": 3}, "hops"),
    ({"tier": ""}, "tier"), ({"name": " "}, "name"), ({"position": 1}, "position"), ({"terms": {"touches": 3}}, "terms.touches"),
    ({"condition": {"attribute": "person.shoe_size", "op": "is", "value": 1}}, "condition.attribute"),
    ({"condition": {"all": [MOUNTAIN, {"attribute": "person.region", "op": "nearly"}]}}, "condition.all[1].op"),
])  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_changed(draft, admin, fields, field):
    with pytest.raises(Invalid) as refusal:
        drafts.change(hot(draft), {"goal": 80, **fields}, by=admin, at=NOW)
    assert field in {error["field"] for error in refusal.value.errors}
    assert drafts.differences(PolicySet.objects.get(pk=draft.pk)) == []


def test_naming_a_calendar_counts_on_it_and_other_hours_let_go_of_it(draft, admin):
    denver = Calendar.objects.create(name="Denver")
    line = drafts.change(hot(draft), {"calendar": denver.pk}, by=admin, at=NOW)
    assert (line.hours, line.calendar) == ("calendar", denver)
    line = drafts.change(line, {"hours": "team"}, by=admin, at=NOW)
    assert (line.hours, line.calendar) == ("team", None)


def test_terms_that_are_not_named_stay(draft, admin):
    line = draft.lines.get(target="touch_minimum")
    drafts.change(line, {"terms": {"touches": 10}}, by=admin, at=NOW)
    line.refresh_from_db()
    assert line.terms == {"touches": 10, "channels": 2, "per_day": 2}


def test_a_new_line_stands_in_front_as_a_copy(draft, admin):
    old = hot(draft)
    condition = {"all": [old.condition, MOUNTAIN]}
    new = drafts.add(draft, target="first_response", before=old, by=admin, at=NOW,
                     fields={"name": "Hot, Mountain West", "amount": 600, "condition": condition})  # fmt: skip
    assert names(draft)[:2] == ["Hot, Mountain West", "Hot lead answered"]
    assert new.line != old.line and new.tier == "hot"
    assert [s.level for s in new.steps.all()] == [s.level for s in old.steps.all()]
    assert sorted(draft.lines.values_list("position", flat=True)) == list(range(1, 12))
    assert [(d.field, d.after) for d in drafts.differences(draft)] == [("line", "first_response")]


def test_without_a_place_a_new_line_stands_in_front_of_the_catch_all(draft, admin):
    drafts.add(draft, target="first_response", by=admin, at=NOW, fields={"name": "Partners", "condition": MOUNTAIN})
    assert names(draft) == ["Hot lead answered", "High intent answered", "Partners", "Any MQL answered"]


def test_lines_swap_places_within_their_target(draft, admin):
    drafts.move(hot(draft), to=2, by=admin, at=NOW)
    assert names(draft) == ["High intent answered", "Hot lead answered", "Any MQL answered"]
    assert names(draft, "assignment") == ["Every MQL has an owner"]
    drafts.move(hot(draft), to=99, by=admin, at=NOW)
    assert names(draft)[-1] == "Hot lead answered"
    [moved] = drafts.differences(draft)
    assert (moved.field, moved.before, moved.after) == ("place", 1, 3)


def test_a_line_is_taken_out_once(draft, admin):
    line = hot(draft)
    drafts.remove(line, by=admin, at=NOW)
    drafts.remove(line, by=admin, at=NOW)
    assert "Hot lead answered" not in names(draft)
    assert [d.before for d in drafts.differences(draft)] == ["first_response"]
    assert Entry.objects.filter(kind="policy.changed").count() == 1


def test_steps_past_due_are_numbered_by_their_time(draft, admin):
    steps = [
        {"after": 900, "who": ["executive"], "how": ["email"]}, {"level": 100, "who": ["owner"], "how": ["app"]},
        {"after": 300, "who": ["monitor"], "how": ["browser"]},
    ]  # fmt: skip
    line = drafts.set_ladder(hot(draft), steps, by=admin, at=NOW)
    shown = [(s.level, s.after, s.who) for s in line.steps.all()]
    assert shown == [(100, None, ["owner"]), (101, 300, ["monitor"]), (102, 900, ["executive"])]
    assert policies.ladder(line) == ((100, None), (101, 300), (102, 900))


@pytest.mark.parametrize(("steps", "field"), [
    ([{"level": 0, "who": ["owner"]}], "steps.0.level"), ([{"level": 50, "who": ["boss"]}], "steps.0.who"),
    ([{"level": 50, "how": ["pigeon"]}], "steps.0.how"), ([{"level": 50, "then": "reassign"}], "steps.0.then"),
    ([{"after": 0, "who": ["owner"]}], "steps.0.after"), ([{"level": 50}, {"level": 50}], "steps.level"),
    ([{"level": 50, "loud": True}], "steps.0.loud"), ("none", "steps"),
])  # fmt: skip
def test_a_wrong_step_is_named(draft, admin, steps, field):
    with pytest.raises(Invalid) as refusal:
        drafts.set_ladder(hot(draft), steps, by=admin, at=NOW)
    assert field in {error["field"] for error in refusal.value.errors}


def test_two_admins_at_once_the_second_is_told_who_was_faster(draft, admin, ruth):
    seen = draft.edited_at
    drafts.change(hot(draft), {"amount": 600}, by=ruth, at=later(minutes=2), seen=seen)
    with pytest.raises(Refused, match=r"Ruth Adeyemi changed this draft at 15:02 UTC on 24 Nov") as refusal:
        drafts.change(hot(draft), {"amount": 900}, by=admin, at=later(minutes=3), seen=seen)
    assert (refusal.value.code, refusal.value.status) == ("stale", 409)
    with pytest.raises(Refused, match="see what changed"):
        drafts.publish(draft, by=admin, at=later(minutes=3), seen=seen)
    assert hot(draft).amount == 600 and drafts.live().version == 2


def test_each_edit_moves_on_what_is_seen_even_in_the_same_instant(draft, admin):
    drafts.change(hot(draft), {"amount": 600}, by=admin, at=NOW, seen=NOW)
    with pytest.raises(Refused):
        drafts.change(hot(draft), {"amount": 900}, by=admin, at=NOW, seen=NOW)


def test_publishing_makes_the_next_version_and_retires_the_former(draft, admin, hand_over):
    before = hand_over()
    drafts.change(hot(draft), {"amount": 600}, by=admin, at=later(minutes=1))
    published = drafts.publish(draft, by=admin, at=later(minutes=2))
    assert (published.state, published.version, published.published_by) == ("published", 3, admin)
    former = PolicySet.objects.get(version=2)
    assert (former.state, former.retired_at) == ("retired", later(minutes=2))
    assert published.change_mode == "pin"
    after = hand_over(email="ada@lumen.example", at=later(minutes=3))
    due = {lead: Clock.objects.get(lead=lead, target="first_response", scope="lead").due_at for lead in (before, after)}
    assert due == {before: later(minutes=5), after: later(minutes=13)}
    assert Entry.objects.get(kind="policy.published").data["former"] == former.pk


def test_carrying_moves_the_clocks_that_run_and_pinning_does_not(draft, admin, hand_over):
    lead = hand_over()
    drafts.change(hot(draft), {"amount": 600}, by=admin, at=later(minutes=1))
    drafts.publish(draft, by=admin, at=later(minutes=2), change_mode="carry")
    clock = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    assert clock.due_at == later(minutes=10) and clock.policy.policy_set == drafts.live()
    drafts.roll_back(PolicySet.objects.get(version=2), by=admin, at=later(minutes=3))
    clock.refresh_from_db()
    assert clock.due_at == later(minutes=10)
    told = Entry.objects.get(kind="policy.published")
    assert told.data["mode"] == "carry"


def test_publishing_twice_is_publishing_once_and_a_second_admin_is_told(draft, admin, ruth):
    drafts.publish(draft, by=ruth, at=later(minutes=2))
    assert drafts.publish(draft, by=ruth, at=later(minutes=3)).published_at == later(minutes=2)
    with pytest.raises(Refused, match="Ruth Adeyemi published v3 at 15:02 UTC on 24 Nov: see what changed"):
        drafts.publish(draft, by=admin, at=later(minutes=4))
    with pytest.raises(Refused, match="What was published never changes"):
        drafts.change(hot(draft), {"amount": 1}, by=admin, at=later(minutes=4))


def test_a_draft_begun_before_somebody_went_back_is_not_published_over_it(admin, ruth):
    first = drafts.live()
    drafts.change(hot(drafts.open_draft(by=admin, at=NOW)), {"amount": 600}, by=admin, at=NOW)
    drafts.publish(drafts.the_draft(), by=admin, at=NOW)
    draft = drafts.open_draft(by=admin, at=later(minutes=1))
    drafts.roll_back(first, by=ruth, at=later(minutes=2))
    with pytest.raises(Refused, match="Ruth Adeyemi published v5 at 15:02"):
        drafts.publish(draft, by=admin, at=later(minutes=3))


def test_going_back_is_a_new_version_that_says_what_the_old_one_said(draft, admin):
    old = drafts.live()
    drafts.change(hot(draft), {"amount": 600}, by=admin, at=NOW)
    drafts.publish(draft, by=admin, at=NOW)
    back = drafts.roll_back(old, by=admin, at=later(minutes=1))
    assert (back.version, back.state, hot(back).amount, hot(back).line) == (4, "published", 300, hot(old).line)
    assert [s.level for s in hot(back).steps.all()] == [50, 75, 90, 100, 101]
    assert drafts.roll_back(old, by=admin, at=later(minutes=2)) == back  # nothing to go back to
    assert PolicySet.objects.filter(state="published").count() == 1
    assert {line.amount for line, _ in policies.published() if line.tier == "hot"} == {300}


def test_discarding_leaves_what_is_live_and_nothing_of_the_draft(draft, admin):
    drafts.discard(draft, by=admin, at=NOW)
    drafts.discard(draft, by=admin, at=NOW)
    assert drafts.the_draft() is None and drafts.live().version == 2
    assert not Policy.objects.filter(policy_set_id=draft.pk).exists()
    assert not Step.objects.exclude(policy__policy_set__state__in=["published", "retired", "law"]).exists()
    with pytest.raises(Refused, match="Rosa Vidal discarded this draft"):
        drafts.publish(draft, by=admin, at=NOW)


# --- what is wrong with a draft ----------------------------------------------


def test_looking_for_problems_costs_the_same_however_many_lines(draft, admin, django_assert_max_num_queries):
    for n in range(10):
        drafts.add(
            draft, target="first_response", by=admin, at=NOW, fields={"name": f"Line {n}", "condition": MOUNTAIN}
        )
    with django_assert_max_num_queries(12):
        drafts.problems(draft)


def test_what_is_live_by_itself_blocks_nothing(draft):
    assert codes(draft) == set()


@pytest.mark.parametrize(("fields", "code"), [
    ({"amount": 0}, "no_time"), ({"amount": 367 * 86_400}, "too_long"), ({"pause_reasons": ["legal_hold"]}, "hot_pause"),
])  # fmt: skip
def test_a_line_that_cannot_be_kept_blocks(draft, admin, fields, code):
    drafts.change(hot(draft), fields, by=admin, at=NOW)
    assert codes(draft) == {code}
    with pytest.raises(Refused, match="Not published"):
        drafts.publish(draft, by=admin, at=NOW)
    assert drafts.live().version == 2


def test_a_target_without_a_line_for_everyone_else_blocks(draft, admin):
    drafts.change(draft.lines.get(target="disposition"), {"condition": MOUNTAIN}, by=admin, at=NOW)
    [problem] = [p for p in drafts.problems(draft) if p.blocks]
    assert (problem.code, problem.line_id) == ("no_catch_all", None) and "Disposition" in problem.text


def test_f37_a_calendar_that_never_opens_blocks_and_ends(draft, admin):
    shut = Calendar.objects.create(name="Shut")
    CalendarVersion.objects.create(
        calendar=shut, number=1, tz="UTC", weekly={}, closed={"2020-01-01": [["09:00", "10:00"]]}
    )
    drafts.change(hot(draft), {"calendar": shut}, by=admin, at=NOW)
    [problem] = [p for p in drafts.problems(draft) if p.blocks]
    assert problem.code == "never_open" and "Shut" in problem.text and problem.line_id == hot(draft).pk


def test_a_condition_whose_attribute_is_gone_blocks(draft):
    gone = {"attribute": "person.custom.gone", "op": "is", "value": "x"}
    Policy.objects.filter(pk=hot(draft).pk).update(condition=gone)
    assert codes(draft) == {"unreadable"}


def test_a_step_for_nobody_blocks_and_says_which(draft, admin):
    drafts.set_ladder(hot(draft), [{"level": 50, "who": []}, {"level": 100, "who": ["owner"]}], by=admin, at=NOW)
    [problem] = [p for p in drafts.problems(draft) if p.blocks]
    assert problem.code == "tells_nobody" and "at 50%" in problem.text


def test_a_chain_that_newly_ends_at_somebody_missing_blocks_until_there_is_one(draft, admin, cast):
    ladder = [{"level": 100, "who": ["owner"]}, {"after": 600, "who": ["monitor", "executive"]}]
    drafts.set_ladder(hot(draft), ladder, by=admin, at=NOW)
    [problem] = [p for p in drafts.problems(draft) if p.blocks]
    assert "nobody watches hand-offs; no head of revenue is named" in problem.text
    cast.admin.watches_handoffs = True
    cast.admin.save()
    assert codes(draft) == set() and "tells_fewer" in codes(draft, blocking=False)


def test_a_manager_alone_needs_every_selling_team_to_have_one(draft, admin):
    steps = [{"level": 100, "who": ["owner"]}, {"after": 60, "who": ["manager"]}]
    live_next_step = Step.objects.filter(policy__policy_set=drafts.live(), policy__target="next_step", level=101)
    live_next_step.update(who=["owner"])  # nothing live relies on managers alone
    drafts.set_ladder(hot(draft), steps, by=admin, at=NOW)
    blocking = [p.text for p in drafts.problems(draft) if p.blocks and p.line_id == hot(draft).pk]
    assert len(blocking) == 1 and "Coast has no manager" in blocking[0]


def test_no_step_at_due_blocks(draft, admin):
    drafts.set_ladder(hot(draft), [{"level": 50, "who": ["owner"]}], by=admin, at=NOW)
    assert codes(draft) == {"no_due_step"}


def test_a_line_behind_the_catch_all_is_never_reached(draft, admin):
    drafts.move(draft.lines.get(tier="standard", target="first_response"), to=1, by=admin, at=NOW)
    never = [p for p in drafts.problems(draft) if p.code == "never_reached"]
    assert {p.line_id for p in never} == {hot(draft).pk, draft.lines.get(tier="intent").pk}
    assert "“Any MQL answered” takes everything before it" in never[0].text and not never[0].blocks


def test_a_line_that_took_nothing_in_ninety_days_is_said(draft):
    taken = {str(line.line): 3 for line in draft.lines.all()}
    assert codes(draft, blocking=False, hits=taken) & {"no_hits"} == set()
    taken[str(draft.lines.get(tier="intent").line)] = 0
    assert "no_hits" in codes(draft, blocking=False, hits=taken)


A1, A2 = ({"attribute": "score.cell", "op": "is", "value": cell} for cell in ("A1", "A2"))
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
BIGGER = {"attribute": "company.employees", "op": "at_least", "value": 1_000}
EITHER = {"attribute": "score.cell", "op": "in", "value": ["A1", "A2"]}


@pytest.mark.parametrize(("narrow", "wide", "surely"), [
    ({"all": [A1, MOUNTAIN]}, A1, True), ({"all": [MOUNTAIN, A1]}, {"all": [A1, MOUNTAIN]}, True),
    (A1, {"all": [A1, MOUNTAIN]}, False), (A1, {"any": [A2, A1]}, True), ({"any": [A1, A2]}, EITHER, True),
    ({"any": [A1, MOUNTAIN]}, EITHER, False), (BIGGER, BIG, True), (BIG, BIGGER, False), (A1, {}, True),
    ({"all": [{"any": [A1, A2]}, MOUNTAIN]}, {"any": [A1, A2, BIG]}, True), ({"none": [A1]}, A1, False), ({}, A1, False),
])  # fmt: skip
def test_what_surely_implies_what(narrow, wide, surely):
    assert implies(narrow, wide) is surely
