"""What a customer costs and brings, over rows: the worked examples K16 to K20 and K38."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from customers.models import SubscriptionMovement
from dashboards import attribution, rows
from dashboards import sheet as kept
from dashboards.attribution import page
from dashboards.economics import lifetime
from dashboards.kpis import registry
from leads.models import Company, Touch
from marketing.models import Channel, LoadedRate, SalesHours, Spend
from teams.models import Role, User

SEPTEMBER = {"from": "2026-09-01", "to": "2026-09-30"}


@pytest.fixture
def seller(organisation):
    LoadedRate.objects.create(role=Role.SALES, hourly=6_000, from_on=date(2026, 1, 1))
    return lambda name: User.objects.create_user(f"{name}@harbor.example", name=name.title(), role=Role.SALES)


@pytest.fixture
def spend(organisation, now):
    def enter(amount, source="webinar", month=date(2026, 9, 1), **more):
        return Spend.objects.create(
            month=month, channel_id=source, kind="programme" if source else "tools", amount=amount * 100,
            recorded_at=now, **more,
        )  # fmt: skip

    return enter


@pytest.fixture
def k16(seller, spend, make_deal, now):
    """Webinar: $30,000 and 200 h for 10 customers. Organic: $12,000 and 80 h for 6. An hour costs $60."""
    from dashboards.filters import midnight

    first = midnight(date(2026, 9, 1), "America/Chicago")
    Channel.objects.filter(code="webinar").update(paid=True)
    for source, money, hours, wins in (("webinar", 30_000, 200, 10), ("organic_search", 12_000, 80, 6)):
        spend(money, source)
        who = seller(source)
        SalesHours.objects.create(month=date(2026, 9, 1), user=who, hours=hours, recorded_at=now)
        for n in range(wins):
            make_deal(first, won_at=first + timedelta(days=10 + n), source=source, owner=who)


def test_k16_k17_cac_includes_sales_time_and_blended_is_over_everybody(ask, k16, make_deal, ago, now):
    make_deal(ago(70), won_at=ago(62), source="webinar", kind="renewal")
    sheet = ask(**SEPTEMBER)
    sources = sheet.answer("K16").sources
    assert (sources["webinar"].value, sources["organic_search"].value) == (420_000, 280_000)
    assert sources["webinar"].beside[0].value == 300_000, "media only"
    assert sources["webinar"].formula == "($30,000 programmes + $12,000 for 200 h of sales) ÷ 10 new customers"
    blended = sheet.answer("K17").figure
    assert blended.value == 367_500 and blended.beside[0].value == 420_000
    assert blended.formula == "$58,800 sales and marketing ÷ 16 new customers"
    found = list(rows.walk(sheet, registry.find("cac")))
    assert len(found) == rows.count(sheet, registry.find("cac")) == 2 + 2 + 16
    assert sum(row.values["cost"] for row in found) == 5_880_000
    assert {row.kind for row in found} == {"spend", "hours", "deal"} and all(row.name for row in found)


def test_k16_without_a_customer_or_without_spend_is_not_a_number(ask, spend, make_deal, ago, organisation):
    spend(500, "event", month=date(2026, 10, 1))
    make_deal(ago(50), won_at=ago(40), source="referral")
    october = {"from": "2026-10-01", "to": "2026-10-31"}
    answer = ask(**october).answer("cac")
    assert answer.sources["event"].na == "0 new customers; $500 spent"
    assert answer.sources["referral"].na == "no spend entered" and answer.sources["referral"].value is None
    assert answer.figure.value == 50_000
    assert answer.figure.notes[0] == "1 customer came through channels without any spend entered."
    assert "spend belongs to channels" in ask(segment="smb", **october).answer("cac").figure.na


def test_k16_a_period_takes_its_days_of_a_month_and_other_money_is_counted_apart(ask, spend, make_deal, ago):
    spend(3_000)
    spend(900, currency="EUR")
    make_deal(ago(90), won_at=ago(80), source="webinar")
    answer = ask(**{"from": "2026-09-01", "to": "2026-09-10"}).answer("cac")
    assert answer.figure.value == 100_000
    assert answer.excluded["currency"] == (1, "in another currency")
    spend(3_000, month=date(2026, 11, 1))
    to_come = ask(**{"from": "2026-11-28", "to": "2026-11-30"}).answer("cac").found.now
    assert (to_come.n(""), to_come.sum("programme")) == (0, 0), "days to come have cost nothing yet"


def test_k16_touches_cost_their_minutes_and_tools_are_split_by_opp_days(ask, seller, spend, make_lead, make_deal, ago):
    who = seller("jonah")
    spend(1_000)
    spend(301, None)
    LoadedRate.objects.create(role=Role.SALES, hourly=12_000, from_on=date(2026, 9, 20))
    lead, late = make_lead(ago(85)), make_lead(ago(85), won_at=ago(84))

    def touch(lead, day, kind="call", **more):
        at = ago(0).replace(month=9, day=day)
        Touch.objects.create(person=lead.person, lead=lead, kind=kind, side="sales", automatic=False, by=who,
                             occurred_at=at, received_at=at, **more)  # fmt: skip

    touch(lead, 10)  # 15 minutes by the norm, at $60
    touch(lead, 21, minutes=30)  # at $120
    touch(lead, 21, kind="note")  # takes no time
    touch(lead, 21, minutes=600, standing="declined")
    touch(late, 21, minutes=600)  # a customer by then
    SalesHours.objects.create(month=date(2026, 9, 1), user=who, hours=Decimal("11.0"), recorded_at=ago(0))
    for source, days in (("webinar", 2), ("webinar", 1), ("referral", 1)):
        make_deal(ago(70), lost_at=ago(70 - days), source=source)
    make_deal(ago(70), won_at=ago(70), source="webinar")
    sheet = ask(**SEPTEMBER)
    webinar, referral = (sheet.answer("cac").found.sources[code] for code in ("webinar", "referral"))
    assert webinar.sum("touches") == 1_500 + 6_000
    assert (webinar.sum("tools"), referral.sum("tools")) == (22_575, 7_525)
    # 11 h less 45 min on leads and 10 h with a customer: 15 minutes at the rate that stood at the month's end.
    assert (webinar.sum("hours"), referral.sum("hours")) == (2_250, 750)


def test_k16_counts_a_company_once_and_says_what_has_no_rate(ask, spend, make_deal, make_lead, ago, organisation):
    who = User.objects.create_user("x@harbor.example", name="X", role=Role.SALES)
    lead = make_lead(ago(70))
    Touch.objects.create(person=lead.person, lead=lead, kind="call", side="sales", automatic=False, by=who,
                         occurred_at=ago(69), received_at=ago(69))  # fmt: skip
    firm = Company.objects.create(name="Dome", name_key="dome")
    for days in (60, 61):
        make_deal(ago(80), won_at=ago(days), company=firm)
    answer = ask(**SEPTEMBER).answer("cac")
    assert answer.found.now.n("customers") == 1
    assert answer.excluded["rate"] == (1, "of a role without an hourly rate")


@pytest.fixture
def paying(organisation, ago):
    """`paying(n, mrr=500, left=…)`: customers of a year; the last `left` went at this moment."""
    from itertools import count

    numbers = count(1)

    def make(n, *, mrr=500, left=0, **more):
        for k in range(n):
            said = f"cus_{next(numbers)}"
            changes = [("new", 0, mrr * 100, ago(365))] + [("churn", mrr * 100, 0, ago(0))] * (k < left)
            for kind, before, after, at in changes:
                SubscriptionMovement.objects.create(
                    source="stripe", key=f"{said} {kind}", kind=kind, subscription=said, customer=said,
                    currency="USD", before=before, after=after, occurred_at=at, recorded_at=at, **more,
                )  # fmt: skip

    return make


def test_k18_lifetime_value_is_margin_over_churn_and_capped_where_nobody_left():
    full = lifetime.value(Fraction(500), Fraction(80, 100), Fraction(2, 100), customers=20)
    assert full.value == 20_000 and not full.why
    assert round(float(full.first_60), 2) == 14_048.94
    assert lifetime.value(Fraction(500), Fraction(4, 5), Fraction(0), customers=50).value == 24_000
    few = lifetime.value(Fraction(500), Fraction(4, 5), Fraction(1, 100), customers=19)
    assert (few.value, few.why) == (24_000, "fewer than 20 customers")


def test_k18_k19_k20_over_rows(ask, organisation, paying, spend, make_deal, ago):
    paying(25, left=6)
    spend(6_000)
    make_deal(ago(80), won_at=ago(70))
    assert ask(**SEPTEMBER).answer("ltv").figure.na == "no gross margin entered"
    organisation.gross_margin = 80
    organisation.save()
    kept.forget()
    sheet = ask(**SEPTEMBER)
    ltv = sheet.answer("ltv").figure
    assert ltv.value == 2_000_000 and round(float(ltv.beside[0].value), 0) == 1_404_894
    assert ltv.formula == "$500 a month × 80.0% margin ÷ 2.00% leaving a month" and (ltv.n, ltv.small) == (25, False)
    assert sheet.answer("K19").figure.value == Fraction(10, 3)
    assert sheet.answer("K19").figure.formula == "$20,000 ÷ $6,000"
    assert sheet.answer("K20").figure.value == 15
    assert rows.count(sheet, registry.find("ltv"), "paying") == 19


def test_k18_changing_plans_is_no_leaving_and_coming_back_is_the_same_customer(ask, organisation, paying, ago):
    organisation.gross_margin = 80
    organisation.save()
    paying(1)
    for key, sub, kind, before, after, days in (
        ("a", "old", "new", 0, 900, 100), ("b", "old", "churn", 900, 0, 50), ("c", "plus", "new", 0, 1_200, 50),
        ("d", "plus", "churn", 1_200, 0, 20), ("e", "plus", "reactivation", 0, 1_200, 10),
    ):  # fmt: skip
        SubscriptionMovement.objects.create(
            source="stripe", key=key, kind=kind, subscription=sub, customer="cus_move", currency="USD",
            before=before * 100, after=after * 100, occurred_at=ago(days), recorded_at=ago(days),
        )  # fmt: skip
    found = ask().answer("ltv").found.now
    assert (found.n(""), found.n("paying"), found.n("went"), found.sum("leavings")) == (2, 2, 1, 1)
    assert found.sum("mrr") == 170_000


def test_k38_lifetime_value_by_the_channel_of_the_first_deal(ask, organisation, paying, make_deal, make_lead, ago):
    from customers.models import Customer

    organisation.gross_margin = 50
    organisation.save()
    for source, mrr in (("webinar", 100), ("referral", 300)):
        firm = Company.objects.create(name=source, name_key=source)
        deal = make_deal(ago(400), won_at=ago(370), source=source, company=firm)
        make_deal(ago(40), won_at=ago(30), source=source, company=firm, kind="expansion")
        Customer.objects.create(company=firm, first_deal=deal, since=ago(370))
        paying(1, mrr=mrr, company=firm)
    lead = make_lead(ago(380), source="event")
    paying(1, mrr=200, person=lead.person)
    sheet = ask()
    row = {row["name"]: row for row in page.loop(sheet, attribution.of(sheet), {})}["webinar"]
    assert row["worth_href"].startswith("/kpis/ltv-by-channel/rows/") and row["small"] == "1 row, small sample"
    sources = sheet.answer("K38").sources
    assert {code: figure.value for code, figure in sources.items()} == {
        "webinar": 300_000, "referral": 900_000, "event": 600_000,
    }  # fmt: skip
    assert "at most 60 months" in sources["webinar"].notes[0]


def test_costs_split_over_sizes_add_up_and_page_rest_and_file_agree(ask, k16, cast, signed_in, client, now, ago):
    import csv

    from dashboards.economics import segments
    from dashboards.kpis import acquisition
    from deals.models import Deal
    from teams.models import Organisation

    for n, deal in enumerate(Deal.objects.order_by("id")):
        deal.company = Company.objects.create(
            name=f"F{n}", name_key=f"f{n}", employees=50 if n < 11 else 5_000 if n < 15 else None
        )
        deal.save()
    kept.forget()
    whole = ask(**SEPTEMBER)
    found = {one.code: one for one in segments.of(whole, organisation=Organisation.get())}
    assert {code: one.inputs.customers for code, one in found.items()} == {"smb": 11, "enterprise": 4, "unknown": 1}
    assert sum(one.cost for one in found.values()) == acquisition.cost(whole.answer("cac").found.now) == 5_880_000
    assert found["smb"].motion.because == "LTV : CAC is not known"
    asked = "from=2026-09-01&to=2026-09-30"
    page = signed_in(cast.viewer)
    shown = page.get(f"/economics/?{asked}&move_from=webinar&move_to=organic_search&percent=10").content.decode()
    assert "$4,200" in shown and "$2,800" in shown
    assert "1 fewer customers from Webinar, 1.5 more from Organic search, " in shown
    opens = page.get(f"/economics/?{asked}").context["what_if"]
    assert (opens["origin"], opens["target"], opens["text"]) == ("webinar", "organic_search", "")
    told = page.get(f"/api/v1/economics/?{asked}&move_from=webinar&move_to=organic_search").json()
    assert {row["channel"]: row["cac"]["amount"] for row in told["channels"]} == {
        "webinar": "4200.00", "organic_search": "2800.00",
    }  # fmt: skip
    assert told["move"]["more_customers"] == 1.5
    unknown = page.get(f"/api/v1/economics/?{asked}&move_from=blimp&move_to=webinar").json()["move"]
    assert unknown["na"] == "no spend entered for blimp" and unknown["money"] is None
    body = b"".join(page.get(f"/economics/economics.csv?{asked}").streaming_content).decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(body.splitlines())}
    assert rows["Webinar"]["CAC"] == "4200.00" and rows["Webinar"]["CAC, media only"] == "3000.00"
    assert page.get("/economics/?from=x").status_code == 400
    assert page.get(f"/economics/?percent={'9' * 5_000}").status_code == 400
