"""Verbs on many leads of the list: all of them or none."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Lead

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


@pytest.fixture
def leads(make_lead):
    return [
        make_lead(f"Buyer{n} Person", at=NOW - timedelta(minutes=n + 1), company={"name": f"Firm{n}"}) for n in range(3)
    ]


def ticked(leads, noun, **more):
    ids = "&".join(f"lead={lead.pk}" for lead in leads)
    return f"/leads/{noun}/?{ids}&list=owner%3Dme"


def stages():
    return sorted(Lead.objects.values_list("stage", flat=True))


def test_several_are_given_to_somebody_and_it_can_be_undone(cast, signed_in, leads):
    client = signed_in(cast.manager)
    assert "Reassign 3 leads" in client.get(ticked(leads, "reassignment")).content.decode()
    answer = client.post(ticked(leads, "reassignment"), {"to": cast.teammate.pk}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/leads/?owner=me"
    assert "3 leads reassigned to Lena Fischer. Their lead clocks keep running." in text
    assert set(Lead.objects.values_list("owner__name", flat=True)) == {"Lena Fischer"}
    client.post(ticked(leads, "undo"))
    assert set(Lead.objects.values_list("owner__name", flat=True)) == {"Jonah Reyes"}


def test_all_or_none(cast, signed_in, leads, make_lead):
    foreign = make_lead("Somebody Elses", at=NOW, owner=cast.other, company={"name": "Far"})
    data = {"reason": "timing", "track": "newsletter"}
    answer = signed_in(cast.owner).post(ticked([*leads, foreign], "recycling"), data)
    assert answer.status_code == 403
    assert "1 of 4 leads aren" in answer.content.decode()
    assert stages() == ["mql"] * 4


def test_one_in_another_stage_stops_it_with_a_reason(cast, signed_in, leads):
    leads[0].reject(by=cast.owner, at=NOW, reason="no_need")
    answer = signed_in(cast.owner).post(ticked(leads, "recycling"), {"reason": "timing", "track": "newsletter"})
    assert answer.status_code == 409
    assert "1 Rejected among them" in answer.content.decode()
    assert stages() == ["mql", "mql", "rejected"]


def test_recycling_and_disqualifying_many(cast, signed_in, leads):
    client = signed_in(cast.owner)
    few = client.post(ticked(leads, "recycling"), {"reason": "unable_to_reach", "track": "newsletter"})
    assert few.status_code == 409 and "3 of 3 have fewer" in few.content.decode()
    wrong = client.post(
        ticked(leads, "recycling"), {"reason": "timing", "track": "newsletter", "revisit_on": "2020-01-01"}
    )
    assert wrong.status_code == 422 and "revisit_on" in wrong.context["form"].errors
    client.post(ticked(leads[:2], "recycling"), {"reason": "timing", "track": "newsletter"})
    client.post(ticked(leads[2:], "disqualification"), {"reason": "spam"})
    assert stages() == ["disqualified", "recycled", "recycled"]


def test_everything_that_matches(cast, signed_in, leads):
    address = "/leads/reassignment/?all=1&lead=1&list=owner%3Dme"
    answer = signed_in(cast.owner).post(address, {"to": cast.teammate.pk})
    assert answer.status_code == 302
    assert Lead.objects.filter(owner=cast.teammate).count() == 3


def test_the_statements_do_not_grow_with_the_leads(cast, signed_in, leads, make_lead, django_assert_max_num_queries):
    client = signed_in(cast.owner)
    more = [make_lead(f"More{n} Person", at=NOW, company={"name": f"Other{n}"}) for n in range(8)]
    with django_assert_max_num_queries(45):
        client.post(ticked([*leads, *more], "recycling"), {"reason": "timing", "track": "newsletter"})
    assert stages() == ["recycled"] * 11


@pytest.mark.parametrize("noun", ["reassignment", "recycling", "disqualification"])
def test_nothing_ticked_and_nobody_allowed(cast, signed_in, leads, noun):
    none = signed_in(cast.owner).get(f"/leads/{noun}/?list=")
    assert none.status_code == 409 and "No lead is selected" in none.content.decode()
    data = {"to": cast.teammate.pk, "reason": "timing" if noun == "recycling" else "spam", "track": "newsletter"}
    assert signed_in(cast.viewer).post(ticked(leads, noun), data).status_code == 403
    assert stages() == ["mql"] * 3


def test_too_many_at_once_are_refused(cast, signed_in, leads, monkeypatch):
    monkeypatch.setattr("leads.views.many.MOST", 2)
    assert signed_in(cast.owner).get(ticked(leads, "reassignment")).status_code == 409
