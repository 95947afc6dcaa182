"""What has expired is deleted at night, by a real worker over a real broker too."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from journal import remembering
from journal.models import Change, Heartbeat, IdempotencyKey
from leads.models import ImportChunk, ImportProblem, ImportRun, ImportState, Person, Submission
from leads.models.visit import Visit, VisitEvent, Visitor
from revops import tidy
from revops.celery import app
from revops.lib.now import now
from revops.tasks import tidy as tidy_tonight
from revops.timetable import TIMETABLE
from tests.processes import wait_for

NOW = datetime(2026, 11, 2, 3, 17, tzinfo=UTC)


def answered(key, *, at):
    made = IdempotencyKey.objects.create(scope="key:1", key=key, body_hash=b"", status=200, body="{}")
    IdempotencyKey.objects.filter(pk=made.pk).update(created_at=at)


def test_answers_are_kept_for_three_days(db):
    answered("old", at=NOW - timedelta(days=3, seconds=1))
    answered("kept", at=NOW - timedelta(days=3) + timedelta(seconds=1))
    tidy.tidy(now=NOW)
    tidy.tidy(now=NOW)
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["kept"]


def test_sessions_and_heartbeats_of_gone_hosts_go_but_not_the_last_pulse(db):
    Session.objects.create(session_key="over", expire_date=NOW - timedelta(seconds=1))
    Session.objects.create(session_key="open", expire_date=NOW + timedelta(seconds=1))
    for name in ("pulse", "pulse@gone"):
        Heartbeat.objects.create(name=name, at=NOW - timedelta(days=2))
    tidy.tidy(now=NOW)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["pulse"]


def test_where_enquiries_came_from_is_kept_for_ninety_days_and_the_enquiry_for_good(db):
    for age in (89, 91):
        Submission.objects.create(source="web", outcome="created", payload={"email": "a@acme.com"},
                                  context={"ip": f"192.0.2.{age}"}, received_at=NOW - timedelta(days=age))  # fmt: skip
    tidy.tidy(now=NOW)
    assert sorted(Submission.objects.values_list("context__ip", "payload__email"), key=str) == [
        ("192.0.2.89", "a@acme.com"), (None, "a@acme.com"),
    ]  # fmt: skip


def test_what_nobody_was_known_by_for_a_year_goes_and_what_is_somebodys_stays(db):
    kim = Person.objects.create(email="kim@acme.example")
    year = timedelta(days=365)

    def reported(name, age, *, person=None, ambiguous=False):
        at = NOW - age
        visitor = Visitor.objects.create(anonymous_id=name, person=person or (kim if ambiguous else None),
                                         is_ambiguous=ambiguous, first_seen_at=at, last_seen_at=at)  # fmt: skip
        visit = Visit.objects.create(visitor=visitor, started_at=at, ended_at=at)
        VisitEvent.objects.create(source="website", message_id=name, type="page", visitor=visitor, visit=visit,
                                  person=person, occurred_at=at, received_at=at)  # fmt: skip

    reported("old", year)
    reported("young", year - timedelta(seconds=1))
    reported("hers", year * 2, person=kim)
    reported("of two", year * 2, ambiguous=True)
    tidy.tidy(now=NOW)
    tidy.tidy(now=NOW)
    assert sorted(VisitEvent.objects.values_list("message_id", flat=True)) == ["hers", "young"]
    assert sorted(Visit.objects.values_list("visitor__anonymous_id", flat=True)) == ["hers", "young"]
    assert sorted(Visitor.objects.values_list("anonymous_id", flat=True)) == ["hers", "of two", "young"]


def test_work_that_can_no_longer_be_taken_back_is_forgotten(db):
    work = remembering.begin("import", by=None, at=NOW - timedelta(days=31))
    Change.objects.create(work=work, table="leads_person", row="1", op="I")
    tidy.tidy(now=NOW)
    assert not Change.objects.exists()


def test_files_that_came_in_are_kept_as_long_as_their_import_can_be_undone(db):
    for age, state in ((29, ImportState.DONE), (31, ImportState.DONE), (31, ImportState.UNDOING)):
        run = ImportRun.objects.create(name=f"{state}{age}", state=state, uploaded_at=NOW - timedelta(days=age))
        ImportChunk.objects.create(run=run, number=0, body=b"Email")
        ImportProblem.objects.create(run=run, rehearsed=False, line=2, outcome="refused", code="x", detail="No.")
    tidy.tidy(now=NOW)
    for kept in (ImportChunk, ImportProblem):
        assert sorted(kept.objects.values_list("run__name", flat=True)) == ["done29", "undoing31"]
    assert ImportRun.objects.count() == 3


def test_the_timetable_names_tasks_that_exist():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in TIMETABLE.values()} <= set(app.tasks)


@pytest.mark.long
@pytest.mark.sockets
def test_a_worker_does_it_even_when_the_broker_comes_late_and_empty(processes, broker):
    broker.stop()
    processes.redis_url = broker.url
    processes.start("worker")
    wait_for(lambda: Heartbeat.objects.filter(name="pulse").exists(), within=60, what="the pulse, without a broker")
    broker.start()
    answered("old", at=now() - timedelta(days=30))
    with app.connection_for_write(broker.url) as connection:
        tidy_tonight.apply_async(connection=connection)
    wait_for(lambda: not IdempotencyKey.objects.exists(), within=40, what="the worker to find the late broker")
