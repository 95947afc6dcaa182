"""Which touches count for which deal, and what the answer adds up to."""

import pytest

from dashboards import attribution
from dashboards.attribution import crediting
from dashboards.attribution.paths import Path, Step

pytestmark = pytest.mark.django_db


@pytest.fixture
def won(make_deal, make_firm, make_person, ago):
    """A deal opened 40 days ago and won 10 days ago, with a firm and a contact."""
    firm = make_firm()
    return make_deal(ago(40), won_at=ago(10), amount=600, company=firm, person=make_person(firm))


def channels(result, model="linear"):
    return {line.key: line.credits[model] for line in result.lines}


def test_touches_count_in_the_look_back_before_the_win_and_only_what_somebody_did(ask, won, touch, ago):
    who = won.person
    touch(who, ago(130), "form", "webinar")  # 90 days before the opening, to the second
    touch(who, ago(131), channel="paid_social")  # a day too early
    touch(who, ago(30), "email_click", "email")
    touch(who, ago(10), channel="display")  # the very moment of the win
    touch(who, ago(5), channel="referral")  # after it
    touch(who, ago(29), "email_open", "partner")  # programs open e-mails
    touch(who, ago(28), channel="event", standing="waits")
    touch(who, ago(27), channel="event", direction="out")
    result = attribution.of(ask())
    assert channels(result) == {"webinar": 30_000, "email": 30_000}
    assert (result.wins, result.amount, result.credited, result.touches) == (1, 60_000, 60_000, 2)
    assert {line.key for line in attribution.of(ask(), look_back=100).lines} == {"webinar", "email", "paid_social"}
    line = result.line("webinar")
    assert (line.touches, line.wins, line.name, line.credits["first"]) == (1, 1, "Webinar", 60_000)


def test_one_touch_a_person_and_session_at_its_strongest(ask, won, touch, make_person, ago):
    who = won.person
    touch(who, ago(20), "page_view", "paid_search")
    touch(who, ago(20, minutes=29), "form", "webinar")
    touch(who, ago(20, minutes=59), "page_view", "email")  # 30 minutes idle, not more: still the same session
    touch(who, ago(20, minutes=90), "page_view", "event")  # 31 minutes later: another
    touch(make_person(won.company), ago(20, minutes=1), "page_view", "referral")  # somebody else’s own session
    touch(who, ago(20, minutes=2), "call", None, side="sales", direction="out", automatic=False)
    assert channels(attribution.of(ask())) == {"webinar": 20_000, "event": 20_000, "referral": 20_000}
    everyone = attribution.of(ask(), teams="all")
    assert everyone.line("sales").credits["linear"] == 15_000 and everyone.line("sales").side == "sales"
    assert everyone.of_side("marketing") + everyone.of_side("sales") == everyone.credited == 60_000


def test_whose_touches_count_is_the_mapping(ask, won, touch, role, make_person, ago):
    contact, colleague, other = won.person, make_person(won.company), make_person()
    late = make_person()
    role(won, other, ago(30), primary=True)
    role(won, late, ago(3))
    for person, channel in ((contact, "email"), (colleague, "webinar"), (other, "event"), (late, "partner")):
        touch(person, ago(20), channel=channel)
    assert channels(attribution.of(ask())).keys() == {"email", "webinar", "event"}, "a role after the win: nothing"
    assert channels(attribution.of(ask(), mapping="roles")).keys() == {"email", "event"}
    assert channels(attribution.of(ask(), mapping="primary")).keys() == {"event"}


def test_wins_that_cannot_be_shared_out_are_counted_beside(ask, won, touch, make_deal, make_firm, ago):
    touch(won.person, ago(20), channel="email")
    make_deal(ago(40), won_at=ago(9), amount=100)  # nobody touched
    make_deal(ago(40), won_at=ago(9), amount=None, person=won.person)
    make_deal(ago(40), won_at=ago(9), currency="EUR", person=won.person)
    make_deal(ago(40), won_at=ago(9), undated=True, person=won.person)
    make_deal(ago(40), won_at=ago(9), kind="renewal", person=won.person)
    make_deal(ago(40), won_at=ago(200), person=won.person)  # before the period
    result = attribution.of(ask())
    assert (result.wins, result.amount, result.credited, result.without) == (2, 70_000, 60_000, (1, 10_000))
    assert result.unpriced == 2
    assert result.absent["markov"] == "Markov needs 100 wins with a touch; this period has 3"
    assert [m.key for m in result.models][-1] == "decay_7" and result.model("shapley") is None
    for model in result.models:
        assert sum(line.credits[model.key] for line in result.lines) == result.credited
    assert attribution.of(ask(source="webinar")).wins == 2 and attribution.of(ask(source="email")).wins == 0


def test_campaigns_assets_and_weights_of_ones_own(ask, won, touch, ago, db):
    from marketing.models import Campaign

    spring = Campaign.objects.create(code="spring", name="Spring")
    touch(won.person, ago(25), campaign=spring, asset="guide")
    touch(won.person, ago(20), asset="guide")
    touch(won.person, ago(15), asset="roi-calculator")
    by = attribution.of(ask(), level="campaign", own=(70, 20, 10))
    assert {line.name: line.credits["own"] for line in by.lines} == {"Spring": 42_000, "No campaign": 18_000}
    by = attribution.of(ask(), level="asset")
    assert {line.name: line.credits["linear"] for line in by.lines} == {"guide": 40_000, "roi-calculator": 20_000}


def test_models_of_the_data_come_with_a_hundred_wins_and_some_losses(
    ask, make_deal, make_person, touch, ago, django_assert_num_queries
):
    one, other = make_person(), make_person()
    for n in range(4):
        touch(one, ago(30 - n), channel="webinar" if n % 2 else "email")
    touch(other, ago(20), channel="paid_search")
    for _ in range(101):
        make_deal(ago(40), won_at=ago(10), amount=1, person=one)
    assert "lost deals" in attribution.of(ask()).absent["markov"]
    make_deal(ago(40), lost_at=ago(10), person=other)
    sheet = ask(as_of="2026-11-26T17:00:00Z")
    with django_assert_num_queries(3):
        result = attribution.of(sheet)
    assert not result.absent and [m.key for m in result.models][-2:] == ["markov", "shapley"]
    assert channels(result, "markov") == {"email": 5_050, "webinar": 5_050}
    assert channels(result, "shapley") == {"email": 5_050, "webinar": 5_050}
    assert (result.wins, result.lost) == (101, 1)
    spreads = [high - low for low, high in (line.range(m.key for m in result.drawn) for line in result.lines)]
    assert spreads == sorted(spreads, reverse=True)
    with django_assert_num_queries(0):
        assert attribution.of(sheet) is result


def test_every_model_adds_up_though_lost_deals_alone_went_through_a_channel(db, ago):
    found = [Path(n, ago(40), ago(10), [Step(1, ago(20), "page_view", "webinar")], 100) for n in range(100)]
    asked = crediting.Result("channel", "account", "marketing", 90, 30, None, "USD")
    result = crediting.credit(asked, found, lost={("event", "webinar"): 20})
    assert {line.key: line.wins for line in result.lines} == {"webinar": 100, "event": 0}
    assert channels(result, "markov")["event"] > 0, "who began there often went on to the webinar"
    for model in result.models:
        assert sum(line.credits[model.key] for line in result.lines) == result.credited == 10_000


def test_K35_touches_of_two_sides_without_a_channel_stay_apart(db, ago):
    steps = [Step(1, ago(30), "feature_use", "", side="product"), Step(2, ago(20), "page_view", "")]
    asked = crediting.Result("channel", "account", "all", 90, 30, None, "USD")
    result = crediting.credit(asked, [Path(1, ago(15), ago(10), steps, 300)], lost={})
    assert [line.credits["full_path"] for line in result.lines] == [300]
    assert (result.of_side("marketing"), result.of_side("product"), result.of_side("sales")) == (200, 100, 0)
