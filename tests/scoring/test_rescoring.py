"""After a new model: everybody is scored again, and who only the new rules qualify is not handed over by time."""

import threading

import pytest
from django.db import connection, transaction

from leads import handoff
from leads.models import Lead, Person
from scoring import refresh, rescoring
from scoring.models import Rescoring, Waiting
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db


def fits(points):
    return {"kind": "fit", "points": points, "condition": {"attribute": "person.country", "op": "is", "value": "US"}}


def acts(points):
    return {"kind": "engagement", "points": points, "at_least": 1, "touches": {"kind": ["webinar"]}}


@pytest.fixture
def handed(monkeypatch):
    found = []
    monkeypatch.setattr(handoff, "qualify", lambda crossings, *, now, **_: found.extend(one.lead_id for one in crossings))
    return found


def crowd(n=5, lead=True):
    made = []
    for _ in range(n):
        someone = person(country="US", **({"lead": {}} if lead else {}))
        touch(someone, "webinar", T - days(1))
        made.append(someone)
    rescore([one.pk for one in made], now=T)
    return made


def drained(now=T, lot=2):
    rounds = 0
    while Rescoring.objects.filter(state="running").exists():
        rescoring.drain(now, lot)
        rounds += 1
        assert rounds < 50
    return rounds


def scores(people):
    return list(Person.objects.filter(pk__in=[one.pk for one in people]).order_by("pk").values_list("fit", flat=True))


def test_everybody_is_scored_by_the_new_model_those_with_an_open_lead_first(handed):
    model(fits(10))
    without, people = crowd(3, lead=False), crowd(3)
    new = model(fits(20))
    run = rescoring.begin(new, hand_over=False, by=None, at=T)
    assert run.total == 6
    rescoring.drain(T, 3)
    assert (scores(people), scores(without)) == ([20] * 3, [10] * 3)
    half = rescoring.progress(Rescoring.objects.get())
    assert (half.running, half.share) == (True, 0.5)
    drained()
    assert scores(without) == [20] * 3
    run.refresh_from_db()
    assert (run.state, run.done, run.result) == ("done", 6, {"people": 6, "crossed": 0, "waiting": 0})


def test_whom_only_the_new_rules_qualify_waits_for_something_new(handed):
    model(fits(10))
    [someone] = crowd(1)
    new = model(fits(80), acts(60))
    run = rescoring.begin(new, hand_over=False, by=None, at=T)
    drained()
    run.refresh_from_db()
    lead = someone.leads.get()
    assert (handed, run.waiting, lead.cell) == ([], 1, "A1")
    assert rescoring.progress(run).still == 1
    rescore([someone.pk], now=T + days(1), news=False)
    assert handed == [], "time alone hands over nobody who waits"
    touch(someone, "webinar", T + days(2))
    rescore([someone.pk], now=T + days(2))
    assert handed == [lead.pk]
    assert not Waiting.objects.exists()


def test_news_about_their_firm_is_something_new(handed):
    model(fits(10))
    someone = person(country="US", company={}, lead={})
    touch(someone, "webinar", T - days(1))
    rescoring.begin(model(fits(80), acts(60)), hand_over=False, by=None, at=T)
    drained()
    assert (handed, Waiting.objects.count()) == ([], 1)
    refresh.soon([someone.company_id], now=T + days(1))
    refresh.drain(T + days(1), 10)
    assert handed == [someone.leads.get().pk]


def test_handed_over_at_once_when_that_was_said(handed):
    model(fits(10))
    people = crowd(3)
    Waiting.objects.create(lead=people[0].leads.get(), since=T)
    history = person(country="US", lead={"history": True})
    touch(history, "webinar", T)
    new = model(fits(80), acts(60))
    run = rescoring.begin(new, hand_over=True, by=None, at=T)
    drained()
    run.refresh_from_db()
    assert sorted(handed) == sorted(one.leads.get().pk for one in people)
    assert (run.crossed, run.waiting, Waiting.objects.count()) == (3, 0, 0)


def test_the_pulse_does_not_hand_over_whom_the_run_has_not_reached(handed):
    model(fits(10))
    _, last = crowd(2)
    new = model(fits(80), acts(60))
    rescoring.begin(new, hand_over=False, by=None, at=T)
    Person.objects.filter(pk=last.pk).update(score_due_at=T)
    assert refresh.drain(T, 10) == 1
    assert handed == []
    assert Waiting.objects.get().lead_id == last.leads.get().pk
    drained()
    assert (handed, Waiting.objects.count()) == ([], 2)


def test_news_hands_over_also_while_the_run_is_on_its_way(handed):
    model(fits(10))
    [someone] = crowd(1)
    new = model(fits(80), acts(60))
    rescoring.begin(new, hand_over=False, by=None, at=T)
    rescore([someone.pk], now=T)
    assert handed == [someone.leads.get().pk]


def test_killed_in_the_middle_it_goes_on_nobody_twice_nobody_left_out(handed, monkeypatch):
    model(fits(10))
    people = crowd(6)
    new = model(fits(80), acts(60))
    run = rescoring.begin(new, hand_over=True, by=None, at=T)
    rescoring.drain(T, 2)
    beat = Rescoring.beat

    def killed(self, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(Rescoring, "beat", killed)
    before = list(handed)
    with pytest.raises(KeyboardInterrupt):
        rescoring.drain(T, 2)
    handed[:] = before  # the lot was rolled back with its cursor
    monkeypatch.setattr(Rescoring, "beat", beat)
    assert scores(people) == [80, 80, 10, 10, 10, 10]
    drained()
    run.refresh_from_db()
    assert sorted(handed) == sorted(Lead.objects.values_list("pk", flat=True))
    assert (run.done, run.crossed) == (6, 6)


def test_who_waits_since_an_earlier_run_waits_still(handed):
    model(fits(10))
    crowd(2)
    for points in (80, 90):
        at = T + days(points)
        run = rescoring.begin(model(fits(points), acts(60)), hand_over=False, by=None, at=at)
        drained(at)
        run.refresh_from_db()
        assert rescoring.progress(run).still == run.waiting == 2


def test_a_newer_run_takes_the_place_of_an_older_one(handed):
    model(fits(10))
    crowd(2)
    older = rescoring.begin(model(fits(20)), hand_over=False, by=None, at=T)
    newer = rescoring.begin(model(fits(30)), hand_over=False, by=None, at=T)
    older.refresh_from_db()
    assert (older.state, newer.state) == ("cancelled", "running")


def test_a_closed_lead_and_a_past_mql_keep_what_they_had(cast):
    """Trap of 8.2: rescoring with today's rules changes a past MQL."""
    model(fits(75), acts(40))
    someone, other = crowd(2)
    lead, closed = someone.leads.get(), other.leads.get()
    assert lead.stage == "mql"
    Lead.objects.filter(pk=closed.pk).update(stage="rejected", reason="no_need")
    old = lead.snapshot.trace, lead.snapshot.model_version, lead.snapshot.cell, lead.mql_at
    rescoring.begin(model(fits(1)), hand_over=True, by=None, at=T + days(1))
    drained(T + days(1))
    lead = Lead.objects.select_related("snapshot").get(pk=lead.pk)
    assert (lead.stage, lead.cell, lead.fit) == ("mql", "C3", 1)
    assert (lead.snapshot.trace, lead.snapshot.model_version, lead.snapshot.cell, lead.mql_at) == old
    closed.refresh_from_db()
    assert (closed.fit, closed.cell) == (75, "A2")


def test_a_person_who_can_not_be_scored_stops_nobody(handed, monkeypatch, caplog):
    model(fits(10))
    people = crowd(3)
    bad = people[1].pk
    new = model(fits(20))
    rescoring.begin(new, hand_over=False, by=None, at=T)
    really = rescoring.scores.judged

    def judged(ids, **more):
        if bad in ids:
            raise ValueError("broken")
        return really(ids, **more)

    monkeypatch.setattr(rescoring.scores, "judged", judged)
    drained(lot=10)
    assert scores(people) == [20, 10, 20]
    assert Person.objects.get(pk=bad).score_due_at == T + refresh.PARKED_FOR
    assert str(bad) in caplog.text


def test_what_a_draft_would_hand_over_is_counted_before(handed, cast):
    from scoring.definitions import current

    model(fits(10))
    people = crowd(4)
    Lead.objects.filter(person=people[0]).update(owner=cast.owner)
    Person.objects.filter(pk=people[1].pk).update(suppressed=True)
    person(lead={})
    draft = model(fits(80), acts(60), published=False)
    found = rescoring.would_hand_over(draft, definition=current("mql", at=T), now=T)
    assert (found.n, found.by_owner, found.estimated) == (3, {cast.owner.pk: 1, None: 2}, False)
    assert handed == []
    assert scores(people) == [10] * 4


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_person_who_is_being_worked_on(handed):
    model(fits(10))
    people = crowd(4)
    held = people[2].pk
    new = model(fits(20))
    run = rescoring.begin(new, hand_over=False, by=None, at=T)
    holding, enough = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Person.objects.select_for_update(no_key=True).get(pk=held)
            holding.set()
            enough.wait(5)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert holding.wait(5)
        assert rescoring.drain(T, 10) == 2, "the lot ends before them"
        assert rescoring.drain(T, 10) == 0
    finally:
        enough.set()
        other.join()
    drained(lot=10)
    run.refresh_from_db()
    assert (scores(people), run.done) == ([20] * 4, 4)
