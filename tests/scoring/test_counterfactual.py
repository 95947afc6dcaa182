"""What would make it an MQL: every step that is offered does what it says, because it was tried."""

import pytest

from leads.models import AttributeDefinition, Lead, Touch
from scoring import counterfactual
from scoring.definitions import current
from scoring.models import Definition
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
SIZE = {
    "kind": "fit", "name": "Large", "points": 20,
    "condition": {"attribute": "company.employees", "op": "at_least", "value": 500},
}  # fmt: skip
SENIOR = {
    "kind": "fit", "name": "Senior", "points": 60,
    "condition": {"attribute": "person.seniority", "op": "at_least", "value": "director"},
}  # fmt: skip
DEMO = {
    "kind": "engagement", "name": "Demo request", "points": 40, "touches": {"kind": ["demo_request"]},
    "half_life_days": 30,
}  # fmt: skip
PRICING = {
    "kind": "engagement", "name": "Pricing page", "points": 15, "at_least": 3, "within_days": 7,
    "touches": {"kind": ["page_view"], "url_contains": "/pricing"},
}  # fmt: skip
CLICK = {"kind": "engagement", "name": "E-mail click", "points": 3, "touches": {"kind": ["email_click"]}}


def steps(someone, **more):
    found = counterfactual.of(
        someone.leads.get().pk, now=T, model=more.pop("model"), definition=current("mql", at=T)
    )  # fmt: skip
    return found, [(step.what, step.cell, step.meets) for step in found.best]


def test_what_is_unknown_and_would_do_it_is_asked_for():
    live = model(SIZE, SENIOR, DEMO, CLICK)
    someone = person(seniority="vp", company={}, lead={})
    touch(someone, "demo_request", T)
    found, best = steps(someone, model=live)
    assert (found.cell, found.meets, found.enough) == ("B2", False, True)
    assert best[0] == ("Company size is unknown: 500 people or more", "A2", True)
    assert ("Demo request (+40)", "B1", True) in best
    assert Touch.objects.count() == 1, "nothing is written"


def test_what_is_known_is_not_argued_with():
    live = model(SIZE, SENIOR, DEMO)
    someone = person(seniority="vp", company={"employees": 20}, lead={})
    touch(someone, "demo_request", T)
    _, best = steps(someone, model=live)
    assert [what for what, _, _ in best if "people" in what] == []


def test_how_many_more_touches_a_window_needs():
    live = model(SIZE | {"points": 75}, PRICING | {"points": 40})
    someone = person(company={"employees": 900}, lead={})
    touch(someone, "page_view", T - days(1), url="/pricing")
    found, best = steps(someone, model=live)
    assert ("Pricing page (+40)", "A2", True) in best
    assert [step.more for step in found.best if "Pricing" in step.what] == [2]


def test_a_touch_counts_for_every_rule_it_matches_and_under_the_groups_cap():
    capped = {"group": ("Clicks", 2)}
    live = model(
        SIZE | {"points": 75}, CLICK | capped | {"points": 29}, CLICK | {"name": "Any click", "points": 28}
    )  # fmt: skip
    someone = person(company={"employees": 900}, lead={})
    found, best = steps(someone, model=live)
    assert found.best[0].engagement == 30
    assert best[0][1:] == ("A2", True)


def test_raising_a_hand_is_a_step_when_the_definition_names_it():
    live = model(CLICK)
    found, best = steps(person(lead={}), model=live)
    assert found.enough
    assert best == [("asking to be contacted", "C3", True)]


def test_a_custom_attribute_is_filled_beside_the_others():
    AttributeDefinition.objects.create(subject="company", name="tier", label="Tier", type="text")
    rule = {"kind": "fit", "name": "Gold", "points": 80,
            "condition": {"attribute": "company.custom.tier", "op": "is", "value": "gold"}}  # fmt: skip
    live = model(rule, DEMO)
    unknown = person(company={"attributes": {"other": "x"}}, lead={})
    known = person(company={"attributes": {"tier": "tin"}}, lead={})
    for someone in (unknown, known):
        touch(someone, "demo_request", T)
    assert ("Tier is unknown: tier is gold", "A2", True) in steps(unknown, model=live)[1]
    assert all("Tier" not in what for what, _, _ in steps(known, model=live)[1])


def test_the_definition_asks_for_touches_of_its_own():
    live = model(CLICK)
    Definition.objects.filter(stage="mql").update(effective_at=T - days(400))
    Definition.objects.create(
        stage="mql", version=5, sentence="Two assets.", effective_at=T - days(300),
        predicate={"touches": {"kind": ["download"]}, "at_least": 2, "distinct": "asset"},
    )  # fmt: skip
    someone = person(lead={})
    touch(someone, "download", T - days(1), asset="a")
    found, _ = steps(someone, model=live)
    assert (found.enough, [step.more for step in found.best]) == (True, [1])


def test_who_is_an_mql_already_hears_what_lifts_the_cell(django_assert_num_queries):
    live = model(SIZE | {"points": 75}, DEMO, CLICK)
    someone = person(company={"employees": 900}, lead={"stage": "mql"})
    touch(someone, "demo_request", T)
    rescore([someone.pk], now=T)
    lead = someone.leads.get().pk
    counterfactual.lifting(lead, now=T, model=live)
    with django_assert_num_queries(1):
        found = counterfactual.lifting(lead, now=T, model=live)
    assert [(step.what, step.cell) for step in found.best] == [("Demo request (+40)", "A1")]
    assert counterfactual.lifting(10**9, now=T, model=live) is None


@pytest.mark.parametrize("asked", [
    {"attribute": "company.employees", "op": "at_least", "value": 1e15},
    {"attribute": "person.title", "op": "contains", "value": "x" * 500},
    {"attribute": "lead.hand_raise", "op": "is", "value": "x" * 400},
    *({"touches": {name: ["k" * 500]}, "at_least": 1} for name in ("kind", "channel", "asset")),
    {"touches": {"url_contains": "k" * 500}, "at_least": 1},
])  # fmt: skip
def test_what_no_row_can_hold_is_no_step(asked):
    live = model(SIZE | {"points": 75}, DEMO)
    Definition.objects.filter(stage="mql").update(predicate=asked, effective_at=T - days(400))
    found, best = steps(person(company={"employees": 900}, lead={}), model=live)
    assert (found.enough, [what for what, *_ in best]) == (False, ["Demo request (+40)"])


def test_people_are_counted_whole():
    live = model(DEMO)
    asked = {"attribute": "company.employees", "op": "at_least", "value": 500.5}
    Definition.objects.filter(stage="mql").update(predicate=asked, effective_at=T - days(400))
    found, _ = steps(person(company={}, lead={}), model=live)
    assert found.enough


def test_who_was_recycled_waits_whatever_they_score():
    live = model(SIZE | {"points": 75}, DEMO)
    Definition.objects.update(effective_at=T - days(400))
    recycled = {"stage": "recycled", "recycled_at": T - days(5), "reason": "timing"}
    someone = person(company={"employees": 900}, lead=recycled)
    again = Lead.objects.create(
        person=someone, company=someone.company, cycle=2, created_at=T - days(5), stage_at=T - days(5)
    )
    found = counterfactual.of(again.pk, now=T, model=live, definition=current("mql", at=T))
    assert [(step.what, step.meets) for step in found.best] == [
        ("asking to be contacted", True), ("Demo request (+40)", False),
    ]  # fmt: skip
    assert counterfactual.waits_until(again.pk, now=T) == T + days(85)
    touch(someone, "demo_request", T)
    assert rescore([someone.pk], now=T) == [], "as it says"
    later = counterfactual.of(again.pk, now=T + days(86), model=live, definition=current("mql", at=T))
    assert counterfactual.waits_until(again.pk, now=T + days(86)) is None
    assert [step.meets for step in later.best if "Demo" in step.what] == [True]
