"""Keys at the door: one query, the right scope, and an honest 401 or 403."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from revops.lib.errors import Invalid
from teams.keys import create_api_key, revoke_api_key
from teams.models import ApiKey, User

pytestmark = pytest.mark.django_db


class Probe(APIView):
    scopes = {"POST": "intake", "PUT": "work", "DELETE": "admin"}

    def get(self, request):
        return Response({"as": request.user.name, "key": getattr(request.auth, "name", None)})

    post = put = delete = patch = get


class Closed(APIView):
    scopes = {"GET": "admin"}

    def get(self, request):
        return Response({})


urlpatterns = [path("api/probe/", Probe.as_view()), path("api/closed/", Closed.as_view())]
here = override_settings(ROOT_URLCONF=__name__)
ALL = ["GET", "POST", "PUT", "DELETE", "PATCH"]


@pytest.fixture(autouse=True)
def probes():
    with here:
        yield


def call(client, method="GET", key=None, path="/api/probe/", **more):
    if key is not None:
        more["HTTP_AUTHORIZATION"] = f"Api-Key {key}"
    return client.generic(method, path, content_type="application/json", data="{}" if method != "GET" else "", **more)


def test_a_key_acts_as_its_own_service_user(client):
    key, plain = create_api_key("Website form")
    assert call(client, key=plain).json() == {"as": "Website form", "key": "Website form"}
    assert (key.user.is_service, key.user.has_usable_password()) == (True, False)
    assert plain not in ApiKey.objects.values_list("hashed_key", "id", "prefix")[0]


def test_one_query_with_the_user(client):
    _, plain = create_api_key("Website form")
    call(client, key=plain)
    with CaptureQueriesContext(connection) as caught:
        call(client, key=plain)
    assert len(caught) == 1
    assert "teams_user" in caught[0]["sql"]


def test_the_scopes_of_a_right_ask_no_further_query(client, django_assert_num_queries):
    from teams.access import scopes_of
    from teams.api_keys import ApiKeyAuthentication

    _, plain = create_api_key("Worker", ["work"])
    request = type("Asked", (), {"META": {"HTTP_AUTHORIZATION": f"Api-Key {plain}"}, "now": datetime.now(UTC)})()
    with django_assert_num_queries(1):
        user, _ = ApiKeyAuthentication().authenticate(request)
        assert scopes_of(user) == {"work"}


@pytest.mark.parametrize(
    "header",
    ["Api-Key", "Api-Key ", "Api-Key nonsense", "Api-Key aaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Api-Key a\x00b",
     "Api-Key \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9.x", "api-key x y z"],
)  # fmt: skip
def test_a_key_nobody_knows_is_401_with_a_challenge(client, header):
    answer = client.get("/api/probe/", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Api-Key")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown_key"


def test_another_scheme_is_nobody(client):
    answer = client.get("/api/probe/", HTTP_AUTHORIZATION="Bearer abc")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_the_right_prefix_with_another_secret_is_unknown(client):
    _, plain = create_api_key("Form")
    assert call(client, key=plain[:-1] + ("a" if plain[-1] != "a" else "b")).status_code == 401


def test_a_revoked_key_is_401(client):
    key, plain = create_api_key("Form")
    revoke_api_key(key), revoke_api_key(key)
    answer = call(client, key=plain)
    assert (answer.status_code, answer.json()["code"]) == (401, "revoked_key")


def test_a_key_expires_at_its_moment(client, frozen):
    at = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    _, plain = create_api_key("Form", expires_at=at)
    with frozen(datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)) as clock:
        assert call(client, key=plain).status_code == 200
        clock.advance(seconds=1)
        assert call(client, key=plain).json()["code"] == "expired_key"


def test_a_key_whose_service_user_was_switched_off_is_401(client):
    key, plain = create_api_key("Form")
    User.objects.filter(pk=key.user.pk).update(is_active=False)
    assert call(client, key=plain).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "open_methods"),
    [
        (["intake"], {"POST"}),
        (["read"], {"GET"}),
        (["work"], {"PUT"}),
        (["admin"], {"DELETE"}),
        (["intake", "read", "work"], {"GET", "POST", "PUT"}),
    ],
)
def test_each_scope_opens_its_methods_and_no_other(client, scopes, open_methods):
    _, plain = create_api_key("Key", scopes)
    got = {method: call(client, method, plain) for method in ALL}
    assert {method for method, answer in got.items() if answer.status_code == 200} == open_methods
    closed = next(answer for method, answer in got.items() if method not in open_methods and method != "PATCH")
    assert closed.status_code == 403
    assert closed.json()["code"] == "missing_scope"
    assert "lacks the scope" in closed.json()["detail"]
    assert got["PATCH"].status_code == 403, "a method the view names no scope for is closed to all"


@pytest.mark.parametrize(
    ("who", "open_methods"),
    [
        ("owner", {"GET", "POST", "PUT"}),
        ("marketer", {"GET", "POST", "PUT"}),
        ("viewer", {"GET"}),
        ("admin", {"GET", "POST", "PUT", "DELETE"}),
    ],
)
def test_people_are_let_in_by_role(cast, client, who, open_methods):
    client.force_login(getattr(cast, who))
    assert {method for method in ALL if call(client, method).status_code == 200} == open_methods
    assert call(client, path="/api/closed/").status_code == (200 if who == "admin" else 403)


def test_nobody_signed_in_is_401_not_403(client):
    for method in ALL:
        answer = call(client, method)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers


def test_a_browser_s_session_needs_its_csrf_token(cast, client):
    from django.test import Client

    careful = Client(enforce_csrf_checks=True)
    careful.force_login(cast.owner)
    assert call(careful, "GET").status_code == 200
    assert call(careful, "POST").status_code == 403


def test_the_key_wins_over_a_session_and_needs_no_csrf_token(cast):
    from django.test import Client

    careful = Client(enforce_csrf_checks=True)
    careful.force_login(cast.viewer)
    _, plain = create_api_key("Form")
    assert call(careful, "POST", plain).json()["as"] == "Form"


def test_a_method_that_doesnt_exist_is_405(client):
    _, plain = create_api_key("Form")
    assert call(client, "POST", plain, path="/api/closed/").status_code == 405


@pytest.mark.parametrize(("name", "scopes"), [("", ["read"]), ("x" * 51, ["read"]), ("X", []), ("X", ["root"])])
def test_a_key_needs_a_name_and_known_scopes(name, scopes):
    with pytest.raises(Invalid):
        create_api_key(name, scopes)
    assert not User.objects.filter(is_service=True).exists()


def test_the_command_prints_the_key_alone(client):
    out = StringIO()
    call_command("create_api_key", "Website form", stdout=out)
    plain = out.getvalue().strip()
    assert out.getvalue() == plain + "\n"
    assert call(client, key=plain).status_code == 200
    assert ApiKey.objects.get().scopes == ["intake", "read", "work"]


def test_the_command_takes_scopes():
    call_command("create_api_key", "Warehouse", "--scope", "read", "--scope", "admin", stdout=StringIO())
    assert ApiKey.objects.get().scopes == ["read", "admin"]
    assert ApiKey.objects.get().user.role == "admin"
    with pytest.raises(CommandError):
        call_command("create_api_key", "X", "--scope", "root", stdout=StringIO())
    with pytest.raises(CommandError, match="1 to 50"):
        call_command("create_api_key", "   ", stdout=StringIO())
