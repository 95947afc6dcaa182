"""REST: policies read by everybody, changed by admins; a draft's impact without storing anything."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from journal.models import Entry
from leads.models import Lead
from sla import policies
from sla.models import Policy, PolicySet, ReplayRun
from teams.models import Role, User
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
WEST = {"attribute": "person.email", "op": "contains", "value": "west"}


@pytest.fixture(autouse=True)
def fresh_policies():
    policies.forget()
    yield
    policies.forget()


@pytest.fixture
def admin(make_api):
    return make_api("admin", ("read", "intake", "admin"))


def send(api, method, path, data=None):
    return api.client.generic(
        method, f"/api/v1/{path}", json.dumps(data or {}), content_type="application/json",
        HTTP_AUTHORIZATION=f"Api-Key {api.key}",
    )  # fmt: skip


@pytest.fixture
def draft(admin):
    return admin.post("sla/policies/").json()


def hot(policy_set):
    return next(line for line in policy_set["lines"] if line["tier"] == "hot")


def test_the_list_shows_versions_with_lines_and_ladders_newest_first(api, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        page = api.get("sla/policies/").json()
    assert [row["version"] for row in page["results"]] == [2, 1]
    live = page["results"][0]
    assert live["state"] == "published" and len(live["lines"]) == 10
    line = hot(live)
    assert (line["place"], line["amount"], line["hours"], line["calendar"]) == (1, 300, "team", None)
    assert [rung["level"] for rung in line["ladder"]] == [50, 75, 90, 100, 101]
    assert line["ladder"][3]["then"] == "reassign"
    assert api.get(f"sla/policies/{live['id']}/").json()["problems"] == []


@pytest.mark.parametrize("path", ["", "{id}/lines/", "{id}/publication/", "{id}/rollback/", "{id}/discard/"])
def test_without_the_scope_admin_nothing_is_changed(api, path):
    live = PolicySet.objects.get(state="published")
    found = problem(api.post(f"sla/policies/{path.format(id=live.pk)}", {"target": "disposition"}), 403)
    assert found["code"] == "missing_scope"
    assert not PolicySet.objects.filter(state="draft").exists()


def test_a_manager_reads_and_an_admin_changes(cast, client):
    client.force_login(cast.manager)
    assert client.get("/api/v1/sla/policies/").status_code == 200
    assert client.post("/api/v1/sla/policies/", {}, content_type="application/json").status_code == 403
    client.force_login(cast.admin)
    assert client.post("/api/v1/sla/policies/", {}, content_type="application/json").status_code == 201


def test_five_to_ten_minutes_for_one_territory_published_and_undone(admin, draft):
    live = PolicySet.objects.get(state="published")
    assert (draft["state"], draft["version"], draft["based_on"]) == ("draft", 3, live.pk)
    assert admin.post("sla/policies/").status_code == 200  # it is there already
    line = hot(draft)
    body = {"target": "first_response", "before": line["id"], "name": "Hot, west", "amount": 600,
            "condition": {"all": [line["condition"], WEST]}, "seen": draft["edited_at"]}  # fmt: skip
    made = admin.post(f"sla/policies/{draft['id']}/lines/", body)
    assert made.status_code == 201, made.content
    made = made.json()
    assert [(row["field"], row["after"]) for row in made["differences"]] == [("line", "first_response")]
    assert [row["name"] for row in made["lines"][:2]] == ["Hot, west", "Hot lead answered"]
    done = admin.post(f"sla/policies/{draft['id']}/publication/", {"seen": made["edited_at"]})
    assert done.status_code == 200 and done.json()["state"] == "published"
    back = admin.post(f"sla/policies/{live.pk}/rollback/").json()
    assert (back["version"], back["state"], len(back["lines"])) == (4, "published", 10)
    kinds = list(Entry.objects.filter(subject_kind="policies").order_by("id").values_list("kind", "via"))
    told = ["drafted", "changed", "published", "rolled_back"]
    assert kinds == [(f"policy.{one}", "api") for one in told]


def test_a_line_is_changed_moved_and_given_a_ladder_in_one_call(admin, draft):
    line = hot(draft)
    body = {"amount": 600, "place": 2, "ladder": [{"level": 100, "who": ["owner"], "how": ["app"]},
                                                  {"after": 60, "who": ["manager"]}]}  # fmt: skip
    answer = send(admin, "PATCH", f"sla/policies/{draft['id']}/lines/{line['id']}/", body)
    assert answer.status_code == 200, answer.content
    changed = next(row for row in answer.json()["lines"] if row["line"] == line["line"])
    assert (changed["amount"], changed["place"], [r["level"] for r in changed["ladder"]]) == (600, 2, [100, 101])
    assert {row["field"] for row in answer.json()["differences"]} == {"amount", "ladder", "place"}


def test_what_is_wrong_is_named_and_nothing_of_the_call_is_kept(admin, draft):
    path = f"sla/policies/{draft['id']}/lines/{hot(draft)['id']}/"
    assert fields(send(admin, "PATCH", path, {"amount": "soon", "colour": 1})) == {"colour": "unknown_field"}
    assert fields(send(admin, "PATCH", path, {"amount": "soon", "hops": 9})) == {
        "amount": "not_a_whole_number", "hops": "not_a_whole_number"}  # fmt: skip
    wrong = {"amount": 600, "ladder": [{"level": 100, "who": ["boss"]}]}
    assert fields(send(admin, "PATCH", path, wrong)) == {"ladder.0.who": "not_a_choice"}
    assert fields(send(admin, "PATCH", path, {"seen": "yesterday"})) == {"seen": "invalid_moment"}
    assert Policy.objects.get(pk=hot(draft)["id"]).amount == 300


def test_two_admins_at_once_are_told_409_and_who(admin, draft, make_api):
    other = make_api("ruth", ("read", "admin"))
    path = f"sla/policies/{draft['id']}/lines/{hot(draft)['id']}/"
    assert send(other, "PATCH", path, {"amount": 600, "seen": draft["edited_at"]}).status_code == 200
    found = problem(send(admin, "PATCH", path, {"amount": 900, "seen": draft["edited_at"]}), 409)
    assert found["code"] == "stale" and "ruth changed this draft at" in found["detail"]
    assert Policy.objects.get(pk=hot(draft)["id"]).amount == 600


def test_a_draft_with_a_problem_is_not_published_and_says_which(admin, draft):
    path = f"sla/policies/{draft['id']}/"
    seen = send(admin, "PATCH", f"{path}lines/{hot(draft)['id']}/", {"amount": 0}).json()
    assert [(row["code"], row["blocks"]) for row in seen["problems"] if row["blocks"]] == [("no_time", True)]
    found = problem(admin.post(f"{path}publication/"), 409)
    assert found["code"] == "problems" and "gives no time at all" in found["detail"]


def test_a_line_is_taken_out_and_the_draft_discarded(admin, draft):
    path = f"sla/policies/{draft['id']}/"
    left = send(admin, "DELETE", f"{path}lines/{hot(draft)['id']}/").json()
    assert len(left["lines"]) == 9
    answer = admin.post(f"{path}discard/")
    assert answer.status_code == 200 and answer.json()["state"] == "published"
    problem(admin.get(path), 404)


def test_publishing_under_a_key_is_repeated_safely(admin, draft):
    path = f"sla/policies/{draft['id']}/publication/"
    first, second = (admin.post(path, {}, idem="once") for _ in range(2))
    assert first.json() == second.json() and second["Idempotency-Replayed"] == "true"


# --- preview -----------------------------------------------------------------


@pytest.fixture
def history(admin, frozen):
    """Three hot leads answered after 3, 7 and 12 minutes; two of them of the west."""
    now = datetime.now(UTC)
    for i, (name, minutes) in enumerate([("west", 7), ("west", 12), ("east", 3)]):
        at = now - timedelta(days=20 + i)
        with frozen(at):
            made = admin.post("leads/", {"email": f"{name}{i}@firm.example", "hand_raise": "demo"})
        assert made.status_code == 201
        Lead.objects.filter(pk=made.json()["id"]).update(first_response_at=at + timedelta(minutes=minutes))


def body_of(live, **changes):
    names = ("tier", "name", "condition", "amount", "unit", "hours", "calendar", "hops", "pause_reasons")
    lines = [
        {**{name: line[name] for name in names}, "line": line["line"],
         "ladder": [{k: v for k, v in rung.items() if v is not None and (k != "level" or rung["after"] is None)}
                    for rung in line["ladder"]]}
        for line in live["lines"] if line["target"] == "first_response"
    ]  # fmt: skip
    lines[0] |= changes
    return {"lines": lines}


def test_a_preview_shows_the_impact_and_stores_nothing(admin, history):
    live = admin.get("sla/policies/").json()["results"][0]
    before = (Entry.objects.count(), PolicySet.objects.count(), Policy.objects.count())
    answer = admin.post("sla/preview/", body_of(live, amount=600))
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["mqls"], told["before"]["clocks"], told["before"]["met"], told["after"]["met"]) == (3, 3, 1, 2)
    assert told["tiers"] == ["hot"] and told["slices"][0]["name"] == "Hot lead answered"
    assert told["hits"] == told["hits_before"] | {line["line"]: 0 for line in live["lines"] if line["tier"] in
                                                  ("intent", "standard")}  # fmt: skip
    assert (Entry.objects.count(), PolicySet.objects.count(), Policy.objects.count()) == before
    assert not ReplayRun.objects.exists()


def test_a_preview_says_what_would_block_by_the_place_of_the_line(admin):
    live = admin.get("sla/policies/").json()["results"][0]
    told = admin.post("sla/preview/", body_of(live, amount=0)).json()
    assert [(row["line"], row["code"]) for row in told["problems"] if row["blocks"]] == [(0, "no_time")]


@pytest.mark.parametrize(("body", "field"), [
    ({}, "lines"), ({"lines": []}, "lines"), ({"lines": [{}]}, "lines.0.name"), ({"lines": [7]}, "lines.0"),
    ({"lines": [{"name": "x", "amount": 1, "tier": "warm"}]}, "lines.0.tier"),
    ({"lines": [{"name": "x", "amount": 1, "hours": "calendar"}]}, "lines.0.calendar"),
    ({"lines": [{"name": "x", "amount": 1, "line": "7"}]}, "lines.0.line"), ({"lines": [], "days": 0}, "days"),
    ({"lines": [], "target": "next_step"}, "target"),
    ({"lines": [{"name": "x", "amount": 1, "ladder": [{"level": 0}]}]}, "lines.0.ladder.0.level"),
])  # fmt: skip
def test_a_wrong_preview_names_the_field(admin, body, field):
    assert field in fields(admin.post("sla/preview/", body))


@pytest.mark.parametrize("promise", [
    {"amount": 2**31 - 1}, {"amount": 2**31 - 1, "unit": "days"}, {"amount": 2**31 - 1, "unit": "business_days"},
    {"amount": 0, "unit": "business_days"},
])  # fmt: skip
def test_a_promise_of_no_day_or_a_million_is_a_problem_and_no_failure(admin, history, promise):
    answer = admin.post("sla/preview/", {"lines": [{"name": "All", "tier": "hot", **promise}]})
    assert answer.status_code == 200
    said = answer.json()
    assert {one["code"] for one in said["problems"] if one["blocks"]} & {"too_long", "no_time"}
    assert said["unfinished"] > 0 and said["after"]["clocks"] == 0


def test_people_who_are_no_admins_get_no_preview(cast, client):
    client.force_login(cast.manager)
    assert client.post("/api/v1/sla/preview/", {"lines": []}, content_type="application/json").status_code == 403
    assert User.objects.get(pk=cast.manager.pk).role == Role.SALES
