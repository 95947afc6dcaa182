"""Work that can be taken back: while it runs, the database notes what it does to rows of the tables that take part.

A room lets a table take part by a migration (`operations`). A verb wraps its writes in `remember(work)`; whatever these
set off in other rooms in the same transaction is noted too, so taking back needs nobody's cooperation and forgets no
row. Outside of such work the triggers look at one setting and do nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, migrations

from journal.models import Work
from revops.lib import bulk
from revops.lib.errors import Refused

KEPT_FOR = timedelta(days=30)

# A row is told from itself changed by a hash over its columns in binary, caches left out: a fiftieth of the time that
# JSON takes, and most rows need nothing more.
FUNCTION = """
CREATE OR REPLACE FUNCTION journal_remember() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    w bigint := current_setting('revops.work')::bigint;
    pk text := TG_ARGV[0];
    hashed text := journal_row_hash(TG_RELID, TG_ARGV[1]);
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'INSERT INTO journal_change (work_id, "table", row, op, print) SELECT $1, $2, t.%I::text, ''I'', %s'
            ' FROM new_rows t', pk, hashed) USING w, TG_TABLE_NAME;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE format($sql$
            INSERT INTO journal_change (work_id, "table", row, op, before, after, print)
            SELECT $1, $2, n.id::text, 'U', d.before, d.after, n.print
              FROM (SELECT t.%1$I AS id, t, %2$s AS print FROM new_rows t) n
              JOIN (SELECT t.%1$I AS id, t, %2$s AS print FROM old_rows t) o USING (id)
              CROSS JOIN LATERAL (
                  SELECT jsonb_object_agg(e.key, e.value) AS before, jsonb_object_agg(e.key, j.after -> e.key) AS after
                    FROM (SELECT to_jsonb(o.t) AS before, to_jsonb(n.t) AS after) j, jsonb_each(j.before) e
                   WHERE e.value IS DISTINCT FROM j.after -> e.key) d
             -- A row of this work's own making is taken away whole: what it was in between is of no use.
             WHERE (o.print <> n.print OR NOT EXISTS (
                        SELECT FROM journal_change c WHERE c.work_id = $1 AND c."table" = $2 AND c.row = n.id::text
                                                       AND c.op = 'I'))
               AND d.before IS NOT NULL$sql$, pk, hashed) USING w, TG_TABLE_NAME;
    ELSE
        EXECUTE format(
            'INSERT INTO journal_change (work_id, "table", row, op, before) SELECT $1, $2, t.%I::text, ''D'','
            ' to_jsonb(t) FROM old_rows t', pk) USING w, TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$"""
# The expression that hashes a row called t.
ROW_HASH = """
CREATE OR REPLACE FUNCTION journal_row_hash(relation oid, caches text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'hash_record_extended(ROW(' || string_agg(format('t.%I', attname), ', ' ORDER BY attnum) || '), 0)'
      FROM pg_attribute
     WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
       AND attname <> ALL (string_to_array(caches, ','))
$$"""
TRIGGERS = """
CREATE TRIGGER remember_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (current_setting('revops.work', true) <> '') EXECUTE FUNCTION journal_remember({arguments});
CREATE TRIGGER remember_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    WHEN (current_setting('revops.work', true) <> '') EXECUTE FUNCTION journal_remember({arguments});
CREATE TRIGGER remember_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    WHEN (current_setting('revops.work', true) <> '') EXECUTE FUNCTION journal_remember({arguments})"""
NO_TRIGGERS = """
DROP TRIGGER IF EXISTS remember_insert ON {table};
DROP TRIGGER IF EXISTS remember_update ON {table};
DROP TRIGGER IF EXISTS remember_delete ON {table}"""


def operations(table: str, *, pk: str = "id", caches: Sequence[str] = ()) -> migrations.RunSQL:
    """Let `table` take part, for a migration. `caches`: columns that background work renews: another value in them is
    nobody's change, though taking back restores them."""
    arguments = f"'{pk}', '{','.join(caches)}'"
    return migrations.RunSQL(TRIGGERS.format(table=table, arguments=arguments), NO_TRIGGERS.format(table=table))


def begin(kind: str, *, by: int | None, at: datetime) -> Work:
    return Work.objects.create(kind=kind, by_id=by, at=at, until=at + KEPT_FOR)


@contextmanager
def remember(work: Work) -> Iterator[None]:
    """Note what is written inside as `work`'s. Must be inside a transaction; each of several has to say it again."""
    bulk.query("SELECT set_config('revops.work', %s, true)", [str(work.pk)])
    try:
        yield
    finally:
        # After an error in the database the setting goes with the transaction; asking it would hide the error.
        if not connection.needs_rollback:
            bulk.query("SELECT set_config('revops.work', '', true)")


@dataclass(frozen=True, slots=True)
class Touched:
    """A row that somebody else has changed since. `how`: changed, gone or used (a later row points to it)."""

    table: str
    row: str
    how: str


@dataclass(slots=True)
class TakenBack:
    """`removed`, `restored`: {table: rows}. `kept`: rows left as somebody has made them since."""

    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    kept: list[Touched] = field(default_factory=list)


# The net effect of a piece of work on each row: whether it made or destroyed it, every column's first value before and
# last value after, and how it left the row.
NET = """
CREATE TEMP TABLE net ON COMMIT DROP AS
SELECT c."table", c.row, (array_agg(c.op ORDER BY c.id))[1] AS first_op, (array_agg(c.op ORDER BY c.id DESC))[1] AS op,
       (array_agg(c.print ORDER BY c.id DESC))[1] AS print,
       (array_agg(c.before ORDER BY c.id DESC))[1] AS last_before, bool_or(c.op = 'U') AS updated
  FROM journal_change c WHERE c.work_id = %s AND c."table" <> ALL (%s) GROUP BY c."table", c.row"""
# Every column that it changed of rows it did not make: the first value before, the last value after.
COLUMNS = """
CREATE TEMP TABLE net_columns ON COMMIT DROP AS
SELECT x."table", x.row, x.key, (array_agg(x.before ORDER BY x.id))[1] AS before,
       (array_agg(x.after ORDER BY x.id DESC))[1] AS after
  FROM (SELECT c.id, c."table", c.row, b.key, b.value AS before, c.after -> b.key AS after
          FROM journal_change c
          JOIN net n ON n."table" = c."table" AND n.row = c.row AND n.first_op = 'U' AND n.op <> 'I'
         CROSS JOIN LATERAL jsonb_each(c.before) b
         WHERE c.work_id = %s AND c.op = 'U') x
 GROUP BY x."table", x.row, x.key"""


def changed_since(work: Work, *, but: Sequence[str] = (), limit: int = 100) -> list[Touched]:
    """Rows of `work` that are no longer as it left them, and those of its making that later rows point to."""
    _sum_up(work, but)
    found: list[Touched] = []
    for table in _tables():
        if len(found) < limit:
            found += _changed(table, limit - len(found))
    for table in _tables("first_op = 'I' AND op <> 'D'"):
        for source, column, key in _pointing_at(table):
            if len(found) < limit:
                found += _used(table, source, column, key, limit - len(found))
    _drop()
    return found


def take_back(
    work: Work, *, by: int | None, at: datetime, but: Sequence[str] = (), keep_later: bool = False
) -> TakenBack:
    """Make every row what it was before `work`. Must be inside a transaction.

    Raises Refused (codes `undone`, `too_late`, `changed`) and changes nothing when it was taken back already, its time
    is over, or somebody has changed its rows since. `keep_later`: take back column by column what is still as the work
    left it, and keep what was done since. `but`: tables that stay as they are.
    """
    work = Work.objects.select_for_update().get(pk=work.pk)
    if work.taken_back_at is not None:
        raise Refused("This was undone already. Nothing was changed.", code="undone")
    if at > work.until:
        raise Refused("This was too long ago: it could be undone for 30 days. Nothing was changed.", code="too_late")
    answer = TakenBack()
    if keep_later:
        answer.kept = changed_since(work, but=but)
    elif changed_since(work, but=but, limit=1):
        raise Refused("Some of its rows were changed since. Nothing was undone.", code="changed")
    _sum_up(work, but)
    bulk.run([(COLUMNS, [work.pk])])
    for table in _tables():
        removed = _remove(table)
        restored = _restore(table, keep_later) + _reinsert(table)
        if removed:
            answer.removed[table] = removed
        if restored:
            answer.restored[table] = restored
    bulk.run([("DROP TABLE net_columns", [])])
    _drop()
    Work.objects.filter(pk=work.pk).update(taken_back_at=at, taken_back_by=by)
    return answer


def forget(at: datetime) -> int:
    """What work wrote whose time is over; answers the number of notes taken away."""
    [(gone,)] = bulk.query(
        """WITH gone AS (DELETE FROM journal_change c USING journal_work w
                          WHERE w.id = c.work_id AND w.until < %s RETURNING 1) SELECT count(*) FROM gone""",
        [at],
    )
    return gone


# --- one table at a time; names come from the catalogue, values are bound ----------------------
def _sum_up(work: Work, but: Sequence[str]) -> None:
    bulk.run([("DROP TABLE IF EXISTS pg_temp.net", []), (NET, [work.pk, list(but)]),
              ("CREATE INDEX ON net (\"table\", row)", []), ("ANALYZE net", [])])  # fmt: skip


def _drop() -> None:
    bulk.run([("DROP TABLE IF EXISTS pg_temp.net", [])])


def _tables(where: str = "true") -> list[str]:
    return [name for (name,) in bulk.query(f'SELECT DISTINCT "table" FROM net WHERE {where} ORDER BY 1')]


def _key(table: str) -> tuple[str, str]:
    """(the key column, its type) of a table that takes part."""
    [(column, kind)] = bulk.query(
        """SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_trigger t
             JOIN pg_attribute a ON a.attrelid = t.tgrelid
              AND a.attname = split_part(encode(t.tgargs, 'escape'), '\\000', 1)
            WHERE t.tgrelid = %s::regclass AND t.tgname = 'remember_update'""",
        [table],
    )
    return column, kind


def _caches(table: str) -> list[str]:
    [(names,)] = bulk.query(
        """SELECT split_part(encode(tgargs, 'escape'), '\\000', 2) FROM pg_trigger
            WHERE tgrelid = %s::regclass AND tgname = 'remember_update'""",
        [table],
    )
    return names.split(",") if names else []


def _changed(table: str, limit: int) -> list[Touched]:
    key, kind = _key(table)
    [(hashed,)] = bulk.query("SELECT journal_row_hash(%s::regclass, %s)", [table, ",".join(_caches(table))])
    rows = bulk.query(
        f"""SELECT n.row, t.{key} IS NULL FROM net n LEFT JOIN {table} t ON t.{key} = n.row::{kind}
             WHERE n."table" = %s AND n.op <> 'D' AND (t.{key} IS NULL OR {hashed} <> n.print)
             LIMIT %s""",
        [table, limit],
    )
    return [Touched(table, row, "gone" if gone else "changed") for row, gone in rows]


def _pointing_at(table: str) -> list[tuple[str, str, str]]:
    """[(table, column, its key)] of the foreign keys that lead here and whose rows keep it from going."""
    return bulk.query(
        """SELECT c.conrelid::regclass::text, a.attname, p.attname
             FROM pg_constraint c
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             JOIN pg_constraint k ON k.conrelid = c.conrelid AND k.contype = 'p'
             JOIN pg_attribute p ON p.attrelid = k.conrelid AND p.attnum = k.conkey[1]
            WHERE c.contype = 'f' AND c.confrelid = %s::regclass ORDER BY 1, 2""",
        [table],
    )


def _used(table: str, source: str, column: str, key: str, limit: int) -> list[Touched]:
    _, kind = _key(table)
    # Found whole, then cut: for the first row alone the planner goes through all of `source` once for each row of
    # `net`, and where nothing points here, which is the usual case, it does so to the end.
    rows = bulk.query(
        f"""WITH used AS MATERIALIZED (
                SELECT DISTINCT n.row FROM net n JOIN {source} s ON s.{column} = n.row::{kind}
                 WHERE n."table" = %s AND n.first_op = 'I' AND n.op <> 'D'
                   AND NOT EXISTS (SELECT FROM net m WHERE m."table" = %s AND m.row = s.{key}::text))
            SELECT row FROM used LIMIT %s""",
        [table, source, limit],
    )
    return [Touched(table, row, "used") for (row,) in rows]


def _remove(table: str) -> int:
    key, kind = _key(table)
    return _count(
        f"""DELETE FROM {table} t USING net n
             WHERE n."table" = %s AND n.first_op = 'I' AND n.op <> 'D' AND t.{key} = n.row::{kind}""",
        [table],
    )


def _restore(table: str, keep_later: bool) -> int:
    key, kind = _key(table)
    columns = _columns(table)
    # What somebody has changed since stays, column by column; what only background work renews is put back.
    same = "(to_jsonb(x) -> nc.key IS NOT DISTINCT FROM nc.after OR nc.key = ANY (%s))" if keep_later else "true"
    return _count(
        f"""UPDATE {table} t SET ({", ".join(columns)}) = (
                SELECT {", ".join(f"r.{c}" for c in columns)} FROM jsonb_populate_record(t, v.before) r)
              FROM (SELECT x.{key} AS id, jsonb_object_agg(nc.key, nc.before) AS before
                      FROM net_columns nc JOIN {table} x ON x.{key} = nc.row::{kind}
                     WHERE nc."table" = %s AND {same} GROUP BY x.{key}) v
             WHERE t.{key} = v.id""",
        [table, _caches(table)] if keep_later else [table],
    )


def _reinsert(table: str) -> int:
    """Rows that it destroyed, as they were before it changed them itself."""
    return _count(
        f"""INSERT INTO {table} SELECT r.* FROM net n
              LEFT JOIN (SELECT nc.row, jsonb_object_agg(nc.key, nc.before) AS before FROM net_columns nc
                          WHERE nc."table" = %s GROUP BY nc.row) own ON n.updated AND own.row = n.row
              CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, n.last_before || coalesce(own.before, '{{}}')) r
             WHERE n."table" = %s AND n.op = 'D' AND n.first_op <> 'I'""",
        [table, table],
    )


def _columns(table: str) -> list[str]:
    rows = bulk.query(
        """SELECT quote_ident(attname) FROM pg_attribute
            WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
            ORDER BY attnum""",
        [table],
    )
    return [name for (name,) in rows]


def _count(text: str, params: list) -> int:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.rowcount
