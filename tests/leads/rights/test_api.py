"""Exports, consent and data requests by REST, with the rights of their pages."""

import csv
import io
import json
import zipfile

import pytest

from leads.consent import texts
from leads.exporting.kinds import all_kinds
from leads.models import Person
from tests.api.conftest import Api, fields, problem
from tests.leads.rights.test_exports import AT

pytestmark = pytest.mark.django_db


def test_exports_are_streamed_for_keys_and_people_who_may(make_lead, cast, signed_in):
    make_lead("Ann Lee", at=AT, message="=HYPERLINK(1)")
    api = Api("warehouse", ["read", "admin"])
    kinds = api.get("exports/").json()["results"]
    assert [kind["key"] for kind in kinds] == list(all_kinds())
    assert problem(Api("website", ["read", "work"]).get("exports/leads/"), 403)["code"] == "role"
    assert signed_in(cast.viewer).get("/api/v1/exports/leads/").status_code == 403
    for answer in (api.get("exports/leads/"), signed_in(cast.marketer).get("/api/v1/exports/leads/?format=csv")):
        assert answer.streaming and answer["Content-Type"].startswith("text/csv")
        table = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"), newline="")))
        assert table[0] == kinds[0]["columns"] and "'=HYPERLINK(1)" in table[1] and len(table) == 2
    answer = api.get("exports/leads/", format="json", since="2026-03-02", until="2026-03-02")
    assert answer["Content-Type"] == "application/json"
    [row] = json.loads(b"".join(answer.streaming_content))
    assert row["message"] == "=HYPERLINK(1)"
    assert json.loads(b"".join(api.get("exports/leads/", format="json", since="2026-03-03").streaming_content)) == []
    assert fields(api.get("exports/leads/", format="xlsx", since="03/01/2026")) == {
        "format": "not_a_choice", "since": "invalid_date"}  # fmt: skip
    assert problem(api.get("exports/teams_user/"), 404)


def test_consent_is_said_and_withdrawn_by_purpose_and_channel(make_lead, cast):
    api = Api()
    person = make_lead(at=AT, consent={"news": True}).person
    shown = texts.add("letter", "email", "Write to me monthly.", by=cast.admin, at=AT)
    path = f"people/{person.pk}/consent/"
    given = {"purpose": "letter", "channel": "email", "state": "granted", "text": shown.pk}
    first = api.post(path, given, idem="one")
    assert first.status_code == 201 and (first.json()["version"], first.json()["words"]) == (1, "Write to me monthly.")
    assert api.post(path, given, idem="one").json() == first.json()
    assert api.post(path, {"purpose": "news", "state": "withdrawn"}).status_code == 201
    told = api.get(path).json()
    assert {(x["purpose"], x["channel"]): x["agreed"] for x in told["now"]} == {
        ("news", ""): False, ("letter", "email"): True}  # fmt: skip
    assert [(x["purpose"], x["state"]) for x in told["results"]] == [
        ("news", "withdrawn"), ("letter", "granted"), ("news", "granted")]  # fmt: skip
    page = api.get(path, limit=1).json()
    assert len(page["results"]) == 1 and "cursor=" in page["next"]
    assert api.get("consent-texts/").json()["results"][0]["text"] == "Write to me monthly."
    assert fields(api.post(path, {"purpose": "A b", "state": "maybe"})) == {
        "purpose": "invalid",
        "state": "not_a_choice",
    }
    assert problem(api.post(path, {**given, "text": 10**9}), 404)["code"] == "unknown_text"
    assert problem(Api("form", ["intake", "read"]).post(path, given), 403)["code"] == "missing_scope"
    other = Person.objects.create(first_name="Same", merged_into=person)
    assert problem(api.post(f"people/{other.pk}/consent/", given), 409)["code"] == "merged"


def test_s56_a_request_is_logged_verified_extended_and_answered(make_lead, cast):
    api = Api()
    person = make_lead("Ann Lee", at=AT, email="ann@x.example").person
    assert (
        problem(api.post("data-requests/", {"person": 10**9, "kind": "access"}), 404)["code"] == "unknown"
    )
    assert fields(api.post("data-requests/", {"person": "nobody", "kind": "access"})) == {"person": "invalid"}
    stranger = api.post("data-requests/", {"person": "nobody@x.example", "kind": "access"}).json()
    assert (stranger["person"], stranger["contact"]) == (None, "nobody@x.example")
    assert problem(api.get(f"data-requests/{stranger['id']}/copy/"), 409)["code"] == "nothing_held"
    assert api.post(f"data-requests/{stranger['id']}/completion/").json()["answer"].startswith("Nothing is held")
    assert fields(api.post("data-requests/", {"person": person.pk, "kind": "sue", "received_at": "soon"})) == {
        "kind": "not_a_choice", "received_at": "invalid_moment"}  # fmt: skip
    for moment, code in (("2090-01-01T00:00:00Z", "future"), ("0001-01-01T00:00:00Z", "too_old")):
        answer = api.post("data-requests/", {"person": person.pk, "kind": "access", "received_at": moment})
        assert fields(answer) == {"received_at": code}
    made = api.post("data-requests/", {"person": "Ann@X.example", "kind": "erasure", "note": "Erase me."})
    assert made.status_code == 201 and made.json()["person"] == person.pk and made.json()["owner"] == cast.admin.pk
    path = f"data-requests/{made.json()['id']}/"
    assert problem(api.post(f"{path}completion/"), 409)["code"] == "not_verified"
    assert problem(api.get(f"{path}copy/"), 409)["code"] == "not_verified"
    assert fields(api.post(f"{path}verification/", {"how": " "})) == {"how": "required"}
    assert fields(api.post(f"{path}verification/", {"how": 1})) == {"how": "not_a_text"}
    assert api.post(f"{path}verification/", {"how": "Same address"}).json()["verified"] == "Same address"
    assert api.post(f"{path}extension/", {"because": "Many files"}).json()["extended_because"] == "Many files"
    assert problem(api.post(f"{path}extension/", {"because": "Again"}), 409)["code"] == "extended"
    assert api.get(f"{path}copy/").json()["person"][0]["first_name"] == "Ann"
    with zipfile.ZipFile(io.BytesIO(api.get(f"{path}copy/", format="zip").content)) as packed:
        assert "person.json" in packed.namelist()
    assert problem(Api("crm", ["read"]).get(f"{path}copy/"), 403)["code"] == "missing_scope"
    assert problem(api.post(f"{path}completion/"), 403), "only an administrator erases"
    assert api.get("data-requests/", state="open", kind="erasure").json()["results"][0]["id"] == made.json()["id"]
    done = Api("boss", ["read", "work", "admin"]).post(f"{path}completion/", {"answer": "Done, Ann"})
    assert done.status_code == 200 and done.json()["state"] == "done" and "Ann" not in done.content.decode()
    assert api.get(path).json()["person_name"] == f"Erased person {person.pk}"
    assert problem(api.get(f"{path}copy/"), 409)["code"] == "erased"
    assert problem(api.post(f"{path}refusal/", {"reason": "No"}), 409)["code"] == "answered"
