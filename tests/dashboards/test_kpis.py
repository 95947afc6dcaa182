"""KPIs over rows in the database; the worked examples of the domain document where it has them."""

from datetime import timedelta
from fractions import Fraction

import pytest

from dashboards import sheet
from dashboards.kpis import promises, registry, stages
from deals.models import ContactRole
from journal.models import Entry
from leads.models import Person, Touch
from sla.models import Target

pytestmark = pytest.mark.django_db


def test_every_kpi_answers_on_an_empty_database_with_a_reason_and_no_number(ask):
    sheet = ask()
    for kpi in registry.ALL:
        figure = sheet.answer(kpi).figure
        if kpi.unit in {"count", "money"} and figure.value is not None:
            assert figure.value == 0  # a sum and a count of nothing are known: nothing
        else:
            assert figure.value is None and figure.na, kpi.key


def test_k01_velocity_multiplies_open_deals_with_the_last_twelve_months(ask, make_deal, ago):
    for _ in range(18):
        make_deal(ago(5))
    for _ in range(6):
        make_deal(ago(178), won_at=ago(100), amount=42_000)
    for _ in range(19):
        make_deal(ago(178), lost_at=ago(100))
    make_deal(ago(178), lost_at=ago(100), reason="no_decision")
    make_deal(ago(900), won_at=ago(500), amount=1)
    figure = ask().answer("pipeline-velocity").figure
    assert float(figure.value) / 100 == pytest.approx(18 * 0.24 * 42_000 / 78)
    assert figure.formula == "18 open × 24.0% won in 12 months × $42,000 ÷ 78 d"


def test_k02_first_touch_to_won_is_a_median(ask, make_lead, make_deal, ago):
    for days in (40, 62, 75, 90, 133):
        lead = make_lead(ago(days), first_touch_at=ago(days + 1))
        make_deal(ago(30), won_at=ago(1), person=lead.person, lead=lead)
    answer = ask().answer("K02")
    assert (answer.figure.value, answer.figure.beside[1].value) == (75, 80)


def test_k02_anybody_of_the_buying_group_may_touch_first_if_known_by_the_win(ask, make_lead, make_deal, ago):
    lead, sponsor, late = (make_lead(ago(50), first_touch_at=ago(days)) for days in (51, 81, 300))
    deal = make_deal(ago(30), won_at=ago(1), person=lead.person, lead=lead)
    for person, added in ((lead.person, 30), (sponsor.person, 20), (late.person, 0)):
        ContactRole.objects.create(deal=deal, person=person, role="sponsor", added_at=ago(added))
    assert ask().answer("K02").figure.value == 80
    for days in (800, 790, 70):  # before a year in which nobody of them was heard
        Touch.objects.create(person=sponsor.person, kind="page_view", occurred_at=ago(days), received_at=ago(days))
    Touch.objects.create(person=lead.person, kind="page_view", occurred_at=ago(75), received_at=ago(75))
    Person.objects.filter(pk=sponsor.person_id).update(first_touch_at=ago(800))
    sheet.forget()
    assert ask().answer("K02").figure.value == 74


def test_k02_touches_before_a_year_of_silence_do_not_count(ask, make_lead, make_deal, ago):
    lead = make_lead(ago(50), first_touch_at=ago(800))
    for days in (800, 790, 61, 60):
        Touch.objects.create(person=lead.person, kind="page_view", occurred_at=ago(days), received_at=ago(days))
    make_deal(ago(30), won_at=ago(1), person=lead.person, lead=lead)
    assert ask().answer("K02").figure.value == 60


def test_k03_cycle_is_of_wins_and_lost_ones_stand_beside(ask, make_deal, ago):
    for days in (20, 40, 60):
        make_deal(ago(days + 2), won_at=ago(2))
    make_deal(ago(12), lost_at=ago(2))
    figure = ask().answer("sales-cycle").figure
    assert figure.value == 40
    assert figure.beside[2].value == 10


def test_k04_no_decision_lowers_only_the_broad_rate(ask, make_deal, ago):
    for _ in range(12):
        make_deal(ago(60), won_at=ago(2))
    for _ in range(20):
        make_deal(ago(60), lost_at=ago(2))
    for _ in range(8):
        make_deal(ago(60), lost_at=ago(2), reason="no_decision")
    figure = ask().answer("win-rate").figure
    assert (figure.value, figure.beside[0].value) == (Fraction(3, 8), Fraction(3, 10))
    assert figure.formula == "12 won ÷ (12 won + 20 lost); 8 no decision"


def test_k04_by_source_gives_the_blank_origin_its_own_row(ask, make_deal, ago):
    make_deal(ago(60), won_at=ago(2), source=None)
    make_deal(ago(60), lost_at=ago(2), source="referral")
    sources = ask().answer("win-rate").sources
    assert {code: (f.hits, f.n) for code, f in sources.items()} == {"unknown": (1, 1), "referral": (0, 1)}


def test_k05_the_created_cohort_says_how_much_is_open(ask, make_deal, ago):
    for _ in range(3):
        make_deal(ago(60), won_at=ago(2))
    for _ in range(7):
        make_deal(ago(60), lost_at=ago(2))
    for _ in range(90):
        make_deal(ago(60))
    figure = ask().answer("K05").figure
    assert figure.value == Fraction(3, 100)
    assert [b.value for b in figure.beside] == [Fraction(9, 10), Fraction(3, 10)]


def test_k07_each_step_adds_up_and_skips_count_as_reached(ask, make_lead, ago):
    for n, deepest in ((18, None), (10, "rejected"), (40, "sal"), (12, "won")):
        for _ in range(n):
            stamps = {"mql_at": ago(20)}
            if deepest == "won":
                stamps = {"won_at": ago(3)}  # an import that knows nothing between
            elif deepest:
                stamps[f"{deepest}_at"] = ago(10)
            make_lead(ago(30), **stamps)
    answer = ask().answer("funnel")
    mql = stages.steps(answer.found.now)[1]
    assert (mql["entered"], mql["reached"], mql["left"], mql["open"]) == (80, 52, 10, 18)
    assert mql["rate"] == Fraction(65, 100)
    assert float(mql["resolved"]) == pytest.approx(52 / 62)
    for step in stages.steps(answer.found.now):
        assert step["entered"] == step["reached"] + step["open"] + step["left"]


def test_k08_counts_ninety_days_and_marks_the_young(ask, make_lead, ago):
    for _ in range(50):
        make_lead(ago(300), mql_at=ago(200), sal_at=ago(190), sql_at=ago(150))
    for _ in range(149):
        make_lead(ago(300), mql_at=ago(200))
    make_lead(ago(300), mql_at=ago(200), sal_at=ago(190), sql_at=ago(100))  # after day 90
    figure = ask(**{"from": "2026-01-01", "to": "2026-11-26"}).answer("K08").figure
    assert figure.value == Fraction(1, 4) and not figure.notes
    make_lead(ago(5), mql_at=ago(4))
    young = ask(**{"from": "2026-01-01", "to": "2026-11-25"}).answer("K08").figure
    assert young.notes == ("1 of 201 are younger than 90 days and may still qualify.",)


def test_k09_l02_counts_the_first_disposition(ask, make_lead, ago):
    for n, stamps in (
        (59, {"sal_at": ago(9)}), (1, {"sal_at": ago(9), "recycled_at": ago(2)}), (25, {"rejected_at": ago(9)}),
        (15, {"recycled_at": ago(9)}), (10, {}),
    ):  # fmt: skip
        for _ in range(n):
            make_lead(ago(20), mql_at=ago(10), **stamps)
    sheet = ask()
    accepted, rejected = sheet.answer("acceptance-rate").figure, sheet.answer("rejection-rate").figure
    assert (accepted.value, rejected.value, accepted.n) == (Fraction(60, 100), Fraction(25, 100), 100)
    assert accepted.beside[1].value == 10
    assert not rejected.notes


def test_k09_l03_more_than_thirty_percent_rings(ask, make_lead, ago):
    for n, stamps in ((69, {"sal_at": ago(9)}), (31, {"rejected_at": ago(9)})):
        for _ in range(n):
            make_lead(ago(20), mql_at=ago(10), **stamps)
    assert ask().answer("rejection-rate").figure.notes == ("More than 30% rejected: the agreed alarm.",)


def test_k09_l04_nineteen_are_too_few_to_judge(ask, make_lead, ago):
    for n, stamps in ((12, {"sal_at": ago(9)}), (7, {"rejected_at": ago(9)})):
        for _ in range(n):
            make_lead(ago(20), mql_at=ago(10), **stamps)
    figure = ask().answer("rejection-rate").figure
    assert figure.small and figure.notes == ("19 decided, too few to judge.",)


def test_k10_uncontacted_leads_push_the_median_out(ask, make_lead, ago):
    for hours in (2, 3, 4, 6, 9, 12, 20, 35, 50, 240):
        make_lead(ago(40), mql_at=ago(30), first_response_at=ago(30, hours=hours))
    make_lead(ago(40), mql_at=ago(30))
    make_lead(ago(40), mql_at=ago(30))
    figure = ask().answer("time-to-first-contact").figure
    assert figure.value == 16 * 3_600
    assert figure.beside[0].value is None and figure.beside[0].na.startswith("not reached")


def test_k10_most_uncontacted_is_not_a_number(ask, make_lead, ago):
    make_lead(ago(40), mql_at=ago(30), first_response_at=ago(29))
    for _ in range(3):
        make_lead(ago(40), mql_at=ago(30))
    figure = ask().answer("K10").figure
    assert figure.value is None and figure.na == "not reached: fewer than half were contacted"


def test_k11_attainment_of_what_fell_due(ask, make_clock, ago):
    for n, more in (
        (42, {"outcome": "met"}), (3, {"outcome": "met_late"}), (4, {}), (1, {"outcome": "cancelled"}),
        (2, {"outcome": "met", "history": True}), (5, {"outcome": "met", "scope": "owner"}),
    ):  # fmt: skip
        for _ in range(n):
            make_clock(ago(3), **more)
    make_clock(ago(-1))  # not due yet
    answer = ask(to="2026-12-31").answer("sla-attainment")
    assert answer.figure.value == Fraction(42, 49)
    assert answer.excluded == {"history": (2, "computed for imported history")}


def test_k11_its_lines_add_up_to_it(ask, make_clock, ago):
    for target in Target:
        make_clock(ago(3), outcome="met", target=target, tier="hot" if target == "first_response" else "")
    make_clock(ago(3), outcome="met_late", target="discount", tier="")
    answer = ask().answer("K11")
    assert sum(line["n"] for line in promises.lines(answer.found.now)) == answer.figure.n == len(Target) + 1


def test_k11_due_itself_is_still_in_time(ask, make_clock, now):
    make_clock(now)
    assert ask().answer("K11").figure.value is None
    make_clock(now - timedelta(microseconds=1))
    assert ask(days=30).answer("K11").figure.value == 0


def test_k12_later_edits_do_not_rewrite_the_period(ask, make_deal, ago):
    deal = make_deal(ago(200), amount=60_000)
    Entry.objects.create(
        kind="deal.edited", subject_kind="deal", subject_id=deal.pk, at=ago(100),
        data={"fields": ["amount"], "was_amount": 4_000_000, "amount": 6_000_000},
    )  # fmt: skip
    figure = ask(**{"from": ago(210).date(), "to": ago(190).date()}).answer("pipeline-generated").figure
    assert figure.value == 4_000_000
    assert figure.beside[0].value == 2_000_000


def test_k12_an_edit_inside_the_period_counts(ask, make_deal, ago):
    deal = make_deal(ago(200), amount=60_000)
    Entry.objects.create(
        kind="deal.edited", subject_kind="deal", subject_id=deal.pk, at=ago(199),
        data={"fields": ["amount"], "was_amount": 4_000_000, "amount": 6_000_000},
    )  # fmt: skip
    figure = ask(**{"from": ago(210).date(), "to": ago(190).date()}).answer("K12").figure
    assert figure.value == 6_000_000


def test_k15_only_accepted_marketing_leads_make_sales_accepted_pipeline(ask, make_lead, make_deal, ago):
    for amount, source in ((500_000, "webinar"), (850_000, "paid_search"), (150_000, "product")):
        lead = make_lead(ago(60), mql_at=ago(50), sal_at=ago(40), sql_at=ago(30), opportunity_at=ago(20), source=source)
        make_deal(ago(20), amount=amount, source=source, lead=lead)
    make_deal(ago(20), amount=99)
    rejected = make_lead(ago(60), mql_at=ago(50), rejected_at=ago(40))
    make_deal(ago(20), amount=77, lead=rejected)
    later = make_lead(ago(60), mql_at=ago(50), sal_at=ago(40), rejected_at=ago(2))
    make_deal(ago(20), amount=66, lead=later)
    assert ask().answer("K15").figure.value == 135_000_000
    assert ask(now=ago(3)).answer("K15").figure.value == 135_006_600  # nobody had rejected it then


def test_k23_average_deal_size_leaves_out_the_unknown_and_says_so(ask, make_deal, ago):
    for amount in (30_000, 45_000, 75_000, None):
        make_deal(ago(60), won_at=ago(2), amount=amount)
    make_deal(ago(60), won_at=ago(2), amount=5, currency="EUR")
    answer = ask().answer("K23")
    assert (answer.figure.value, answer.figure.beside[0].value) == (5_000_000, 4_500_000)
    assert answer.excluded == {"amount": (1, "without an amount"), "currency": (1, "in another currency")}


def test_k31_velocity_of_each_step(ask, make_lead, ago):
    for days in (1, 2, 4, 9):
        make_lead(ago(40), mql_at=ago(20), sal_at=ago(20 - days))
    rows = {row["step"]: row for row in stages.velocity_rows(ask().answer("stage-velocity").found.now)}
    assert (rows["mql-sal"]["median"], rows["mql-sal"]["n"]) == (3, 4)
    assert rows["inquiry-mql"]["median"] == 20
    assert (rows["sal-sql"]["n"], rows["sal-sql"]["median"]) == (0, None)


def test_k31_those_still_waiting_count_as_longer(ask, make_lead, ago):
    for days in (1, 2, 4, 9):
        make_lead(ago(40), mql_at=ago(12), sal_at=ago(12 - days))
    make_lead(ago(40), mql_at=ago(12))
    sheet = ask()
    beside = {b.part: b for b in sheet.answer("K31").figure.beside}
    assert (beside["mql"].value, beside["mql"].name) == (4, "MQL, 5 leads")
    assert beside["sal"].value is None and beside["sal"].na == "not reached: fewer than half have left"
    assert beside["opportunity"].na == "0 entered in this period"
    assert sheet.answer("stage-velocity").found.now.spread("mql-sal").median == 3  # finished only


def test_rows_without_their_own_dates_are_left_out_of_time_kpis_and_counted(ask, make_lead, make_deal, ago):
    make_lead(ago(20), mql_at=ago(10), sal_at=ago(9), undated=True)
    make_deal(ago(20), won_at=ago(2), undated=True)
    sheet = ask()
    for key in ("funnel", "acceptance-rate", "time-to-first-contact", "win-rate", "sales-cycle", "pipeline-generated"):
        answer = sheet.answer(key)
        assert answer.excluded["undated"] == (1, "no dates of their own (import)"), key
        assert not answer.figure.value, key


def test_stock_counts_the_open_by_stage_and_age(ask, make_lead, ago):
    make_lead(ago(3))
    make_lead(ago(40), mql_at=ago(35))
    make_lead(ago(40), mql_at=ago(35), rejected_at=ago(3))
    make_lead(ago(400), won_at=ago(3))
    rows = {row["stage"]: row for row in stages.stock_rows(ask().answer("stock").found.now)}
    assert (rows["inquiry"]["n"], rows["mql"]["n"], rows["sal"]["n"]) == (1, 1, 0)
    assert [age["n"] for age in rows["mql"]["ages"]] == [0, 0, 1, 0]


def test_the_past_is_as_it_was(ask, make_lead, make_deal, ago):
    make_lead(ago(40), mql_at=ago(35), sal_at=ago(5), sql_at=ago(4))
    make_deal(ago(40), won_at=ago(5))
    then = ask(as_of="2026-11-16T18:00:00Z")
    assert then.answer("acceptance-rate").figure.n == 0
    assert then.answer("win-rate").figure.value is None
    assert then.answer("open-pipeline").figure.n == 1
    assert ask().answer("win-rate").figure.value == 1


def test_the_period_before_is_seen_from_as_long_after_it(ask, make_deal, ago):
    make_deal(ago(150), won_at=ago(120))
    make_deal(ago(150), lost_at=ago(60))
    answer = ask().answer("win-rate")
    assert (answer.figure.value, answer.before.value) == (0, 1)
    # The deal lost 60 days ago was opened in the period before; 90 days ago it was still open.
    assert ask(compare="previous").answer("K05").before.beside[0].value == Fraction(1, 2)


def test_days_are_those_of_the_reporting_zone(ask, make_deal, ago, now):
    # 27 Nov 03:00 UTC is still the 26th in Chicago.
    late = now.replace(day=27, hour=3)
    make_deal(ago(40), won_at=late)
    assert ask(now=late + timedelta(minutes=1), to="2026-11-26").answer("win-rate").figure.n == 1
    assert ask(now=late + timedelta(minutes=1), **{"from": "2026-11-27"}).answer("win-rate").figure.n == 0


def test_filters_narrow_by_source_owner_and_team(ask, cast, make_deal, ago):
    make_deal(ago(40), won_at=ago(2), owner=cast.owner, source="referral")
    make_deal(ago(40), won_at=ago(2), owner=cast.other)
    make_deal(ago(40), won_at=ago(2), source=None)
    count = lambda **query: ask(**query).answer("win-rate").figure.n  # noqa: E731
    assert (count(), count(source="referral"), count(source="unknown")) == (3, 1, 1)
    assert (count(owner=cast.other.pk), count(team=cast.midwest.pk)) == (1, 1)
    assert count(team=cast.midwest.pk, owner=cast.other.pk) == 0


def test_a_rate_over_time_has_a_point_a_week_and_adds_up(ask, make_deal, ago):
    for days in (2, 9, 16):
        make_deal(ago(40), won_at=ago(days))
    answer = ask().answer("win-rate")
    assert [figure.n for _, figure in answer.over_time] == [1, 1, 1]
    assert all(bucket.weekday() == 0 for bucket, _ in answer.over_time)


def test_small_samples_say_so_with_their_interval(ask, make_deal, ago):
    for _ in range(8):
        make_deal(ago(60), won_at=ago(2))
    for _ in range(11):
        make_deal(ago(60), lost_at=ago(2))
    figure = ask().answer("win-rate").figure
    assert figure.small and figure.interval[0] < 8 / 19 < figure.interval[1]
