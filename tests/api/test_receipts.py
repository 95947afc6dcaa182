"""GET: a score whose lines add up to it, and deadlines that say which hours counted."""

import pytest

from tests.api.conftest import fields, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(api) -> int:
    body = {"email": "grace@harborpine.example", "title": "VP Operations", "hand_raise": "demo", "country": "US",
            "company": {"name": "Harbor & Pine", "industry": "Software", "employees": 700}}  # fmt: skip
    return api.post("leads/", body).json()["id"]


def test_the_lines_of_the_receipt_add_up_to_the_score(api, lead):
    found, shown = api.get(f"leads/{lead}/score/").json(), api.get(f"leads/{lead}/").json()
    assert found["score"] == shown["score"] and found["person"] == shown["person"]
    assert found["fit"] > 0 and found["engagement"] > 0
    for part in ("fit", "engagement", "usage"):
        lines = [line["points"] for line in found["lines"] if line["part"] == part]
        assert sum(lines) == pytest.approx(found[part], abs=1e-9)
        assert found[part] == pytest.approx(found["score"][part], abs=1e-4)
    assert found["cell"] == found["score"]["cell"]


def test_each_clock_has_its_deadline_receipt(api, lead):
    found = api.get(f"leads/{lead}/clocks/").json()
    brief = {clock["id"]: clock for clock in api.get(f"leads/{lead}/").json()["clocks"]}
    assert found["lead"] == lead and {clock["id"] for clock in found["results"]} == set(brief)
    for clock in found["results"]:
        assert {name: clock[name] for name in brief[clock["id"]]} == brief[clock["id"]]
        if clock["due_at"]:
            assert {"start", "end", "kind", "reason"} == set(clock["receipt"]["spans"][0])
            assert clock["receipt"]["counted"] + clock["receipt"]["left"] == pytest.approx(clock["seconds"], abs=1)


def test_of_a_lead_nobody_has(api):
    for part in ("score", "clocks"):
        problem(api.get(f"leads/999999/{part}/"), 404)


def test_keys_need_the_scope_read(make_api, lead):
    form = make_api("form", ["intake"])
    for part in ("score", "clocks"):
        problem(form.get(f"leads/{lead}/{part}/"), 403)


# --- the timeline ----------------------------------------------------------------------------
def test_the_timeline_merges_journal_and_touches_newest_first(api, lead):
    api.post(f"leads/{lead}/disqualification/", {"reason": "spam"})
    found = api.get(f"leads/{lead}/timeline/").json()
    codes = [item["code"] for item in found["results"]]
    assert {"lead.opened", "lead.mql", "lead.disqualified", "touch.demo_request"} <= set(codes)
    assert codes.index("lead.disqualified") < codes.index("lead.mql") < codes.index("lead.opened")
    decided = found["results"][codes.index("lead.disqualified")]
    assert (decided["by"], decided["lead"], decided["source"]) == (api.user.pk, lead, "entry")
    assert found["next"] is None and found["previous"] is None


def test_the_timeline_in_pages(api, lead):
    whole = api.get(f"leads/{lead}/timeline/").json()["results"]
    page, found = api.get(f"leads/{lead}/timeline/", limit=2).json(), []
    while True:
        found += page["results"]
        if page["next"] is None:
            break
        page = api.client.get(page["next"], HTTP_AUTHORIZATION=f"Api-Key {api.key}").json()
    assert found == whole


def test_what_is_wrong_with_a_question_about_the_timeline(api, lead):
    for params, field in [
        ({"tab": "x"}, "tab"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"z": "1"}, "z"),
    ]:
        assert fields(api.get(f"leads/{lead}/timeline/", **params)).keys() == {field}
    problem(api.get("leads/999999/timeline/"), 404)
