"""Signing in: with mail and password, not too often, and only for people who were invited."""

import pytest
from django.core.cache import cache

from teams.keys import create_api_key
from teams.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def jonah(cast):
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    return cast.owner


def sign_in(client, email, password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def test_in_and_out(jonah, client):
    assert client.get("/accounts/login/").status_code == 200
    assert sign_in(client, "Jonah@Cast.example").headers["Location"] == "/"
    assert client.get("/me/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/me/").status_code == 302


def test_next_stays_on_this_site(jonah, client):
    assert sign_in(client, jonah.email, next="/leads/?q=x").headers["Location"] == "/leads/?q=x"
    client.logout()
    assert sign_in(client, jonah.email, next="https://evil.example/").headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(jonah, client):
    wrong = sign_in(client, jonah.email, "not this one at all")
    unknown = sign_in(client, "nobody@cast.example", "not this one at all")
    assert wrong.status_code == unknown.status_code == 200
    assert "not correct" in wrong.content.decode() and "not correct" in unknown.content.decode()


def test_guessing_is_stopped(jonah, client):
    for guess in range(6):
        answer = sign_in(client, jonah.email, f"guess number {guess}")
    assert "Too many failed" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    sign_in(client, jonah.email)
    assert "_auth_user_id" not in client.session, "even the right password waits"


def test_there_is_no_open_sign_up(cast, client):
    asked = {"email": "eve@elsewhere.example", "password1": PASSWORD, "password2": PASSWORD}
    client.get("/accounts/signup/")
    client.post("/accounts/signup/", asked)
    assert not User.objects.filter(email="eve@elsewhere.example").exists()


def test_who_left_and_keys_do_not_sign_in(jonah, client):
    User.objects.filter(pk=jonah.pk).update(is_active=False)
    sign_in(client, jonah.email)
    assert "_auth_user_id" not in client.session
    key, _ = create_api_key("Form")
    sign_in(client, key.user.email, "")
    assert "_auth_user_id" not in client.session
