"""Handing over below the line: few may, and it carries a name and a reason."""

from datetime import UTC, datetime, timedelta

import pytest

from journal.models import Entry
from leads.models import Snapshot, Touch
from leads.overriding import hand_over_anyway
from revops.lib.errors import Forbidden, Invalid, Refused
from sla.models import Clock
from teams.models import Team, TeamKind

NOW = datetime(2026, 11, 12, 16, tzinfo=UTC)


@pytest.fixture
def chief(cast):
    """The marketer manages the marketing team."""
    Team.objects.create(name="Marketing", kind=TeamKind.MARKETING, manager=cast.marketer)
    return cast.marketer


@pytest.fixture
def inquiry(make_lead):
    return make_lead("Nora Lind", at=NOW, hand_raise="", title="Intern")


def test_it_becomes_an_mql_with_an_owner_clocks_and_a_name(inquiry, chief, cast):
    assert inquiry.stage == "inquiry"
    lead = hand_over_anyway(inquiry, by=chief, at=NOW + timedelta(minutes=1), reason=" board  contact ")
    assert (lead.stage, lead.owner) == ("mql", cast.owner)
    assert Clock.objects.filter(lead=lead, target="first_response").exists()
    assert Snapshot.objects.get(lead=lead).because == "override"
    entry = Entry.objects.get(kind="lead.mql", subject_id=lead.pk)
    assert (entry.by, entry.data["because"]) == (chief, "override")
    assert Touch.objects.get(pk=entry.data["note_touch"]).note == "board contact"


def test_twice_is_once(inquiry, chief):
    for _ in range(2):
        hand_over_anyway(inquiry, by=chief, at=NOW, reason="board contact")
    assert Touch.objects.filter(lead=inquiry, kind="note").count() == 1


@pytest.mark.parametrize("who", ["owner", "manager", "marketer", "viewer"])
def test_only_a_marketing_manager_or_an_administrator_may(inquiry, cast, who):
    with pytest.raises(Forbidden, match=r"marketing team|viewer"):
        hand_over_anyway(inquiry, by=getattr(cast, who), at=NOW, reason="please")
    inquiry.refresh_from_db()
    assert inquiry.stage == "inquiry"


def test_it_needs_a_reason_and_an_inquiry(inquiry, make_lead, chief, cast):
    with pytest.raises(Invalid):
        hand_over_anyway(inquiry, by=chief, at=NOW, reason="  ")
    with pytest.raises(Refused, match="only an inquiry"):
        hand_over_anyway(make_lead("Marcus Hale", at=NOW), by=cast.admin, at=NOW, reason="x")
    inquiry.person.suppressed = True
    inquiry.person.save()
    with pytest.raises(Refused, match="contacted"):
        hand_over_anyway(inquiry, by=chief, at=NOW, reason="x")


def test_the_page_offers_it_to_those_who_may(inquiry, chief, cast, client, frozen):
    with frozen(NOW):
        client.force_login(chief)
        assert "Hand over anyway" in client.get(f"/leads/{inquiry.pk}/").text
        assert client.post(f"/leads/{inquiry.pk}/override/", {"why": ""}).status_code == 422
        assert client.post(f"/leads/{inquiry.pk}/override/", {"why": "board contact"}).status_code == 302
        inquiry.refresh_from_db()
        assert inquiry.stage == "mql"
        client.force_login(cast.owner)
        assert client.get(f"/leads/{inquiry.pk}/override/").status_code == 403
