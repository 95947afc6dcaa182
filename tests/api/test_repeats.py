"""Idempotency-Key: the first answer again, 422 for another body, 409 while it runs, and no key that hangs for ever."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from journal.models import IdempotencyKey
from leads import api as lead_api
from leads.models import Lead, Submission
from revops.lib.now import now
from revops.tidy import tidy
from tests.api.conftest import Api, problem

GRACE = {"email": "grace@harborpine.example", "hand_raise": "demo"}


@pytest.mark.django_db
def test_the_first_answer_comes_back_word_for_word(api):
    first, again = api.post("leads/", GRACE, idem="k1"), api.post("leads/", GRACE, idem="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first and again["Idempotency-Replayed"] == "true"
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_the_order_of_names_is_no_other_body(api):
    api.post("leads/", GRACE, idem="k1")
    assert api.post("leads/", dict(reversed(GRACE.items())), idem="k1").status_code == 201


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_422(api):
    api.post("leads/", GRACE, idem="k1")
    found = problem(api.post("leads/", {**GRACE, "message": "x"}, idem="k1"), 422)
    assert found["errors"][0]["field"] == "Idempotency-Key"
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_another_key_with_the_same_body_is_another_submission(api):
    first, second = api.post("leads/", GRACE, idem="k1"), api.post("leads/", GRACE, idem="k2")
    assert (first.status_code, second.status_code) == (201, 200)
    assert Submission.objects.count() == 2


@pytest.mark.django_db
def test_a_key_belongs_to_its_caller_and_its_call(api, make_api):
    api.post("leads/", GRACE, idem="k1")
    assert make_api("other").post("leads/", {"email": "ada@lumen.example"}, idem="k1").status_code == 201
    assert api.post("leads/batch/", {"leads": [GRACE]}, idem="k1").status_code == 200
    lead = Lead.objects.first().pk
    assert api.post(f"leads/{lead}/disqualification/", {"reason": "spam"}, idem="k1").status_code == 200


@pytest.mark.django_db
def test_a_refused_body_is_not_kept_under_its_key(api):
    problem(api.post("leads/", {"email": "nonsense"}, idem="k1"), 400)
    assert api.post("leads/", GRACE, idem="k1").status_code == 201


@pytest.mark.django_db
def test_a_refused_verb_is_not_kept_under_its_key(api):
    lead = api.post("leads/", {"email": "cold@north.example"}).json()["id"]
    problem(api.post(f"leads/{lead}/rejection/", {"reason": "bad_data"}, idem="k1"), 409)
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db
def test_a_fault_in_the_middle_leaves_neither_work_nor_key(api, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("leads.lead_json.brief", broken)
    api.client.raise_request_exception = False
    problem(api.post("leads/", GRACE, idem="k1"), 500)
    assert not Lead.objects.exists() and not IdempotencyKey.objects.exists()
    monkeypatch.undo()
    assert api.post("leads/", GRACE, idem="k1").status_code == 201


@pytest.mark.django_db
def test_answers_are_kept_for_a_day_and_then_tidied_away(api):
    api.post("leads/", GRACE, idem="k1")
    tidy(now=now() + timedelta(hours=24))
    assert IdempotencyKey.objects.exists()
    tidy(now=now() + timedelta(days=4))
    assert not IdempotencyKey.objects.exists()


# --- two at a time, each in its own connection ---------------------------------------------------
@pytest.fixture
def held(transactional_db, monkeypatch):
    """Requests stop inside their work until `held.go.set()`; `held.inside` says that one is there."""

    class Held:
        go, inside = threading.Event(), threading.Event()

    really = lead_api.capture

    def capture(*args, **kwargs):
        outcome = really(*args, **kwargs)
        Held.inside.set()
        assert Held.go.wait(20)
        return outcome

    monkeypatch.setattr(lead_api, "capture", capture)
    return Held


def in_thread(call):
    try:
        return call()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_the_second_is_409_and_later_gets_its_answer(held):
    api = Api()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(in_thread, lambda: api.post("leads/", GRACE, idem="k1"))
        assert held.inside.wait(20)
        running = api.post("leads/", GRACE, idem="k1")
        assert problem(running, 409)["code"] == "in_progress"
        assert running["Retry-After"] == "1"
        # Another key is not held up by this one's.
        assert problem(api.post("leads/", {"email": "nonsense"}, idem="k2"), 400)
        held.go.set()
        assert first.result().status_code == 201
    again = api.post("leads/", GRACE, idem="k1")
    assert again.content == first.result().content
    assert Submission.objects.exclude(outcome="refused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_middle_frees_the_key(held):
    api = Api()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(in_thread, lambda: api.post("leads/", GRACE, idem="k1"))
        assert held.inside.wait(20)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
            )
            assert cursor.fetchall() == [(True,)]
        held.go.set()
        assert problem(first.result(), 503)["code"] == "unavailable"
    assert not Lead.objects.exists() and not IdempotencyKey.objects.exists()
    assert api.post("leads/", GRACE, idem="k1").status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keyed", [True, False])
def test_sixteen_at_once_make_one_lead(keyed):
    api = Api()
    together = threading.Barrier(4)

    def post(_):
        def call():
            together.wait(20)
            return [api.post("leads/", GRACE, idem="k1" if keyed else None) for _ in range(4)]

        return in_thread(call)

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for group in pool.map(post, range(4)) for answer in group]
    codes = [answer.status_code for answer in answers]
    assert set(codes) <= ({201, 409} if keyed else {200, 201})
    assert keyed or codes.count(201) == 1
    done = {json.dumps({**a.json(), "created": 1}, sort_keys=True) for a in answers if a.status_code in (200, 201)}
    assert len(done) == 1
    assert (Lead.objects.count(), Submission.objects.count()) == (1, 1)
