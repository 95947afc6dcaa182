"""Replays as work: stopped and gone on with, never counted twice, the same in SQL as in Python."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from leads.models import Lead
from revops.lib.errors import Invalid
from revops.lib.now import frozen as at_moment
from scoring import tasks
from scoring.models import ReplayLead, ReplayRun
from scoring.replay import evaluation, judging, population, running
from scoring.replay.population import Population
from tests.scoring.model_of import T, days, model, person, touch
from tests.scoring.replayed import MINUTE, ago, draft_of, replayed, rows
from tests.scoring.test_replay import acts, fits, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_lots(monkeypatch):
    """Lots of two leads, each counted by a worker."""
    monkeypatch.setattr(population, "LOT", 2)
    monkeypatch.setattr(running, "AT_ONCE", 0)
    sent = []
    monkeypatch.setattr(running, "_send", sent.append)
    return sent


@pytest.fixture
def seven():
    live = model(fits(70), acts(40), acts(5, "download"))
    for n in range(7):
        someone, _ = opened(ago(100 - n), country="US" if n % 2 else "DE")
        touch(someone, "webinar" if n % 3 else "download", ago(90 - n))
    return live


class Killed(Exception):
    pass


def killed_after(monkeypatch, lots):
    """The worker dies in the middle of the lot after so many."""
    count = running.counting.Engine.count
    done = iter(range(100))

    def dying(self, *args):
        count(self, *args)
        if next(done) >= lots:
            raise Killed

    monkeypatch.setattr(running.counting.Engine, "count", dying)
    return lambda: monkeypatch.setattr(running.counting.Engine, "count", count)


def test_killed_in_the_middle_and_gone_on_with_is_the_same(seven, small_lots, monkeypatch):
    draft = draft_of(seven, webinar={"points": 20})
    run = running.begin(draft, now=T)
    running.count(run.pk)
    run.refresh_from_db()
    whole, counted = rows(run), {**run.result, "took": 0}
    run.delete()

    run = running.begin(draft, now=T)
    alive = killed_after(monkeypatch, 2)
    with pytest.raises(Killed), at_moment(T):
        running.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.leads.count()) == ("failed", 4, 7, 4), "the third lot left nothing"
    alive()
    later = T + timedelta(minutes=5)
    again = running.begin(draft, now=later)
    assert (again.pk, again.state, again.started_at) == (run.pk, "running", T)
    running.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 7)
    assert rows(run) == whole
    assert {**run.result, "took": 0} == counted


def test_silent_for_a_minute_is_begun_again(seven, small_lots):
    draft = draft_of(seven)
    run = running.begin(draft, now=T)
    assert running.begin(draft, now=T + timedelta(seconds=59)).pk == run.pk
    with transaction.atomic():
        running.begin(draft, now=T + timedelta(seconds=61))
    assert ReplayRun.objects.get(pk=run.pk).beat_at == T + timedelta(seconds=61)


def test_cancelled_stops_after_the_lot_and_goes_on_there(seven, small_lots, monkeypatch):
    draft = draft_of(seven)
    run = running.begin(draft, now=T)
    lot = running._lot

    def and_cancelled(*args):
        lot(*args)
        return running.cancel(ReplayRun.objects.get(pk=run.pk), at=T)

    monkeypatch.setattr(running, "_lot", and_cancelled)
    running.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.leads.count(), running.result(run)) == ("cancelled", 2, 2, None)
    running.cancel(run, at=T)
    running.count(run.pk)
    assert run.leads.count() == 2
    monkeypatch.setattr(running, "_lot", lot)
    assert running.begin(draft, now=T + MINUTE).pk == run.pk
    running.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.leads.count()) == ("done", 7)


def test_a_draft_edited_meanwhile_is_not_counted_in_two_halves(seven, small_lots):
    draft = draft_of(seven)
    run = running.begin(draft, now=T)
    draft.edited_at = T + MINUTE
    draft.save()
    running.count(run.pk)
    run.refresh_from_db()
    assert (run.state, run.leads.count()) == ("cancelled", 0)
    assert running.begin(draft, now=T + MINUTE).pk != run.pk


def test_every_nth_lead_when_there_are_too_many(seven, small_lots, monkeypatch):
    monkeypatch.setattr(population, "MOST", 3)
    for _ in range(40):
        opened(ago(50), country="US")
    run = running.begin(None, now=T)
    running.count(run.pk)
    run.refresh_from_db()
    found = running.result(run)
    assert run.every == found.every == 16
    assert run.done == run.leads.count() == run.total == found.leads
    assert found.live_rules[0].of == 16 * found.leads


def test_a_broken_rule_is_refused_before_anything_is_counted(seven):
    draft = draft_of(seven)
    rule = draft.rules.first()
    rule.condition = {"attribute": "no.such", "op": "is", "value": 1}
    type(rule).objects.filter(pk=rule.pk).update(condition=rule.condition)
    with pytest.raises(Invalid):
        running.begin(draft, now=T)
    assert not ReplayRun.objects.exists()
    for wrong in (0, 366):
        with pytest.raises(Invalid):
            running.begin(None, now=T, days=wrong)


def test_every_night_the_live_model_alone(seven, small_lots):
    draft = draft_of(seven)
    running.begin(draft, now=T)
    with at_moment(T):
        tasks.replay_live()
    run = ReplayRun.objects.get(draft=None)
    tasks.count_replay(run.pk)
    run.refresh_from_db()
    assert run.state == "done" and running.result(run).draft is None
    type(seven).objects.filter(pk=draft.pk).update(state="retired")
    with at_moment(T + days(1)):
        tasks.replay_live()
    assert list(ReplayRun.objects.values_list("draft", flat=True)) == [None]


def test_sql_and_python_judge_the_same():
    model(fits(70), acts(40))
    chance = random.Random(7)
    run = replayed()
    pairs: dict[str, list] = {"sql": [], "won": []}
    for _ in range(90):
        age, score = chance.choice([70, 200, 300]), float(chance.randrange(0, 200, 7))
        sql, won = chance.random() < 0.3, chance.random() < 0.1
        at = ago(age)
        lead = Lead.objects.create(
            person=person(), created_at=at, stage_at=at, mql_at=at, stage="mql",
            sql_at=at + days(9) if sql else None, won_at=at + days(90) if won else None,
        )  # fmt: skip
        ReplayLead.objects.create(
            run=run, lead_id=lead.pk, opened_at=at, live_best=score, draft_best=0, live_cell="A1", draft_cell="A1",
            live_points=[], draft_points=[],
        )  # fmt: skip
        if 60 < age <= 240:
            pairs["sql"].append((score, sql))
        if 180 < age <= 360:
            pairs["won"].append((score, won))
    side = running.Side()
    judging.judged(side, "live", run.pk, Population(180, T))
    assert side.auc == pytest.approx(evaluation.auc(pairs["sql"]))
    assert side.lift == pytest.approx(evaluation.lift(pairs["sql"]))
    assert side.top_fifth_sqls == pytest.approx(evaluation.captured(pairs["sql"]))
    assert side.top_fifth_wins == pytest.approx(evaluation.captured(pairs["won"]))
    assert side.thresholds == [evaluation.threshold(pairs["sql"], one.at_least) for one in side.thresholds]
    assert len(side.thresholds) > 10


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_both_count(small_lots):
    live = model(fits(70))
    opened(ago(20), country="US")
    run = running.begin(draft_of(live), now=T)
    other = connections.create_connection("default")
    other.settings_dict = connection.settings_dict
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [running.LOCK, run.pk])
            running.count(run.pk)
            assert ReplayRun.objects.get(pk=run.pk).done == 0, "somebody is at it: leave"
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    running.count(run.pk)
    assert ReplayRun.objects.get(pk=run.pk).state == "done"


@pytest.mark.django_db(transaction=True)
def test_what_is_counted_this_moment_goes_with_the_replay_it_belongs_to(small_lots):
    draft = draft_of(model(fits(70)))
    opened(ago(20), country="US")
    run = running.begin(draft, now=T)
    draft.edited_at = T + MINUTE
    draft.save()
    other = connections.create_connection("default")
    other.settings_dict = connection.settings_dict
    found = []

    def again():
        try:
            found.append(running.begin(draft, now=T + MINUTE).pk)
        finally:
            connection.close()

    worker = threading.Thread(target=again)
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO scoring_replaylead (run_id, lead_id, opened_at, live_best, draft_best, live_cell, "
                "draft_cell, live_points, draft_points, needed, held_back) "
                "VALUES (%s, 1, now(), 0, 0, 'C3', 'C3', '{}', '{}', '{}', '{}')",
                [run.pk],
            )
            cursor.execute("UPDATE scoring_replayrun SET done = 1 WHERE id = %s", [run.pk])
            worker.start()
            worker.join(0.5)
            assert worker.is_alive(), "it waits for the lot"
            cursor.execute("COMMIT")
        worker.join(10)
    finally:
        other.close()
    assert [one.pk for one in ReplayRun.objects.all()] == found != [run.pk]
    assert not ReplayLead.objects.exists()
