"""Top-20% mode (DOMAIN 3.3): exactly the best k of the night's pool, and the day's cut for who comes later."""

from datetime import timedelta

import pytest

from leads.models import Lead, Snapshot
from revops.lib.errors import Invalid
from scoring import cuts, rescoring
from scoring.models import Cut, Definition, Waiting
from scoring.rescore import rescore
from teams.models import Organisation
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
YESTERDAY = T - days(1)
TOP = {"attribute": "score.top", "op": "is", "value": True}


def by(predicate):
    Definition.objects.filter(stage="mql").update(effective_at=T - days(400))
    Definition.objects.create(
        stage="mql", version=7, sentence="The best.", predicate=predicate, effective_at=T - days(300)
    )


def scoring(**fields):
    """Fit counts the employees, engagement the webinars, 10 points each for good."""
    size = [
        {"kind": "fit", "points": 1, "condition": {"attribute": "company.employees", "op": "at_least", "value": n}}
        for n in range(1, 31)
    ]
    often = [
        {"kind": "engagement", "points": 10, "at_least": n, "touches": {"kind": ["webinar"]}} for n in (1, 2, 3)
    ]  # fmt: skip
    return model(*size, *often, **fields)


def someone(fit, webinars=0, *, seen=YESTERDAY, **fields):
    made = person(company={"employees": fit}, lead=fields.pop("lead", {}), last_touch_at=seen, **fields)
    for n in range(webinars):
        touch(made, "webinar", T - days(2 + n))
    rescore([made.pk], now=T)
    return made


def passed(people):
    return [one.leads.get().stage == "mql" for one in people]


@pytest.mark.parametrize(("n", "k"), [(10, 2), (11, 3), (4, 1), (0, 0), (1, 1), (5, 1), (6, 2)])
def test_the_best_fifth_rounded_up_passes(n, k, cast):
    by(TOP)
    scoring()
    people = [someone(fit) for fit in range(1, n + 1)]
    assert not any(passed(people)), "without a cut nobody passes"
    cut = cuts.take(T)
    assert (cut.pool, cut.k, cut.share) == (n, k, 20)
    assert passed(people) == [False] * (n - k) + [True] * k
    assert cut.priority == (n - k + 1 if k else None)


def test_in_order_of_priority_fit_latest_high_intent_and_id_exactly_k_pass(cast):
    by(TOP)
    scoring(top_share=50)
    less_fit = someone(10, webinars=1)  # 20
    late, early, first, second = (someone(20) for _ in range(4))  # 20 as well, by fit alone
    touch(early, "demo_request", T - days(5))
    touch(late, "demo_request", T - days(3))
    below = someone(3)
    cut = cuts.take(T)
    people = [late, early, first, second, less_fit, below]
    assert passed(people) == [True, True, True, False, False, False]
    assert (cut.k, cut.priority, cut.fit, cut.lead_id) == (3, 20, 20, first.leads.get().pk)
    rescore([second.pk], now=T + timedelta(hours=1))
    assert passed([second]) == [False], "their equal stays behind during the day too"


def test_during_the_day_who_reaches_the_cut_passes_and_the_snapshot_keeps_it(cast):
    by(TOP)
    scoring()
    for fit in range(6, 11):
        someone(fit)
    cuts.take(T)
    below, above = someone(9), someone(11)
    assert passed([below, above]) == [False, True]
    snapshot = Snapshot.objects.get(lead=above.leads.get())
    assert (snapshot.because, snapshot.cut, snapshot.fit) == ("top", 10, 11)
    for n in range(2):
        touch(below, "webinar", T - days(n))
    rescore([below.pk], now=T)
    assert passed([below]) == [True]


def test_an_hour_of_fading_takes_nobody_out_of_the_nights_best(cast):
    by(TOP)
    model({"kind": "engagement", "points": 50, "touches": {"kind": ["webinar"]}, "half_life_days": 1})
    people = []
    for n in (1, 2, 3, 4, 5):
        made = person(lead={}, last_touch_at=T)
        touch(made, "webinar", T - days(n))
        rescore([made.pk], now=T)
        people.append(made)
    cuts.take(T + timedelta(hours=10))
    assert passed(people) == [True, False, False, False, False]


def test_the_pool_is_who_only_the_cut_decides_about(cast):
    by({"all": [TOP, {"attribute": "person.country", "op": "is", "value": "US"}]})
    scoring()
    out = [
        someone(20, country="DE"),
        someone(20, country="US", suppressed=True),
        someone(20, country="US", seen=T - days(91)),
        someone(20, country="US", lead={"history": True}),
        someone(20, country="US", lead={"stage": "sal"}),
    ]
    waits = someone(20, country="US")
    Waiting.objects.create(lead=waits.leads.get(), since=T)
    best = [someone(fit, country="US") for fit in (5, 4)]
    assert cuts.take(T).pool == 2
    assert passed([*out, waits, *best]) == [False] * 6 + [True, False]


def test_taken_once_a_day_in_the_organisations_zone_however_often_asked(cast):
    Organisation.objects.update_or_create(id=1, defaults={"timezone": "America/New_York"})
    by(TOP)
    scoring()
    for fit in range(1, 11):
        someone(fit)
    midnight = T.replace(hour=5)
    assert cuts.take(midnight - timedelta(minutes=1)).k == 2
    assert cuts.take(midnight - timedelta(seconds=1)) is None
    assert cuts.take(midnight).pool == 8
    assert cuts.take(midnight + timedelta(hours=23)) is None
    assert (Cut.objects.count(), Lead.objects.filter(stage="mql").count()) == (2, 4)


def test_nothing_is_taken_while_cells_decide(cast):
    scoring()
    someone(10)
    assert cuts.take(T) is None
    assert cuts.line(at=T) == ("cells", None, {"A1", "A2", "B1"})


def test_published_without_handing_over_the_first_cut_only_draws_the_line(cast):
    by(TOP)
    live = scoring()
    people = [someone(fit) for fit in range(1, 6)]
    rescoring.begin(live, hand_over=False, by=None, at=T)
    assert cuts.take(T).k == 1
    assert not any(passed(people))
    assert Waiting.objects.get().lead_id == people[-1].leads.get().pk
    assert passed([someone(6)]) == [True]


def test_a_threshold_is_reached_at_the_threshold_and_named_in_the_snapshot(cast):
    by({"attribute": "score.priority", "op": "at_least", "value": 25})
    scoring()
    below, at = someone(14, webinars=1), someone(15, webinars=1)
    assert passed([below, at]) == [False, True]
    snapshot = Snapshot.objects.get()
    assert (snapshot.because, snapshot.cut) == ("threshold", 25)
    assert cuts.line(at=T) == ("threshold", 25, frozenset())


def test_never_both_modes_on_one_pool():
    from scoring.definitions.fields import read

    priority = {"attribute": "score.priority", "op": "at_least", "value": 90}
    for fine in (TOP, priority):
        assert read({"predicate": fine}, stage="mql", today=T.date())["predicate"] == fine
    with pytest.raises(Invalid) as wrong:
        read({"predicate": {"any": [TOP, {"all": [priority]}]}}, stage="mql", today=T.date())
    assert wrong.value.errors[0]["code"] == "both_modes"


def test_the_question_before_publishing_ranks_whom_the_cut_decides_about(cast):
    by({"all": [TOP, {"attribute": "company.employees", "op": "at_least", "value": 11}]})
    model_now = scoring()
    for fit in range(11, 21):
        someone(fit)
    for fit in range(1, 11):
        someone(fit, webinars=3)
    would = rescoring.would_hand_over(model_now, definition=Definition.objects.get(version=7), now=T)
    assert would.n == cuts.take(T).k == 2


def test_nobody_waits_longer_when_all_are_to_be_handed_over(cast):
    by(TOP)
    scoring()
    people = [someone(fit) for fit in range(1, 6)]
    Waiting.objects.create(lead=people[-1].leads.get(), since=T - days(30))
    new = model(*[{"kind": "fit", "points": 2, "condition": {"attribute": "company.employees", "op": "at_least",
                                                             "value": n}} for n in range(1, 6)])  # fmt: skip
    rescoring.begin(new, hand_over=True, by=None, at=T)
    for _ in range(6):
        rescoring.drain(T, 10)
    assert not Waiting.objects.exists()
    assert cuts.take(T).k == 1
    assert passed(people) == [False] * 4 + [True]


def test_what_must_not_be_is_no_line_to_reach():
    never = {"none": [{"attribute": "score.priority", "op": "at_least", "value": 150}]}
    assert cuts.threshold(never) is None
    c3 = {"none": [{"attribute": "score.cell", "op": "in", "value": ["C3"]}]}
    Definition.objects.filter(stage="mql").update(predicate={"all": [c3]})
    assert cuts.line(at=T).cells == frozenset()
