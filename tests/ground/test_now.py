"""The edge reads the database's clock, without asking the database every time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse

from revops.lib import now as clock
from revops.lib.now import NowMiddleware, frozen, now


def test_now_is_the_databases_time(db, monkeypatch):
    monkeypatch.setattr(clock, "_anchor", None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        before = cursor.fetchone()[0]
        read = now()
        cursor.execute("SELECT clock_timestamp()")
        after = cursor.fetchone()[0]
    grace = timedelta(milliseconds=20)
    assert before - grace <= read <= after + grace
    assert read.tzinfo is UTC


def test_the_database_decides_when_this_machine_is_wrong(db, monkeypatch):
    monkeypatch.setattr(clock, "_anchor", (clock.time.monotonic(), datetime(2030, 1, 1, tzinfo=UTC)))
    assert now().year == 2030
    monkeypatch.setattr(clock, "_anchor", (clock.time.monotonic() - 11, datetime(2030, 1, 1, tzinfo=UTC)))
    assert now().year != 2030, "an old measurement must be taken again"


def test_reading_it_costs_no_query_of_the_page(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(clock, "_anchor", None)
    with django_assert_num_queries(0):
        assert now() <= now()


def test_a_broken_transaction_does_not_stop_the_clock(db, monkeypatch):
    with connection.cursor() as cursor, pytest.raises(Exception, match="division by zero"):
        cursor.execute("SAVEPOINT before; SELECT 1/0")
    monkeypatch.setattr(clock, "_anchor", None)
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_request_has_one_moment_and_tells_it(rf):
    at = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    seen = []
    with frozen(at) as frozen_clock:

        def view(request):
            seen.append(request.now)
            frozen_clock.advance(seconds=5)
            seen.append(request.now)
            return HttpResponse()

        response = NowMiddleware(view)(rf.get("/"))
    assert seen == [at, at]
    assert response["X-Now"] == "1772366400250"


def test_freezing_needs_a_zone():
    with pytest.raises(ValueError, match="aware"), frozen(datetime(2026, 3, 1)):  # noqa: DTZ001 - that is the point
        pass
