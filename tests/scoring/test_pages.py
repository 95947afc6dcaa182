"""The model and the definitions are read by everybody signed in, as sentences."""

from datetime import timedelta

import pytest

from leads import conditions
from revops.lib.now import now
from scoring import defaults
from scoring.models import Definition, Rule, ScoringModel
from tests.scoring.model_of import model

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/scoring/", "/definitions/"])
def test_strangers_are_sent_to_sign_in(client, cast, page):
    assert client.get(page)["Location"].startswith("/accounts/login/")


def test_the_first_model_reads_as_sentences(signed_in, cast, django_assert_max_num_queries):
    client = signed_in(cast.viewer)
    with django_assert_max_num_queries(14):
        page = client.get("/scoring/").content.decode()
    assert "Visited /pricing at least 3 times in 7 days" in page
    assert "Seniority is VP or above" in page
    assert "each time, half of it left after 30 days" in page
    assert "together at most 4" in page
    assert '<span class="cell"><b>B1</b></span><span class="sr"> makes an MQL</span>' in page
    assert '<span class="cell low"><b>B2</b></span>' in page


def test_the_definitions_are_sentences_with_version_and_evidence(signed_in, cast, django_assert_max_num_queries):
    client = signed_in(cast.owner)
    with django_assert_max_num_queries(14):
        page = client.get("/definitions/").content.decode()
    for words in ("Asked to be contacted", "None of", "The company is a customer", "version 1, since", "4 of 4",
                  "title VP or above, or named project lead", "180 days after “No authority”"):  # fmt: skip
        assert words in page


def test_a_version_of_tomorrow_is_announced_not_shown(signed_in, cast):
    Definition.objects.create(stage="sal", version=2, sentence="Tomorrow's.", effective_at=now() + timedelta(days=1))
    page = signed_in(cast.owner).get("/definitions/").content.decode()
    assert "Tomorrow&#x27;s." not in page
    assert "a newer version is waiting for its day" in page


def test_without_a_model_the_page_says_so(signed_in, cast):
    ScoringModel.objects.update(state="retired")
    assert "No model is published, so nothing is scored." in signed_in(cast.owner).get("/scoring/").content.decode()


def test_what_a_rule_is_called_is_never_markup(signed_in, cast):
    condition = {"attribute": "person.title", "op": "is", "value": "<i>"}
    model({"kind": "fit", "points": 1, "name": "<b>x", "condition": condition})
    page = signed_in(cast.owner).get("/scoring/").content.decode()
    assert "&lt;b&gt;x" in page
    assert "Title is &lt;i&gt;" in page


def test_what_we_start_with_is_valid_and_published_once():
    for rule in Rule.objects.filter(model__version=1):
        conditions.validate(rule.condition)
        if rule.kind != "fit":
            conditions.validate({"touches": rule.touches, "at_least": rule.at_least or 1, "distinct": rule.distinct})
    for definition in Definition.objects.all():
        conditions.validate(definition.predicate)
    models = {"ScoringModel": ScoringModel, "Definition": Definition}
    assert defaults.publish(models.__getitem__, at=now()) is False
    assert ScoringModel.objects.count() == 1
    assert Rule.objects.count() == len(defaults.RULES)


def test_days_that_are_no_choice_are_the_usual_ones(signed_in, cast):
    client = signed_in(cast.admin)
    for days in ("x", "-1", "9" * 5000, "٩٠"):
        assert client.get("/scoring/replay/", {"days": days}).status_code == 200
