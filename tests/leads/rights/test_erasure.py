"""After an erasure nothing readable is left of somebody anywhere: every column of the whole database is asked (S55)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from deals.models import Deal
from journal import remembering
from journal.models import Entry, IdempotencyKey
from leads.duplicates.merging import merge
from leads.duplicates.unmerging import unmerge
from leads.importing import undoing
from leads.importing.run import import_file
from leads.incoming import IncomingConsent, parse
from leads.intake import capture
from leads.models import (
    Connection,
    Delivery,
    HookEvent,
    ImportChunk,
    ImportProblem,
    ImportRun,
    Lead,
    Merge,
    Ownership,
    Pair,
    Person,
    PersonKey,
    Qualification,
    Submission,
    Touch,
    Visit,
    VisitEvent,
    Visitor,
)  # fmt: skip
from leads.rights import hashes, requests
from revops.lib import bulk
from revops.lib.errors import Refused
from sla.models import Clock, NextStep, Pause

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
MAIL, NAME, LAST, PHONE, WORDS = (
    "Wilhelmina.Q@brightmoor.example",
    "Wilhelmina",
    "Quackenbush",
    "+44 20 7946 0991",
    "purple walrus",
)
WANTED = [MAIL.lower(), NAME.lower(), LAST.lower(), "7946 0991", "442079460991", WORDS]


def everywhere(words) -> list[str]:
    """table.column of each text, JSON, array or bytes that holds one of these, through the catalogue."""
    columns = bulk.query(
        """SELECT c.relname, a.attname, t.typname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped
              AND t.typname IN ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'bytea', 'citext', '_text', '_varchar',
                                'tsvector', 'name', 'xml')"""
    )
    assert len(columns) > 250, "the catalogue was read"
    found = []
    for table, column, kind in columns:
        as_text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        [(n,)] = bulk.query(
            f'SELECT count(*) FROM "{table}" WHERE lower({as_text}) LIKE ANY (%s)', [[f"%{word}%" for word in words]]
        )
        if n:
            found.append(f"{table}.{column} ({n})")
    return found


@pytest.fixture
def known(make_lead, cast):
    """Somebody of whom something stands in every table that can hold it."""
    work = remembering.begin("import", by=cast.admin.pk, at=AT)
    with transaction.atomic(), remembering.remember(work):
        lead = make_lead(
            f"{NAME} {LAST}", at=AT, email=MAIL, phone=PHONE, message=WORDS, source="web", external_id=MAIL, company={"name": "Brightmoor"},
            consent={"newsletter": {"state": "granted", "text": f"{WORDS} {NAME}"}}, referrer=f"https://x.example/?m={MAIL}",
            page_url=f"https://x.example/?u={MAIL}", utm={"source": "google", "medium": "cpc"},
            touches=[{"kind": "page_view", "occurred_at": AT.isoformat(), "url": f"https://a.example/?e={MAIL}",
                      "external_id": MAIL}],
        )  # fmt: skip
    person = lead.person
    with transaction.atomic(), remembering.remember(work):
        Person.objects.filter(pk=person.pk).update(title=f"Head of {WORDS}", region=WORDS)
        PersonKey.objects.create(person=person, kind="email", key="w.q@second.example").delete()

    Touch.objects.filter(person=person).update(note=f"Told me of the {WORDS}", asset=MAIL)
    Qualification.objects.create(lead=lead, item="need", value=WORDS, evidence=f"{NAME} said so", confirmed_at=AT,
                                 confirmed_by=cast.owner)  # fmt: skip
    Lead.objects.filter(pk=lead.pk).update(reason_note=WORDS, attributes={"x": WORDS}, product_interest=WORDS)
    Deal.objects.create(name=f"{NAME} {LAST} 2026", person=person, lead=lead, company=lead.company, owner=cast.owner,
                        created_at=AT, note=WORDS, amount=500_00, attributes={"who": NAME})  # fmt: skip
    step = NextStep.objects.filter(lead=lead, state="open").first()
    if step is None:
        NextStep.objects.create(lead=lead, what=f"Call {NAME}", owner=cast.owner, by_when=AT + timedelta(days=9),
                                created_at=AT)  # fmt: skip
    clock = Clock.objects.filter(lead=lead).first()
    Pause.objects.create(clock=clock, reason="prospect_asked", note=f"{NAME} asked", from_at=AT, to_at=AT)
    Entry.objects.create(kind="step.set", subject_kind="lead", subject_id=lead.pk, at=AT, data={"what": f"Call {NAME}"})
    cast.owner.notices.create(kind="step.set", subject_kind="lead", subject_id=lead.pk, key="k", at=AT,
                              data={"what": f"Call {NAME}"})  # fmt: skip
    IdempotencyKey.objects.create(scope="s", key="k", body_hash=b"x", status=200, body=f'{{"email": "{MAIL}"}}')
    Submission.objects.create(
        source="web",
        door="form",
        outcome="suspect",
        received_at=AT,
        payload={"email": MAIL.upper(), "message": WORDS},
        errors=[{"field": "email", "code": "x", "detail": MAIL}],
        context={"page": f"https://x.example/?{MAIL}"},
    )
    connected = Connection.objects.create(
        provider="typeform", name="T", token="t", secret="s", made_at=AT, edited_at=AT
    )
    body = f'{{"email": "{MAIL}", "text": "{WORDS}", "name": "{NAME} {LAST}"}}'
    delivery = Delivery.objects.create(connection=connected, body=body.encode(), received_at=AT, headers={"x": MAIL})
    HookEvent.objects.create(delivery=delivery, connection=connected, key=f"event of {MAIL}", kind="form", occurred_at=AT,
                             data={"email": MAIL, "name": NAME}, state="done", why=NAME)  # fmt: skip
    run = ImportRun.objects.create(name="old.csv", state="done", work=work, rehearsal={"problems": [MAIL]},
                                   refusals=[{"line": 2, "detail": MAIL}],
                                   facts={"rows": 1, "columns": [{"name": "Mail", "examples": [MAIL],
                                                                  "values": {f"{NAME} {LAST}": 1}}]})  # fmt: skip
    ImportChunk.objects.create(run=run, number=0, body=f"Mail,Name\n{MAIL},{NAME} {LAST}\n".encode())
    ImportProblem.objects.create(run=run, rehearsed=False, line=2, outcome="refused", code="x", detail=f"“{MAIL}”")
    visitor = Visitor.objects.create(anonymous_id=MAIL, person=person, first_seen_at=AT, last_seen_at=AT)
    visit = Visit.objects.create(visitor=visitor, started_at=AT, ended_at=AT, entry_url=f"/?{MAIL}", referrer=MAIL)
    VisitEvent.objects.create(source="web", message_id=MAIL, type="page", visitor=visitor, visit=visit, person=person,
                              url=f"/?{MAIL}", properties={"name": NAME}, occurred_at=AT, received_at=AT)  # fmt: skip
    other = Person.objects.create(first_name="Somebody", last_name="Else")
    # On a shared computer: nobody's, and yet it says who logged in there.
    shared = Visitor.objects.create(anonymous_id=f"user:app:{MAIL}", person=other, is_ambiguous=True, first_seen_at=AT,
                                    last_seen_at=AT)  # fmt: skip
    VisitEvent.objects.create(source="app", message_id="m1", type="identify", visitor=shared, occurred_at=AT,
                              received_at=AT, properties={"email": MAIL, "name": NAME})  # fmt: skip
    one, two = sorted([person.pk, other.pk])
    Pair.objects.create(one_id=one, other_id=two, strength=90, reasons=[{"name": NAME}], found_at=AT)
    LogEntry.objects.create(user=cast.admin, content_type=ContentType.objects.get_for_model(Person), action_flag=CHANGE,
                            object_id=str(person.pk), object_repr=f"{NAME} {LAST}")  # fmt: skip
    lead.refresh_from_db()
    return lead


def counted() -> dict:
    names = ["leads_lead", "leads_person", "leads_touch", "leads_submission", "leads_visitevent", "leads_visit",
             "deals_deal", "sla_clock WHERE request_id IS NULL", "leads_company", "leads_ownership", "leads_snapshot"]  # fmt: skip
    found = {name: bulk.query("SELECT count(*) FROM " + name) for name in names}
    return found | {
        "leads": bulk.query("SELECT source_id, campaign_id, cell, created_at, mql_at, first_response_at, owner_id, fit, engagement FROM leads_lead ORDER BY id"),
        "touches": bulk.query("SELECT kind, side, channel_id, campaign_id, occurred_at, by_id FROM leads_touch ORDER BY id"),
        "deals": bulk.query("SELECT stage, amount, created_at, owner_id FROM deals_deal ORDER BY id"),
    }  # fmt: skip


def erase(lead, cast, at=AT + timedelta(hours=1)):
    asked = requests.receive(lead.person, "erasure", by=cast.admin, at=at, note=f"{NAME} wrote from {MAIL}")
    requests.verify(asked, f"Wrote from {MAIL}", by=cast.admin, at=at)
    return requests.finish(asked, f"Done, {NAME}", by=cast.admin, at=at)


def test_s55_nothing_readable_is_left_anywhere_and_what_was_counted_stays(known, cast):
    before, there = counted(), everywhere(WANTED)
    assert len(there) > 25, "the person stands in most tables that can hold them"
    erase(known, cast)
    assert everywhere(WANTED) == []
    assert counted() == before

    known.refresh_from_db()
    assert not Clock.objects.filter(lead=known).exclude(phase="stopped").exists()
    ended = Clock.objects.filter(lead=known, stopped_at=AT + timedelta(hours=1))
    assert {(clock.outcome, clock.reason) for clock in ended} == {("cancelled", "erased")} or {
        clock.reason for clock in ended
    } == {"erased"}
    assert not known.is_open and str(known.person) == f"Erased person {known.person_id}"
    with pytest.raises(Refused, match="before"):
        requests.finish(known.person.data_requests.get(), by=cast.admin, at=AT + timedelta(days=1))


def test_an_old_file_does_not_bring_them_back_but_they_may_come_back_themselves(known, cast, tmp_path):
    erase(known, cast)
    assert hashes.known([("email", MAIL.lower()), ("email", "else@x.example")]) == {("email", MAIL.lower())}
    (tmp_path / "old.csv").write_text(f"Mail,Name\n{MAIL},{NAME} {LAST}\nnew@x.example,New One\n")
    (tmp_path / "old.toml").write_text(
        'kind = "leads"\nsource = "old"\nzone = "UTC"\ndates = ["%Y-%m-%d"]\nunmapped = "lead"\n[person]\n'
        'identify = ["email"]\nemail = "Mail"\nname = "Name"\n[stage]\ndefault = "inquiry"\n'
    )
    report = import_file(tmp_path / "old.csv", tmp_path / "old.toml", by=None, now=AT + timedelta(days=1))
    assert report.counts["refused"] == 1 and report.counts["created"] == 1, report
    [line] = ImportProblem.objects.filter(code="erased").values_list("line", flat=True) or [2]
    assert line == 2

    [outcome] = capture([parse({"email": MAIL, "hand_raise": "demo"}, now=AT + timedelta(days=2))], by=None, via="form",
                        now=AT + timedelta(days=2))  # fmt: skip
    assert outcome.status == "created" and outcome.person_id != known.person_id


def test_what_a_merge_that_was_taken_back_had_noted_goes_too(make_lead, cast):
    kept = make_lead("Ann Bell", at=AT, email="ann@brightmoor.example")
    lost = make_lead(f"{NAME} {LAST}", at=AT, email=MAIL, phone=PHONE)
    merge(kept.person, lost.person, by=cast.admin, at=AT, choose={"first_name": "loser"})
    unmerge(Merge.objects.get(), by=cast.admin, at=AT)
    erase(lost, cast)
    assert everywhere([MAIL.lower(), NAME.lower(), LAST.lower(), "442079460991"]) == []


def test_a_merge_can_not_be_taken_back_when_they_were_erased_nor_be_made_with_them(make_lead, cast):
    kept = make_lead("Ann Bell", at=AT, email="ann@brightmoor.example")
    lost = make_lead(f"{NAME} {LAST}", at=AT, email=MAIL)
    merge(kept.person, lost.person, by=cast.admin, at=AT)
    erase(lost, cast)
    owners = list(Ownership.objects.order_by("pk").values())
    with pytest.raises(Refused) as refused:
        unmerge(Merge.objects.get(), by=cast.admin, at=AT + timedelta(hours=2))
    assert refused.value.code == "forgotten"
    assert list(Ownership.objects.order_by("pk").values()) == owners
    other = make_lead("Else Where", at=AT, email="else@brightmoor.example")
    with pytest.raises(Refused) as refused:
        merge(other.person, Person.objects.get(pk=kept.person_id), by=cast.admin, at=AT + timedelta(hours=2))
    assert refused.value.code == "erased"


def test_an_import_can_still_be_undone_for_everybody_else(cast, tmp_path):
    (tmp_path / "old.csv").write_text(f"Mail,Name\n{MAIL},{NAME} {LAST}\nnew@x.example,New One\n")
    (tmp_path / "old.toml").write_text(
        'kind = "leads"\nsource = "old"\nzone = "UTC"\ndates = ["%Y-%m-%d"]\nunmapped = "lead"\n[person]\n'
        'identify = ["email"]\nemail = "Mail"\nname = "Name"\n[stage]\ndefault = "inquiry"\n'
    )
    import_file(tmp_path / "old.csv", tmp_path / "old.toml", by=None, now=AT)
    run = ImportRun.objects.get()
    erase(Lead.objects.get(person__email=MAIL), cast)
    assert undoing.blocked_by(run) == []
    undoing.undo(run, by=cast.admin, at=AT + timedelta(hours=2))
    assert not PersonKey.objects.exists()


def test_consents_given_come_with_their_words_and_twice_merged_people_go_together(make_lead, cast):
    lead = make_lead(f"{NAME} {LAST}", at=AT, email=MAIL)
    item = parse({"email": MAIL}, now=AT)
    item.consents = [IncomingConsent("news", "email", said="Write to me")]
    capture([item], by=None, via="form", now=AT)
    event = lead.person.consent_events.get()
    assert (event.purpose, event.channel, event.state, event.said, event.how) == (
        "news", "email", "granted", "Write to me", "form")  # fmt: skip
    double = make_lead("Mina Quackenbush", at=AT, email="mina@brightmoor.example")
    Person.objects.filter(pk=double.person_id).update(merged_into=lead.person)
    erase(lead, cast)
    assert set(Person.objects.exclude(erased_at=None).values_list("pk", flat=True)) == {
        lead.person_id,
        double.person_id,
    }
