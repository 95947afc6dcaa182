"""The journal's part in an erasure, asked by each room for its own subjects and tables.

Facts stay as ids, codes and moments. What work remembered of a row is forgotten: that work can still be taken back for
everything else.
"""

from collections.abc import Sequence

from revops.lib import bulk

# What somebody typed; everything else in an entry is an id, a code or a moment.
WORDS = ["note", "what", "message", "name", "text", "value", "evidence", "before", "was", "email", "phone", "said"]


def clean(subject_kind: str, ids: Sequence[int]) -> None:
    """Take the words out of what the journal tells of these; it stays, even when the work that told it is undone."""
    bulk.run([(
        """DELETE FROM journal_change c USING journal_entry e
            WHERE e.subject_kind = %s AND e.subject_id = ANY (%s::bigint[]) AND c."table" = 'journal_entry'
              AND c.row = e.id::text""",
        [subject_kind, list(ids)],
    ), (
        """UPDATE journal_entry SET data = data - %s::text[]
            WHERE subject_kind = %s AND subject_id = ANY (%s::bigint[]) AND data ?| %s::text[]""",
        [WORDS, subject_kind, list(ids), WORDS],
    )])  # fmt: skip


def forget(table: str, ids: Sequence[int]) -> None:
    """What work noted of these rows of `table`."""
    bulk.run([(
        'DELETE FROM journal_change WHERE "table" = %s AND row = ANY (%s)', [table, [str(pk) for pk in ids]]
    )])  # fmt: skip


def forget_work(ids: Sequence[int]) -> None:
    """All that these pieces of work noted: they can't be taken back any more."""
    bulk.run([("DELETE FROM journal_change WHERE work_id = ANY (%s::bigint[])", [list(ids)])])


def forget_gone(person_ids: Sequence[int], lead_ids: Sequence[int]) -> None:
    """Rows that are no more: their own image says whose they were."""
    bulk.run([(
        """DELETE FROM journal_change WHERE op = 'D' AND (
               (before ->> 'person_id')::bigint = ANY (%s::bigint[])
            OR (before ->> 'lead_id')::bigint = ANY (%s::bigint[]))""",
        [list(person_ids), list(lead_ids)],
    )])  # fmt: skip


def forget_answers(needles: Sequence[str]) -> None:
    """Answers that are kept for a repeated request. `needles`: LIKE patterns, in lower case."""
    bulk.run([("DELETE FROM journal_idempotencykey WHERE lower(body) LIKE ANY (%s)", [list(needles)])])
