"""/people/: for administrators; a person goes only after it was said how many leads are handed over."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead, PoolMember
from teams.models import Leave, User
from tests.leads.routing.test_deciding import leads, pool

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("journal.record.reactions", lambda: ())


@pytest.fixture
def admin(cast, signed_in):
    return signed_in(cast.admin)


@pytest.mark.parametrize(
    "path", ["/people/", "/people/new/", "/people/1/", "/people/1/deactivation/", "/people/1/leave/"]
)
def test_only_administrators_come_in(cast, client, path):
    assert client.get(path).status_code == 302, "a stranger signs in first"
    for who in (cast.owner, cast.manager, cast.marketer, cast.viewer):
        client.force_login(who)
        assert client.get(path).status_code == 403
        assert client.post(path, {"name": "x"}).status_code == 403


def test_the_list_shows_role_team_hours_and_open_leads(cast, admin):
    Lead.objects.filter(pk__in=leads(3)).update(owner=cast.owner)
    Leave.objects.create(
        user=cast.teammate, starts_at="2020-01-01T00:00Z", ends_at="2999-01-01T00:00Z", reason="Sabbatical"
    )
    page = admin.get("/people/").content.decode()
    assert "Jonah Reyes" in page
    assert f'href="/leads/?owner={cast.owner.pk}"' in page
    assert "on leave until" in page
    assert "round the clock" in page
    assert "7 people" in page


def test_the_number_of_queries_does_not_grow_with_the_people(cast, admin):
    counts = []
    for n in range(2):
        with CaptureQueriesContext(connection) as caught:
            admin.get("/people/")
        counts.append([query["sql"][:60] for query in caught])
        for place in range(20):
            User.objects.create_user(f"p{n}-{place}@cast.example", name=f"P{n} {place}", team=cast.coast)
    assert len(counts[0]) == len(counts[1])
    assert len(counts[1]) <= 11, counts[1]  # one of them: what waits for approval, in the bar


def test_who_left_is_on_a_list_of_their_own(cast, admin):
    User.objects.filter(pk=cast.other.pk).update(is_active=False)
    assert "Sam Ortega" not in admin.get("/people/").content.decode()
    gone = admin.get("/people/?gone").content.decode()
    assert "Sam Ortega" in gone and "Jonah Reyes" not in gone


def test_inviting_shows_the_link_mails_it_and_lets_them_in(cast, admin, client):
    asked = {
        "name": "Noa Berg",
        "email": "noa@cast.example",
        "role": "sales",
        "team": cast.midwest.pk,
        "timezone": "UTC",
    }
    answer = admin.post("/people/new/", asked)
    user = User.objects.get(email="noa@cast.example")
    assert answer.headers["Location"] == f"/people/{user.pk}/"
    [letter] = mail.outbox
    link = next(line for line in letter.body.splitlines() if "/welcome/" in line)
    assert letter.to == ["noa@cast.example"]
    assert "/welcome/" in admin.get(f"/people/{user.pk}/").content.decode()
    client.logout()
    path = link.removeprefix("http://testserver")
    assert "Welcome, Noa Berg" in client.get(path).content.decode()
    weak = client.post(path, {"new_password1": "short", "new_password2": "short"})
    assert weak.status_code == 400
    good = {"new_password1": "a long enough phrase", "new_password2": "a long enough phrase"}
    assert client.post(path, good).headers["Location"] == "/"
    assert client.get("/me/").status_code == 200
    client.logout()
    assert client.get(path).status_code == 410, "a link works once"
    client.force_login(cast.admin)
    assert "/welcome/" not in client.get(f"/people/{user.pk}/").content.decode()


@pytest.mark.parametrize(
    "path", ["/welcome/MQ/x-y/", "/welcome/%00/x/", "/welcome/a/b/", "/welcome/OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ/b/"]
)
def test_a_made_up_link_opens_nothing(cast, client, path):
    assert client.get(path).status_code == 410


def test_a_taken_address_is_said_on_the_form(cast, admin):
    asked = {"name": "Other", "email": cast.owner.email, "role": "sales", "timezone": "UTC"}
    answer = admin.post("/people/new/", asked)
    assert answer.status_code == 400
    assert "belongs to Jonah Reyes already" in answer.content.decode()


def test_editing_somebody(cast, admin):
    asked = {
        "name": "Jonah Reyes",
        "role": "marketing",
        "team": cast.coast.pk,
        "calendar": "",
        "timezone": "Asia/Tokyo",
    }
    assert admin.post(f"/people/{cast.owner.pk}/", asked).status_code == 302
    changed = User.objects.get(pk=cast.owner.pk)
    assert (changed.role, changed.team, changed.timezone) == ("marketing", cast.coast, "Asia/Tokyo")


def test_the_last_administrator_cannot_lower_themselves(cast, admin):
    asked = {"name": "Rosa", "role": "viewer", "team": "", "calendar": "", "timezone": "UTC"}
    answer = admin.post(f"/people/{cast.admin.pk}/", asked)
    assert answer.status_code == 409
    assert "last administrator" in answer.content.decode()
    assert User.objects.get(pk=cast.admin.pk).role == "admin"


def test_deactivating_names_the_leads_first_and_hands_them_over(cast, admin):
    pool("", [cast.owner, cast.teammate], fallback=True)
    Lead.objects.filter(pk__in=leads(3)).update(owner=cast.owner)
    asked = admin.get(f"/people/{cast.owner.pk}/deactivation/").content.decode()
    assert "3 open leads" in asked
    assert User.objects.get(pk=cast.owner.pk).is_active
    answer = admin.post(f"/people/{cast.owner.pk}/deactivation/", {"to": ""}, follow=True)
    assert "3 open leads handed over" in answer.content.decode()
    assert Lead.objects.filter(owner=cast.teammate).count() == 3


def test_deactivating_the_last_administrator_is_refused_with_the_reason(cast, admin):
    answer = admin.post(f"/people/{cast.admin.pk}/deactivation/", {"to": ""})
    assert answer.status_code == 409
    assert "last administrator" in answer.content.decode()


def test_leave_of_somebody_else(cast, admin):
    path = f"/people/{cast.owner.pk}/leave/"
    assert admin.post(path, {"first": "2999-05-01", "last": "2999-05-02", "reason": "Move"}).status_code == 302
    taken = Leave.objects.get(user=cast.owner)
    assert taken.ends_at - taken.starts_at == timedelta(days=2)
    assert admin.post(path, {"first": "2999-05-02", "last": "2999-05-01"}).status_code == 400
    assert admin.post(path, {"first": "2001-05-01", "last": "2001-05-02"}).status_code == 400
    assert admin.post(f"{path}{taken.pk}/end/").status_code == 302
    assert not Leave.objects.exists()


def test_keys_and_strangers_have_no_page(cast, admin):
    from teams.keys import create_api_key

    key, _ = create_api_key("Form")
    assert admin.get(f"/people/{key.user.pk}/").status_code == 404
    assert admin.get("/people/999999/").status_code == 404
    assert PoolMember.objects.filter(user=key.user).count() == 0
