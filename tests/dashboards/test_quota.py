"""K30, K32, K33, MKT_VOLUME: how many leads a quarter needs, and at what pace they come."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from dashboards import arithmetic
from dashboards.kpis.base import Figure
from dashboards.scoreboard import quota
from dashboards.scoreboard.forms import QuotaForm
from dashboards.scoreboard.quota import Inputs
from revops.lib.errors import Forbidden, Invalid
from sla import commitments
from sla.models import Commitment
from teams.models import Team, TeamKind

PUBLISHED = Inputs(200_000_000, 5_000_000, Fraction(1, 4), "USD")


def test_k30_two_million_at_fifty_thousand_and_a_quarter_is_160_sqls_54_53_53():
    assert PUBLISHED.needed == 160
    assert PUBLISHED.months == [54, 53, 53]
    assert PUBLISHED.sentence == "$2M ÷ $50,000 ÷ 25% = 160 SQLs a quarter, 54 + 53 + 53."


def test_k30_at_23_8_percent_it_is_169():
    assert Inputs(200_000_000, 5_000_000, Fraction("0.238"), "USD").needed == 169


def test_k30_rounds_up_and_never_by_a_float():
    assert arithmetic.marketing_quota(300, 100, Fraction(3, 10)) == 10  # 3 ÷ 0.3 in floats is 10.000000000000002
    assert arithmetic.marketing_quota(301, 100, Fraction(3, 10)) == 11


@given(st.integers(0, 10_000))
def test_the_months_always_add_up_and_differ_by_one_at_most(total):
    months = arithmetic.by_month(total)
    assert sum(months) == total and max(months) - min(months) <= 1 and months == sorted(months, reverse=True)


def test_the_trap_53_times_3_is_159_which_is_short():
    assert sum(PUBLISHED.months) == 160 != 3 * 53


@pytest.mark.parametrize(("month", "wanted"), [(1, 54), (2, 53), (3, 53), (10, 54), (11, 53), (12, 53)])
def test_a_month_gets_its_place_in_the_quarter(month, wanted):
    assert PUBLISHED.month(date(2026, month, 1)) == wanted


def test_mkt_volume_january_2026_25_of_27_expected_is_0_926_and_no_warning():
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    elapsed, total = arithmetic.weekdays(first, date(2026, 1, 15)), arithmetic.weekdays(first, last)
    assert (elapsed, total) == (11, 22)
    pace = arithmetic.pace(25, 54, elapsed=elapsed, total=total)
    assert pace == Fraction(25, 27) and round(float(pace), 3) == 0.926
    assert not pace < Fraction(9, 10)
    assert arithmetic.pace(24, 54, elapsed=elapsed, total=total) < Fraction(9, 10)


def test_the_picture_41_of_48_expected_is_0_86():
    elapsed = arithmetic.weekdays(date(2026, 11, 1), date(2026, 11, 26))
    assert (elapsed, arithmetic.weekdays(date(2026, 11, 1), date(2026, 11, 30))) == (19, 21)
    assert round(float(arithmetic.pace(41, 53, elapsed=elapsed, total=21)), 2) == 0.86


def test_nothing_is_expected_before_the_first_weekday():
    assert arithmetic.pace(0, 54, elapsed=0, total=22) is None


@given(st.dates(date(2020, 1, 1), date(2037, 1, 1)), st.integers(0, 800))
def test_weekdays_are_those_a_calendar_shows(first, days):
    from datetime import timedelta

    last = first + timedelta(days=days)
    assert arithmetic.weekdays(first, last) == sum((first + timedelta(days=n)).weekday() < 5 for n in range(days + 1))
    assert arithmetic.weekdays(last, first - timedelta(days=1)) == 0


# --- what was promised ---------------------------------------------------------------


def commit(by, *, starts_on, inputs=PUBLISHED, at, note=""):
    return commitments.commit(
        "volume", goal=Decimal(inputs.needed), inputs=inputs.as_json(), starts_on=starts_on, by=by, at=at, note=note
    )


def test_the_newest_promise_that_has_begun_is_in_force(cast, now):
    old = commit(cast.admin, starts_on=date(2026, 7, 1), at=now)
    new = commit(cast.admin, starts_on=date(2026, 10, 1), inputs=Inputs(10**8, 5 * 10**6, Fraction(1, 4), "USD"), at=now)
    assert commitments.in_force(date(2026, 9, 30))["volume"] == old
    assert commitments.in_force(date(2026, 10, 1))["volume"] == new
    assert "volume" not in commitments.in_force(date(2026, 6, 30))
    assert quota.committed(old) == PUBLISHED


def test_the_same_promise_twice_is_kept_once_and_former_ones_stay(cast, now):
    for _ in range(2):
        commit(cast.admin, starts_on=date(2026, 10, 1), at=now)
    assert Commitment.objects.filter(key="volume").count() == 1


@pytest.mark.parametrize("who", ["owner", "marketer", "viewer"])
def test_a_promise_of_both_sides_is_not_everybodys_to_make(cast, now, who):
    with pytest.raises(Forbidden):
        commit(getattr(cast, who), starts_on=date(2026, 10, 1), at=now)


def test_managers_of_sales_and_marketing_may(cast, now):
    Team.objects.create(name="Marketing", kind=TeamKind.MARKETING, manager=cast.marketer)
    for who in (cast.manager, cast.marketer):
        assert commitments.may_commit(who)


@pytest.mark.parametrize(("key", "goal"), [("rejection", 101), ("nonsense", 5), ("overrides", -1)])
def test_nonsense_is_refused_by_name(cast, now, key, goal):
    with pytest.raises(Invalid):
        commitments.commit(key, goal=Decimal(goal), inputs={}, starts_on=date(2026, 1, 1), by=cast.admin, at=now)


# --- what is measured ----------------------------------------------------------------


def test_k33_40_of_160_sqls_within_90_days_is_25_percent(ask, make_lead, ago):
    for n in range(160):
        deal = {"opportunity_at": ago(60, hours=1)} if n < 40 else {}
        make_lead(ago(120), mql_at=ago(110), sal_at=ago(105), sql_at=ago(80), **deal)
    answer = ask(days=365).answer("sql-to-deal")
    assert answer.figure.value == Fraction(40, 160)
    assert "younger than 90 days" in answer.figure.notes[0]


def test_k33_a_deal_after_90_days_does_not_count_and_the_cohort_is_ripe(ask, make_lead, ago):
    make_lead(ago(220), mql_at=ago(210), sal_at=ago(205), sql_at=ago(200), opportunity_at=ago(200 - 91))
    make_lead(ago(220), mql_at=ago(210), sal_at=ago(205), sql_at=ago(200), opportunity_at=ago(200 - 89))
    answer = ask(days=365).answer("sql-to-deal")
    assert (answer.figure.hits, answer.figure.n, answer.figure.notes) == (1, 2, ())


def test_k32_18_of_60_accepted_became_a_deal_is_30_percent(ask, make_lead, ago):
    for n in range(60):
        deal = {"sql_at": ago(180), "opportunity_at": ago(170)} if n < 18 else {}
        make_lead(ago(220), mql_at=ago(210), sal_at=ago(200), **deal)
    assert ask(days=365).answer("deal-creation").figure.value == Fraction(18, 60)


def test_the_system_measures_rate_size_and_lag_itself(organisation, make_lead, make_deal, ago, now):
    for n in range(40):
        deal = {"opportunity_at": ago(140)} if n < 10 else {}
        make_lead(ago(220), mql_at=ago(210), sal_at=ago(200), sql_at=ago(150), **deal)
    for n in range(20):
        make_lead(ago(60), mql_at=ago(50), sal_at=ago(40), sql_at=ago(20))
        make_deal(ago(100), won_at=ago(n + 1), amount=50_000)
    seen = quota.measured(now=now, today=now.date(), organisation=organisation)
    assert (seen.rate.value, seen.rate.n) == (Fraction(1, 4), 40)
    assert (seen.young.hits, seen.young.n) == (0, 20)
    assert seen.size.value == 5_000_000 and round(seen.lag) == 10
    assert quota.sensitivity(PUBLISHED, seen) == "At today's 25.0% it would be 160."
    assert "10 days" in quota.lead_time(seen)


def test_a_handful_is_not_measured_well_enough_to_compare(organisation, make_lead, ago, now):
    make_lead(ago(220), mql_at=ago(210), sal_at=ago(200), sql_at=ago(150), opportunity_at=ago(140))
    seen = quota.measured(now=now, today=now.date(), organisation=organisation)
    assert "not known well enough" in quota.sensitivity(PUBLISHED, seen)


# --- the page -------------------------------------------------------------------------


def test_what_if_shows_and_commits_nothing(cast, signed_in, organisation, frozen, now):
    with frozen(now):
        page = signed_in(cast.admin).get("/scoreboard/quota/?revenue=2000000&deal_size=50000&rate=23.8")
    assert "= 169 SQLs a quarter, 57 + 56 + 56." in page.text
    assert not Commitment.objects.filter(key="volume").exists()


def test_committing_keeps_a_new_version_with_its_name(cast, signed_in, organisation, frozen, now):
    given = {"revenue": "2000000", "deal_size": "50000", "rate": "25", "starts_on": "2026-10-01", "note": "Board"}
    with frozen(now):
        client = signed_in(cast.manager)
        assert client.post("/scoreboard/quota/", given).status_code == 302
        assert client.post("/scoreboard/quota/", given | {"rate": "20"}).status_code == 302
        page = client.get("/scoreboard/quota/").text
    assert Commitment.objects.filter(key="volume").count() == 2
    assert "= 200 SQLs a quarter" in page and "= 160 SQLs a quarter" in page and "Board" in page


def test_others_see_no_button_and_are_refused(cast, signed_in, organisation, frozen, now):
    given = {"revenue": "2000000", "deal_size": "50000", "rate": "25"}
    with frozen(now):
        client = signed_in(cast.owner)
        assert "Commit to this" not in client.get("/scoreboard/quota/").text
        assert client.post("/scoreboard/quota/", given).status_code == 403
        assert signed_in(cast.admin).post("/scoreboard/quota/", given | {"rate": "0"}).status_code == 400
    assert not Commitment.objects.filter(key="volume").exists()


@pytest.mark.parametrize("rate", ["0.3", "0.23456", "0.234567"])
def test_the_form_starts_with_exactly_what_is_committed(organisation, rate):
    committed = Inputs(200_000_050, 5_000_000, Fraction(rate), "USD")
    seen = quota.Measured(Figure(None), Figure(None), Figure(None), None, "", "", "")
    start = QuotaForm.starting(committed, seen, "USD", starts_on=date(2026, 10, 1))
    assert "E+" not in str(QuotaForm(initial=start, currency="USD"))
    again = QuotaForm({name: str(value) for name, value in start.items()}, initial=start, currency="USD")
    assert again.is_valid() and again.inputs() == committed


def test_a_promise_that_begins_later_is_not_in_force_yet(cast, organisation, frozen, now):
    api = APIClient()
    api.force_authenticate(cast.admin)
    with frozen(now):
        made = api.post(
            "/api/v1/sla/commitments/", {"key": "feedback", "goal": 80, "starts_on": "2027-01-01"}, format="json"
        ).json()
        listed = api.get("/api/v1/sla/commitments/?key=feedback").json()["results"]
    assert made["in_force"] is False
    assert made == next(row for row in listed if row["id"] == made["id"])
