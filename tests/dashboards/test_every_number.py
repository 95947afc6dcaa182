"""Every number is the same on its page, by REST and in the file, and is the count of the rows behind it."""

import csv
import html
import io
import re
from datetime import date

import pytest
from rest_framework.test import APIClient

from customers.models import HealthReading
from dashboards import rows
from dashboards.kpis import registry
from deals.models import PipelineStage, Stint
from leads.models import Touch
from marketing.models import Channel, LoadedRate, SalesHours, Spend
from tests.dashboards.conftest import NOW
from tests.dashboards.kpis.conftest import make_customer, pays  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
ENDS = ("mql_at", "sal_at", "sql_at", "opportunity_at", "won_at")


@pytest.fixture(autouse=True)
def at_now(frozen, organisation):
    organisation.gross_margin = 80
    organisation.save()
    with frozen(NOW):
        yield


@pytest.fixture
def company(make_lead, make_deal, make_clock, make_customer, pays, ago, cast):  # noqa: F811
    """A little of everything a company has: each stage, each result, dated and undated, known and unknown."""
    stages = list(PipelineStage.objects.filter(pipeline__is_default=True).order_by("position")[:3])
    channels = list(Channel.objects.filter(code__in=("webinar", "paid_search", "referral")))
    results = ({}, {"won_at": ago(3)}, {"lost_at": ago(4)}, {"lost_at": ago(5), "reason": "no_decision"})
    for n in range(36):
        stamps = {end: ago(40 - 5 * i) for i, end in enumerate(ENDS[: n % 6])}
        if n % 4 == 1:
            stamps["rejected_at"] = ago(9)
        channel = channels[n % 3]
        lead = make_lead(ago(50 + n % 3), **stamps, undated=n % 11 == 10, first_touch_at=ago(55),
                         source=None if n % 5 == 0 else channel.code,
                         owner=cast.owner, first_response_at=ago(39) if n % 2 else None)  # fmt: skip
        for days, side in ((55, "marketing"), (45, "sales"), (20, "marketing")):
            Touch.objects.create(person=lead.person, lead=lead, kind="form" if side == "marketing" else "call", by=cast.owner,
                                 channel=channel, occurred_at=ago(days), received_at=ago(days))  # fmt: skip
        deal = make_deal(ago(30), lead=lead, person=lead.person, company=lead.company, owner=cast.owner,
                         undated=n % 7 == 6, amount=None if n % 9 == 8 else 1_000 + n, source=channel.code,
                         currency="EUR" if n % 13 == 12 else "USD", kind=("new", "new", "expansion", "renewal")[n // 9],
                         close_on=date(2026, 12, 1 + n % 20), list_amount=120_000 if n % 3 else None,
                         **results[n % 4])  # fmt: skip
        ended = deal.closed_at
        Stint.objects.create(deal=deal, stage=stages[0], entered_at=ago(30), left_at=ago(20))
        Stint.objects.create(deal=deal, stage=stages[1 + n % 2], entered_at=ago(20), left_at=ended)
        make_clock(ago(5), outcome=["met", "met_late", "", "cancelled", "breached_cancelled"][n % 5],
                   scope="owner" if n % 6 == 5 else "lead", history=n % 8 == 7)  # fmt: skip
        if n % 2:
            since = ago(30 + 5 * n)
            customer = make_customer(since, deal=deal, first_value_at=ago(20) if n % 3 == 0 else None,
                                     csm=cast.owner, history=n % 10 == 9)  # fmt: skip
            after = (120, 80, 0, 100)[n // 2 % 4]
            pays(customer, (since, 100), (ago(10), after), currency="EUR" if n % 17 == 16 else "USD")
            for component in ("usage", "support")[: n % 3]:
                HealthReading.objects.create(customer=customer, component=component, value=90 - 2 * n, at=ago(3))
    for channel in channels[:2]:
        Spend.objects.create(month=date(2026, 10, 1), channel=channel, amount=900_000, recorded_at=ago(9))
    Spend.objects.create(month=date(2026, 10, 1), kind="tools", amount=50_000, recorded_at=ago(9))
    LoadedRate.objects.create(role="sales", hourly=6_000, from_on=date(2026, 1, 1))
    SalesHours.objects.create(month=date(2026, 10, 1), user=cast.owner, hours=80, recorded_at=ago(9))


@pytest.fixture
def read(client, cast):
    client.force_login(cast.viewer)
    return client.get


@pytest.fixture
def api(cast):
    client = APIClient()
    client.force_login(cast.viewer)
    return client.get


def table(response):
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def plain(text):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def counts(told):
    """{part: how many rows it says it has}, all and what was left out too."""
    return {"": told["row_count"], **told["parts"], **{left["part"]: left["rows"] for left in told["excluded"]}}


def walked(api, key, part):
    """How many rows REST gives, page after page, each once."""
    address, seen = f"/api/v1/kpis/{key}/rows/?limit=200" + (f"&part={part}" if part else ""), []
    while address:
        answer = api(address).json()
        seen += [(row["kind"], row["id"], row["at"], row["part"], str(row["values"])) for row in answer["results"]]
        address = answer["next"]
    return len(seen)


def test_each_kpi_has_an_id_and_a_key_of_its_own():
    for names in ([kpi.id for kpi in registry.ALL], [kpi.key for kpi in registry.ALL]):
        assert len(set(names)) == len(names)


def test_every_number_is_the_same_everywhere_and_the_count_of_its_rows(company, read, api, ask, monkeypatch):
    told = {kpi["key"]: kpi for kpi in api("/api/v1/kpis/").json()["results"]}
    kept = {row["id"]: row for row in table(read("/dashboard/numbers.csv"))}
    with_number, found = 0, ask()
    monkeypatch.setattr(rows, "_name", lambda rows: None)  # names are looked up in the long walk
    for kpi in registry.ALL:
        one, page = told[kpi.key], plain(read(f"/kpis/{kpi.key}/").content.decode())
        assert kept[kpi.id]["value"].lstrip("'") == one["text"], kpi.key
        assert api(f"/api/v1/kpis/{kpi.key}/").json() == one, kpi.key
        shown = f"n/a: {one['na']}" if one["na"] else one["formula"]
        assert shown in page, (kpi.key, shown)
        assert f"All {one['row_count']:,} rows" in page, kpi.key
        for beside in one["beside"]:
            assert f"{beside['name']} {beside['text']}" in page, (kpi.key, beside["name"])
        with_number += one["na"] is None
        for part, n in counts(one).items():
            keys = [row.key for row in rows.walk(found, kpi, part=part)] if n or not part else []
            assert len(keys) == len(set(keys)) == n == rows.count(found, kpi, part), (kpi.key, part)
    assert with_number > 0.8 * len(registry.ALL)  # of a number there is something to compare


@pytest.mark.long
def test_every_part_of_every_number_is_the_count_of_its_rows_on_pages_and_in_files(company, read, api):
    for one in api("/api/v1/kpis/").json()["results"]:
        for part, n in counts(one).items():
            query = f"?part={part}" if part else ""
            page = read(f"/kpis/{one['key']}/rows/{query}").content.decode()
            assert re.search(rf"\b{n:,} rows?\b", plain(page)), (one["key"], part, n)
            assert len(table(read(f"/kpis/{one['key']}/rows.csv{query}"))) == n, (one["key"], part)
            assert walked(api, one["key"], part) == n, (one["key"], part)
