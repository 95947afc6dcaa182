"""People come, change and go: invitations work once, the last administrator stays, open work is handed over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator

from leads.models import Lead, PoolMember
from revops.lib.errors import Invalid, Refused
from teams import people
from teams.models import Leave, User
from tests.leads.routing.test_deciding import leads, pool

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("journal.record.reactions", lambda: ())


def invite(cast, email="New@Cast.example", **more):
    asked = {"name": "Noa Berg", "role": "sales", "team": cast.midwest, "timezone": "Europe/Oslo", **more}
    return people.invite(email=email, by=cast.admin, at=NOW, **asked)


def test_an_invited_person_has_no_password_and_a_turn_in_the_fallback(cast):
    invitation = invite(cast)
    user = User.objects.get(email="new@cast.example")
    assert invitation.user == user
    assert not user.has_usable_password()
    assert (user.role, user.team, user.timezone) == ("sales", cast.midwest, "Europe/Oslo")
    assert PoolMember.objects.get(user=user).pool.is_fallback
    assert default_token_generator.check_token(user, invitation.path.split("/")[3])


@pytest.mark.parametrize(
    ("asked", "field"), [({"role": "king"}, "role"), ({"name": "  "}, "name"), ({"email": "OWNER@"}, "email")]
)
def test_what_cannot_be_invited(cast, asked, field):
    asked = {**asked, "email": cast.owner.email.upper()} if field == "email" else asked
    with pytest.raises(Invalid) as refusal:
        invite(cast, **asked)
    assert refusal.value.field == field


def test_who_left_comes_back_under_the_same_address(cast):
    people.deactivate(cast.owner, by=cast.admin, at=NOW)
    back = invite(cast, email=cast.owner.email, name="Jonah R. Reyes").user
    assert back.pk == cast.owner.pk
    assert (back.is_active, back.deactivated_at, back.name) == (True, None, "Jonah R. Reyes")
    assert not back.has_usable_password(), "the old password opens nothing"


def test_deactivating_hands_all_open_leads_over(cast):
    pool("", [cast.owner, cast.teammate], fallback=True)
    ids = leads(4)
    Lead.objects.filter(pk__in=ids).update(owner=cast.owner)
    assert people.deactivate(cast.owner, by=cast.admin, at=NOW)["open lead"] == 4
    assert set(Lead.objects.filter(pk__in=ids).values_list("owner", flat=True)) == {cast.teammate.pk}
    gone = User.objects.get(pk=cast.owner.pk)
    assert (gone.is_active, gone.deactivated_at, gone.deactivated_by) == (False, NOW, cast.admin)
    assert people.deactivate(cast.owner, by=cast.admin, at=NOW)["open lead"] == 0, "twice is once"


def test_leads_can_be_given_to_one_person_but_not_to_the_leaver(cast):
    ids = leads(2)
    Lead.objects.filter(pk__in=ids).update(owner=cast.owner)
    with pytest.raises(Refused):
        people.deactivate(cast.owner, by=cast.admin, at=NOW, to=cast.owner)
    assert people.deactivate(cast.owner, by=cast.admin, at=NOW, to=cast.other)["open lead"] == 2
    assert set(Lead.objects.filter(pk__in=ids).values_list("owner", flat=True)) == {cast.other.pk}


def test_the_last_administrator_stays(cast):
    with pytest.raises(Refused, match="last administrator"):
        people.deactivate(cast.admin, by=cast.admin, at=NOW)
    with pytest.raises(Refused, match="last administrator"):
        people.change(cast.admin, by=cast.admin, at=NOW, role="viewer")
    assert User.objects.get(pk=cast.admin.pk).is_active
    people.change(cast.manager, by=cast.admin, at=NOW, role="admin")
    assert people.deactivate(cast.admin, by=cast.manager, at=NOW) == {"open lead": 0, "open deal": 0, "customer": 0}
    assert not User.objects.get(pk=cast.admin.pk).is_active


def test_a_key_is_no_administrator(cast):
    from teams.keys import create_api_key

    create_api_key("All", ["admin"])
    with pytest.raises(Refused, match="last administrator"):
        people.deactivate(cast.admin, by=cast.admin, at=NOW)


def test_a_session_ends_with_the_account(cast, client):
    client.force_login(cast.owner)
    assert client.get("/me/").status_code == 200
    people.deactivate(cast.owner, by=cast.admin, at=NOW)
    assert client.get("/me/").status_code == 302
    User.objects.filter(pk=cast.owner.pk).update(is_active=True)
    assert client.get("/me/").status_code == 302, "nor does it come back with the person"


def test_leave_is_taken_dropped_and_ended(cast):
    later = people.take_leave(
        cast.owner, starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=3), by=cast.owner, at=NOW
    )
    people.end_leave(later, by=cast.owner, at=NOW)
    assert not Leave.objects.exists()
    now = people.take_leave(cast.owner, starts_at=NOW, ends_at=NOW + timedelta(days=3), by=cast.owner, at=NOW)
    people.end_leave(now, by=cast.owner, at=NOW + timedelta(days=1))
    assert Leave.objects.get().ends_at == NOW + timedelta(days=1)
    people.end_leave(Leave.objects.get(), by=cast.owner, at=NOW + timedelta(days=2))
    assert Leave.objects.get().ends_at == NOW + timedelta(days=1), "a past leave stays as it was"


@pytest.mark.parametrize(("starts", "ends"), [(2, 1), (1, 1), (-3, -1), (-3, 0)])
def test_a_leave_that_is_over_or_runs_backwards_is_refused(cast, starts, ends):
    with pytest.raises(Invalid):
        people.take_leave(
            cast.owner,
            starts_at=NOW + timedelta(days=starts),
            ends_at=NOW + timedelta(days=ends),
            by=cast.owner,
            at=NOW,
        )
