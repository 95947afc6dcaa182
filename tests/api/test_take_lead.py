"""POST /leads/: 201 for a new cycle, 200 for the open one, and an answer one can go on with."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.models import AttributeDefinition, Lead, Person, Submission, Touch
from revops.lib.now import now

pytestmark = pytest.mark.django_db
GRACE = {
    "email": "grace@harborpine.example", "first_name": "Grace", "last_name": "Hopper", "title": "VP Operations",
    "company": {"name": "Harbor & Pine Inc.", "employees": 900}, "utm": {"source": "google", "medium": "cpc"},
    "hand_raise": "demo",
}  # fmt: skip
ANSWER = {"id", "url", "created", "person", "company", "cycle", "stage", "score", "owner", "clocks", "submission"}


def test_a_new_lead_is_201_with_everything_one_needs(api):
    response = api.post("leads/", GRACE)
    assert response.status_code == 201
    lead, found = Lead.objects.get(), response.json()
    assert set(found) == ANSWER
    assert found["id"] == lead.pk and found["created"] is True and found["cycle"] == 1
    assert (found["person"], found["company"], found["stage"]) == (lead.person_id, lead.company_id, lead.stage)
    assert found["url"] == f"http://testserver/api/v1/leads/{lead.pk}/"
    assert set(found["score"]) == {"fit", "engagement", "usage", "cell", "version"}
    assert found["score"]["version"] == lead.person.score_version
    assert found["owner"] == lead.owner_id


def test_a_raised_hand_is_qualified_and_its_clocks_run(api):
    found = api.post("leads/", GRACE).json()
    assert found["stage"] == "mql"
    running = {clock["target"]: clock for clock in found["clocks"] if clock["state"] == "running"}
    assert running
    for clock in running.values():
        assert set(clock) == {"id", "target", "tier", "scope", "state", "started_at", "due_at"}
        assert clock["started_at"] < clock["due_at"]


def test_the_same_person_again_is_200_with_the_open_cycle(api):
    first = api.post("leads/", GRACE).json()
    response = api.post("leads/", {"email": "GRACE@harborpine.example", "message": "Any news?"})
    assert response.status_code == 200
    again = response.json()
    assert (again["id"], again["created"], again["cycle"]) == (first["id"], False, 1)
    assert again["submission"] != first["submission"]
    assert Lead.objects.count() == 1 and Submission.objects.count() == 2


def test_the_same_body_within_ten_minutes_is_one_submission(api, frozen):
    with frozen(now()) as clock:
        first = api.post("leads/", GRACE)
        clock.advance(minutes=9)
        # The order of names and the white space are no difference.
        again = api.post("leads/", dict(reversed(GRACE.items())))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["submission"] == again.json()["submission"]
        assert (Submission.objects.count(), Touch.objects.count()) == (1, 1)
        clock.advance(minutes=2)
        assert api.post("leads/", GRACE).json()["submission"] != first.json()["submission"]
    assert Lead.objects.count() == 1


def test_the_same_body_from_two_keys_is_two_submissions_of_one_lead(api, make_api):
    api.post("leads/", GRACE)
    assert make_api("other").post("leads/", GRACE).status_code == 200
    assert (Submission.objects.count(), Lead.objects.count()) == (2, 1)


@pytest.mark.parametrize("body", [{"phone": "+49 30 1234567"}, {"external_id": "77", "source": "shop"}])
def test_a_lead_without_a_mail_address(api, body):
    assert api.post("leads/", body).status_code == 201
    assert api.post("leads/", {**body, "message": "again"}).status_code == 200
    assert Person.objects.count() == 1


def test_the_journal_names_the_key(api):
    api.post("leads/", GRACE)
    entry = Entry.objects.get(kind="lead.opened")
    assert (entry.by, entry.via) == (api.user, "api")
    assert Submission.objects.get().by == api.user


def test_touches_and_custom_attributes_come_along(api):
    AttributeDefinition.objects.create(subject="person", name="shirt", label="Shirt", type="text")
    at = (now() - timedelta(hours=2)).isoformat()
    touches = [
        {"kind": "page_view", "url": "https://us.example/pricing", "occurred_at": at, "external_id": "v1"},
        {"kind": "call", "automatic": False, "direction": "out", "by": api.user.pk},
    ]
    api.post("leads/", {**GRACE, "attributes": {"person": {"shirt": "M"}}, "touches": touches})
    assert Person.objects.get().attributes == {"shirt": "M"}
    assert Touch.objects.get(kind="page_view").external_id == "v1"
    assert Touch.objects.get(kind="call").by == api.user


def test_bytes_of_every_script_survive(api):
    api.post("leads/", {"email": "a@b.example", "first_name": "Zoë 𝔊 ‏שלום", "message": "line\r\n\tline"})
    assert Person.objects.get().first_name == "Zoë 𝔊 ‏שלום"
    assert Lead.objects.get().message == "line\r\n\tline"


def test_everything_at_its_longest_is_kept(api):
    long = "https://us.example/" + "x" * 3_980
    touch = {
        "kind": "k" * 20,
        "url": long,
        "asset": "a" * 120,
        "campaign": "é" * 120,
        "external_id": "e" * 120,
        "channel": "c" * 60,
    }
    body = {
        "email": "e" * 64 + "@" + "d" * 60 + ".example", "phone": "+49 30 1234567" + " " * 20, "external_id": "i" * 120,
        "source": "s" * 60, "first_name": "ﬃ" * 100, "last_name": "l" * 100, "title": "t" * 160, "region": "r" * 80,
        "message": "m" * 10_000, "utm": dict.fromkeys(("source", "medium", "campaign", "term", "content"), "v" * 500),
        "referrer": long, "page_url": long, "product_interest": "p" * 80, "hand_raise": "h" * 20, "touches": [touch],
        "company": {"name": "ﷺ" * 200, "domain": "d" * 60 + ".example", "industry": "i" * 80, "employees": 2**31 - 1,
                    "technologies": ["t" * 60]},
    }  # fmt: skip
    response = api.post("leads/", body)
    assert response.status_code == 201, response.content
    assert (
        api.post("leads/batch/", {"leads": [{**body, "email": "other@x.example", "external_id": "j"}]}).json()[
            "results"
        ][0]["status"]
        == "created"
    )


def test_a_lead_costs_a_fixed_number_of_statements(api):
    """Who asks, BEGIN and COMMIT; then keys with people, firms, ids, rows with the journal, scores, and the answer."""
    api.post("leads/", {"email": "warm@up.example", "hand_raise": "demo"})
    touches = [{"kind": "page_view", "url": f"/{i}", "external_id": f"v{i}"} for i in range(50)]
    assert _statements(api, {"email": "a@north.example"}, idem="k1") == 11
    assert _statements(api, {"email": "a@north.example"}, idem="k1") == 4
    # Without a key one more look for the same body, two less for the key.
    assert _statements(api, {"email": "b@south.example"}) == 10
    assert _statements(api, {"email": "c@west.example", "touches": touches}) == 10


def _statements(api, body, **more) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert api.post("leads/", body, **more).status_code == 201
    return len(seen)
