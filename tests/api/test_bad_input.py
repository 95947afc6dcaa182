"""Bad input is answered well: a problem that names the field, never a 500, and nothing is kept."""

import io
import json

import psycopg2
import pytest
from django.db import DatabaseError
from django.test import Client

from journal.models import IdempotencyKey
from leads.models import Lead, Submission
from revops.lib import problems
from revops.lib.json_body import loads
from teams.keys import revoke_api_key
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
GOOD = {"email": "grace@harborpine.example"}


@pytest.fixture(autouse=True)
def nothing_kept(db):
    yield
    assert not Lead.objects.exists() and not Submission.objects.exists() and not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "email", "required"),
        ({"first_name": "Grace"}, "email", "required"),
        ({"email": "grace"}, "email", "invalid_email"),
        ({"email": "grace@harborpine"}, "email", "invalid_email"),
        ({"email": ["a"]}, "email", "not_a_text"),
        ({**GOOD, "emial": 1, "fisrt_name": 2}, "fisrt_name", "unknown_field"),
        ({**GOOD, "touches": [{"kind": "form", "occurred_at": "2999-01-01T00:00:00Z"}]}, "touches.0.occurred_at", "future"),
        ({**GOOD, "touches": [{"kind": "form", "occurred_at": "1970-01-01T00:00:00Z"}]}, "touches.0.occurred_at", "too_old"),
        ({**GOOD, "touches": [{"kind": "call", "by": 999_999}]}, "touches.0.by", "unknown_user"),
        ({**GOOD, "attributes": {"person": {"hat": 1}}}, "attributes.person.hat", "unknown_attribute"),
        ([], "", "not_an_object"),
        ("text", "", "not_an_object"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(api, data, field, code):
    assert fields(api.post("leads/", data))[field] == code


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (b'{"email": "a\\u0000@b.co"}', "email", "nul"),
        (b'{"email": "a@b.co", "utm": {"source": "\\ud800"}}', "utm.source", "surrogate"),
        (b'{"email": "a@b.co", "consent": {"x": {"text": "\\udfff"}}}', "consent.x.text", "surrogate"),
        (b'{"email": "a@b.co", "\\u0000": 1}', "\\x00", "nul"),
        (b'{"email": "a@b.co", "attributes": {"person": {"\\ud800": 1}}}', "attributes.person.\\ud800", "surrogate"),
        (b'{"email": "a\x00@b.co"}', "", "not_json"),
        (b'{"email": NaN}', "", "not_json"),
        (b'{"email": -Infinity}', "", "not_json"),
        (b'{"email": 1e999}', "", "not_json"),
        (b'{"email": ' + b"9" * 5000 + b"}", "", "not_json"),
        (b"[" * 1000, "", "not_json"),
        (b"[" * 1000 + b"]" * 1000, "", "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "", "too_deep"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "", "too_deep"),
        (b"{'email': 'a@b.co'}", "", "not_json"),
        (b"\xff\xfe{}", "", "not_utf8"),
        (b"{", "", "not_json"),
    ],
)
def test_a_body_that_cannot_be_kept(api, raw, field, code):
    found = fields(api.post("leads/", raw=raw))
    # A body that never closes may be refused for its depth or for its end.
    assert found.get(field) in ({code, "too_deep"} if raw == b"[" * 1000 else {code})


def test_a_doubled_name_counts_once_and_the_last_one_wins():
    assert loads(b'{"email": "a@b.co", "email": "c@d.co"}') == {"email": "c@d.co"}


def test_a_hundred_levels_are_read():
    assert loads(b"[" * 100 + b"]" * 100)


def test_ten_megabytes_are_too_many(api):
    body = json.dumps({**GOOD, "message": "x" * 10_000_000}).encode()
    problem(api.post("leads/", raw=body), 413)
    problem(api.post("leads/batch/", raw=body), 413)


def test_a_body_just_over_the_limit(api):
    problem(api.post("leads/", raw=b" " * (256 * 1024 + 1)), 413)
    assert fields(api.post("leads/", raw=b" " * (256 * 1024))) == {"email": "required"}


class Endless(io.RawIOBase):
    """A chunked body: nobody said how long it is; counts what is read of it."""

    taken = largest = 0

    def read(self, size=-1):
        assert size >= 0, "read without a limit"
        self.taken, self.largest = self.taken + size, max(self.largest, size)
        return b"x" * size


def test_a_body_without_a_length_stops_at_the_limit(api):
    body = Endless()
    response = Client().generic(
        "POST", "/api/v1/leads/", CONTENT_TYPE="application/json", HTTP_AUTHORIZATION=f"Api-Key {api.key}",
        HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="", **{"wsgi.input": body},
    )  # fmt: skip
    problem(response, 413)
    assert body.largest <= 256 * 1024 + 1
    assert body.taken <= 256 * 1024 + 1 + 16 * 1024 * 1024


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json(api, kind):
    problem(api.post("leads/", raw=b"email=a@b.co", content_type=kind), 415)


def test_a_thousand_and_one_leads(api):
    response = api.post("leads/batch/", {"leads": [{"email": f"p{i}@acme.example"} for i in range(1001)]})
    assert fields(response) == {"leads": "too_many"}
    assert fields(api.post("touches/", {"touches": [{}] * 1001})) == {"touches": "too_many"}


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [({}, "leads", "required"), ({"leads": {}}, "leads", "not_a_list"), ({"leads": [], "x": 1}, "x", "unknown_field")],
)
def test_a_batch_needs_its_list(api, data, field, code):
    assert fields(api.post("leads/batch/", data)) == {field: code}


def test_other_methods_are_405_with_what_is_allowed(api):
    response = api.client.delete("/api/v1/leads/", HTTP_AUTHORIZATION=f"Api-Key {api.key}")
    problem(response, 405)
    assert "POST" in response["Allow"]


def test_unknown_addresses_are_problems_too(api):
    assert problem(api.get("nothing/"), 404)["code"] == "not_found"
    assert problem(api.get("leads/999999/"), 404)["code"] == "not_found"
    assert problem(api.get(f"leads/{10**30}/"), 404)["code"] == "not_found"
    assert "slash" in problem(api.client.post("/api/v1/nothing", {}, "application/json"), 404)["detail"]


def test_an_address_without_its_slash_keeps_method_and_body(api):
    response = api.post("leads", GOOD)
    assert (response.status_code, response["Location"]) == (308, "/api/v1/leads/")
    assert api.get("leads", limit=1)["Location"] == "/api/v1/leads/?limit=1"


def test_a_fault_of_ours_is_a_problem(api, monkeypatch, settings):
    def broken(*args, **kwargs):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("leads.api.parse", broken)
    api.client.raise_request_exception = False
    found = problem(api.post("leads/", GOOD), 500)
    assert "broken on purpose" not in json.dumps(found)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"stage": "nonsense"}, "stage"), ({"owner": "me"}, "owner"), ({"owner": 10**30}, "owner"), ({"cell": "Z9"}, "cell"),
        ({"updated_after": "yesterday"}, "updated_after"), ({"q": "a\x00"}, "q"), ({"ordering": "owner__password"}, "ordering"),
        ({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"limit": "x"}, "limit"), ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "W10"}, "cursor"), ({"stagee": "mql"}, "stagee"),
    ],
)  # fmt: skip
def test_wrong_parameters_of_a_list(api, params, field):
    assert field in fields(api.get("leads/", **params))


# --- who asks ---------------------------------------------------------------------------------
def test_nobody_signed_in():
    response = Client().post("/api/v1/leads/", GOOD, "application/json")
    assert problem(response, 401)["code"] == "not_authenticated"
    assert response["WWW-Authenticate"].startswith("Api-Key")


@pytest.mark.parametrize(
    "header", ["Api-Key", "Api-Key nonsense", "Api-Key a.b", "Api-Key \x00", "Bearer x", "Api-Key " + "x" * 5000]
)
def test_a_key_nobody_has(header, db):
    problem(Client().post("/api/v1/leads/", GOOD, "application/json", HTTP_AUTHORIZATION=header), 401)


def test_a_revoked_key_opens_nothing_from_the_next_request_on(api):
    assert api.get("leads/").status_code == 200
    revoke_api_key(api.row)
    assert problem(api.get("leads/"), 401)["code"] == "revoked_key"
    problem(api.post("leads/", GOOD), 401)


def test_a_key_without_the_scope(make_api):
    reader = make_api("reader", ["read"])
    assert problem(reader.post("leads/", GOOD), 403)["code"] == "missing_scope"
    assert "intake" in problem(reader.post("touches/", {"touches": []}), 403)["detail"]
    assert problem(make_api("form", ["intake"]).get("leads/"), 403)["code"] == "missing_scope"
    assert problem(make_api("form2", ["intake"]).post("leads/1/acceptance/"), 403)["code"] == "missing_scope"


def test_a_viewer_may_not_write(cast, signed_in):
    client = signed_in(cast.viewer)
    assert client.get("/api/v1/leads/").status_code == 200
    problem(client.post("/api/v1/leads/", GOOD, "application/json"), 403)
    problem(client.post("/api/v1/leads/1/acceptance/", {}, "application/json"), 403)


def test_a_session_needs_its_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert "CSRF" in problem(client.post("/api/v1/leads/", GOOD, "application/json"), 403)["detail"]


@pytest.mark.parametrize("key", ["", "x" * 256, "kéy"])
def test_a_key_of_repetition_that_cannot_be_kept(api, key):
    assert fields(api.post("leads/", GOOD, idem=key)) == {"Idempotency-Key": "invalid_key"}


def test_a_connection_cut_in_the_middle_of_an_answer_is_503_and_a_fault_of_ours_is_not():
    cut, ours = DatabaseError("no message from the libpq"), DatabaseError("ours")
    cut.__cause__ = psycopg2.DatabaseError("error with status PGRES_TUPLES_OK and no message from the libpq")
    assert problems.handler(cut, {}).status_code == 503
    assert problems.handler(ours, {}) is None
