"""Two things at once: neither forgets the other, and nobody waits in a ring."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from leads.models import Lead, Person
from leads.touches import HumanTouch, log
from scoring import cuts, refresh, rescoring
from scoring.models import Definition, Rescoring
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)


def beside(work):
    """Run `work` in another thread with a connection of its own; answers the thread and what went wrong in it."""
    wrong = []

    def run():
        try:
            work()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, wrong


def test_a_score_misses_no_touch_logged_beside_it():
    model({"kind": "engagement", "points": 10, "touches": {"kind": ["call"]}})
    someone = person(lead={"stage": "sal"})
    lead = someone.leads.get().pk
    with transaction.atomic():
        log([HumanTouch(lead, "call", T)], by=None, at=T)
        thread, wrong = beside(lambda: log([HumanTouch(lead, "call", T)], by=None, at=T))
        thread.join(0.3)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(10)
    assert wrong == []
    someone.refresh_from_db()
    assert someone.engagement == 20


def test_the_pulse_passes_over_people_who_are_being_worked_on():
    model({"kind": "engagement", "points": 10, "touches": {"kind": ["call", "webinar"]}})
    busy, free = person(lead={"stage": "sal"}), person(lead={"stage": "sal"})
    for one in (busy, free):
        touch(one, "webinar", T)
        one.score_due_at = T
        one.save()
    done = []
    with transaction.atomic():
        log([HumanTouch(busy.leads.get().pk, "call", T)], by=None, at=T)
        thread, wrong = beside(lambda: done.append(refresh.drain(T, 10)))
        thread.join(10)
        assert (wrong, done) == ([], [1])
    busy.refresh_from_db()
    free.refresh_from_db()
    assert (busy.engagement, free.engagement) == (20, 10)
    assert Lead.objects.get(person=free).engagement == 10
    assert busy.score_due_at == T + days(1)


def test_the_nightly_cut_forgets_no_touch_logged_beside_it(cast):
    Definition.objects.filter(stage="mql").update(predicate={"attribute": "score.top", "op": "is", "value": True})
    model({"kind": "engagement", "points": 10, "touches": {"kind": ["call"]}})
    someone, better = (person(lead={}, last_touch_at=T - days(1)) for _ in range(2))
    touch(someone, "call", T - days(28))
    for n in range(5):
        touch(better, "call", T - days(3 + n))
    rescore([someone.pk, better.pk], now=T - days(2))
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=someone.pk)
        touch(someone, "call", T)
        rescore([someone.pk], now=T, crossings=False)
        thread, wrong = beside(lambda: cuts.take(T))
        thread.join(0.5)
    thread.join(10)
    assert wrong == []
    someone.refresh_from_db()
    assert someone.engagement == 12.5


def test_two_runs_never_score_everybody_beside_each_other():
    new = model({"kind": "engagement", "points": 10, "touches": {"kind": ["call"]}})
    with transaction.atomic():
        rescoring.begin(new, hand_over=True, by=None, at=T)
        thread, wrong = beside(lambda: rescoring.begin(new, hand_over=False, by=None, at=T))
        thread.join(0.5)
    thread.join(10)
    assert wrong == []
    assert list(Rescoring.objects.order_by("pk").values_list("state", "hand_over")) == [
        ("cancelled", True), ("running", False),
    ]  # fmt: skip
