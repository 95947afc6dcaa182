"""What leaves the house as a file: safe to open (S41), complete, for those who may; one person's own copy (S56)."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from leads.consent import giving, links, saying, texts
from leads.duplicates.merging import merge
from leads.duplicates.unmerging import unmerge
from leads.exporting.kinds import all_kinds
from leads.incoming import Incoming
from leads.intake_tabs import tabs
from leads.models import ConsentEvent, DataRequest, Merge, Person, Qualification, VisitEvent, Visitor
from leads.rights import copy, hashes, requests
from revops.lib import csv_file
from revops.lib.errors import Invalid, Refused

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "   @x", "\u00a0=1",
        "\uff1d1", "\uff0bA", "\uff0dA", "\uff20A", "\u3000=1", "\ufeff=1", "'=1", "''=1", "\u200b=HYPERLINK(1)"]  # fmt: skip
GOOD = ["Ann", "O'Hara", "'tis", "-5", "+49", "12.5", "", "a=b", "x@y.example", "日本", "two\nlines"]


def test_s41_no_cell_is_a_formula_and_every_cell_reads_back():
    for text in EVIL:
        cell = csv_file.safe(text)
        assert cell.startswith("'"), repr(text)
        assert csv_file.plain(cell) == text
    for text in GOOD:
        assert csv_file.safe(text) == text and csv_file.plain(text) == text
    written = "".join(part.decode() for part in csv_file.answer("x", ["A"], [[text] for text in EVIL]))
    cells = [row[0] for row in csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""))][1:]
    assert [csv_file.plain(cell) for cell in cells] == EVIL


@pytest.mark.django_db
def test_everything_is_exported_as_csv_and_json_for_those_who_may(signed_in, make_lead, cast):
    lead = make_lead(at=AT, message="=HYPERLINK(1)", consent={"news": True})
    client = signed_in(cast.marketer)
    assert "Download" in client.get("/intake/exports/").content.decode()
    for kind in all_kinds():
        answer = client.get(f"/intake/exports/file/?kind={kind}&format=json")
        assert answer.status_code == 200
        rows = json.loads(b"".join(answer.streaming_content))
        table = b"".join(client.get(f"/intake/exports/file/?kind={kind}").streaming_content).decode()
        assert len(list(csv.reader(io.StringIO(table, newline="")))) == len(rows) + 1, kind
        if kind == "leads":
            assert rows[0]["id"] == lead.pk and rows[0]["message"] == "=HYPERLINK(1)" and ",'=HYPERLINK(1)," in table
        if kind in ("leads", "people", "touches", "clocks", "consent", "journal"):
            assert rows, kind
    late = client.get("/intake/exports/file/?kind=leads&format=json&since=2026-03-03")
    assert json.loads(b"".join(late.streaming_content)) == []
    assert client.get("/intake/exports/file/?kind=teams_user").status_code == 404
    assert signed_in(cast.viewer).get("/intake/exports/file/?kind=leads").status_code == 403


@pytest.mark.django_db
def test_s56_a_copy_holds_what_was_given_and_what_was_observed(make_lead, cast):
    lead = make_lead("Ann Lee", at=AT, phone="+1 555 010 9999", message="=1+1", consent={"news": {"text": "Yes, write"}},
                     touches=[{"kind": "page_view", "url": "/pricing", "occurred_at": "2026-03-01T10:00:00Z"}])  # fmt: skip
    found = copy.of(lead.person)
    assert found["person"][0]["first_name"] == "Ann" and found["leads"][0]["message"] == "=1+1"
    assert {touch["url"] for touch in found["touches"]} >= {"/pricing"}
    with zipfile.ZipFile(io.BytesIO(copy.as_zip(lead.person))) as packed:
        assert json.loads(packed.read("person.json")) == json.loads(json.dumps(found))
        assert b"'=1+1" in packed.read("leads.csv")


@pytest.mark.django_db
def test_texts_have_versions_and_the_same_words_are_one(cast):
    one = texts.add("news", "email", "Write to me.", by=cast.admin, at=AT)
    assert texts.add("news", "email", "Write to me.", by=cast.admin, at=AT) == one
    two = texts.add("news", "email", "Write to me weekly.", by=cast.admin, at=AT)
    assert (one.version, two.version) == (1, 2) and texts.current() == [two]
    with pytest.raises(Invalid):
        texts.add("No such", "", "x\0", by=cast.admin, at=AT)


@pytest.mark.django_db
def test_consent_is_taken_back_by_the_link_in_a_mail_and_by_hand(client, signed_in, cast, make_lead):
    person = make_lead(at=AT, consent={"news": True}).person
    address = f"/u/{links.token(person.pk, 'news')}/"
    assert client.get(address).status_code == 200
    assert not ConsentEvent.objects.filter(state="withdrawn").exists()
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    person.refresh_from_db()
    assert person.consent["news.email"]["state"] == "withdrawn"
    assert client.post("/u/forged:link:here/").status_code == 404
    consent = f"/people/{person.pk}/consent/"
    inside = signed_in(cast.marketer)
    assert "Withdraw" in inside.get(consent).content.decode()
    inside.post(consent, {"consent": "news"})
    assert "<h2>What holds now" not in inside.get(consent).content.decode()
    assert links.headers(person.pk, "news")["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_older_yes_never_comes_over_a_newer_no():
    no = {"news": {"state": "withdrawn", "at": "2026-03-02T23:30:00-05:00"}}
    for told in (True, "granted", {"state": "granted", "at": "2099-01-01"}, {"state": "yes", "at": "yesterday"}):
        item = Incoming(consent={"news": told}, occurred_at=AT - timedelta(days=9))
        assert giving.is_no(giving.cached(no, item, at=AT)["news"]), told
    held = giving.cached({}, Incoming(consent={"news": {"state": "granted", "at": "2099-01-01"}}), at=AT)
    giving.note(held, "news", "", "withdrawn", AT + timedelta(hours=1))
    assert giving.is_no(held["news"]), "a clock that is ahead keeps nobody from withdrawing"
    east = {"news": {"state": "withdrawn", "at": "2026-03-02T16:00:00+01:00"}}  # the very hour of AT
    giving.note(east, "news", "", "granted", AT + timedelta(minutes=1))
    assert not giving.is_no(east["news"]), "moments are compared, not their texts"
    person = Person(consent={"news.email": {"state": "granted", "at": AT.isoformat()}})
    assert saying.may(person, "news", "email") and not saying.may(person, "news", "phone")
    giving.note(person.consent, "news", "", "withdrawn", AT + timedelta(hours=1))
    assert not saying.may(person, "news", "email"), "a no to the purpose is a no to each of its channels"


@pytest.mark.django_db
def test_the_link_in_an_old_mail_holds_for_the_record_they_went_into(client, cast, make_lead):
    kept = make_lead("Ann Bell", at=AT, email="ann@brightmoor.example", consent={"news": True})
    lost = make_lead("Anne Bell", at=AT, email="anne@brightmoor.example", consent={"news": True})
    merge(kept.person, lost.person, by=cast.admin, at=AT)
    client.post(f"/u/{links.token(lost.person_id, 'news')}/")
    assert not saying.may(Person.objects.get(pk=kept.person_id), "news", "email")
    saying.object_to_marketing(Person.objects.get(pk=kept.person_id), by=cast.admin, at=AT)
    unmerge(Merge.objects.get(), by=cast.admin, at=AT + timedelta(days=1))
    for pk in (kept.person_id, lost.person_id):
        person = Person.objects.get(pk=pk)
        assert person.suppressed and giving.is_no(person.consent["news.email"]), "whoever of the two it was"
        assert person.consent_events.filter(state="withdrawn", channel="email").count() == 1


@pytest.mark.django_db
def test_s56_the_copy_has_what_was_merged_twice_and_what_they_did_before_we_knew_them(cast, make_lead):
    ann, anna, annie = (make_lead(f"{name} Bell", at=AT, email=f"{name}@x.example") for name in ("Ann", "Anna", "Annie"))
    old = Visitor.objects.create(anonymous_id="v1", person=anna.person, first_seen_at=AT, last_seen_at=AT)
    VisitEvent.objects.create(source="web", message_id="m", type="page", visitor=old, url="/long-ago", occurred_at=AT,
                              received_at=AT)  # fmt: skip
    asked = requests.receive(annie.person, "access", by=cast.admin, at=AT, note="What do you have?")
    Qualification.objects.create(lead=annie, item="need", value="Leads", evidence="Said so", confirmed_at=AT,
                                 confirmed_by=cast.owner)  # fmt: skip
    merge(anna.person, annie.person, by=cast.admin, at=AT)
    merge(ann.person, Person.objects.get(pk=anna.person_id), by=cast.admin, at=AT)
    asked.refresh_from_db()
    found = copy.of(asked.person)
    assert {row["first_name"] for row in found["person"]} == {"Ann", "Anna", "Annie"}
    assert [row["url"] for row in found["visits"]] == ["/long-ago"]
    assert [row["value"] for row in found["qualifications"]] == ["Leads"]
    assert [row["note"] for row in found["requests"]] == ["What do you have?"]


@pytest.mark.django_db
def test_the_log_is_worked_on_its_pages(signed_in, make_lead, cast):
    person = make_lead("Ann Lee", at=AT, email="ann@x.example").person
    client = signed_in(cast.admin)
    assert client.get("/rights/").status_code == client.get("/rights/texts/").status_code == 200
    assert client.post("/rights/new/", {"who": "nobody", "kind": "erasure"}).status_code == 422
    answer = client.post("/rights/new/", {"who": "Ann@x.example", "kind": "erasure", "note": "Please erase me."})
    asked = DataRequest.objects.get()
    assert answer.url == f"/rights/{asked.pk}/" and asked.person == person
    assert client.post(answer.url, {"verb": "finish"}).status_code == 409
    assert client.post(f"{answer.url}copy/").status_code == 409
    client.post(answer.url, {"verb": "verify", "words": "Same address"})
    assert client.post(f"{answer.url}copy/")["Content-Type"] == "application/zip"
    assert "Ann Lee" in client.get("/rights/").content.decode()
    assert client.post(answer.url, {"verb": "finish"}).url == f"{answer.url}erase/", "nothing is erased by one click"
    page = client.get(f"{answer.url}erase/").content.decode()
    assert "Erase for good" in page and "can’t be undone" in page and "Ann Lee" in page
    assert not Person.objects.exclude(erased_at=None).exists()
    assert client.post(f"{answer.url}erase/").status_code == 302
    person.refresh_from_db()
    assert person.erased_at is not None and "Ann" not in client.get("/rights/").content.decode()
    page = client.get(f"/leads/{person.leads.get().pk}/").content.decode()
    assert "Only what was counted" in page and "ann@x" not in page
    assert signed_in(cast.viewer).post("/rights/new/", {"who": "x@y.example", "kind": "access"}).status_code == 422
    assert not DataRequest.objects.filter(contact="x@y.example").exists()
    assert Person.objects.count() == 1
    assert requests.names([asked.pk])[asked.pk][1] == f"/rights/{asked.pk}/"


@pytest.mark.django_db
def test_the_tabs_of_intake_lead_nobody_to_a_refusal(cast):
    assert [tab["label"] for tab in tabs("exports", cast.owner)] == ["Export"]
    assert len(tabs("exports", cast.marketer)) == 7


@pytest.mark.django_db
def test_of_who_is_not_known_a_request_is_logged_and_answered_that_nothing_is_held(signed_in, make_lead, cast):
    client = signed_in(cast.admin)
    for kind in ("access", "erasure"):
        made = client.post("/rights/new/", {"who": "Nobody@x.example", "kind": kind, "note": "I am Nobody"})
    asked = DataRequest.objects.get(kind="erasure")
    assert asked.person is None and asked.clocks.count() == 1
    page = client.get(made.url).content.decode()
    assert "Nobody is known by Nobody@x.example" in page and "Nobody@x.example" in client.get("/rights/").content.decode()
    assert client.post(f"{made.url}copy/").status_code == 409
    assert client.post(made.url, {"verb": "finish"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.clocks.get().outcome) == ("done", requests.NOTHING_HELD, "met")
    assert not DataRequest.objects.exclude(contact="", note="").exists(), "their words went with it, of both requests"
    assert client.get(made.url).status_code == client.get("/rights/").status_code == 200

    later = requests.receive(None, "access", by=cast.admin, at=AT, contact="ann@x.example")
    person = make_lead("Ann Lee", at=AT, email="ann@x.example").person
    with pytest.raises(Refused, match="how you know"):
        requests.finish(later, by=cast.admin, at=AT)
    assert requests.verify(later, "Same address", by=cast.admin, at=AT).person == person, "known by now"
    requests.receive(None, "objection", by=cast.admin, at=AT, contact="no@x.example")
    assert hashes.known([("email", "no@x.example")]), "no import brings them"
