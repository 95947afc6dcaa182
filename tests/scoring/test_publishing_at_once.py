"""A new model is noticed by every process at once, and by nothing that was handed over before."""

from datetime import timedelta

import pytest
from django.db import transaction

from leads.models import Lead, Person, Snapshot
from revops.lib.errors import Refused
from scoring import drafts, publishing
from scoring.models import Rescoring, Rule, ScoringModel
from scoring.rescore import rescore
from teams.models import Role, User
from tests.at_once import beside
from tests.scoring.model_of import T, person

pytestmark = pytest.mark.django_db(transaction=True)
DEMO = {"stage": "inquiry", "hand_raise": "demo"}


def later(**delta):
    return T + timedelta(**delta)


@pytest.fixture
def ruth(cast):
    return User.objects.create_user("ruth@cast.example", name="Ruth Adeyemi", role=Role.ADMIN)


def drafted(by, points=30.0):
    draft = drafts.open_draft(by=by, at=T)
    drafts.change(draft.rules.get(name="Director"), {"points": points}, by=by, at=T)
    return draft


def test_traps_of_8_2_a_new_model_is_used_at_once_elsewhere_and_past_mqls_keep_their_snapshots(cast):
    handed = person(lead=DEMO, seniority="director", company={"employees": 100})
    fresh = person(lead={"stage": "inquiry"}, seniority="director", company={"employees": 100})
    rescore([handed.pk, fresh.pk], now=T)  # this process has compiled what is live
    kept = Snapshot.objects.filter(lead__person=handed).values().get()
    before = Person.objects.get(pk=fresh.pk).fit

    def elsewhere():
        return publishing.publish(drafted(cast.admin, points=50), by=cast.admin, at=later(hours=1))

    [live] = beside(elsewhere)
    rescore([handed.pk, fresh.pk], now=later(hours=2))
    after = Person.objects.get(pk=fresh.pk)
    assert (after.fit, after.score_version) == (before + 30, live.version)
    assert Person.objects.get(pk=handed.pk).fit == kept["fit"] + 30  # their score of today
    assert Snapshot.objects.filter(lead__person=handed).values().get() == kept  # and what was true then
    lead = Lead.objects.get(person=handed)
    assert (lead.stage, lead.mql_at) == ("mql", T)


def test_both_publish_and_there_is_one_new_version(cast, ruth):
    draft = drafted(cast.admin)
    said = beside(*(lambda by=by: publishing.publish(draft, by=by, at=T) for by in (cast.admin, ruth)))
    assert sorted(type(one).__name__ for one in said) == ["Refused", "ScoringModel"]
    assert list(ScoringModel.objects.filter(state="published").values_list("version", flat=True)) == [2]
    assert Rescoring.objects.count() == 1


def test_both_change_what_they_saw_and_one_is_told(cast, ruth):
    draft = drafted(cast.admin)
    seen, rule = drafts.the_draft().edited_at, draft.rules.get(name="Director")
    said = beside(*(
        lambda by=by, points=points: drafts.change(rule, {"points": points}, by=by, at=T, seen=seen)
        for by, points in ((cast.admin, 11), (ruth, 12))
    ))  # fmt: skip
    refused = [one for one in said if isinstance(one, Refused)]
    [kept] = [one for one in said if isinstance(one, Rule)]
    assert [one.code for one in refused] == ["stale"]
    assert draft.rules.get(name="Director").points == kept.points


def test_a_publication_that_the_database_takes_back_leaves_what_was(cast):
    draft = drafted(cast.admin, points=50)
    who = person(lead={"stage": "inquiry"}, seniority="director")
    rescore([who.pk], now=T)
    before = Person.objects.get(pk=who.pk).fit
    with pytest.raises(RuntimeError), transaction.atomic():
        publishing.publish(draft, by=cast.admin, at=T)
        rescore([who.pk], now=T)
        raise RuntimeError("the line went dead")
    assert drafts.live().version == 1 and drafts.the_draft() == draft and not Rescoring.objects.exists()
    rescore([who.pk], now=later(hours=1))
    assert Person.objects.get(pk=who.pk).fit == before
