"""Calendars by REST: read by everybody's key, changed by one with the scope admin."""

import json

import pytest

from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}
DENVER = {"name": "Denver", "timezone": "America/Denver", "weekly": WEEK, "country": "US", "region": "CO"}


@pytest.fixture
def admin(make_api):
    return make_api("hours", ["read", "admin"])


def patch(api, path, data):
    return api.client.patch(
        f"/api/v1/{path}", json.dumps(data), content_type="application/json", HTTP_AUTHORIZATION=f"Api-Key {api.key}"
    )


def test_made_read_and_changed(admin):
    made = admin.post("sla/calendars/", DENVER)
    assert made.status_code == 201 and made.json()["closed"]["2026-11-26"] == []
    path = f"sla/calendars/{made.json()['id']}/"
    own = {"2026-12-24": {"name": "Half day", "windows": [["09:00", "12:00"]]}}
    changed = patch(admin, path, {"own": own})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert admin.get(path).json()["own"] == own
    assert "Denver" in [row["name"] for row in admin.get("sla/calendars/").json()["results"]]


def test_the_same_key_twice_makes_one(admin):
    first, second = (admin.post("sla/calendars/", DENVER, idem="one") for _ in range(2))
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"timezone": "Mars/Base"}, "timezone"), ({"weekly": {"9": []}}, "weekly.9"), ({"weekly": {}}, "weekly"),
        ({"country": "XX"}, "country"), ({"region": "ZZ"}, "region"), ({"own": {"someday": {"windows": []}}}, "own"),
        ({"own": {"2026-01-01": {}}}, "own.2026-01-01.windows"), ({"weekly": {"0": [["17:00", "09:00"]]}}, "weekly"),
        ({"weekly": {"0": "nine"}}, "weekly"), ({"hours": 1}, "hours"), ({"worked": "today"}, "worked"),
        ({"weekly": {"0": [[9, 17]]}}, "weekly"), ({"own": {"2026-01-01": {"windows": [[None]]}}}, "own"),
    ],
)  # fmt: skip
def test_bad_hours_are_refused_by_field(admin, said, field):
    assert field in fields(admin.post("sla/calendars/", {**DENVER, **said}))
    assert admin.get("sla/calendars/").json()["results"] == []


def test_a_key_without_the_scope_is_refused(api):
    problem(api.post("sla/calendars/", DENVER), 403)
