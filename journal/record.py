"""Write facts and let the rooms react, all in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from psycopg2.extras import Json, execute_values


@dataclass(slots=True)
class Fact:
    """One thing that happened. `at`: when it took effect. `by`: a user's id or None for a rule or a clock."""

    kind: str
    subject_kind: str
    subject_id: int
    at: datetime
    by: int | None = None
    via: str = "task"
    data: dict[str, Any] = field(default_factory=dict)


def record(facts: Iterable[Fact], *, now: datetime) -> None:
    """Append facts in one statement, then hand the batch to each reaction in the order of settings.REACTIONS.

    Must be called inside a transaction. A reaction may record in turn; it is called `reaction(facts, now=now)`
    and answers with nothing. `now` is the moment frozen at the edge.
    """
    facts = list(facts)
    if not facts:
        return
    append(facts, now=now)
    for react in reactions():
        react(facts, now=now)


def append(facts: Sequence[Fact], *, now: datetime) -> None:
    """Only write; for history mode and for effects whose news nobody must react to."""
    if not facts:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            "INSERT INTO journal_entry (kind, subject_kind, subject_id, at, recorded_at, by_id, via, data) VALUES %s",
            [(f.kind, f.subject_kind, f.subject_id, f.at, now, f.by, f.via, Json(f.data)) for f in facts],
            page_size=2_000,
        )


@cache
def reactions() -> tuple:
    return tuple(import_string(path) for path in settings.REACTIONS)
