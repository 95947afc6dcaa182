"""REST: a replay begun, watched, read and cancelled."""

import pytest

from leads.models import Lead
from scoring.models import ReplayRun
from scoring.replay import running
from scoring.replay.shapes import ReplayResult
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
PATH = "scoring/replays/"


@pytest.fixture
def admin(make_api):
    return make_api("admin", ("read", "intake", "admin"))


@pytest.fixture
def draft(admin):
    """One more point for a webinar is all that is different."""
    admin.post("leads/", {"email": "ann@firm.example", "hand_raise": "demo"})
    admin.post("leads/", {"email": "bob@firm.example"})
    opened = admin.post("scoring/models/").json()
    return opened["id"]


def test_begun_and_read(admin, api, draft):
    answer = admin.post(PATH, {"days": 90})
    assert answer.status_code == 202
    run = answer.json()
    assert (run["state"], run["done"], run["total"], run["model"], run["stale"]) == ("done", 2, 2, draft, False)
    read = api.get(f"{PATH}{run['id']}/").json()
    assert read["result"]["live"]["handed"] == read["result"]["draft"]["handed"] == 1
    assert set(ReplayResult(read["result"]).data) == set(read["result"])
    assert admin.post(PATH, {"days": 90}).json()["id"] == run["id"]
    assert admin.post(PATH, {"of": "live"}).json()["result"]["draft"] is None


def test_who_enters_and_who_leaves(admin, api, draft, monkeypatch):
    run = ReplayRun.objects.get(pk=admin.post(PATH, {}).json()["id"])
    for list_of in ("entering", "leaving"):
        assert api.get(f"{PATH}{run.pk}/{list_of}/").json() == {"next": None, "previous": None, "results": []}
    run.leads.update(live_at=None, draft_at=run.started_at)
    first = api.get(f"{PATH}{run.pk}/entering/", limit=1).json()
    assert [row["lead_id"] for row in first["results"]] == [Lead.objects.order_by("-pk").first().pk]
    then = api.client.get(first["next"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    assert [row["lead_id"] for row in then["results"]] == [Lead.objects.order_by("pk").first().pk]
    assert fields(api.get(f"{PATH}{run.pk}/entering/", cursor="nonsense"))
    assert fields(api.get(f"{PATH}{run.pk}/leaving/", limit="0")) == {"limit": "invalid_limit"}


def test_cancelled(admin, draft, monkeypatch):
    monkeypatch.setattr(running, "AT_ONCE", 0)
    monkeypatch.setattr(running, "_send", lambda run: None)
    run = admin.post(PATH, {}).json()
    assert (run["state"], run["result"]) == ("running", None)
    for _ in range(2):
        answer = admin.client.delete(f"/api/v1/{PATH}{run['id']}/", HTTP_AUTHORIZATION=f"Api-Key {admin.key}")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert admin.post(PATH, {}).json()["state"] == "running"


def test_what_is_refused(admin, api, cast, client):
    assert problem(api.post(PATH, {}), 403)["code"] == "missing_scope"
    assert problem(admin.post(PATH, {}), 409)["code"] == "no_draft"
    assert problem(admin.post(PATH, {"of": "live", "days": 1, "definition": "open"}), 400)
    assert fields(admin.post(PATH, {"x": 1})) == {"x": "unknown_field"}
    assert set(fields(admin.post(PATH, {"of": "it", "days": True, "definition": 1}))) == {"of", "days", "definition"}
    for pk in (999, 2**63):
        assert problem(api.get(f"{PATH}{pk}/"), 404)
    client.force_login(cast.owner)
    answer = client.post(f"/api/v1/{PATH}", {}, content_type="application/json")
    assert problem(answer, 403)["code"] == "role"
    assert not ReplayRun.objects.exists()
