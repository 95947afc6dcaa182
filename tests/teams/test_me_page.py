"""/me/: my zone, keys, theme and leave; nobody else's."""

from datetime import UTC, datetime

import pytest

from teams.models import Leave, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(cast, signed_in):
    return signed_in(cast.owner)


def test_zone_and_keys_are_kept(cast, mine):
    assert mine.post("/me/", {"name": "Jonah", "timezone": "America/Chicago"}).status_code == 302
    me = User.objects.get(pk=cast.owner.pk)
    assert (me.name, me.timezone, me.single_keys) == ("Jonah", "America/Chicago", False)
    page = mine.get("/me/").content.decode()
    assert 'data-keys="off"' in page
    assert mine.post("/me/", {"name": "Jonah", "timezone": "Nowhere/Land"}).status_code == 400


def test_role_and_team_are_not_mine_to_change(cast, mine):
    mine.post(
        "/me/", {"name": "Jonah", "timezone": "UTC", "role": "admin", "team": cast.coast.pk, "is_superuser": "on"}
    )
    me = User.objects.get(pk=cast.owner.pk)
    assert (me.role, me.team, me.is_superuser) == ("sales", cast.midwest, False)


def test_the_bar_s_switch_of_single_keys(cast, mine):
    mine.post("/me/keys/", {"single_keys": "off"})
    assert not User.objects.get(pk=cast.owner.pk).single_keys
    mine.post("/me/keys/", {"single_keys": "on"})
    assert User.objects.get(pk=cast.owner.pk).single_keys


def test_the_theme_is_a_cookie_and_only_one_of_three(mine):
    answer = mine.post("/me/theme/", {"theme": "dark"}, HTTP_REFERER="http://testserver/me/")
    assert answer.cookies["theme"].value == "dark"
    assert answer.headers["Location"] == "http://testserver/me/"
    assert 'data-theme="dark"' in mine.get("/me/").content.decode()
    assert "theme" not in mine.post("/me/theme/", {"theme": "<b>"}).cookies
    away = mine.post("/me/theme/", {"theme": "light"}, HTTP_REFERER="https://elsewhere.example/x")
    assert away.headers["Location"] == "/"
    assert mine.post("/me/theme/", {"theme": "light"}, HTTP_HX_REQUEST="true").status_code == 204
    assert mine.get("/me/theme/").status_code == 405


def test_leave_is_whole_days_in_my_own_zone(cast, mine):
    User.objects.filter(pk=cast.owner.pk).update(timezone="America/Chicago")
    mine.post("/me/leave/", {"first": "2999-03-01", "last": "2999-03-02"})
    taken = Leave.objects.get()
    assert taken.user == cast.owner
    assert (taken.starts_at, taken.ends_at) == (
        datetime(2999, 3, 1, 6, 0, tzinfo=UTC),
        datetime(2999, 3, 3, 6, 0, tzinfo=UTC),
    )
    assert "Drop" in mine.get("/me/").content.decode()
    assert mine.post(f"/me/leave/{taken.pk}/end/").status_code == 302
    assert not Leave.objects.exists()


def test_a_leave_that_is_over_is_refused_on_the_page(mine):
    answer = mine.post("/me/leave/", {"first": "2020-03-01", "last": "2020-03-02"})
    assert answer.status_code == 400
    assert "over already" in answer.content.decode()


def test_somebody_else_s_leave_is_not_there(cast, mine):
    other = Leave.objects.create(user=cast.other, starts_at="2999-01-01T00:00Z", ends_at="2999-01-02T00:00Z")
    assert mine.post(f"/me/leave/{other.pk}/end/").status_code == 404
    assert Leave.objects.filter(pk=other.pk).exists()


def test_a_stranger_signs_in_first(cast, client):
    for path in ("/me/", "/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
