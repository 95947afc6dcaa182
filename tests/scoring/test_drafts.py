"""Changing what counts: one draft, one change at a time, each named and told."""

from datetime import timedelta

import pytest

from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from scoring import drafts
from scoring.models import ReplayRun, Rule, ScoringModel
from teams.models import Role, User
from tests.scoring.model_of import T

pytestmark = pytest.mark.django_db
PRICING = {"kind": ["page_view"], "url_contains": "/pricing"}
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}


def later(**delta):
    return T + timedelta(**delta)


@pytest.fixture
def told(cast):
    return {"by": cast.admin, "at": later(minutes=5)}


@pytest.fixture
def draft(cast):
    return drafts.open_draft(by=cast.admin, at=T)


def of(draft, name):
    return draft.rules.get(name=name)


def names(draft, kind="fit"):
    return [rule.name for rule in draft.rules.filter(kind=kind).order_by("position")]


def wrong(call):
    """{field: code} of what is refused."""
    with pytest.raises(Invalid) as refused:
        call()
    return {error["field"]: error["code"] for error in refused.value.errors}


# --- the draft ---------------------------------------------------------------


def test_a_draft_is_a_copy_of_what_is_live_with_groups_and_the_same_lines(draft):
    live = drafts.live()
    assert (draft.state, draft.version, draft.based_on, draft.fit_a) == ("draft", live.version + 1, live, 70)
    pairs = list(zip(live.rules.order_by("position"), draft.rules.order_by("position"), strict=True))
    assert len(pairs) > 20 and all(old.line == new.line and old.pk != new.pk for old, new in pairs)
    assert all(old.group.name == new.group.name and old.group_id != new.group_id for old, new in pairs)
    assert drafts.differences(draft) == []
    assert [problem for problem in drafts.problems(draft) if problem.blocks] == []


def test_opening_twice_gives_the_same_draft(draft, told):
    assert drafts.open_draft(**told) == draft
    assert Entry.objects.filter(subject_kind="model", kind="model.drafted").count() == 1


def test_only_an_administrator_changes_anything(cast, draft):
    rule = draft.rules.first()
    by = {"by": cast.manager, "at": T}
    calls = [
        lambda: drafts.open_draft(**by), lambda: drafts.change(rule, {"points": 1}, **by),
        lambda: drafts.add(draft, kind="fit", **by), lambda: drafts.remove(rule, **by),
        lambda: drafts.duplicate(rule, **by), lambda: drafts.move(rule, to=1, **by),
        lambda: drafts.set_group(draft, name="x", cap=None, **by), lambda: drafts.set_cuts(draft, fit_a=90, **by),
        lambda: drafts.remove_group(rule.group, **by), lambda: drafts.discard(draft, **by),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_what_is_live_or_retired_is_not_changed(draft, told):
    with pytest.raises(Refused, match="never changes") as refused:
        drafts.change(drafts.live().rules.first(), {"points": 1}, **told)
    assert refused.value.code == "stale"


# --- rules -------------------------------------------------------------------


def test_pricing_three_times_in_seven_days_and_at_least_500_people_is_added(draft, told):
    group = draft.groups.get(name="Visits")
    fields = {"name": "Pricing 3× at the big", "points": 20, "touches": PRICING, "condition": BIG, "at_least": 3,
              "within_days": 7, "group": group.pk}  # fmt: skip
    rule = drafts.add(draft, kind="engagement", fields=fields, **told)
    rule.refresh_from_db()
    assert (rule.points, rule.at_least, rule.within_days, rule.half_life_days) == (20, 3, 7, None)
    assert (rule.condition, rule.group) == (BIG, group)
    assert names(draft, "engagement")[-1] == "Pricing 3× at the big"
    assert [(d.line, d.field, d.after) for d in drafts.differences(draft)] == [(rule.line, "rule", 20)]
    assert not any(problem.line == rule.line for problem in drafts.problems(draft))


def test_a_rule_is_added_in_front_of_another_and_shares_its_group(draft, told):
    director = of(draft, "Director")
    rule = drafts.add(draft, kind="fit", before=director, **told)
    assert names(draft)[names(draft).index("Director") - 1] == rule.name == "New fit rule"
    assert rule.group_id == director.group_id
    assert wrong(lambda: drafts.add(draft, kind="usage", before=director, **told)) == {"before": "not_a_choice"}
    assert wrong(lambda: drafts.add(draft, kind="mood", **told)) == {"kind": "not_a_choice"}


def test_a_change_keeps_the_old_and_the_new_value_and_the_same_again_is_none(draft, told):
    rule = of(draft, "Director")
    drafts.change(rule, {"points": -5.5, "name": " A  director "}, **told)
    drafts.change(rule, {"points": -5.5, "condition": rule.condition}, **told)
    [entry] = Entry.objects.filter(subject_kind="model", subject_id=draft.pk, kind="model.changed")
    fields = {"points": [20, -5.5], "name": ["Director", "A director"]}
    assert (entry.by, entry.via, entry.data["line"]) == (told["by"], "page", str(rule.line))
    assert entry.data["fields"] == fields
    differences = [(d.name, d.field, d.before, d.after) for d in drafts.differences(draft)]
    assert differences == [("A director", "name", "Director", "A director"), ("A director", "points", 20, -5.5)]


@pytest.mark.parametrize(("name", "fields", "flaws"), [
    ("Director", {"points": 0}, {"points": "not_points"}),
    ("Director", {"points": 100.5, "name": ""}, {"points": "not_points", "name": "required"}),
    ("Director", {"points": float("nan")}, {"points": "not_points"}),
    ("Director", {"points": True, "colour": 1}, {"points": "not_points", "colour": "unknown_field"}),
    ("Director", {"kind": "usage"}, {"kind": "not_changeable"}),
    ("Director", {"touches": {}}, {"touches": "not_here"}),
    ("Director", {"condition": {"all": [{"attribute": "x", "op": "is"}]}},
     {"condition.all[0].attribute": "unknown_attribute"}),
    ("Director", {"condition": {"attribute": "score.fit", "op": "at_least", "value": 1}},
     {"condition": "score_in_rule"}),
    ("Director", {"group": 2**70}, {"group": "unknown_group"}),
    ("Webinar", {"touches": {"kind": []}}, {"touches.kind": "not_a_list"}),
    ("Webinar", {"half_life_days": 0}, {"half_life_days": "not_a_number"}),
    ("Webinar", {"within_days": 7}, {"at_least": "required"}),
    ("Webinar", {"distinct": "asset"}, {"at_least": "required"}),
    ("Webinar", {"at_least": 2, "within_days": 7, "half_life_days": 7}, {"half_life_days": "not_both"}),
    ("Webinar", {"at_least": "3", "distinct": "mood"}, {"at_least": "not_a_whole_number", "distinct": "not_a_choice"}),
])  # fmt: skip
def test_a_flaw_is_refused_by_the_name_of_its_field(draft, told, name, fields, flaws):
    rule = of(draft, name)
    assert wrong(lambda: drafts.change(rule, fields, **told)) == flaws
    assert Rule.objects.get(pk=rule.pk).points == rule.points and drafts.differences(draft) == []


def test_points_fade_or_hold_within_a_window_and_the_one_named_takes_the_others_place(draft, told):
    rule = of(draft, "Webinar")  # each time, fading
    counted = drafts.change(rule, {"at_least": 2, "within_days": 7, "distinct": "asset"}, **told)
    assert (counted.half_life_days, counted.within_days, counted.distinct) == (None, 7, "asset")
    fading = drafts.change(rule, {"half_life_days": 10}, **told)
    assert (fading.at_least, fading.half_life_days, fading.within_days) == (2, 10, None)
    each = drafts.change(rule, {"at_least": None}, **told)
    assert (each.at_least, each.within_days, each.distinct) == (None, None, "")


def test_a_group_of_another_model_is_refused(draft, told):
    other = drafts.live().groups.get(name="Role")
    assert wrong(lambda: drafts.change(of(draft, "Director"), {"group": other}, **told)) == {"group": "unknown_group"}


def test_a_rule_is_duplicated_under_a_line_of_its_own(draft, told):
    rule = of(draft, "Webinar")
    copy = drafts.duplicate(rule, **told)
    assert copy.line != rule.line and (copy.points, copy.group_id) == (rule.points, rule.group_id)
    place = names(draft, "engagement").index("Webinar")
    assert names(draft, "engagement")[place + 1] == "Webinar (copy)"
    assert [p.code for p in drafts.problems(draft) if p.line == copy.line] == ["duplicate"]


def test_a_rule_is_taken_out_and_twice_is_once(draft, told):
    rule = of(draft, "Director")
    drafts.remove(rule, **told)
    drafts.remove(rule, **told)
    assert [(d.name, d.field, d.before) for d in drafts.differences(draft)] == [("Director", "rule", 20)]
    assert Entry.objects.filter(kind="model.changed").count() == 1


def test_a_rule_moves_within_its_kind_and_into_another_group(draft, told):
    rule, before = of(draft, "Director"), names(draft)
    drafts.move(rule, to=1, **told)
    assert names(draft) == ["Director", *(name for name in before if name != "Director")]
    assert [(d.name, d.field, d.after) for d in drafts.differences(draft)] == [("Director", "place", 1)]
    content = draft.groups.get(name="Content")
    moved = drafts.move(rule, to=99, group=content, **told)
    assert names(draft)[-1] == "Director" and moved.group == content
    assert (
        drafts.move(rule, to=99, **told).group == content and drafts.move(rule, to=99, group=None, **told).group is None
    )


# --- groups and cut-offs -----------------------------------------------------


def test_groups_are_made_capped_renamed_and_taken_out_without_their_rules(draft, told):
    made = drafts.set_group(draft, name="Firm", cap=40, **told)
    assert wrong(lambda: drafts.set_group(draft, name="firm", cap=1, **told)) == {"name": "twice"}
    assert wrong(lambda: drafts.set_group(draft, name="", cap=0, **told)) == {"name": "required", "cap": "not_a_number"}
    drafts.set_group(draft, group=made, cap=None, **told)
    role = draft.groups.get(name="Role")
    drafts.set_group(draft, group=role, name="Person", **told)
    visits = draft.groups.get(name="Visits")
    drafts.remove_group(visits, **told)
    drafts.remove_group(visits, **told)
    found = {(d.name, d.field, d.before, d.after) for d in drafts.differences(draft) if d.line is None}
    assert found == {
        ("Firm", "cap", "no group", None), ("Person", "cap", "no group", None), ("Role", "cap", None, "no group"),
        ("Visits", "cap", 25, "no group"),
    }  # fmt: skip
    assert of(draft, "Pricing page 3× in 7 days").group is None and of(draft, "Director").group.name == "Person"


def test_cut_offs_stay_in_order_and_are_refused_by_name(draft, told):
    drafts.set_cuts(draft, fit_a=75, top_share=10, pql_all=True, **told)
    assert [(d.field, d.before, d.after) for d in drafts.differences(drafts.the_draft())] == [
        ("fit_a", 70, 75), ("top_share", 20, 10), ("pql_all", False, True),
    ]  # fmt: skip
    for fields, flaws in (
        ({"fit_b": 75}, {"fit_b": "out_of_order"}), ({"fit_a": 40}, {"fit_a": "out_of_order"}),
        ({"engagement_1": 101}, {"engagement_1": "not_a_number"}), ({"top_share": 51}, {"top_share": "not_a_whole_number"}),
        ({"pql_all": 1, "fit_c": 1}, {"pql_all": "not_yes_or_no", "fit_c": "unknown_field"}),
    ):  # fmt: skip
        assert wrong(lambda fields=fields: drafts.set_cuts(draft, **fields, **told)) == flaws


# --- what was seen -----------------------------------------------------------


def test_a_change_on_what_is_no_longer_so_is_refused_and_says_who(draft, told):
    ruth = User.objects.create_user("ruth@cast.example", name="Ruth Adeyemi", role=Role.ADMIN)
    seen, rule = draft.edited_at, of(draft, "Director")
    drafts.change(rule, {"points": 25}, by=ruth, at=T, seen=seen)
    with pytest.raises(Refused, match="Ruth Adeyemi changed this draft at") as refused:
        drafts.change(rule, {"points": 30}, seen=seen, **told)
    assert refused.value.code == "stale" and of(draft, "Director").points == 25
    drafts.change(rule, {"points": 30}, seen=drafts.the_draft().edited_at, **told)


def test_discarding_takes_its_replays_along_and_leaves_what_is_live(draft, told):
    ReplayRun.objects.create(draft=draft, days=30, key="k", started_at=T, beat_at=T)
    rule = of(draft, "Director")
    drafts.discard(draft, **told)
    drafts.discard(draft, **told)
    assert drafts.the_draft() is None and not ReplayRun.objects.exists()
    assert ScoringModel.objects.count() == 1 and drafts.live().rules.count() > 20
    with pytest.raises(Refused, match="discarded this draft"):
        drafts.change(rule, {"points": 1}, **told)
