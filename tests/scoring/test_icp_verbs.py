"""A profile from the first proposal to being in force and retired: who may do what, and what each step leaves."""

from datetime import date, timedelta

import pytest

from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from scoring.icp import verbs
from scoring.models import Icp, Rescoring
from tests.scoring import model_of
from tests.scoring.icp_world import a_company, firms, match_of
from tests.scoring.model_of import T

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FINTECH, KAFKA = ("company.industry", "fintech"), ("company.technologies", "kafka")


@pytest.fixture
def draft(cast):
    a_company()
    return verbs.derive(by=cast.admin, at=T)


@pytest.fixture
def agreed(draft, cast):
    """In force since T + 2 h."""
    verbs.propose(draft, by=cast.admin, at=T + HOUR)
    verbs.approve(draft, side="marketing", by=cast.marketer, at=T + HOUR)
    return verbs.approve(draft, side="sales", by=cast.owner, at=T + 2 * HOUR)


def test_a_derived_draft_has_its_table_and_a_sentence(draft):
    assert (draft.version, draft.state) == (1, Icp.State.DRAFT)
    assert FINTECH in verbs.chosen(draft)
    assert "ndustry is Fintech" in draft.sentence
    assert "500–999 people" in draft.sentence
    assert draft.basis["customers"] == 50


def test_too_few_customers_are_refused_with_the_number(cast):
    firms(12, "won")
    with pytest.raises(Refused, match="needs 20 customers older than 90 days; there are 12 so far"):
        verbs.derive(by=cast.admin, at=T)
    assert not Icp.objects.exists()


def test_values_are_kept_and_dropped_one_by_one_and_the_sentence_follows(draft, cast):
    changed = verbs.drop(draft, *FINTECH, by=cast.admin, at=T)
    assert FINTECH not in verbs.chosen(changed)
    assert "Fintech" not in changed.sentence
    again = verbs.drop(draft, *FINTECH, by=cast.admin, at=T + HOUR)
    assert again.edited_at == changed.edited_at
    back = verbs.keep(draft, *FINTECH, by=cast.admin, at=T)
    assert back.edited_at > changed.edited_at
    assert "Fintech" in back.sentence
    with pytest.raises(Invalid):
        verbs.keep(draft, "company.industry", "'; DROP TABLE scoring_icp; --", by=cast.admin, at=T)


def test_own_words_stay_when_values_change(draft, cast):
    verbs.say(draft, "  Payment firms that   outgrew their ledger. ", by=cast.admin, at=T)
    changed = verbs.drop(draft, *KAFKA, by=cast.admin, at=T)
    assert changed.sentence == "Payment firms that outgrew their ledger."
    assert verbs.say(draft, "", by=cast.admin, at=T).sentence == "500–999 people; industry is Fintech."


def test_who_saw_an_older_state_is_refused(draft, cast):
    seen = draft.edited_at
    verbs.drop(draft, *FINTECH, by=cast.admin, at=T)
    with pytest.raises(Refused) as refusal:
        verbs.drop(draft, *KAFKA, by=cast.admin, at=T, seen=seen)
    assert refusal.value.code == "stale"


def test_only_administrators_derive_and_edit(draft, cast):
    for user in (cast.owner, cast.marketer, cast.viewer):
        for verb in (
            lambda u: verbs.derive(by=u, at=T),
            lambda u: verbs.drop(draft, *FINTECH, by=u, at=T),
            lambda u: verbs.propose(draft, by=u, at=T),
            lambda u: verbs.discard(draft, by=u, at=T),
        ):
            with pytest.raises(Forbidden):
                verb(user)


def test_one_marketing_and_one_sales_person_agree(draft, cast):
    with pytest.raises(Refused):
        verbs.approve(draft, side="sales", by=cast.owner, at=T)  # not proposed yet
    verbs.propose(draft, by=cast.admin, at=T)
    for user, side in ((cast.admin, "sales"), (cast.owner, "marketing"), (cast.marketer, "sales")):
        with pytest.raises(Forbidden):
            verbs.approve(draft, side=side, by=user, at=T)
    with pytest.raises(Invalid):
        verbs.approve(draft, side="finance", by=cast.owner, at=T)
    verbs.approve(draft, side="sales", by=cast.manager, at=T)
    waiting = verbs.approve(draft, side="sales", by=cast.manager, at=T)  # twice is once
    assert (waiting.state, waiting.approvals.count()) == (Icp.State.PROPOSED, 1)
    with pytest.raises(Refused, match="already"):
        verbs.approve(draft, side="sales", by=cast.owner, at=T)
    done = verbs.approve(draft, side="marketing", by=cast.marketer, at=T + HOUR)
    assert (done.state, done.effective_at, done.review_on) == (Icp.State.PUBLISHED, T + HOUR, date(2026, 5, 10))


def test_nobody_speaks_for_both_sides(draft, cast):
    cast.midwest.kind = "marketing"
    cast.midwest.save()  # Ada, of sales, now manages a marketing team
    verbs.propose(draft, by=cast.admin, at=T)
    verbs.approve(draft, side="marketing", by=cast.manager, at=T)
    with pytest.raises(Refused) as refusal:
        verbs.approve(draft, side="sales", by=cast.manager, at=T)
    assert refusal.value.code == "same_person"


def test_a_proposal_is_taken_back_to_be_changed_and_its_approvals_go(draft, cast):
    verbs.propose(draft, by=cast.admin, at=T)
    verbs.approve(draft, side="sales", by=cast.owner, at=T)
    for verb in (
        lambda: verbs.drop(draft, *FINTECH, by=cast.admin, at=T),
        lambda: verbs.derive(by=cast.admin, at=T),
        lambda: verbs.discard(draft, by=cast.admin, at=T),
    ):
        with pytest.raises(Refused) as refusal:
            verb()
        assert refusal.value.code == "waits"
    back = verbs.withdraw(draft, by=cast.admin, at=T)
    assert (back.state, back.approvals.count()) == (Icp.State.DRAFT, 0)


def test_a_profile_without_a_criterion_is_not_proposed(draft, cast):
    for attribute, value in verbs.chosen(draft):
        verbs.drop(draft, attribute, value, by=cast.admin, at=T)
    with pytest.raises(Refused) as refusal:
        verbs.propose(draft, by=cast.admin, at=T)
    assert refusal.value.code == "empty"


def test_the_next_version_retires_the_former_and_what_was_agreed_never_changes(agreed, cast):
    second = verbs.derive(by=cast.admin, at=T + 3 * HOUR)
    assert (second.version, verbs.in_force().version) == (2, 1)
    with pytest.raises(Refused):
        verbs.drop(agreed, *FINTECH, by=cast.admin, at=T)
    with pytest.raises(Refused):
        verbs.withdraw(agreed, by=cast.admin, at=T)
    verbs.propose(second, by=cast.admin, at=T + 3 * HOUR)
    verbs.approve(second, side="sales", by=cast.owner, at=T + 4 * HOUR)
    verbs.approve(second, side="marketing", by=cast.marketer, at=T + 4 * HOUR)
    assert list(Icp.objects.order_by("version").values_list("state", flat=True)) == ["retired", "published"]


def test_every_step_is_a_fact(agreed, cast):
    again = verbs.derive(by=cast.admin, at=T + 5 * HOUR)
    verbs.discard(again, by=cast.admin, at=T + 5 * HOUR)
    verbs.discard(again, by=cast.admin, at=T + 5 * HOUR)
    assert list(Entry.objects.filter(subject_kind="icp").order_by("id").values_list("kind", "by__name")) == [
        ("icp.derived", "Rosa Vidal"), ("icp.proposed", "Rosa Vidal"), ("icp.approved", "Mei Tan"),
        ("icp.approved", "Jonah Reyes"), ("icp.published", "Jonah Reyes"), ("icp.derived", "Rosa Vidal"),
        ("icp.discarded", "Rosa Vidal"),
    ]  # fmt: skip
    assert verbs.in_force() is not None


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 30), date(2027, 2, 28)), (date(2026, 1, 31), date(2026, 4, 30)),
        (date(2026, 9, 1), date(2026, 12, 1)), (date(2026, 10, 5), date(2027, 1, 5)),
    ],
)  # fmt: skip
def test_the_review_is_three_months_on(day, due):
    assert verbs.next_review(day) == due


def test_the_match_is_unknown_until_something_is_in_force(draft, cast):
    [fintech] = firms(1, "lost", industry="Fintech", employees=700, technologies=["Kafka"], seniority="vp")
    assert match_of(fintech) is None
    verbs.propose(draft, by=cast.admin, at=T)
    assert match_of(fintech) is None


def test_scores_that_count_the_match_are_worked_out_again(draft, cast):
    model_of.model({"kind": "fit", "points": 30, "condition": {"all": [
        {"attribute": "company.icp", "op": "at_least", "value": 75}
    ]}})  # fmt: skip
    verbs.propose(draft, by=cast.admin, at=T)
    verbs.approve(draft, side="marketing", by=cast.marketer, at=T)
    assert not Rescoring.objects.exists()
    verbs.approve(draft, side="sales", by=cast.owner, at=T)
    assert list(Rescoring.objects.values_list("hand_over", "state")) == [(False, "running")]


def test_a_model_that_does_not_ask_for_it_is_left_alone(agreed):
    assert not Rescoring.objects.exists()
