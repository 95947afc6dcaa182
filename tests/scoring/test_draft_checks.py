"""What is wrong with a model, without a database: rules are looked at as they stand."""

from uuid import uuid4

import pytest

from leads.conditions import tree
from scoring.draft_checks import of_rules
from scoring.draft_differences import between
from scoring.impossible import never
from scoring.models import Rule, RuleGroup, ScoringModel


def leaf(attribute, op, value=None):
    return {"attribute": attribute, "op": op} | ({} if value is None else {"value": value})


BIG = leaf("company.employees", "at_least", 500)
FINTECH = leaf("company.industry", "in", ["Fintech"])
PRICING = {"kind": ["page_view"], "url_contains": "/pricing"}


def rule(kind="fit", points=10.0, name="", group=None, **fields):
    what = {"condition": BIG} if kind == "fit" else {"touches": PRICING}
    named = name or f"{kind} {points:g}"
    return Rule(line=uuid4(), kind=kind, points=points, name=named, group=group, **what | fields)


def said(*rules, model=None, **more):
    return {(p.code, p.blocks) for p in of_rules(model or ScoringModel(), rules, **more)} - {("out_of_reach", False)}


def test_a_model_in_order_has_no_problem():
    rules = [rule(points=80, condition=FINTECH), rule("engagement", 30), rule("usage", 50, at_least=3, within_days=7)]
    assert of_rules(ScoringModel(), rules) == []


def test_a_usage_rule_without_a_window_is_all_right():
    assert said(rule("usage", 50, at_least=3)) == set()


def test_no_rules_block():
    assert said() == {("no_rules", True)}


def test_cut_offs_out_of_order_block():
    assert said(rule(), model=ScoringModel(fit_a=40, fit_b=40)) == {("out_of_order", True)}


@pytest.mark.parametrize("other", [
    {"attribute": "company.industry", "op": "is", "value": "fintech"},
    {"all": [FINTECH]}, {"version": 1, "any": [FINTECH]},
])  # fmt: skip
def test_the_same_filter_twice_is_a_duplicate_however_it_is_written(other):
    first, second = rule(condition=FINTECH, name="Core"), rule(condition=other, points=5, name="Again")
    [found] = [p for p in of_rules(ScoringModel(), [first, second]) if p.code == "duplicate"]
    assert (found.line, found.blocks) == (second.line, False)
    assert found.text == "“Core” gives +10 and “Again” +5 for the same: they add up."


def test_the_order_of_alternatives_makes_no_difference_and_that_of_a_sequence_does():
    both = [rule(condition={"any": [BIG, FINTECH]}), rule(condition={"any": [FINTECH, BIG]}, name="x")]
    assert said(*both) == {("duplicate", False)}
    first, then = {"kind": ["webinar"]}, PRICING
    steps = [rule(condition={"sequence": one}, name=str(i)) for i, one in enumerate(([first, then], [then, first]))]
    assert said(*steps) == set()


def test_opposite_signs_for_the_same_are_a_contradiction():
    found = [p for p in of_rules(ScoringModel(), [rule(points=10), rule(points=-5)]) if p.code == "contradiction"]
    assert [p.text for p in found] == ["“fit 10” gives +10 and “fit -5” −5 for the same."]


def test_other_counts_windows_and_people_are_other_rules():
    more = {"at_least": 3, "within_days": 7.0}
    rules = [
        rule("engagement", name="each"), rule("engagement", name="three", **more),
        rule("engagement", name="five", **more | {"at_least": 5}),
        rule("engagement", name="of the big", condition=BIG, **more), rule("usage", name="use", **more),
    ]  # fmt: skip
    assert said(*rules) == set()


@pytest.mark.parametrize("condition", [
    {"all": [BIG, leaf("company.employees", "at_most", 499)]},
    {"all": [leaf("company.employees", "is", 499), BIG]},
    {"all": [FINTECH, leaf("company.industry", "is", "Retail")]},
    {"all": [FINTECH, leaf("company.industry", "is_not", "fintech")]},
    {"all": [FINTECH, leaf("company.industry", "is_missing")]},
    {"all": [BIG, {"none": [BIG]}]},
    {"all": [BIG, {"none": [leaf("company.employees", "at_least", 400)]}]},
    {"all": [leaf("person.seniority", "at_least", "vp"), leaf("person.seniority", "at_most", "director")]},
    {"any": [{"all": [BIG, leaf("company.employees", "at_most", 1)]},
             {"all": [FINTECH, leaf("company.industry", "is_missing")]}]},
    {"touches": {"kind": ["webinar", "event"]}, "at_least": 3, "distinct": "kind"},
    {"touches": {}, "at_least": 9, "within_days": 7, "distinct": "day"},
])  # fmt: skip
def test_what_cannot_hold_for_anybody_never_counts(condition):
    assert never(tree.read(condition))
    assert said(rule(condition=condition)) == {("never", False)}


@pytest.mark.parametrize("condition", [
    {}, BIG, {"all": [BIG, leaf("company.employees", "at_most", 500)]}, {"any": [BIG, {"none": [BIG]}]},
    {"all": [FINTECH, leaf("company.industry", "not_in", ["Retail"])]},
    {"all": [leaf("company.technologies", "contains", "SAP"), leaf("company.technologies", "in", ["Marketo"])]},
    {"all": [leaf("person.seniority", "at_least", "director"), leaf("person.seniority", "at_most", "vp")]},
    {"all": [leaf("company.industry", "is_missing"), BIG]}, {"none": [leaf("company.industry", "is_set")]},
    {"all": [{"any": [BIG, FINTECH]}, leaf("company.employees", "at_most", 1)]},
    {"touches": {}, "at_least": 8, "within_days": 7, "distinct": "day"}, {"touches": {}, "at_most": 0},
])  # fmt: skip
def test_what_may_hold_is_never_called_impossible(condition):
    assert never(tree.read(condition)) == ""


def test_points_above_the_cap_are_swallowed_and_a_cap_of_nothing_never_counts():
    few = RuleGroup(name="Few", cap=4)
    [found] = [p for p in of_rules(ScoringModel(), [rule(points=25, group=few)]) if p.code == "swallowed"]
    assert found.text == "“fit 25” is worth +25, but its group Few adds at most 4."
    assert said(rule(points=4, group=few)) == set()
    assert said(rule(group=RuleGroup(name="None", cap=0))) == {("never", False)}


@pytest.mark.parametrize("broken", [
    rule(condition=leaf("company.gone", "is_set")), rule("engagement", touches={"kind": []}),
])  # fmt: skip
def test_what_cannot_be_read_blocks(broken):
    # custom attributes would be looked up in the database: these names are none
    assert said(broken) == {("unreadable", True)}


def test_a_score_made_of_scores_blocks():
    assert said(rule(condition=leaf("score.fit", "at_least", 40))) == {("score_in_rule", True)}


def test_what_counts_for_everybody_is_said():
    assert said(rule(condition={}), rule("engagement", touches={})) == {("everybody", False)}


def test_a_letter_nobody_can_reach_is_said():
    capped = RuleGroup(name="Firm", cap=50)
    found = of_rules(ScoringModel(), [rule(points=45, group=capped), rule(points=30, group=capped, condition=FINTECH)])
    assert [p.text for p in found] == [
        "Nobody can reach fit A (70): the rules give at most 50.",
        "Nobody can reach engagement 2 (30): the rules give at most 0.",
    ]


def test_a_rule_that_fired_for_nobody_in_the_replay_is_said():
    quiet, busy = rule(name="quiet"), rule(name="busy", condition=FINTECH)
    assert said(quiet, busy, fires={quiet.line: 0, busy.line: 3}) == {("no_hits", False)}


def test_differences_name_the_field_and_tell_a_move_by_one_rule():
    a, b, c = (rule(name=name, condition=leaf("company.industry", "is", name)) for name in "abc")
    changed = Rule(line=b.line, kind="fit", name="b", points=20, condition=b.condition, group=RuleGroup(name="Firm"))
    found = between([a, b, c], [c, a, changed])
    assert [(d.name, d.field, d.before, d.after) for d in found] == [
        ("b", "points", 10, 20), ("b", "group", "", "Firm"), ("c", "place", 3, 1),
    ]  # fmt: skip
    assert [(d.name, d.field, d.after) for d in between([a], [b])] == [("b", "rule", 10), ("a", "rule", None)]
