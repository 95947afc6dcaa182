"""The verbs of a lead and its deal by REST: the new state, 403 saying who may, 409 with the reason, twice is once."""

import pytest

from deals.models import Deal
from journal.models import Entry
from leads.models import Lead
from tests.api.conftest import fields, problem
from tests.cast import handed_over

pytestmark = pytest.mark.django_db
BANT = {
    item: {"value": f"{item} is clear", "evidence": "Said so in the call of Friday."}
    for item in ("budget", "authority", "need", "timeline")
}
CONVERSION = {"name": "Harbor & Pine", "amount": {"amount": "126000.00", "currency": "USD"}, "close_on": "2027-01-29"}


@pytest.fixture
def lead(api, cast) -> Lead:
    """An MQL of the cast's owner."""
    pk = api.post(
        "leads/", {"email": "grace@harborpine.example", "hand_raise": "demo", "company": {"name": "Harbor & Pine"}}
    ).json()["id"]
    found = Lead.objects.get(pk=pk)
    if found.owner_id != cast.owner.pk:
        found.reassign(by=cast.admin, at=found.mql_at, to=cast.owner)
    assert (found.stage, found.owner_id) == ("mql", cast.owner.pk)
    return found


def post(client, path, data=None):
    return client.post(f"/api/v1/{path}", data or {}, "application/json")


def test_a_key_with_work_acts_as_the_owner_and_the_journal_names_it(api, lead):
    response = api.post(f"leads/{lead.pk}/acceptance/")
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["stage"]) == (lead.pk, "sal")
    entry = Entry.objects.get(kind="lead.sal")
    assert (entry.by, entry.via) == (api.user, "api")


def test_accepting_twice_is_once(api, lead):
    first, again = api.post(f"leads/{lead.pk}/acceptance/"), api.post(f"leads/{lead.pk}/acceptance/", {})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["sal_at"] == again.json()["sal_at"]
    assert Entry.objects.filter(kind="lead.sal").count() == 1


@pytest.mark.parametrize("who", ["owner", "teammate", "manager", "admin"])
def test_who_may_accept(cast, lead, signed_in, who):
    found = post(signed_in(getattr(cast, who)), f"leads/{lead.pk}/acceptance/")
    assert found.status_code == 200
    assert found.json()["owner"] == (cast.teammate.pk if who == "teammate" else cast.owner.pk)


@pytest.mark.parametrize("who", ["other", "marketer", "viewer"])
def test_who_may_not_accept_is_told_who_may(cast, lead, signed_in, who):
    found = problem(post(signed_in(getattr(cast, who)), f"leads/{lead.pk}/acceptance/"), 403)
    if who != "viewer":
        assert cast.owner.name in found["detail"]
    lead.refresh_from_db()
    assert lead.stage == "mql"


def test_nobody_signed_in(client, lead):
    problem(post(client, f"leads/{lead.pk}/acceptance/"), 401)


@pytest.mark.parametrize(
    "noun", ["acceptance", "rejection", "recycling", "qualification", "disqualification", "reopening", "conversion"]
)
def test_a_lead_nobody_has(api, noun):
    problem(api.post(f"leads/999999/{noun}/"), 404)


def test_rejection_needs_a_reason_of_its_list(api, lead):
    assert fields(api.post(f"leads/{lead.pk}/rejection/")) == {"reason": "required"}
    assert "reason" in fields(api.post(f"leads/{lead.pk}/rejection/", {"reason": "timing"}))
    assert "note" in fields(api.post(f"leads/{lead.pk}/rejection/", {"reason": "other"}))
    assert fields(api.post(f"leads/{lead.pk}/rejection/", {"reason": "bad_data", "why": "x"})) == {
        "why": "unknown_field"
    }
    assert fields(api.post(f"leads/{lead.pk}/rejection/", [])) == {"": "not_an_object"}
    found = api.post(f"leads/{lead.pk}/rejection/", {"reason": "other", "note": "Two lines.\nReally."}).json()
    assert (found["stage"], found["reason"], found["reason_note"]) == ("rejected", "other", "Two lines.\nReally.")


def test_recycling_goes_to_a_track_until_a_day(api, lead):
    assert fields(api.post(f"leads/{lead.pk}/recycling/", {"reason": "timing"})) == {"track": "required"}
    body = {"reason": "timing", "track": "newsletter", "revisit_on": "2026-02-30"}
    assert fields(api.post(f"leads/{lead.pk}/recycling/", body)) == {"revisit_on": "invalid_date"}
    assert fields(api.post(f"leads/{lead.pk}/recycling/", {**body, "revisit_on": "2020-01-01"})) == {
        "revisit_on": "past"
    }
    found = api.post(f"leads/{lead.pk}/recycling/", {**body, "revisit_on": "2031-02-28"}).json()
    assert (found["stage"], found["track"], found["revisit_on"]) == ("recycled", "newsletter", "2031-02-28")


def test_a_guard_refuses_with_the_reason(api, lead):
    found = problem(api.post(f"leads/{lead.pk}/qualification/", BANT), 409)
    assert "accept" in found["detail"]
    found = problem(api.post(f"leads/{lead.pk}/conversion/", CONVERSION), 409)
    assert "SQL" in found["detail"]
    lead.refresh_from_db()
    assert lead.stage == "mql"


def test_qualification_item_by_item(api, lead):
    api.post(f"leads/{lead.pk}/acceptance/")
    assert fields(api.post(f"leads/{lead.pk}/qualification/")) == {"budget": "required"}
    assert fields(api.post(f"leads/{lead.pk}/qualification/", {"need": {"value": "x"}})) == {
        "need.evidence": "required"
    }
    assert fields(api.post(f"leads/{lead.pk}/qualification/", {"need": "x"})) == {"need": "not_an_object"}
    found = api.post(f"leads/{lead.pk}/qualification/", {"need": BANT["need"]}).json()
    assert found["stage"] == "sal" and set(found["qualification"]) == {"need"}
    found = api.post(f"leads/{lead.pk}/qualification/", BANT).json()
    assert found["stage"] == "sql" and found["qualification"]["budget"]["confirmed_by"] == api.user.pk


def test_disqualified_until_reopened(api, lead):
    assert api.post(f"leads/{lead.pk}/disqualification/", {"reason": "spam"}).json()["stage"] == "disqualified"
    problem(api.post(f"leads/{lead.pk}/acceptance/"), 409)
    assert api.post(f"leads/{lead.pk}/reopening/").json()["stage"] == "mql"


# --- the deal ------------------------------------------------------------------------------------
@pytest.fixture
def sql(api, lead) -> Lead:
    api.post(f"leads/{lead.pk}/acceptance/")
    assert api.post(f"leads/{lead.pk}/qualification/", BANT).json()["stage"] == "sql"
    return lead


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amount": None}, "amount", "required"),
        ({"amount": 126000}, "amount", "not_an_object"),
        ({"amount": {"amount": 126000, "currency": "USD"}}, "amount.amount", "invalid_amount"),
        ({"amount": {"amount": "1,000.00", "currency": "USD"}}, "amount.amount", "invalid_amount"),
        ({"amount": {"amount": "1.001", "currency": "USD"}}, "amount.amount", "invalid_amount"),
        ({"amount": {"amount": "-5.00", "currency": "USD"}}, "amount.amount", "invalid_amount"),
        ({"amount": {"amount": "0.00", "currency": "USD"}}, "amount", "not_positive"),
        ({"amount": {"amount": "5.00", "currency": "usd"}}, "amount.currency", "invalid_currency"),
        ({"amount": {"amount": "5.00"}}, "amount.currency", "invalid_currency"),
        ({"amount": {"amount": "5.00", "currency": "USD", "x": 1}}, "amount.x", "unknown_field"),
        ({"close_on": None}, "close_on", "required"),
        ({"close_on": "soon"}, "close_on", "invalid_date"),
        ({"name": "a\u0000"}, "name", "nul"),
        ({"stage": "won"}, "stage", "unknown_field"),
    ],
)
def test_a_conversion_that_cannot_be(api, sql, change, field, code):
    assert fields(api.post(f"leads/{sql.pk}/conversion/", {**CONVERSION, **change}))[field] == code


def test_convert_win_and_find_it_in_the_list(api, sql):
    response = api.post(f"leads/{sql.pk}/conversion/", CONVERSION)
    assert response.status_code == 201
    deal = response.json()
    assert deal["amount"] == {"amount": "126000.00", "currency": "USD"}
    assert (deal["lead"], deal["stage"], deal["close_on"]) == (sql.pk, "open", "2027-01-29")
    again = api.post(f"leads/{sql.pk}/conversion/", {**CONVERSION, "name": "Other"})
    assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, deal["id"], "Harbor & Pine")
    assert api.get(f"leads/{sql.pk}/").json()["stage"] == "opportunity"

    refused = api.post(f"deals/{deal['id']}/win/")
    assert (refused.status_code, refused.json()["code"]) == (409, "guard")
    assert "Missing: goals in their words" in refused.json()["detail"]
    handed_over(Deal.objects.get(pk=deal["id"]))
    won = [api.post(f"deals/{deal['id']}/win/") for _ in range(2)]
    assert [r.status_code for r in won] == [200, 200]
    assert won[0].json()["closed_at"] == won[1].json()["closed_at"]
    assert Entry.objects.filter(kind="deal.won").count() == 1
    assert api.get(f"leads/{sql.pk}/").json()["stage"] == "won"
    assert [row["id"] for row in api.get("deals/", stage="won").json()["results"]] == [deal["id"]]
    assert api.get("deals/", stage="open").json()["results"] == []
    assert api.get(f"deals/{deal['id']}/").json()["stage"] == "won"
    problem(api.post(f"deals/{deal['id']}/loss/", {"reason": "price"}), 409)


def test_lose_with_a_reason(api, sql, cast, signed_in):
    deal = api.post(f"leads/{sql.pk}/conversion/", CONVERSION).json()["id"]
    assert fields(api.post(f"deals/{deal}/loss/")) == {"reason": "required"}
    assert fields(api.post(f"deals/{deal}/loss/", {"reason": "weather"})) == {"reason": "unknown_reason"}
    assert fields(api.post(f"deals/{deal}/loss/", {"reason": "competitor"})) == {"competitor": "required"}
    assert fields(api.post(f"deals/{deal}/win/", {"x": 1})) == {"x": "unknown_field"}
    problem(post(signed_in(cast.other), f"deals/{deal}/loss/", {"reason": "price"}), 403)
    found = api.post(f"deals/{deal}/loss/", {"reason": "competitor", "competitor": "Globex"}).json()
    assert (found["stage"], found["reason"], found["competitor"]) == ("lost", "competitor", "Globex")
    assert api.get(f"leads/{sql.pk}/").json()["stage"] == "lost"


def test_deals_nobody_has(api):
    for path in ("deals/999999/win/", "deals/999999/loss/"):
        problem(api.post(path, {"reason": "price"}), 404)
    problem(api.get("deals/999999/"), 404)
    assert "stage" in fields(api.get("deals/", stage="x"))
