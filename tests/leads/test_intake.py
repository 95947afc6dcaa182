"""The only way in: people and firms are recognised, cycles opened once, and the statements don't grow."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.incoming import parse
from leads.intake import capture
from leads.models import Company, Lead, Person, Submission, Touch

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(settings, monkeypatch):
    """Intake alone: what scoring and clocks make of it has tests of its own."""
    monkeypatch.setattr("journal.record.reactions", lambda: ())


def incoming(email="grace@harborpine.example", now=NOW, **more):
    return parse({"email": email, **more}, now=now)


def take(*items, now=NOW):
    return capture(items, by=None, via="api", now=now)


def test_a_new_mail_makes_person_firm_submission_touch_and_cycle():
    [outcome] = take(
        incoming(first_name="Grace", title="VP Operations", hand_raise="demo", company={"name": "Harbor & Pine Inc."})
    )
    lead = Lead.objects.get()
    assert (outcome.status, outcome.lead_id, outcome.cycle) == ("created", lead.id, 1)
    assert lead.person.seniority == "vp"
    assert lead.company.domain == "harborpine.example"
    assert Submission.objects.get().outcome == "created"
    assert Touch.objects.get().kind == "demo_request"
    assert Entry.objects.get().kind == "lead.opened"


def test_the_same_person_joins_the_open_cycle():
    take(incoming())
    [outcome] = take(incoming(email="GRACE@HarborPine.example ".strip(), hand_raise="contact"))
    assert outcome.status == "existing"
    assert Lead.objects.get().hand_raise == "contact"
    assert Touch.objects.count() == 2


def test_a_batch_may_name_one_person_twice():
    first, second = take(incoming(first_name="Grace"), incoming(phone="+1 312 555 0100"))
    assert (first.status, second.status) == ("created", "existing")
    assert Person.objects.get().phone == "+1 312 555 0100"


@pytest.mark.parametrize("stage", ["lost", "rejected", "recycled"])
def test_back_after_an_end_is_the_next_cycle(stage):
    take(incoming())
    Lead.objects.update(stage=stage)
    [outcome] = take(incoming(), now=NOW + timedelta(days=30))
    assert (outcome.status, outcome.cycle) == ("created", 2)


@pytest.mark.parametrize("stage", ["disqualified", "opportunity"])
def test_some_ends_open_no_cycle_but_nothing_is_dropped(stage):
    take(incoming())
    Lead.objects.update(stage=stage)
    [outcome] = take(incoming(message="again"), now=NOW + timedelta(days=1))
    assert outcome.status == "touched"
    assert Lead.objects.count() == 1
    assert Submission.objects.count() == 2 and Touch.objects.count() == 2


def test_the_same_body_within_ten_minutes_is_one_submission():
    item = incoming()
    item.fingerprint = b"x" * 32
    [first] = take(item)
    [again] = take(item, now=NOW + timedelta(minutes=9))
    [later] = take(item, now=NOW + timedelta(minutes=10, seconds=1))
    assert (again.status, again.lead_id, again.submission_id) == ("duplicate", first.lead_id, first.submission_id)
    assert later.status == "existing"
    assert Submission.objects.count() == 2


def test_free_mail_joins_no_firm_and_a_firm_is_recognised_by_domain():
    take(incoming("a@gmail.com"), incoming("b@lumen-freight.example"), incoming("c@lumen-freight.example"))
    assert Company.objects.count() == 1
    assert Company.objects.get().name == "Lumen Freight"


def test_an_external_id_of_a_source_is_an_identity():
    one = parse({"external_id": "77", "source": "olist"}, now=NOW)
    [first], [again] = take(one), take(parse({"external_id": "77", "source": "olist"}, now=NOW))
    assert first.person_id == again.person_id


def test_what_is_learnt_is_kept_as_facts_and_the_latest_title_wins():
    take(incoming(title="Analyst", first_name="Grace"))
    take(incoming(title="Director Sales Ops", first_name="Gracie"))
    person = Person.objects.get()
    assert (person.title, person.seniority, person.first_name) == ("Director Sales Ops", "director", "Grace")


def test_statements_do_not_grow_with_the_batch():
    def count(n, tag):
        items = [incoming(f"p{i}@{tag}{i}.example", company={"industry": "logistics"}) for i in range(n)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(*items)
        return len(queries)

    take(incoming("warm@up.example"))
    assert count(1, "one") == count(200, "many") <= 9


def test_an_empty_batch_is_nothing():
    assert capture([], by=None, via="api", now=NOW) == []


def test_an_earlier_cycle_opened_again_is_the_one_to_join():
    take(incoming())
    Lead.objects.update(stage="rejected")
    take(incoming(), now=NOW + timedelta(days=1))
    Lead.objects.filter(cycle=2).update(stage="lost")
    Lead.objects.filter(cycle=1).update(stage="mql")
    [outcome] = take(incoming(), now=NOW + timedelta(days=2))
    assert (outcome.status, outcome.cycle) == ("existing", 1)
    Lead.objects.filter(cycle=1).update(stage="rejected")
    [outcome] = take(incoming(), now=NOW + timedelta(days=3))
    assert (outcome.status, outcome.cycle) == ("created", 3)


def test_a_raised_hand_is_not_lowered_by_a_later_form_of_the_same_batch():
    take(incoming())
    take(
        incoming(hand_raise="demo", message="Call me"), incoming(message="And the price list"),
    )  # fmt: skip
    lead = Lead.objects.get()
    assert (lead.hand_raise, lead.message) == ("demo", "Call me")


def test_a_firm_learnt_later_is_the_open_lead_s_too():
    take(incoming(email="pat@gmail.com"))
    assert Lead.objects.get().company is None
    take(incoming(email="pat@gmail.com", company={"name": "Harbor & Pine"}))
    assert Lead.objects.get().company == Company.objects.get()


def test_what_is_said_of_another_firm_is_not_learnt_by_theirs():
    take(incoming(company={"name": "Harbor & Pine", "employees": 300}))
    take(incoming(company={"name": "Globex", "domain": "globex.example", "employees": 9_000}))
    assert Company.objects.get(domain="harborpine.example").employees == 300
    take(incoming(company={"name": "Harbor & Pine Inc", "employees": 320}))
    take(incoming(company={"industry": "Logistics"}))
    firm = Company.objects.get(domain="harborpine.example")
    assert (firm.employees, firm.industry) == (320, "Logistics")


def test_the_last_touch_is_the_latest_of_the_batch():
    old = (NOW - timedelta(days=9)).isoformat()
    take(incoming(), incoming(touches=[{"kind": "form", "occurred_at": old}]))
    person = Person.objects.get()
    assert (person.last_touch_at, person.first_touch_at) == (NOW, NOW - timedelta(days=9))
