"""REST: scoring models read by everybody, changed by admins; one lead under any of them without writing anything."""

import json
from uuid import uuid4

import pytest

from journal.models import Entry
from leads.models import Lead, Person
from scoring.models import Rule, ScoringModel
from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db
PRICING = {"kind": ["page_view"], "url_contains": "/pricing"}
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
NEW = {"kind": "engagement", "name": "Pricing 3× at the big", "points": 20, "touches": PRICING, "condition": BIG,
       "at_least": 3, "within_days": 7}  # fmt: skip


@pytest.fixture
def admin(make_api):
    return make_api("admin", ("read", "intake", "admin"))


def send(api, method, path, data=None, **headers):
    return api.client.generic(
        method, f"/api/v1/scoring/{path}", json.dumps(data or {}), content_type="application/json",
        HTTP_AUTHORIZATION=f"Api-Key {api.key}", **headers,
    )  # fmt: skip


@pytest.fixture
def draft(admin):
    return admin.post("scoring/models/").json()


def rule_of(model, name):
    return next(rule for rule in model["rules"] if rule["name"] == name)


def test_the_list_shows_versions_with_groups_and_rules_newest_first(api, draft, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        page = api.get("scoring/models/").json()
    assert [(row["version"], row["state"]) for row in page["results"]] == [(2, "draft"), (1, "published")]
    live = page["results"][1]
    rule = rule_of(live, "Pricing page 3× in 7 days")
    assert (rule["at_least"], rule["within_days"], rule["half_life_days"]) == (3, 7, None)
    assert rule["reads"] == "Visited /pricing at least 3 times in 7 days: +15"
    assert next(group["cap"] for group in live["groups"] if group["id"] == rule["group"]) == 25
    assert set(api.get(f"scoring/models/{live['id']}/").json()) == {*live, "problems", "differences"}


def test_a_model_costs_the_same_however_many_rules_it_has(api, admin, draft, django_assert_num_queries):
    path = f"scoring/models/{draft['id']}/"
    api.get(path)
    with django_assert_num_queries(9):
        api.get(path)
    for i in range(5):
        assert admin.post("scoring/rules/", {**NEW, "name": f"Rule {i}"}).status_code == 201
    with django_assert_num_queries(9):
        api.get(path)


def test_the_rules_of_what_is_live_or_of_one_model(api, draft, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        live = api.get("scoring/rules/").json()["results"]
    drafted = api.get("scoring/rules/", model=draft["id"]).json()["results"]
    assert [rule["line"] for rule in live] == [rule["line"] for rule in drafted]
    assert {rule["model"] for rule in drafted} == {draft["id"]} and [rule["place"] for rule in live[:2]] == [1, 2]
    problem(api.get("scoring/rules/", model=2**62), 404)
    for wrong in ("0", "x", "-1", "9" * 40):
        assert fields(api.get("scoring/rules/", model=wrong)) == {"model": "not_an_id"}
    assert fields(api.get("scoring/rules/", modell=1)) == {"modell": "unknown_parameter"}


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "models/"), ("PATCH", "models/{m}/"), ("DELETE", "models/{m}/"), ("POST", "models/{m}/groups/"),
    ("PATCH", "models/{m}/groups/{g}/"), ("DELETE", "models/{m}/groups/{g}/"), ("POST", "models/{m}/publication/"),
    ("POST", "models/{m}/rollback/"), ("POST", "models/{m}/shadow/"), ("DELETE", "models/{m}/shadow/"),
    ("POST", "rules/"), ("PATCH", "rules/{r}/"), ("DELETE", "rules/{r}/"), ("POST", "rules/{r}/copy/"),
])  # fmt: skip
def test_without_the_scope_admin_nothing_is_changed(api, method, path):
    live = ScoringModel.objects.get()
    named = path.format(m=live.pk, g=live.groups.first().pk, r=live.rules.first().pk)
    assert problem(send(api, method, named), 403)["code"] == "missing_scope"
    assert ScoringModel.objects.count() == 1 and not Entry.objects.filter(subject_kind="model").exists()


def test_a_rep_reads_and_an_admin_changes(cast, client):
    for person, status in ((cast.owner, 403), (cast.manager, 403), (cast.admin, 201)):
        client.force_login(person)
        assert client.get("/api/v1/scoring/models/").status_code == 200
        assert client.post("/api/v1/scoring/models/", {}, content_type="application/json").status_code == status


def test_pricing_three_times_in_seven_days_and_500_people_published_and_undone(admin, draft):
    live = ScoringModel.objects.get(state="published")
    assert (draft["state"], draft["version"], draft["based_on"], draft["problems"]) == ("draft", 2, live.pk, [])
    assert admin.post("scoring/models/").status_code == 200  # it is there already
    made = admin.post("scoring/rules/", {**NEW, "seen": draft["edited_at"]})
    assert made.status_code == 201, made.content
    rule = made.json()
    assert rule["reads"].startswith("Visited /pricing at least 3 times in 7 days, where ") and rule["problems"] == []
    told = admin.get(f"scoring/models/{draft['id']}/").json()
    assert [(row["line"], row["field"], row["after"]) for row in told["differences"]] == [(rule["line"], "rule", 20)]
    done = admin.post(f"scoring/models/{draft['id']}/publication/", {"seen": rule["edited_at"], "hand_over": True})
    assert done.status_code == 200 and done.json()["state"] == "published"
    back = admin.post(f"scoring/models/{live.pk}/rollback/").json()
    assert (back["version"], back["state"], back["note"]) == (3, "published", "Back to v1")
    assert rule["line"] not in {row["line"] for row in back["rules"]}
    kinds = list(Entry.objects.filter(subject_kind="model").order_by("id").values_list("kind", "via"))
    assert kinds == [(f"model.{one}", "api") for one in ("drafted", "changed", "published", "rolled_back")]


def test_a_rule_is_changed_moved_copied_and_taken_out(admin, draft):
    path = f"rules/{rule_of(draft, 'Webinar')['id']}/"
    changed = send(admin, "PATCH", path, {"points": 12, "place": 1, "at_least": 2, "within_days": 30}).json()
    assert (changed["points"], changed["place"], changed["half_life_days"]) == (12, 1, None)
    copy = send(admin, "POST", f"{path}copy/")
    assert copy.status_code == 201
    assert (copy.json()["place"], [row["code"] for row in copy.json()["problems"]]) == (2, ["duplicate"])
    left = send(admin, "DELETE", path).json()["results"]
    assert "Webinar" not in {rule["name"] for rule in left} and "Webinar (copy)" in {rule["name"] for rule in left}
    problem(send(admin, "DELETE", path), 404)


def test_groups_and_cut_offs_are_changed(admin, draft):
    path = f"models/{draft['id']}/"
    told = send(admin, "POST", f"{path}groups/", {"name": "Firm", "cap": 40}).json()
    made = told["groups"][-1]
    assert (made["name"], made["cap"]) == ("Firm", 40)
    assert send(admin, "PATCH", f"{path}groups/{made['id']}/", {"cap": None}).json()["groups"][-1]["cap"] is None
    assert fields(send(admin, "POST", f"{path}groups/", {"cap": 1})) == {"name": "required"}
    assert fields(send(admin, "PATCH", f"{path}groups/{made['id']}/", {"name": 7, "cap": -1})) == {
        "name": "not_a_text", "cap": "not_a_number"}  # fmt: skip
    assert len(send(admin, "DELETE", f"{path}groups/{made['id']}/").json()["groups"]) == len(draft["groups"])
    assert send(admin, "PATCH", path, {"fit_a": 75, "top_share": 10}).json()["fit_a"] == 75
    assert fields(send(admin, "PATCH", path, {"fit_b": 80})) == {"fit_b": "out_of_order"}


def test_what_is_wrong_is_named_and_nothing_of_the_call_is_kept(admin, draft):
    path = f"rules/{rule_of(draft, 'Director')['id']}/"
    assert fields(send(admin, "PATCH", path, {"points": "many", "colour": 1})) == {"colour": "unknown_field"}
    assert fields(send(admin, "PATCH", path, {"points": "many", "name": 7})) == {
        "points": "not_points", "name": "not_a_text"}  # fmt: skip
    assert fields(send(admin, "PATCH", path, {"points": 5, "place": 0})) == {"place": "not_a_whole_number"}
    assert fields(send(admin, "PATCH", path, {"seen": "yesterday"})) == {"seen": "invalid_moment"}
    assert fields(send(admin, "PATCH", path, {"condition": {"all": [{"attribute": "p; DROP TABLE", "op": "is"}]}})) == {
        "condition.all[0].attribute": "unknown_attribute"}  # fmt: skip
    assert fields(admin.post("scoring/rules/", {"kind": "fit", "before": 7})) == {"before": "unknown_rule"}
    assert fields(admin.post("scoring/rules/", {"kind": "mood"})) == {"kind": "not_a_choice"}
    assert fields(admin.post("scoring/rules/", {"points": 5})) == {"kind": "required"}
    publication = f"scoring/models/{draft['id']}/publication/"
    assert fields(admin.post(publication, {"hand_over": "yes"})) == {"hand_over": "not_yes_or_no"}
    assert Rule.objects.get(pk=rule_of(draft, "Director")["id"]).points == 20


def test_two_admins_at_once_are_told_409_and_who(admin, draft, make_api):
    other = make_api("ruth", ("read", "admin"))
    path = f"rules/{rule_of(draft, 'Director')['id']}/"
    assert send(other, "PATCH", path, {"points": 25, "seen": draft["edited_at"]}).status_code == 200
    found = problem(send(admin, "PATCH", path, {"points": 30, "seen": draft["edited_at"]}), 409)
    assert found["code"] == "stale" and "ruth changed this draft at" in found["detail"]


def test_without_a_draft_no_rule_is_added_and_a_problem_is_not_published(admin):
    assert problem(admin.post("scoring/rules/", NEW), 409)["code"] == "no_draft"
    draft = admin.post("scoring/models/").json()
    Rule.objects.filter(model=draft["id"]).delete()
    found = problem(admin.post(f"scoring/models/{draft['id']}/publication/"), 409)
    assert found["code"] == "problems" and "without rules" in found["detail"]
    answer = send(admin, "DELETE", f"models/{draft['id']}/")
    assert answer.status_code == 200 and answer.json()["state"] == "published"


def test_a_draft_runs_in_the_shadow_longer_and_becomes_the_draft_again(admin, draft):
    path = f"models/{draft['id']}/shadow/"
    began = send(admin, "POST", path, {"days": 7}).json()
    longer = send(admin, "POST", path, {}).json()
    assert (began["state"], longer["state"]) == ("shadow", "shadow") and longer["shadow_until"] > began["shadow_until"]
    assert fields(send(admin, "POST", path, {"days": 91})) == {"days": "not_a_whole_number"}
    assert send(admin, "DELETE", path).json()["state"] == "draft"


def test_publishing_under_a_key_is_repeated_safely(admin, draft):
    path = f"scoring/models/{draft['id']}/publication/"
    first, second = (admin.post(path, {}, idem="once") for _ in range(2))
    assert first.json() == second.json() and second["Idempotency-Replayed"] == "true"


# --- preview -----------------------------------------------------------------


ENQUIRY = {"email": "ann@lumen.example", "title": "Director of Sales", "company": {"employees": 600}}


def test_an_enquiry_is_previewed_and_nothing_is_written(api):
    before = (Person.objects.count(), Entry.objects.count())
    told = api.post("scoring/preview/", {"enquiry": {**ENQUIRY, "touches": [{"kind": "webinar"}]}})
    assert told.status_code == 200, told.content
    said = told.json()
    assert (said["version"], said["cell"], said["would_be_mql"], said["stage"]) == (1, "B3", False, "inquiry")
    assert said["why"].startswith("Not met: ") and (said["lead"], said["person"]) == (None, None)
    for part in ("fit", "engagement", "usage"):
        assert round(sum(line["points"] for line in said["lines"] if line["part"] == part), 4) == said[part]
    assert {line["touch"] for line in said["lines"]} == {None}
    assert (Person.objects.count(), Entry.objects.count()) == before
    raised = api.post("scoring/preview/", {"enquiry": {**ENQUIRY, "hand_raise": "demo"}}).json()
    assert (raised["would_be_mql"], raised["failing"]) == (True, "")


def test_a_lead_is_previewed_under_the_draft(admin):
    lead = Lead.objects.get(pk=admin.post("leads/", ENQUIRY).json()["id"])
    assert problem(admin.post("scoring/preview/", {"lead": lead.pk, "model": "draft"}), 409)["code"] == "no_such_model"
    draft = admin.post("scoring/models/").json()
    send(admin, "PATCH", f"rules/{rule_of(draft, 'Director')['id']}/", {"points": 60})
    live, drafted = (
        admin.post("scoring/preview/", {"lead": lead.pk, "model": one}).json() for one in ("live", "draft")
    )
    assert (live["lead"], live["version"], drafted["version"]) == (lead.pk, 1, 2)
    assert drafted["fit"] == live["fit"] + 40 == Person.objects.get(pk=lead.person_id).fit + 40


@pytest.mark.parametrize(("body", "field"), [
    ({}, "lead"), ({"lead": 1, "enquiry": ENQUIRY}, "lead"), ({"lead": "x"}, "lead"), ({"lead": 0}, "lead"),
    ({"lead": 1, "model": "best"}, "model"), ({"led": 1}, "led"), ({"enquiry": {}}, "enquiry.email"),
    ({"enquiry": 7}, "enquiry"), ({"enquiry": {**ENQUIRY, "touches": [{}]}}, "enquiry.touches.0.kind"),
])  # fmt: skip
def test_a_wrong_preview_names_the_field(api, body, field):
    assert field in fields(api.post("scoring/preview/", body))


def test_a_preview_of_nobody_is_404(api):
    problem(api.post("scoring/preview/", {"lead": 2**62}), 404)


def test_a_rule_that_is_nowhere_is_404(api, admin):
    for path in (f"scoring/rules/{2**62}/", f"scoring/models/{2**70}/", f"scoring/rules/{2**70}/"):
        problem(api.get(path), 404)
    assert admin.get(f"scoring/rules/{uuid4()}/").status_code == 404
