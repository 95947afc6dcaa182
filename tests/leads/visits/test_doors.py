"""What sites and servers reach, over HTTP."""

import base64
import json
import os
from pathlib import Path

import pytest

from leads.models import Person, Touch, VisitEvent
from leads.models.visit import WriteKey
from leads.visits import keys
from revops.lib import rates
from revops.lib.now import now

REAL = os.environ.get("REVOPS_REAL_INPUT") or Path(__file__).resolve().parents[4] / "shared" / "data"
SPEC = Path(REAL) / "webhooks" / "segment_spec" / "json"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    keys.forget()
    rates.forget()


@pytest.fixture
def site(cast):
    return keys.add(name="Site", kind="site", source="website", origins=["https://www.harborpine.example"],
                    by=cast.admin, at=now())[1]  # fmt: skip


@pytest.fixture
def server(cast):
    return keys.add(name="App", kind="server", source="product", origins=[], by=cast.admin, at=now())[1]


def collect(client, key, *batch, origin="https://www.harborpine.example", **headers):
    return client.post(f"/t/?key={key}", json.dumps({"batch": batch}), content_type="text/plain",
                       headers={"Origin": origin} | headers)  # fmt: skip


def call(client, key, name, body, **headers):
    basic = base64.b64encode(f"{key}:".encode()).decode()
    return client.post(f"/v1/{name}", body if isinstance(body, str) else json.dumps(body),
                       content_type="application/json", headers={"Authorization": f"Basic {basic}"} | headers)  # fmt: skip


PAGE = {"type": "page", "anonymousId": "b7a6c1f0", "messageId": "m1", "properties": {"url": "https://x.example/a"}}


def test_a_browser_reports_without_a_session(client, site):
    response = collect(client, site, PAGE)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, "https://www.harborpine.example")
    assert "Access-Control-Allow-Credentials" not in response and not response.cookies
    assert collect(client, site, PAGE).status_code == 204
    assert VisitEvent.objects.count() == 1


@pytest.mark.parametrize("headers", [{"DNT": "1"}, {"Sec-GPC": "1"}, {"User-Agent": "Googlebot/2.1"}])
def test_who_will_not_be_followed_and_robots_leave_nothing(client, site, headers):
    assert collect(client, site, PAGE, **headers).status_code == 204
    assert not VisitEvent.objects.exists()


def test_foreign_pages_wrong_keys_and_wrong_bodies_are_refused(client, site, server):
    assert collect(client, site, PAGE, origin="https://evil.example").status_code == 403
    assert collect(client, "nonsense\0", PAGE).status_code == 401
    assert collect(client, server, PAGE).status_code == 401, "a secret has no business in a browser"
    assert call(client, site, "page", PAGE).status_code == 401, "a public key is no secret"
    assert collect(client, site, *[PAGE] * 51).status_code == 400
    assert client.post(f"/t/?key={site}", "x" * 70_000, content_type="text/plain").status_code == 413
    assert client.get(f"/t/?key={site}").status_code == 405
    for body in ("", "[]", "{", '{"batch": 7}', "\x00", '"\\ud800"', "[" * 5_000):
        assert client.post(f"/t/?key={site}", body, content_type="text/plain").status_code == 400
        assert call(client, server, "batch", body).status_code == 400
    assert not VisitEvent.objects.exists()


def test_one_address_may_only_so_often(client, site, monkeypatch):
    monkeypatch.setattr("leads.visits.public.PER_BROWSER", "3 per minute")
    assert [collect(client, site, PAGE).status_code for _ in range(4)] == [204, 204, 204, 429]


def test_segment_libraries_speak_to_us(client, server):
    assert call(client, server, "identify", {"userId": "7", "traits": {"email": "a@one.example"}}).json() == {
        "success": True
    }
    batch = {"sentAt": now().isoformat(), "batch": [
        {"type": "track", "userId": "7", "event": "Invite Sent", "messageId": "a"}, {"type": "nonsense"},
        {"type": "page", "userId": "7", "name": "Home", "messageId": "b"}]}  # fmt: skip
    answer = call(client, server, "batch/", batch).json()
    assert answer["success"] and [one["index"] for one in answer["refused"]] == [1]
    assert set(Touch.objects.values_list("kind", flat=True)) == {"invite", "page_view"}
    assert call(client, server, "nonsense", {}).status_code == 404
    assert call(client, "", "track", {}).headers["WWW-Authenticate"].startswith("Basic")


def test_a_key_is_changed_without_losing_anything(client, cast, frozen, server):
    row = WriteKey.objects.get()
    assert server not in (row.digest, row.shown)
    with frozen(now()) as clock:
        new = keys.rotate(row, by=cast.admin, at=clock.at)
        for key in (server, new):
            assert call(client, key, "track", {"userId": "7", "event": "Used"}).status_code == 200
        clock.advance(days=8)
        keys.forget()
        assert [call(client, key, "track", {"event": "x"}).status_code for key in (server, new)] == [401, 200]
        keys.switch(row, on=False, by=cast.admin, at=clock.at)
        assert call(client, new, "track", {"event": "x"}).status_code == 401


def test_every_sample_of_the_specification_twice_is_once(client, server):
    """All of them, as Segment's documentation shows them: of the right person, and once."""
    if not SPEC.is_dir():
        pytest.skip("The samples are not here: set REVOPS_REAL_INPUT to the folder that holds webhooks/.")
    samples = {path.stem: json.loads(path.read_text()) for path in sorted(SPEC.glob("*.json"))}
    stamp = now().isoformat()
    for _ in range(2):
        for body in samples.values():
            kind = body.get("type") or body["action"]
            assert call(client, server, kind, {"timestamp": stamp} | body).status_code == 200
        counted = (VisitEvent.objects.count(), Touch.objects.count(), Person.objects.count())
        # Two of the samples carry one message id: they are one message.
        assert counted[0] == len(samples) - 1
    peter = Person.objects.get(keys__key="pgibbons@example.com")
    # The samples write to three addresses under one user id: that is one person with three addresses.
    assert {"pgibbons@example.com", "product:019mr8mf4r"} <= set(peter.keys.values_list("key", flat=True))
    kinds = set(peter.touches.values_list("kind", "asset"))
    assert {("trial_start", "Trial Started"), ("invite", "Invite Sent"), ("feature_use", "Signed In")} <= kinds
    assert ("feature_use", "Email Opened") not in kinds and ("email_open", "Email Opened") not in kinds
    assert (peter.first_name, peter.last_name) == ("Peter", "Gibbons")
    assert Person.objects.get(keys__key="peter@example.com").keys.filter(key="product:97980cfea0067").exists()
