"""Two admins, and two processes, at once."""

import time
from datetime import timedelta

import pytest
from django.db import transaction

from revops.lib.errors import Refused
from sla import drafts, policies
from sla.models import PolicySet
from teams.models import Role, User
from tests.at_once import beside
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(cast):
    return cast.admin, User.objects.create_user("ruth@cast.example", name="Ruth Adeyemi", role=Role.ADMIN)


def test_both_get_the_same_draft(two):
    opened = beside(*(lambda by=by: drafts.open_draft(by=by, at=NOW) for by in two))
    assert opened[0] == opened[1] and PolicySet.objects.filter(state="draft").count() == 1


def test_both_change_what_they_saw_and_one_is_told(two):
    draft = drafts.open_draft(by=two[0], at=NOW)
    hot = draft.lines.get(tier="hot")
    said = beside(*(
        lambda by=by, amount=amount: drafts.change(hot, {"amount": amount}, by=by, at=NOW, seen=draft.edited_at)
        for by, amount in zip(two, (600, 900), strict=True)
    ))  # fmt: skip
    refused = [one for one in said if isinstance(one, Refused)]
    [kept] = [one for one in said if not isinstance(one, Exception)]
    assert len(refused) == 1 and refused[0].code == "stale" and "changed this draft at" in refused[0].detail
    assert draft.lines.get(tier="hot").amount == kept.amount


def test_both_publish_and_there_is_one_new_version(two):
    draft = drafts.open_draft(by=two[0], at=NOW)
    said = beside(*(lambda by=by: drafts.publish(draft, by=by, at=NOW) for by in two))
    assert sorted(type(one).__name__ for one in said) == ["PolicySet", "Refused"]
    assert list(PolicySet.objects.filter(state="published").values_list("version", flat=True)) == [3]


def test_one_publishes_while_the_other_goes_back(two):
    first = PolicySet.objects.get(version=2)
    drafts.change(
        drafts.open_draft(by=two[0], at=NOW).lines.get(tier="hot"), {"amount": 600}, by=two[0], at=NOW
    )  # fmt: skip
    drafts.publish(drafts.the_draft(), by=two[0], at=NOW)
    draft = drafts.open_draft(by=two[0], at=NOW)
    said = beside(
        lambda: drafts.publish(draft, by=two[0], at=NOW + timedelta(seconds=1)),
        lambda: drafts.roll_back(first, by=two[1], at=NOW + timedelta(seconds=1)),
    )
    assert PolicySet.objects.filter(state="published").count() == 1
    versions = list(PolicySet.objects.values_list("version", flat=True))
    assert len(versions) == len(set(versions))
    assert isinstance(said[1], PolicySet)
    assert isinstance(said[0], PolicySet) or said[0].code == "stale"


def test_f36_what_is_published_is_in_force_elsewhere_within_two_seconds(two, monkeypatch):
    monkeypatch.setattr(policies, "FRESH_FOR", 2.0)
    draft = drafts.open_draft(by=two[0], at=NOW)
    drafts.change(draft.lines.get(tier="hot"), {"amount": 600}, by=two[0], at=NOW)
    amounts = {line.amount for line, _ in policies.published() if line.tier == "hot"}
    elsewhere = policies._kept  # another process read a moment ago, and hears of nothing
    drafts.publish(draft, by=two[0], at=NOW)
    monkeypatch.setattr(policies, "_kept", elsewhere)
    assert amounts == {300}
    monkeypatch.setattr(policies.time, "monotonic", lambda really=time.monotonic: really() + 2.01)
    assert {line.amount for line, _ in policies.published() if line.tier == "hot"} == {600}


def test_a_publication_that_is_rolled_back_by_the_database_leaves_what_was(two):
    draft = drafts.open_draft(by=two[0], at=NOW)
    drafts.change(draft.lines.get(tier="hot"), {"amount": 600}, by=two[0], at=NOW)
    with pytest.raises(RuntimeError), transaction.atomic():
        drafts.publish(draft, by=two[0], at=NOW)
        raise RuntimeError("the line went dead")
    policies.forget()
    assert {line.amount for line, _ in policies.published() if line.tier == "hot"} == {300}
    assert drafts.the_draft() == draft
