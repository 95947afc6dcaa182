"""Doubles are found by what they share, once, and the cost does not grow with the people there are."""

import time
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from leads.duplicates import finding, moving, reviewing
from leads.duplicates.merging import merge
from leads.duplicates.unmerging import unmerge
from leads.incoming import parse
from leads.intake import capture
from leads.models import Company, Lead, Merge, Pair, Person, PersonKey, ToCompare
from revops.lib import bulk

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def comes(email: str = "", first: str = "", last: str = "", **more) -> Person:
    body = {"email": email, "first_name": first, "last_name": last, **more}
    [outcome] = capture([parse({k: v for k, v in body.items() if v}, now=NOW)], by=None, via="api", now=NOW)
    return Person.objects.get(pk=outcome.person_id)


def drained() -> list[tuple[int, int, list[str]]]:
    while finding.drain(NOW):
        pass
    assert not ToCompare.objects.exists()
    return list(Pair.objects.filter(state="open").order_by("id").values_list("one_id", "other_id", "reasons"))


def test_a_gmail_mailbox_is_one_person_at_once():
    one = comes("John.Smith+x@GoogleMail.com", "John", "Smith")
    assert comes("johnsmith@gmail.com").pk == one.pk
    assert comes("j.o.h.n.smith@gmail.com").pk == one.pk
    assert set(one.keys.values_list("kind", flat=True)) == {"email", "gmail"}
    assert comes("john.smith@outlook.com").pk != one.pk


def test_a_phone_alone_is_somebody_and_found_again():
    one = comes(phone="+49 30 1234567", first="Ida")
    assert comes(phone="0049 (0)30 1234567").pk == one.pk
    with_mail = comes("ida@kiso.example", "Ida", phone="+49 30 1234567")
    assert with_mail.pk != one.pk, "colleagues share numbers"
    assert drained() == [(one.pk, with_mail.pk, ["same_name", "phone"])]


def test_doubles_are_queued_once_and_forgotten_when_nothing_speaks_for_them(cast):
    one = comes("marcus.hale@lumen.example", "Marcus", "Hale")
    other = comes("m.hale@lumen.example", "Marc", "Hale")
    comes("anna.berg@lumen.example", "Anna", "Berg")
    assert drained() == [(one.pk, other.pk, ["close_name", "company"])]
    finding.again([one.pk, other.pk], now=NOW)
    assert len(drained()) == 1 and Pair.objects.count() == 1
    Person.objects.filter(pk=other.pk).update(last_name="Olsen", first_name="Nils")
    finding.again([other.pk], now=NOW)
    assert drained() == []


def test_two_called_different_are_never_asked_about_again(cast):
    one = comes("marcus.hale@lumen.example", "Marcus", "Hale")
    other = comes("m.hale@lumen.example", "Marc", "Hale")
    drained()
    pair = Pair.objects.get()
    reviewing.different(pair, by=cast.admin, at=NOW)
    finding.again([one.pk, other.pk], now=NOW)
    assert drained() == []
    # Nor about whoever one of them becomes part of.
    third = comes("marcus@hale.example", "Marcus", "Hale")
    merge(third, other, by=cast.admin, at=NOW)
    Person.objects.filter(pk=third.pk).update(company_id=one.company_id)
    finding.again([third.pk], now=NOW)
    assert drained() == []
    assert Pair.objects.filter(state="different").count() == 2
    unmerge(Merge.objects.get(), by=cast.admin, at=NOW)
    states = {(p.one_id, p.other_id): p.state for p in Pair.objects.all()}
    assert states[min(one.pk, other.pk), max(one.pk, other.pk)] == "different", "what was said before stays said"


def test_who_was_taken_apart_is_not_asked_about_again(cast):
    one = comes("marcus.hale@lumen.example", "Marcus", "Hale")
    other = comes("m.hale@lumen.example", "Marc", "Hale")
    drained()
    merge(one, other, by=cast.admin, at=NOW)
    assert drained() == [] and Pair.objects.get().state == "merged"
    unmerge(Merge.objects.get(), by=cast.admin, at=NOW)
    assert drained() == [] and Pair.objects.get().state == "different"


def test_whoever_is_typed_in_is_compared_before(signed_in, cast, frozen):
    known = comes("marcus.hale@lumen.example", "Marcus", "Hale")
    drained()
    [found] = finding.like(first_name="Marc", last_name="Hale", email="mh@lumen.example")
    assert (found.lead.person_id, found.reasons) == (known.pk, ["close_name", "company"])
    assert finding.like(first_name="Marc", last_name="Hale", email="mh@globex.example") == []
    typed = {"first_name": "Marc", "last_name": "Hale", "email": "mh@lumen.example"}
    client = signed_in(cast.owner)
    answer = client.post("/leads/new/", typed)
    assert answer.status_code == 409 and "Known already?" in answer.content.decode()
    assert Person.objects.count() == 1
    assert client.post("/leads/new/", {**typed, "somebody_else": "1"}).status_code == 302
    assert Person.objects.count() == 2


def test_firms_are_matched_by_name_then_domain():
    acme = comes("jane@acme.com", "Jane", company={"name": "Acme Analytics"}).company
    assert comes("bob@acme.com", "Bob").company == acme, "a domain is enough when no firm is named"
    globex = comes("eve@gmail.com", "Eve", company={"name": "Globex"}).company
    assert comes("kim@acme.com", "Kim", company={"name": "GLOBEX, Inc."}).company == globex, "the name as said"
    globex.refresh_from_db()
    assert globex.domain is None, "a domain is of one firm"
    assert comes("pat@globex.example", "Pat", company={"name": "Globex"}).company == globex
    other = comes("lee@other.example", "Lee", company={"name": "Globex"}).company
    assert other != globex, "another domain is another firm"
    assert comes("zoe@mailinator.com", "Zoe").company is None
    assert comes("ann@initech.example", company={"name": "Initech"}).company != comes(
        "ann@intech.example", company={"name": "Intech"}
    ).company  # fmt: skip
    # Of two firms of one name the one that is being sold to.
    first = Company.objects.create(name="Fjell", name_key="fjell")
    second = Company.objects.create(name="Fjell", name_key="fjell")
    assert comes("a@gmail.com", company={"name": "Fjell"}).company == first
    ida = Person.objects.create(company=second)
    Lead.objects.create(person=ida, company=second, stage="opportunity", created_at=NOW, stage_at=NOW)
    assert comes("b@gmail.com", company={"name": "Fjell"}).company == second


def test_the_number_of_statements_is_the_same_for_one_and_for_a_lot():
    counts = []
    for many in (1, 60):
        for n in range(many):
            comes(f"p{n}.q{many}@firm{n}.example", f"Name{n}", "Hale")
        with CaptureQueriesContext(connection) as caught:
            finding.drain(NOW)
        counts.append(len(caught))
    assert abs(counts[0] - counts[1]) <= 1 and max(counts) <= 9, counts


def test_everything_that_points_to_a_person_moves_or_says_why_not():
    """Also what is added one day: a table that points to people takes part in remembering, or is named in STAYS."""
    moved = {table for table, _ in moving.moved()}
    pointing = {model for model, _ in moving.pointing(Person) if model._meta.label not in moving.STAYS}
    assert [model._meta.label for model in pointing if model._meta.db_table not in moved] == []
    assert {"leads_personkey", "leads_touch", "leads_submission", "leads_consentevent", "leads_visitor"} <= moved


@pytest.mark.django_db(transaction=True)
def test_two_pulses_share_the_work_and_two_reviewers_merge_once(make_lead, cast):
    for n in range(30):
        comes(f"p{n}@firm{n // 2}.example", "Marcus" if n % 2 else "Marc", "Hale")
    pairs: list = []
    _at_once(lambda _: finding.drain(NOW, 10), lambda _: finding.drain(NOW, 10))
    while finding.drain(NOW):
        pass
    pairs = list(Pair.objects.all())
    assert len(pairs) == 15
    pair = Pair.objects.select_related("one", "other").first()
    seen: list[str] = []

    def press(turned: bool):
        one, other = (pair.other, pair.one) if turned else (pair.one, pair.other)
        try:
            merge(one, other, by=cast.admin, at=NOW)
            seen.append("done")
        except Exception as refusal:
            seen.append(getattr(refusal, "code", repr(refusal)))

    _at_once(lambda _: press(False), lambda _: press(True))
    assert sorted(seen) in (["done", "done"], ["done", "merged"]), "the second one is told it was merged already"
    assert Merge.objects.count() == 1
    made = Merge.objects.get()
    _at_once(*[lambda _: unmerge(made, by=cast.admin, at=NOW + timedelta(minutes=1))] * 2)
    assert not Person.objects.exclude(merged_into=None).exists()
    assert PersonKey.objects.filter(person=pair.other_id).exists() and PersonKey.objects.filter(person=pair.one).exists()


def _at_once(*calls) -> None:
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        call(None)
        connections.close_all()

    threads = [Thread(target=run, args=[call]) for call in calls]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


@pytest.mark.long
def test_the_check_costs_the_same_among_a_million_people():
    """From ten thousand people to a million: the check of one on its way in grows by less than twice."""
    took = []
    for upto in (10_000, 1_000_000):
        have = Person.objects.count()
        bulk.run([(
            """WITH made AS (
                   INSERT INTO leads_person (first_name, last_name, email)
                   SELECT 'First' || mod(n, 5000), 'Last' || mod(n, 7919),
                          'p' || n || '@firm' || mod(n, 40000) || '.example'
                     FROM generate_series(%s::int, %s::int) n RETURNING id, email)
               INSERT INTO leads_personkey (person_id, kind, key) SELECT id, 'email', email FROM made""",
            [have, upto - 1])])  # fmt: skip
        bulk.run([("""INSERT INTO leads_likeness (person_id, key)
                      SELECT p.id, hashtextextended(x.n::text || mod(p.id, 200000), 0)
                        FROM leads_person p CROSS JOIN generate_series(1, 4) x(n) ON CONFLICT DO NOTHING""", []),
                  ("ANALYZE leads_person; ANALYZE leads_likeness; ANALYZE leads_personkey", [])])  # fmt: skip
        laps = []
        for n in range(60):
            person = comes(f"new{upto}x{n}@firm{n}.example", f"First{n}", f"Last{n}")
            began = time.perf_counter()
            finding.like(email=f"other{n}@firm{n}.example", first_name=f"First{n}", last_name=f"Last{n}")
            finding.drain(NOW)
            laps.append(time.perf_counter() - began)
            assert person.pk
        took.append(sorted(laps)[len(laps) // 2])
    assert took[1] < 2 * took[0], took
