"""Rights are said in one table: every part of the cast against every verb."""

import pytest

from leads.models import Lead
from revops.lib.errors import Forbidden
from teams import access
from teams.keys import create_api_key

pytestmark = pytest.mark.django_db

OWNERS = {
    "accept", "reject", "recycle", "disqualify", "qualify", "convert", "reopen", "reassign", "touch", "undo", "plan",
    "pause", "merge",
}  # fmt: skip
DEALS = {"win", "lose", "edit", "take_back", "hand_over", "move"}
CUSTOMERS = {"take_over", "look_after", "give_customer"}
YES = {
    "owner": OWNERS | DEALS | CUSTOMERS,
    "teammate": {"accept", "touch", "undo", "plan", "look_after"},
    "manager": OWNERS | DEALS | CUSTOMERS,
    "other": set(),
    "marketer": {"reopen"},
    "admin": OWNERS | DEALS | CUSTOMERS | {"override"},
    "viewer": set(),
    "stranger": set(),
}


def lead_of(owner):
    return Lead(owner=owner)


@pytest.mark.parametrize("who", YES)
def test_each_verb_is_for_whom_the_table_says(cast, who):
    lead = lead_of(cast.owner)
    told = {verb for verb in access.LEAD_VERBS if access.can_work(getattr(cast, who), lead, verb)}
    assert told == YES[who]


def test_nobody_s_lead_is_for_the_administrator_and_the_monitor(cast):
    lead = lead_of(None)
    cast.viewer.watches_handoffs = True
    cast.other.watches_handoffs = True
    assert access.can_work(cast.admin, lead, "accept")
    assert access.can_work(cast.other, lead, "reassign")
    assert not access.can_work(cast.other, lead, "accept")
    assert not access.can_work(cast.viewer, lead, "reassign"), "a viewer never writes"
    assert not access.can_work(cast.manager, lead, "reassign")


def test_teams_of_nobody_are_no_team(cast):
    loner = cast.other
    loner.team = None
    assert not access.can_work(cast.marketer, lead_of(loner), "accept")
    cast.teammate.team = None
    assert not access.can_work(cast.teammate, lead_of(loner), "accept")


def test_a_refusal_says_who_may(cast):
    with pytest.raises(Forbidden) as refusal:
        access.require_work(cast.other, lead_of(cast.owner), "accept")
    assert refusal.value.detail == (
        "Only Jonah Reyes, somebody of Midwest, the team's manager or an administrator may accept this lead. "
        "Nothing was changed."
    )
    assert refusal.value.code == "not_yours"
    with pytest.raises(Forbidden, match="A viewer reads") as refusal:
        access.require_work(cast.viewer, lead_of(cast.owner), "reject")
    assert refusal.value.code == "viewer"
    with pytest.raises(Forbidden, match="Nobody owns this lead yet"):
        access.require_work(cast.teammate, lead_of(None), "accept")
    access.require_work(cast.owner, lead_of(cast.owner), "reject")


def test_who_is_deactivated_may_nothing(cast):
    cast.owner.is_active = False
    cast.admin.is_active = False
    assert not access.can_work(cast.owner, lead_of(cast.owner))
    assert not access.can_work(cast.admin, lead_of(cast.owner))
    assert not access.may(cast.admin, "administer")


def test_a_key_works_by_its_scope(cast):
    worker, _ = create_api_key("Sequencer", ["work"])
    form, _ = create_api_key("Form", ["intake"])
    reader, _ = create_api_key("Warehouse", ["read"])
    lead = lead_of(cast.owner)
    assert access.can_work(worker.user, lead, "reject")
    assert not access.can_work(form.user, lead, "accept")
    assert access.may(form.user, "create_lead")
    assert not access.may(reader.user, "create_lead")
    assert not access.may(worker.user, "administer")
    with pytest.raises(Forbidden, match="lacks the scope work"):
        access.require_work(reader.user, lead, "accept")


def test_roles_are_asked_for_by_name(cast):
    access.require_role(cast.admin, "marketing")
    access.require_role(cast.marketer, "marketing")
    with pytest.raises(Forbidden, match="This is for Marketing and RevOps admin; you are signed in as Sales"):
        access.require_role(cast.owner, "marketing")
    with pytest.raises(Forbidden, match="nobody"):
        access.require_role(cast.stranger, "marketing")
    with pytest.raises(Forbidden):
        access.require(cast.viewer, "create_lead")


def test_the_owner_costs_no_query_and_others_at_most_two(cast, django_assert_num_queries):
    lead = lead_of(cast.owner)
    with django_assert_num_queries(0):
        assert access.can_work(cast.owner, lead, "reject")
        assert access.can_work(cast.admin, lead, "reject")
        assert access.can_work(cast.teammate, lead, "accept")
    with django_assert_num_queries(1):
        assert access.can_work(cast.manager, lead, "reject")
        assert access.can_work(cast.manager, lead, "recycle")
