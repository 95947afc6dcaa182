"""Two records of one human being have one part in a deal; and imported deals stand where their file says."""

import pytest

from deals import history, merging, roles
from deals.models import ContactRole, Deal, PipelineStage, Stint
from journal.record import Fact
from leads.importing.past_deals import PastDeal
from leads.models import Person
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


def test_the_part_of_the_one_that_goes_is_the_survivors(deal, cast):
    ines = deal.person
    twin = Person.objects.create(first_name="Ines", last_name="D", email="i@kestrel.example")
    other = Deal.objects.create(name="Other", created_at=NOW, amount=1, person=ines)
    roles.first([other.pk])
    roles.give(deal, person=twin, role="buyer", by=cast.owner, at=NOW)
    merging.follow([Fact("person.merged", "person", twin.pk, NOW, data={"loser": ines.pk})], now=NOW)
    found = ContactRole.objects.order_by("deal_id").values_list("deal_id", "person_id", "role", "is_primary")
    assert list(found) == [(deal.pk, twin.pk, "buyer", True), (other.pk, twin.pk, "champion", True)]


def past(key, stage, stage_name, **more):
    closed = NOW if stage != "open" else None
    return PastDeal(1, key, stage, key, None, None, None, None, None, 100, "USD", NOW, closed, None,
                    "price" if stage == "lost" else "", "", "", "", False, stage_name=stage_name, **more)  # fmt: skip


def test_an_imported_deal_stands_in_the_stage_its_file_names():
    stages = {one.name: one.pk for one in PipelineStage.objects.all()}
    file = [past("a:1", "open", "PROPOSAL "), past("a:2", "open", "Prospecting"), past("a:3", "lost", "Proposal")]
    history.write(file, by=None, now=NOW)
    found = dict(Deal.objects.values_list("external_key", "pipeline_stage_id"))
    assert found == {"a:1": stages["Proposal"], "a:2": stages["Discovery"], "a:3": None}
    history.write([past("a:1", "won", "Won"), past("a:2", "open", "Prospecting")], by=None, now=NOW)
    assert Deal.objects.get(external_key="a:1").pipeline_stage_id is None
    assert list(Stint.objects.values_list("left_at", flat=True)) == [NOW, None]
