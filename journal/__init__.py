"""What happened, and what must react.

Owns: entries (one a fact, append-only), the ordered batch reactions named in settings, idempotency keys,
heartbeats, and the notes of work that can be taken back.
Verbs: `record.record(entries)` writes facts and calls the reactions in the same transaction;
`remembering.remember(work)` has the database note what is done to which rows,
`remembering.take_back(work)` makes them what they were.
Questions: `Entry.objects.about(kind, ids)`; `drafting`: who changed last what is drafted, and one change at a time.
Hears: every room above. Tells: `settings.REACTIONS`.
Never: a foreign key upward, personal text (ids and codes only; words live in rows that can be erased).
"""
