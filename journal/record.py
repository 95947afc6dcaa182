"""Write facts and let the rooms react, all in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from revops.lib import bulk

COLUMNS = {
    "kind": "text", "subject_kind": "text", "subject_id": "bigint", "at": "timestamptz", "recorded_at": "timestamptz",
    "by_id": "bigint", "via": "text", "data": "jsonb",
}  # fmt: skip


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


def record(facts: Iterable[Fact], *, now: datetime, after: Sequence[tuple[str, list]] = ()) -> None:
    """Append facts in one statement, then hand the batch to each reaction in the order of settings.REACTIONS.

    Must be called inside a transaction. A reaction may record in turn; it is called `reaction(facts, now=now)`
    and answers with nothing. `now` is the moment frozen at the edge. `after`: the verb's own writes, which travel
    in the same round trip, before the facts.
    """
    facts = list(facts)
    if not facts:
        bulk.run(after)
        return
    bulk.run([*after, statement(facts, now=now)])
    for react in reactions():
        react(facts, now=now)


def append(facts: Sequence[Fact], *, now: datetime) -> None:
    """Only write; for history mode and for effects whose news nobody must react to."""
    if facts:
        bulk.run([statement(facts, now=now)])


def statement(facts: Sequence[Fact], *, now: datetime) -> tuple[str, list]:
    """The insert itself, for verbs that send it together with their own writes."""
    rows = [(f.kind, f.subject_kind, f.subject_id, f.at, now, f.by, f.via, f.data) for f in facts]
    return bulk.insert("journal_entry", COLUMNS, rows)


@cache
def reactions() -> tuple:
    return tuple(import_string(path) for path in settings.REACTIONS)
