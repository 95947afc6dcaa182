"""K13, K14, K35, K36 and D05."""

from datetime import timedelta

import pytest

from dashboards import attribution, rows
from dashboards.kpis import attributed
from dashboards.kpis.base import Slice


def test_K36_the_difference_is_said_with_its_interval():
    figure = attributed.influenced_win_rate(Slice({"won": 18, "lost": 22, "other_won": 12, "other_lost": 28}))
    assert (float(figure.value), float(figure.beside[0].value)) == (0.45, 0.30)
    assert figure.notes[0] == "Difference +15.0 pt, 95% interval −6.0 to +34.3: not distinguishable from zero."


@pytest.mark.parametrize(
    "groups, said",
    [
        ((18, 40, 12, 40), "Difference +15.0 pt, 95% interval −6.0 to +34.3: not distinguishable from zero."),
        ((90, 200, 60, 200), "Difference +15.0 pt, 95% interval +5.5 to +24.1: associated."),
        ((10, 19, 1, 200), "Fewer than 20 on a side: counts only, no difference is claimed."),
        ((10, 20, 0, 0), "Fewer than 20 on a side: counts only, no difference is claimed."),
    ],
)
def test_D05_influence_is_associated_or_not_distinguishable_never_caused(groups, said):
    assert attributed.difference(*groups) == said


@pytest.mark.django_db
def test_K13_K14_sourced_is_four_of_ten_and_inside_the_influenced(ask, make_deal, make_person, touch, role, ago):
    """$400k of $1M = 40% sourced, $720k = 72% influenced."""
    opened = ago(30)
    sales = {"side": "sales", "direction": "out", "automatic": False}

    def deal(amount, **more):
        return make_deal(opened, amount=amount, person=make_person(), **more)

    first = deal(400_000)
    touch(first.person, ago(120), channel="email")  # the very first moment that counts
    touch(first.person, ago(121), "call", None, **sales)
    touch(first.person, ago(40), "call", None, **sales)
    second = deal(320_000, source=None)  # sales first, then marketing: influenced, not sourced
    touch(second.person, ago(50), "call", None, **sales)
    touch(second.person, ago(20), "form", "webinar")
    third = deal(280_000, won_at=ago(10))  # after the win, a program's opening, a role given late: nothing
    touch(third.person, ago(5), "form", "webinar")
    touch(third.person, ago(40), "email_open", "email")
    late = make_person()
    touch(late, ago(40), "form", "webinar")
    role(third, late, ago(3))
    make_deal(opened, amount=9, currency="EUR")
    make_deal(opened, amount=9, kind="renewal")
    sheet = ask(compare="none")
    sourced, influenced = sheet.answer("marketing-sourced-pipeline"), sheet.answer("marketing-influenced-pipeline")
    assert sourced.figure.formula == "$400,000 of $1,000,000 opened = 40.0%" and sourced.figure.value == 40_000_000
    assert influenced.figure.formula == "$720,000 of $1,000,000 opened = 72.0%"
    assert [b.value for b in sourced.figure.beside][1] == 68_000_000, "by the deal's own source, beside"
    names = {row.id for row in rows.walk(sheet, sourced.kpi, part="sourced")}
    assert names == {first.pk} < {row.id for row in rows.walk(sheet, influenced.kpi, part="influenced")}
    assert {why: n for n, why in sourced.excluded.values()} == {"in another currency": 1, "renewals": 1}


@pytest.mark.django_db
def test_K35_attributed_and_influenced_revenue_stand_apart(ask, make_deal, make_person, touch, ago):
    """A01 under full path with t5 and t6 run by sales, all teams: $33,000 of $60,000 = 55%; influenced $60,000."""
    who, now = make_person(), ago(10)
    make_deal(now - timedelta(days=15), won_at=now, amount=60_000, person=who)
    make_deal(ago(40), won_at=ago(9), amount=None, person=who)
    path = ((90, "ad_click", "paid_search"), (60, "page_view", "organic_search"), (45, "webinar", "webinar"),
            (30, "email_click", "email"))  # fmt: skip
    for days, kind, channel in path:
        touch(who, now - timedelta(days=days), kind, channel)
    for days, kind in ((20, "call"), (5, "meeting")):
        touch(who, now - timedelta(days=days), kind, None, side="sales", direction="out", automatic=False)
    sheet = ask()
    answer = sheet.answer("attributed-revenue")
    assert answer.figure.value == 3_300_000
    assert answer.figure.formula.startswith("$33,000 of $60,000 won = 55.0%; full path")
    assert answer.figure.beside[1].value == 6_000_000 and answer.figure.beside[1].part == "influenced"
    assert answer.before.na == "0 won with an amount in this period" and answer.found.now.n("") == 1
    assert {why: n for n, why in answer.excluded.values()} == {"without an amount": 1}
    result = attribution.of(sheet)
    assert result.amount == answer.found.now.sum("won") == result.credited


@pytest.mark.django_db
def test_K36_counts_influenced_deals_beside_the_rest(ask, make_deal, make_person, touch, ago):
    who = make_person()
    touch(who, ago(20), "form", "webinar")
    for n in range(3):
        make_deal(ago(40), person=who, **({"won_at": ago(5)} if n else {"lost_at": ago(5)}))
    make_deal(ago(40), lost_at=ago(5), person=make_person())
    make_deal(ago(40), lost_at=ago(5), reason="no_decision", person=who)
    figure = ask().answer("influenced-win-rate").figure
    assert (figure.hits, figure.n, figure.formula) == (2, 3, "2 won of 3 influenced; 0 won of the 1 others")
    assert figure.small and "counts only" in figure.notes[0]
