"""Files of health and of what customers pay: shown first, kept once, what can't be kept named with column and why."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer, HealthReading, SubscriptionMovement
from journal.models import Entry
from leads.models import Company
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=7)  # 3 December


@pytest.fixture(autouse=True)
def later(frozen):
    with frozen(LATER):
        yield


@pytest.fixture
def other(cast):
    """A customer that somebody else looks after."""
    company = Company.objects.create(name="Other", name_key="other", domain="other.example")
    return Customer.objects.create(company=company, since=NOW, csm=cast.admin)


def sent(client, what, text):
    file = SimpleUploadedFile("x.csv", text.encode())
    return client.post(f"/customers/{what}/upload/", {"file": file}).content.decode()


def told(client, what, text):
    page = client.post(f"/customers/{what}/upload/", {"text": text, "keep": "1"}, follow=True)
    return [str(message) for message in page.context["messages"]]


def test_health_is_shown_kept_once_and_refused_line_by_line(signed_in, csm, customer, other, django_assert_num_queries):
    client = signed_in(csm)
    name = customer.company.name
    text = (
        f"customer;company;on;usage;support;note\n{customer.pk};;2026-12-01;80;60;=calm\n;{name};2026-12-02;70;;\n"
        f"{customer.pk};;2026-12-01;;90;\nother.example;;2026-12-01;5;;\nNobody;;2026-12-01;5;;\n"
        f"{customer.pk};;2027-01-01;5;;\n{customer.pk};;01/12/2026;5;;\n{customer.pk};;2026-12-03;101;;\n"
        f"{customer.pk};;2026-12-03;;;\n"
    )
    page = sent(client, "health", text)
    assert "2 lines can be kept" in page and "6 lines can't be kept" in page and not HealthReading.objects.exists()
    for why in ("Line 2 says the same already", "looks after Other", "no customer Nobody", "in the future",
                "a day like 2026-11-24", "from 0 to 100"):  # fmt: skip
        assert why in page, why
    assert told(client, "health", text) == ["3 readings kept. 6 lines left out."]
    assert told(client, "health", text) == ["Nothing was changed. 6 lines left out."]
    assert "kept already" in sent(client, "health", text)
    kept = list(
        HealthReading.objects.order_by("at", "component").values_list("component", "value", "source", "by__name")
    )
    assert kept == [("support", 60, "csv", csm.name), ("usage", 80, "csv", csm.name), ("usage", 70, "csv", csm.name)]
    assert "Read as 80 then" in sent(client, "health", text.replace(";80;", ";81;"))
    assert Entry.objects.filter(kind="customer.read").count() == 1
    with django_assert_num_queries(10):
        client.post("/customers/health/upload/", {"text": text})


def test_what_customers_pay_is_kept_once_and_goes_on_from_what_is_known(signed_in, csm, customer):
    client = signed_in(csm)
    out = b"".join(client.get("/customers/revenue/template.csv").streaming_content).decode("utf-8-sig")
    assert out.splitlines()[1] == (
        f"{customer.pk},{customer.company.name},2026-12-03,2000.00,,USD,company:{customer.company_id},,,deals,")  # fmt: skip
    assert told(client, "revenue", out) == ["Nothing was changed."], "a line nobody filled in says nothing"
    more = out.replace("2000.00,,USD", '2000.00,"2,500.00",USD')
    page = sent(client, "revenue", more)
    assert "1 line can be kept" in page and "$2,500" in page and SubscriptionMovement.objects.count() == 1
    assert told(client, "revenue", more) == ["1 change kept."]
    assert told(client, "revenue", more) == ["Nothing was changed."]
    kept = SubscriptionMovement.objects.get(by=csm)
    assert (kept.source, kept.kind, kept.before, kept.after) == ("deals", "expansion", 200_000, 250_000)
    assert Entry.objects.get(kind="customer.paid").data == {"movement": kept.pk, "kind": "expansion"}
    head = "customer,on,before,after,currency,reason,source,key\n"
    for line, field, why in (
        (f"{customer.pk},2026-12-02,0,10,,,deals,", "on", "There is later news"),
        (f"{customer.pk},2026-12-03,0,10,,,deals,", "before", "They pay $2,500 a month"),
        (f"{customer.pk},2026-12-03,2500,0,EUR,,deals,", "currency", "is in USD"),
        (f"{customer.pk},2026-12-02,0,10,,,hand,", "source", "hand is what is told here"),
        (f"{customer.pk},2026-12-02,0,10,,,hand,k", "key", "Leave it out"),
        (f"{customer.pk},2026-12-02,10,10,,,,", "after", "are the same"),
        (f"{customer.pk},2026-12-02,-1,10,,,,", "before", "Give 0 or more"),
        (f'{customer.pk},2026-12-02,0,"12,50",,,,', "after", "Give a number"),
        (f"{customer.pk},2026-12-02,0,1e99,,,,", "after", "larger than"),
        (f"{customer.pk},2026-12-02,10,0,,weather,,", "reason", "Choose one of"),
        (f"{customer.pk},2026-12-02,10,0,dollars,,,", "currency", "three letters"),
        (f"{customer.pk},9999-12-31,10,0,,,,", "on", "in the future"),
        (f"{customer.pk},0001-01-01T00:00+14:00,10,0,,,,", "on", "a day like"),
        ("99999999999999999999,2026-12-02,10,0,,,,", "customer", "There is no customer"),
    ):
        page = sent(client, "revenue", head + line)
        assert why in page and f"<td>{field}</td>" in page, line
    assert SubscriptionMovement.objects.count() == 2
    billing = f"{head}{customer.pk},2026-12-02,0,3000,,,billing,e1\n{customer.pk},2026-12-03,3000,0,,price,billing,e2\n"
    assert told(client, "revenue", billing) == ["2 changes kept."]
    gone = Customer.objects.get(pk=customer.pk)
    assert (gone.status, gone.churn_reason) == ("churned", "price")
    assert set(SubscriptionMovement.objects.values_list("source", flat=True)) == {"billing"}, (
        "it replaces what deals told"
    )
    assert "Kept already as $0 → $3,000" in sent(client, "revenue", billing.replace(",3000,,,", ",3001,,,"))


def test_files_are_no_way_around_rights_and_come_out_safe(signed_in, cast, csm, customer, other):
    for user in (cast.viewer, cast.marketer):
        client = signed_in(user)
        assert "upload/" not in client.get("/customers/").content.decode()
        for what in ("health", "revenue"):
            assert client.post(f"/customers/{what}/upload/", {"text": "on\n"}).status_code == 403
            assert b"".join(client.get(f"/customers/{what}/template.csv").streaming_content).count(b"\r\n") == 1
    Company.objects.filter(pk=other.company_id).update(name="=cmd|'/c calc'!A0")
    out = b"".join(signed_in(cast.admin).get("/customers/health/template.csv").streaming_content).decode()
    assert ",'=cmd" in out and ",=cmd" not in out
    client = signed_in(csm)
    for bad in ("what\n1", "on\n1", "", "on,on\n1,2", "on,usage\n" + "1,1\n" * 5_001):
        status = client.post("/customers/health/upload/", {"text": bad}).status_code
        assert status == (422 if bad != "on\n1" else 200), bad[:20]
    assert client.post("/customers/health/upload/", {"text": "on,usage\0\n"}).status_code == 422
