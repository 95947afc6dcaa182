"""/intake/ and /intake/sources/: what arrived, why it was refused, Replay; a source with its mapping."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.hooks import connections
from leads.incoming import parse
from leads.intake import capture
from leads.models import Door, Lead, Outcome, Submission
from leads.models.hook import Connection
from leads.submissions import listing
from leads.submissions.keeping import Kept, keep
from revops.lib import rates
from revops.lib.errors import Refused
from revops.lib.now import frozen
from tests.leads.hooks.posting import NOW, connect, post
from tests.leads.hooks.test_hook import typeform

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon():
    rates.forget()
    with frozen(NOW) as clock:
        yield clock


def refused(n=1, source="partner", **more):
    errors = [{"field": "email", "code": "invalid_email", "detail": "This is not a mail address."}]
    given = {
        "door": Door.API,
        "outcome": Outcome.REFUSED,
        "payload": {"email": "kim at acme", "first_name": "Kim"},
        "errors": errors,
    }
    keep([Kept(source=source, **(given | more)) for _ in range(n)], now=NOW)
    return Submission.objects.latest("id")


def test_the_page_says_what_became_of_each_and_which_source_is_in_trouble(signed_in, cast):
    capture([parse({"email": "ann@acme.example", "source": "website"}, now=NOW)], by=None, via="api", now=NOW)
    refused(4)
    page = signed_in(cast.marketer).get("/intake/").content.decode()
    for words in ("New lead", "Refused", "E-mail: This is not a mail address.", "4 of 4", "ann@acme.example", "Kim"):
        assert words in page, words
    only = signed_in(cast.marketer).get("/intake/?outcome=taken").content.decode()
    assert "ann@acme.example" in only and "kim at acme" not in only


def test_fields_are_called_what_people_call_them():
    said = [listing.field_name(path) for path in ("email", "first_name", "touches.3.kind", "company.employees")]
    assert said == ["E-mail", "First name", "Touch 4, kind", "Company employees"]


def test_search_finds_people_and_what_was_refused(cast):
    capture([parse({"email": "ann@acme.example", "source": "website"}, now=NOW)], by=None, via="api", now=NOW)
    one = refused()
    assert [row.outcome for row in listing.chosen(search="ACME.exa")] == ["created"]
    assert list(listing.chosen(search="kim at")) == [one]
    assert list(listing.chosen(search="50% of_nobody\0")) == []
    assert list(listing.chosen(source="\0", outcome="\0")) == []


def test_pages_go_back_and_forth_at_the_same_price(cast):
    refused(120)
    first = listing.page(listing.chosen())
    second = listing.page(listing.chosen(), before=first.older)
    third = listing.page(listing.chosen(), before=second.older)
    assert [len(page.rows) for page in (first, second, third)] == [50, 50, 20]
    assert (first.newer, third.older) == (None, None)
    back = listing.page(listing.chosen(), after=third.newer)
    assert [row.one.pk for row in back.rows] == [row.one.pk for row in second.rows]
    with CaptureQueriesContext(
        connection,
    ) as counted:
        listing.page(listing.chosen(source="partner", outcome="trouble"), before=second.older)
    assert len(counted) == 2


def test_one_submission_shows_all_that_was_kept_and_escapes_it(signed_in, cast):
    one = refused(payload={"email": "<script>alert(1)</script>", "deep": {"er": ["x"]}})
    page = signed_in(cast.admin).get(f"/intake/{one.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page
    assert "deep.er.0" in page and "Replay" in page


def test_replay_says_what_is_still_wrong_and_takes_in_what_is_right_now(signed_in, cast):
    one = refused()
    client = signed_in(cast.marketer)
    answer = client.post(f"/intake/{one.pk}/replay/", follow=True).content.decode()
    assert "Still not taken in" in answer and not Lead.objects.exists()
    Submission.objects.filter(pk=one.pk).update(payload={"email": "kim@acme.example"})
    answer = client.post(f"/intake/{one.pk}/replay/")
    lead = Lead.objects.get()
    assert answer["Location"] == f"/leads/{lead.pk}/"
    assert Submission.objects.get(replay_of=one).lead_id == lead.pk


def test_these_pages_are_for_marketing_and_administrators(signed_in, cast):
    one = refused()
    for address in ("/intake/", f"/intake/{one.pk}/", "/intake/sources/", "/intake/deliveries/1/body/"):
        assert signed_in(cast.owner).get(address).status_code == 403
    assert signed_in(cast.viewer).post(f"/intake/{one.pk}/replay/").status_code == 403


def test_a_source_is_added_mapped_tried_rotated_and_switched_off(signed_in, cast, client):
    marketer = signed_in(cast.marketer)
    marketer.post("/intake/sources/new/", {"provider": "typeform", "name": "Demo page", "secret": "chosen-there"})
    ours = Connection.objects.get()
    assert post(client, ours, typeform(hidden={"team": "fleet"})).status_code == 200
    page = marketer.get(f"/intake/sources/{ours.pk}/").content.decode()
    assert f"/hooks/{ours.token}/" in page and "grace@harborpine.example" in page and "hidden.team" in page
    typed = {"seen": ours.edited_at.isoformat(), "kind": ["form_response"], "act": ["lead"], "touch": [""],
             "from": ["@email", "hidden.team", ""], "to": ["email", "product_interest", ""], "always.hand_raise": "contact"}  # fmt: skip
    tried = marketer.post(f"/intake/sources/{ours.pk}/mapping/", {**typed, "try": "1"}).content.decode()
    assert "Tried, not kept" in tried and "fleet" in tried
    ours.refresh_from_db()
    assert {"from": "hidden.team", "to": "product_interest"} not in ours.mapping["fields"]
    assert marketer.post(f"/intake/sources/{ours.pk}/mapping/", typed).status_code == 302
    ours.refresh_from_db()
    assert ours.mapping["fields"][1] == {"from": "hidden.team", "to": "product_interest"}
    nobody = marketer.post(f"/intake/sources/{ours.pk}/mapping/", typed | {"to": ["message", "title", ""]})
    assert nobody.status_code == 422 and "each delivery would be refused" in nobody.content.decode()
    wrong = marketer.post(f"/intake/sources/{ours.pk}/mapping/", typed | {"to": ["email", "no.such", ""]})
    assert wrong.status_code == 422
    marketer.post(f"/intake/sources/{ours.pk}/secret/", {"secret": "newer-secret"})
    assert (
        post(client, ours, typeform(token="t2", hidden={"team": "fleet"})).status_code == 200
    )  # the old secret, for a day
    lead = Lead.objects.get()
    assert (lead.product_interest, lead.hand_raise) == ("fleet", "contact")
    marketer.post(f"/intake/sources/{ours.pk}/switch/")
    assert post(client, ours, typeform(token="t3")).status_code == 404
    told = Entry.objects.filter(kind__startswith="hook.").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["hook.added", "hook.remapped", "hook.rotated", "hook.switched"]


def test_who_was_slower_changes_nothing(cast):
    ours = connect("stripe")
    with pytest.raises(Refused):
        connections.remap(ours, ours.mapping, by=cast.admin, at=NOW, seen=NOW.replace(hour=1))


def test_what_rest_refuses_is_kept_with_its_reason(client, cast, django_capture_on_commit_callbacks):
    client.force_login(cast.admin)
    with django_capture_on_commit_callbacks(execute=True):
        assert (
            client.post(
                "/api/v1/leads/", {"email": "kim at acme", "source": "partner"}, content_type="application/json"
            ).status_code
            == 400
        )
        batch = {"leads": [{"email": "ann@acme.example"}, {"email": "x\0@y"}, 5]}
        assert client.post("/api/v1/leads/batch/", batch, content_type="application/json").status_code == 200
    kept = Submission.objects.filter(outcome="refused").order_by("id")
    assert (kept[0].source, kept[0].errors[0]["field"]) == ("partner", "email")
    assert len(kept) == 3
