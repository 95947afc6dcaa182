"""K06, K33, K34, K39: what differs by source, and volume that isn't value."""

from fractions import Fraction

import pytest

from dashboards import arithmetic
from dashboards.kpis import closing, pipeline
from dashboards.kpis.base import Slice
from deals.models import Deal

pytestmark = pytest.mark.django_db


def test_k06_960k_of_2160k_is_44_4_percent():
    figure = closing.win_rate_by_value(Slice({}, {"won": 96_000_000, "closed": 216_000_000}))
    assert round(float(figure.value) * 100, 1) == 44.4


def test_k06_by_source_webinar_200_at_2_percent_is_4_wins_organic_40_at_15_is_6(ask, organisation, ago):
    Deal.objects.bulk_create(
        Deal(name=f"{source} {n}", source_id=source, created_at=ago(30), closed_at=ago(3), reason="" if n < won else "price",
             stage="won" if n < won else "lost", amount=100)
        for source, total, won in (("webinar", 200, 4), ("organic_search", 40, 6)) for n in range(total)
    )  # fmt: skip
    sources = ask().answer("win-rate").sources
    assert {code: (f.hits, f.n, f.value) for code, f in sources.items()} == {
        "webinar": (4, 200, Fraction(2, 100)), "organic_search": (6, 40, Fraction(15, 100)),
    }  # fmt: skip
    assert ask().answer("win-rate-by-value").sources["organic_search"].value == Fraction(15, 100)


def test_k33_of_160_sqls_40_become_a_deal_and_leads_have_a_rate_of_their_own(ask, make_lead, ago):
    assert arithmetic.ratio(40, 160) == Fraction(1, 4)
    for n in range(8):
        make_lead(ago(60), sql_at=ago(50), **({"opportunity_at": ago(40)} if n < 2 else {}))
    for _ in range(8):
        make_lead(ago(60))
    sheet = ask()
    assert sheet.answer("sql-to-deal").figure.value == Fraction(1, 4)
    lead = sheet.answer("lead-to-deal").figure
    assert lead.value == Fraction(1, 8) and lead.notes == ("14 of 16 are younger than 90 days and may still become one.",)


def test_k34_cycle_by_source_paid_40_referral_20_both_small(ask, make_deal, ago):
    for source, *days in (("paid_search", 30, 50), ("referral", 10, 20, 30)):
        for n in days:
            make_deal(ago(n + 2), won_at=ago(2), source=source)
    sources = ask().answer("cycle-by-source").sources
    assert {code: (f.value, f.small) for code, f in sources.items()} == {
        "paid_search": (40, True), "referral": (20, True),
    }  # fmt: skip


def test_k39_400_a_lead_or_6000_volume_is_not_value(ask, make_lead, make_deal, ago):
    for made, leads, each in ((20_000_000, 500, 40_000), (120_000_000, 200, 600_000)):
        others = {"pipeline-generated": Slice({}, {"then": made}), "mql-volume": Slice({"handed": leads})}
        assert pipeline.per_mql(Slice({}, others=others)).value == each
    make_deal(ago(20), amount=800)
    for _ in range(2):
        make_lead(ago(20), mql_at=ago(10))
    answer = ask().answer("pipeline-per-mql")
    assert (answer.figure.value, answer.sources["webinar"].value) == (40_000, 40_000)
    assert answer.figure.formula == "$800 ÷ 2 MQLs"
