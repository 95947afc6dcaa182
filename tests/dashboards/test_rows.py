"""Rows behind a number: their names, their pages. That every number has as many as it counts: test_every_number."""

import pytest

from dashboards import named, rows
from dashboards.kpis import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(make_lead, make_deal, make_clock, ago, cast):
    """Something of everything: each stage, each result, dated and undated, known and unknown origin."""
    ends = ["mql_at", "sal_at", "sql_at", "opportunity_at", "won_at"]
    for n in range(24):
        stamps = {end: ago(40 - 5 * i) for i, end in enumerate(ends[: n % 6])}
        if n % 4 == 1:
            stamps["rejected_at"] = ago(9)
        lead = make_lead(ago(50 + n % 3), **stamps, undated=n % 11 == 10, source=None if n % 5 == 0 else "webinar",
                         owner=cast.owner, first_response_at=ago(39) if n % 2 else None)  # fmt: skip
        closed = {0: {}, 1: {"won_at": ago(3)}, 2: {"lost_at": ago(4)}, 3: {"lost_at": ago(5), "reason": "no_decision"}}
        make_deal(ago(30), lead=lead, person=lead.person, company=lead.company, owner=cast.owner,
                  undated=n % 7 == 6, amount=None if n % 9 == 8 else 1_000 + n, **closed[n % 4])  # fmt: skip
        make_clock(ago(5), outcome=["met", "met_late", "", "cancelled", "breached_cancelled"][n % 5],
                   scope="owner" if n % 6 == 5 else "lead", history=n % 8 == 7)  # fmt: skip


def test_a_rate_is_its_parts(past, ask):
    sheet = ask()
    won = list(rows.walk(sheet, registry.find("win-rate"), part="won"))
    figure = sheet.answer("win-rate").figure
    assert figure.hits == len(won) > 0
    assert {row.part_name for row in won} == {"Won"}


def test_rows_carry_names_owner_amount_and_a_link(past, ask):
    [row, *_], more = rows.page(ask(), registry.find("win-rate"), part="won", limit=2)
    assert more and row.kind == "deal" and row.url == f"/deals/{row.id}/"
    assert row.owner == "Jonah Reyes" and row.company.startswith("Dome")
    assert row.amount["currency"] == "USD"


def test_pages_of_rows_do_not_cost_a_query_a_row(past, ask, django_assert_max_num_queries):
    sheet = ask()
    sheet.answer("funnel")
    with django_assert_max_num_queries(3):
        found, _ = rows.page(sheet, registry.find("funnel"), limit=20)
    assert len(found) == 20


@pytest.mark.parametrize("cursor", ["-99999999999999999.1", "1", "1.", "x.1", "1.1234567890123456789", "١.1"])
def test_a_page_that_never_was_is_refused(cast, client, cursor):
    client.force_login(cast.viewer)
    for address in ("/kpis/win-rate/rows/", "/api/v1/kpis/win-rate/rows/"):
        assert client.get(address, {"cursor": cursor}).status_code == 400


def test_names_of_parts_say_what_they_count():
    """On a KPI's page a part stands with its number: one that holds all rows cannot be called what only some are."""
    for kpi in registry.ALL:
        for part, where in kpi.parts.items():
            name = kpi.part_names.get(part, "")
            assert not (where == "true" and name.lower().startswith(("not ", "no "))), (kpi.key, name)


def test_the_head_of_names_is_what_they_name():
    assert [named.head(kind) for kind in ("lead", "deal", "customer", "spend")] == ["Person", "Deal", "Customer", "Spend"]


def test_a_part_nobody_declared_is_not_counted(ask):
    assert rows.count(ask(), registry.find("win-rate"), "won OR true") is None
