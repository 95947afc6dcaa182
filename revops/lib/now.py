"""One clock for the edge: the database's.

Asking it on every request would cost a query, so each process measures how far the database's clock is from its own
monotonic one, at most every ten seconds, and adds. Only the edge (requests, tasks, commands) reads it; verbs are told.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import psycopg2
from django.db import Error, connection

REMEASURE_AFTER = 10.0  # seconds

_lock = Lock()
_anchor: tuple[float, datetime] | None = None
_frozen: "Frozen | None" = None


class Frozen:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def advance(self, **by: float) -> datetime:
        """`clock.advance(minutes=5)`; the arguments of a timedelta."""
        self.at += timedelta(**by)
        return self.at


def now() -> datetime:
    """The database's time in UTC with microseconds; no counted query, and none at all nine times of ten."""
    if _frozen is not None:
        return _frozen.at
    global _anchor
    anchor = _anchor
    if anchor is None or time.monotonic() - anchor[0] > REMEASURE_AFTER:
        with _lock:
            anchor = _anchor = _measured() or anchor or (time.monotonic(), datetime.now(UTC))
    return anchor[1] + timedelta(seconds=time.monotonic() - anchor[0])


def remeasure() -> None:
    """Ask the database anew next time: what was measured while its clock was wrong is wrong for ten seconds more."""
    global _anchor
    _anchor = None


def edge(read: datetime) -> datetime:
    """`read`, a reading of the database's clock made this moment, unless the edge stands still."""
    return _frozen.at if _frozen is not None else read


@contextmanager
def frozen(at: datetime) -> Iterator[Frozen]:
    """Let the edge of this process, all threads, read `at` (aware). For tests and for telling the past."""
    global _frozen
    if at.tzinfo is None:
        raise ValueError("A frozen clock needs an aware datetime.")
    before, _frozen = _frozen, Frozen(at.astimezone(UTC))
    try:
        yield _frozen
    finally:
        _frozen = before


def _measured() -> tuple[float, datetime] | None:
    """The database's time and the monotonic moment half-way through asking; None when it cannot be asked now.

    Goes past Django's cursor on purpose: a page's query count must not depend on when the clock was last measured.
    """
    try:
        connection.ensure_connection()
        before = time.monotonic()
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (at,) = cursor.fetchone()
        return (before + time.monotonic()) / 2, at.astimezone(UTC)
    except (Error, psycopg2.Error):
        # Broken transaction or no database: the page has its own way to say so.
        return None


class NowMiddleware:
    """Freezes `request.now` for the whole request, and tells the page's countdowns what the time is."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        request.now = now()
        response = self.get_response(request)
        response["X-Now"] = str(int(request.now.timestamp() * 1000))
        return response
