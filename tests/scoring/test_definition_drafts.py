"""Changing what a stage means: drafted, proposed, agreed by two people of two sides, then in force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from journal.models import Entry
from notify.models import Notice
from notify.said import said
from revops.lib.errors import Forbidden, Invalid, Refused
from scoring import drafts, versions
from scoring.definitions import coming_into_force, current
from scoring.definitions import drafts as definition_drafts
from scoring.definitions import scores as definition_scores
from scoring.definitions.drafts import Cells, Threshold, Top, mql_by
from scoring.models import Approval, Definition, Rescoring
from teams.models import Organisation, Role, Team, TeamKind, User
from tests.scoring.model_of import model

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 14, tzinfo=UTC)
US = {"attribute": "person.country", "op": "is", "value": "US"}


def later(**delta):
    return NOW + timedelta(**delta)


@pytest.fixture(autouse=True)
def long_in_force(db):
    Definition.objects.update(effective_at=NOW - timedelta(days=300))
    model()


@pytest.fixture
def draft(cast):
    return definition_drafts.open_draft("mql", by=cast.admin, at=NOW)


def proposed(cast, draft, **fields):
    definition_drafts.change(draft, {"predicate": US, **fields}, by=cast.admin, at=later(minutes=1))
    return definition_drafts.propose(draft, by=cast.admin, at=later(minutes=2))


def agreed(cast, draft, at=None):
    at = at or later(minutes=3)
    definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=at)
    return definition_drafts.approve(draft, side="sales", by=cast.owner, at=at)


def test_a_draft_is_a_copy_of_what_was_agreed_last_and_there_is_one(cast, draft):
    first = current("mql", at=NOW)
    assert (draft.state, draft.version, draft.predicate) == ("draft", 2, first.predicate)
    assert definition_drafts.open_draft("mql", by=cast.admin, at=later(hours=1)) == draft
    assert Entry.objects.filter(kind="definition.drafted", subject_id=draft.pk).count() == 1
    assert current("mql", at=NOW) == first


@pytest.mark.parametrize("who", ["owner", "manager", "marketer", "viewer", "stranger"])
def test_only_admins_edit(cast, draft, who):
    by = getattr(cast, who)
    for verb in (
        lambda: definition_drafts.open_draft("sal", by=by, at=NOW),
        lambda: definition_drafts.change(draft, {"note": "x"}, by=by, at=NOW),
        lambda: definition_drafts.propose(draft, by=by, at=NOW),
        lambda: definition_drafts.discard(draft, by=by, at=NOW),
        lambda: definition_drafts.set_top(by=by, at=NOW),
    ):
        with pytest.raises(Forbidden):
            verb()


@pytest.mark.parametrize(("fields", "field"), [
    ({"sentence": " "}, "sentence"), ({"sentence": "x" * 1001}, "sentence"), ({"items": []}, None),
    ({"items": [{"item": "budget", "label": "B", "evidence": "e"}]}, "items"), ({"items_needed": 2}, "items_needed"),
    ({"items_needed": True}, "items_needed"), ({"asked_on": "soon"}, "asked_on"), ({"asked_on": 5}, "asked_on"),
    ({"review_on": "2026-11-27"}, "review_on"), ({"review_on": "2026-13-01"}, "review_on"), ({"stage": "sal"}, "stage"),
    ({"predicate": {"attribute": "person.shoe_size", "op": "is", "value": 1}}, "predicate.attribute"),
    ({"predicate": {"all": [US, {"attribute": "person.country", "op": "nearly"}]}}, "predicate.all[1].op"),
    ({"predicate": {"any": [{"attribute": "score.priority", "op": "at_least", "value": 90},
                            {"all": [US, {"attribute": "score.top", "op": "is", "value": True}]}]}}, "predicate"),
])  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_changed(cast, draft, fields, field):
    if field is None:
        definition_drafts.change(draft, fields, by=cast.admin, at=NOW)
        return
    with pytest.raises(Invalid) as refusal:
        definition_drafts.change(draft, {"note": "kept?", **fields}, by=cast.admin, at=NOW)
    assert field in {error["field"] for error in refusal.value.errors}
    assert Definition.objects.get(pk=draft.pk).note == ""


def test_bant_is_said_in_the_words_of_the_business_and_complete(cast):
    draft = definition_drafts.open_draft("sql", by=cast.admin, at=NOW)
    items = [{**one, "evidence": f"{one['evidence']}, in euros"} for one in draft.items]
    kept = definition_drafts.change(draft, {"items": items, "items_needed": 3}, by=cast.admin, at=NOW)
    assert (kept.items, kept.items_needed) == (items, 3)
    for wrong, field in (
        (items[:3], "items"), ([*items[:3], items[0]], "items.3.item"), ([*items[:3], {**items[3], "evidence": ""}], "items.3.evidence"),
        ([*items[:3], {**items[3], "item": "mood"}], "items.3.item"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            definition_drafts.change(draft, {"items": wrong}, by=cast.admin, at=NOW)
        assert field in {error["field"] for error in refusal.value.errors}


def test_both_sides_agree_and_it_is_in_force_for_what_comes_later(cast, draft):
    proposed(cast, draft)
    definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=later(minutes=3))
    assert current("mql", at=later(hours=1)).version == 1, "one side alone changes nothing"
    definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=4))
    kept = Definition.objects.get(pk=draft.pk)
    assert (kept.state, kept.effective_at, kept.published_at) == ("published", later(minutes=4), later(minutes=4))
    assert kept.review_on == date(2027, 2, 26), "looked at again after a quarter"
    assert current("mql", at=later(minutes=5)) == kept
    assert current("mql", at=later(minutes=3)).version == 1
    kinds = list(Entry.objects.about("definition", [draft.pk]).order_by("id").values_list("kind", flat=True))
    assert kinds == [f"definition.{verb}" for verb in ("drafted", "changed", "proposed", "approved", "approved", "published")]  # fmt: skip
    begun = Rescoring.objects.get(definition=kept)
    assert not begun.hand_over
    assert definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=6)) == kept, "twice is once"
    assert Rescoring.objects.count() == 1
    assert versions.versions(NOW, later(days=1)) == [(later(minutes=4), "MQL definition v2")]


def test_who_approves_for_which_side(cast, draft):
    proposed(cast, draft)
    for who, side in (
        (cast.admin, "sales"),
        (cast.owner, "marketing"),
        (cast.marketer, "sales"),
        (cast.viewer, "sales"),
    ):
        with pytest.raises(Forbidden):
            definition_drafts.approve(draft, side=side, by=who, at=later(minutes=3))
    with pytest.raises(Invalid):
        definition_drafts.approve(draft, side="finance", by=cast.owner, at=later(minutes=3))
    Team.objects.create(name="Demand", kind=TeamKind.MARKETING, manager=cast.owner)
    definition_drafts.approve(draft, side="marketing", by=cast.owner, at=later(minutes=3))
    with pytest.raises(Refused, match="other side is another person"):
        definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=4))
    with pytest.raises(Refused, match="approved this already"):
        definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=later(minutes=4))
    assert Approval.objects.count() == 1


def test_an_edit_takes_the_approvals_away_and_it_must_be_proposed_again(cast, draft):
    proposed(cast, draft)
    definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=later(minutes=3))
    definition_drafts.change(draft, {"note": "the wording"}, by=cast.admin, at=later(minutes=4))
    assert not Approval.objects.exists()
    with pytest.raises(Refused, match="nothing is proposed"):
        definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=5))
    definition_drafts.propose(draft, by=cast.admin, at=later(minutes=6))
    agreed(cast, draft, at=later(minutes=7))
    assert current("mql", at=later(minutes=8)).pk == draft.pk


def test_nobody_approves_what_they_have_not_seen(cast, draft):
    proposed(cast, draft)
    seen = Definition.objects.get(pk=draft.pk).edited_at
    definition_drafts.change(draft, {"note": "later"}, by=cast.admin, at=later(minutes=3))
    definition_drafts.propose(draft, by=cast.admin, at=later(minutes=4))
    with pytest.raises(Refused, match="Rosa Vidal changed this draft") as refusal:
        definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=5), seen=seen)
    assert refusal.value.code == "stale"


def test_withdrawn_discarded_and_gone(cast, draft):
    proposed(cast, draft)
    definition_drafts.approve(draft, side="sales", by=cast.owner, at=later(minutes=3))
    definition_drafts.withdraw(draft, by=cast.admin, at=later(minutes=4))
    assert Definition.objects.get(pk=draft.pk).state == "draft" and not Approval.objects.exists()
    definition_drafts.discard(draft, by=cast.admin, at=later(minutes=5))
    definition_drafts.discard(draft, by=cast.admin, at=later(minutes=5))
    assert definition_drafts.the_draft("mql") is None
    with pytest.raises(Refused, match="discarded"):
        definition_drafts.change(draft, {"note": "x"}, by=cast.admin, at=later(minutes=6))


@pytest.mark.parametrize(("predicate", "code"), [(None, "same"), ({}, "everybody")])
def test_what_says_nothing_new_or_hands_over_everybody_is_not_proposed(cast, draft, predicate, code):
    if predicate is not None:
        definition_drafts.change(draft, {"predicate": predicate}, by=cast.admin, at=NOW)
    with pytest.raises(Refused) as refusal:
        definition_drafts.propose(draft, by=cast.admin, at=NOW)
    assert refusal.value.code == code


def test_one_asked_for_a_later_day_is_noticed_on_that_day_once(cast, draft):
    Organisation.objects.update_or_create(id=1, defaults={"timezone": "America/Chicago"})
    proposed(cast, draft, asked_on="2026-12-01")
    agreed(cast, draft)
    midnight = datetime(2026, 12, 1, 6, tzinfo=UTC)  # in Chicago
    assert Definition.objects.get(pk=draft.pk).effective_at == midnight
    assert not Rescoring.objects.exists()
    assert coming_into_force.drain(midnight - timedelta(seconds=1), 100) == 0
    assert coming_into_force.drain(midnight, 100) == 1
    assert coming_into_force.drain(midnight + timedelta(seconds=1), 100) == 0
    assert [run.definition_id for run in Rescoring.objects.all()] == [draft.pk]


def test_a_hand_over_that_was_promised_is_finished_first(cast, draft):
    live = drafts.live()
    run = Rescoring.objects.create(model=live, hand_over=True, key="x", started_at=NOW, beat_at=NOW)
    proposed(cast, draft)
    agreed(cast, draft)
    assert current("mql", at=later(minutes=9)) == draft
    assert list(Rescoring.objects.all()) == [run]
    Rescoring.objects.update(state="done", result={})
    assert coming_into_force.drain(later(minutes=9), 100) == 1
    assert Rescoring.objects.get(definition=draft).hand_over is False


def test_a_day_in_the_past_means_now(cast, draft):
    proposed(cast, draft, asked_on="2026-11-01")
    assert agreed(cast, draft).effective_at == later(minutes=3)


def test_definitions_of_sal_and_sql_score_nobody_anew(cast):
    draft = definition_drafts.open_draft("sal", by=cast.admin, at=NOW)
    proposed(cast, draft)
    agreed(cast, draft)
    assert current("sal", at=later(hours=1)).pk == draft.pk and not Rescoring.objects.exists()


def test_who_is_asked_hears_of_it_and_is_reminded_once_a_day(cast, draft):
    lead = User.objects.create_user("mo@cast.example", name="Mo Diaz", role=Role.MARKETING)
    Team.objects.create(name="Demand", kind=TeamKind.MARKETING, manager=lead)
    proposed(cast, draft)
    told = Notice.objects.filter(kind="definition.to_approve")
    assert set(told.values_list("user", flat=True)) == {lead.pk, cast.manager.pk}, "managers of the two sides"
    words = said(list(told))[told[0].pk]
    assert words.text == (
        "MQL definition v2: Rosa Vidal asks for your side's approval. It holds once both sides have agreed."
    )
    assert words.href == "/definitions/mql/draft/"
    definition_drafts.approve(draft, side="marketing", by=lead, at=later(minutes=3))
    assert definition_drafts.remind(draft, by=lead, at=later(minutes=4)) == 1, "who has agreed may ask the other side"
    assert definition_drafts.remind(draft, by=cast.admin, at=later(minutes=5)) == 0, "once a day"
    assert definition_drafts.remind(draft, by=cast.admin, at=later(days=1)) == 1
    assert told.filter(user=cast.manager).count() == 3 and told.filter(user=lead).count() == 1
    with pytest.raises(Forbidden):
        definition_drafts.remind(draft, by=cast.viewer, at=later(days=1))


def test_the_grid_changes_the_score_leaf_alone(cast):
    first = current("mql", at=NOW)
    assert mql_by(first) == Cells(frozenset({"A1", "A2", "B1"}))
    assert definition_drafts.set_mql_cells(["B1", "A1", "A2"], by=cast.admin, at=NOW) == first, "nothing to draft"
    draft = definition_drafts.set_mql_cells(["A1", "B1"], by=cast.admin, at=NOW)
    assert (draft.version, mql_by(draft)) == (2, Cells(frozenset({"A1", "B1"})))
    before, after = first.predicate["any"], draft.predicate["any"]
    assert after[0] == before[0] and after[2] == before[2] and after[1]["all"][1] == before[1]["all"][1]
    assert after[1]["all"][0]["value"] == ["A1", "B1"]
    assert mql_by(definition_drafts.set_threshold(110, by=cast.admin, at=NOW)) == Threshold(110.0)
    assert mql_by(definition_drafts.set_top(by=cast.admin, at=NOW)) == Top()
    for wrong in (lambda: definition_drafts.set_mql_cells([], by=cast.admin, at=NOW),
                  lambda: definition_drafts.set_mql_cells(["D1"], by=cast.admin, at=NOW),
                  lambda: definition_drafts.set_threshold(201, by=cast.admin, at=NOW)):  # fmt: skip
        with pytest.raises(Invalid):
            wrong()
    assert Definition.objects.filter(stage="mql").count() == 2


def test_the_grid_leaves_a_sentence_that_says_it_twice_alone(cast, draft):
    cell = {"attribute": "score.cell", "op": "in", "value": ["A1"]}
    definition_drafts.change(draft, {"predicate": {"any": [cell, {"none": [cell]}]}}, by=cast.admin, at=NOW)
    assert mql_by(Definition.objects.get(pk=draft.pk)) is None
    with pytest.raises(Refused, match="several places"):
        definition_drafts.set_mql_cells(["A2"], by=cast.admin, at=NOW)
    definition_drafts.change(draft, {"predicate": US}, by=cast.admin, at=NOW)
    added = definition_drafts.set_mql_cells(["A2"], by=cast.admin, at=NOW).predicate
    assert added == {"any": [US, {"attribute": "score.cell", "op": "in", "value": ["A2"]}]}


def test_a_review_sets_the_next_day_and_changes_nothing_else(cast):
    first = current("mql", at=NOW)
    kept = definition_drafts.review(first, next_on="2027-03-01", by=cast.admin, at=NOW)
    assert (kept.review_on, kept.version, kept.predicate) == (date(2027, 3, 1), 1, first.predicate)
    definition_drafts.review(first, next_on="2027-03-01", by=cast.admin, at=NOW)
    assert Entry.objects.filter(kind="definition.reviewed").count() == 1
    with pytest.raises(Forbidden):
        definition_drafts.review(first, next_on="2027-04-01", by=cast.owner, at=NOW)
    with pytest.raises(Invalid):
        definition_drafts.review(first, next_on="", by=cast.admin, at=NOW)


def test_a_version_overtaken_before_its_day_is_no_line_on_charts():
    for version, at in ((2, later(days=9)), (3, later(days=1))):
        Definition.objects.create(
            stage="mql", version=version, sentence="x", effective_at=at, published_at=NOW, predicate=US
        )
    assert current("mql", at=later(days=20)).version == 3
    assert versions.versions(NOW, later(days=30)) == [(later(days=1), "MQL definition v3")]


def test_a_cell_that_must_not_be_is_none_of_the_three_ways():
    """The grid would show C3 as an MQL, and a click would forbid the marked cells."""
    never = {"all": [US, {"none": [{"attribute": "score.cell", "op": "in", "value": ["C3"]}]}]}
    assert mql_by(Definition(stage="mql", predicate=never)) is None
    with pytest.raises(Refused):
        definition_scores.put(never, definition_scores.cells(["A1"]))


def test_the_same_rule_with_its_version_named_takes_no_approval_away(cast, draft):
    kept = proposed(cast, draft)
    definition_drafts.approve(kept, side="marketing", by=cast.marketer, at=later(minutes=3))
    definition_drafts.change(kept, {"predicate": {"version": 1, **US}}, by=cast.admin, at=later(minutes=4))
    assert Approval.objects.count() == 1
