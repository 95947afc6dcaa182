"""Taking a whole import back: every row as it was before."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import Error, OperationalError, connection, transaction

from journal import record, remembering
from journal.models import Work
from journal.record import Fact
from leads.models import ImportRun, ImportState
from leads.models.duplicate import Likeness, ToCompare
from revops.lib import bulk
from revops.lib.errors import DomainError, Refused
from revops.lib.lots import is_of_a_row
from revops.lib.now import now as present
from revops.lib.runs import hand_over
from teams import access

if TYPE_CHECKING:
    from teams.models import User

log = logging.getLogger("revops.imports")
AT_ONCE = 500  # rows; more are taken back by a worker
ENDED = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)


@dataclass(frozen=True, slots=True)
class Blocker:
    """A row somebody else has changed since. `how`: changed, gone or used (something later points to it)."""

    table: str
    row: str
    how: str


def undoable(run: ImportRun, now: datetime) -> bool:
    """Whether there is something to undo, and still time."""
    return run.state in ENDED and run.work is not None and run.work.taken_back_at is None and now <= run.work.until


def blocked_by(run: ImportRun, *, limit: int = 100) -> list[Blocker]:
    """The rows that have been changed since; empty = it can be undone."""
    if run.work is None or run.state not in ENDED:
        return []
    with transaction.atomic():
        return [Blocker(t.table, t.row, t.how) for t in remembering.changed_since(run.work, limit=limit)]


def undo(run: ImportRun, *, by: "User | None", at: datetime) -> ImportRun:
    """Everything as it was before, or nothing: Refused with code changed, too_late, undone or nothing."""
    if by is not None:
        access.require(by, "import")
    if run.state == ImportState.UNDONE:
        raise Refused("This was undone already. Nothing was changed.", code="undone")
    if not undoable(run, at):
        late = run.work is not None and at > run.work.until
        raise Refused(
            "This was too long ago: it could be undone for 30 days. Nothing was changed." if late
            else "There is nothing to undo.", code="too_late" if late else "nothing",
        )  # fmt: skip
    if blocked_by(run, limit=1):
        raise Refused("Some of its rows were changed since. Nothing was undone.", code="changed")
    if run.done <= AT_ONCE:
        take_back(run, by=by.pk if by else None, at=at)
    else:
        with transaction.atomic():
            begun = ImportRun.objects.filter(pk=run.pk, state__in=ENDED).update(
                state=ImportState.UNDOING, phase="undo", beat_at=at, phase_at=None
            )
            if begun:
                ask(run.work_id, by=by.pk if by else None)
        from leads.tasks import undo_import  # tasks name this module

        transaction.on_commit(lambda: hand_over(undo_import, run.pk))
    run.refresh_from_db()
    return run


def ask(work_id: int | None, *, by: int | None) -> None:
    """Keep who wants it undone, for the worker that will do it."""
    Work.objects.filter(pk=work_id, taken_back_at=None).update(taken_back_by=by)


def asked_by(run: ImportRun) -> int | None:
    return Work.objects.values_list("taken_back_by", flat=True).get(pk=run.work_id)


def work(run_id: int) -> None:
    """A worker's part. When it cannot be done (somebody was quicker and changed a row), it is the import it was, and
    says so. After a deadlock or a lost connection the next who looks tries again."""
    run = ImportRun.objects.select_related("work").get(pk=run_id)
    if run.state != ImportState.UNDOING:
        return
    try:
        take_back(run, by=asked_by(run), at=present())
    except (DomainError, Error) as error:
        lost = isinstance(error, OperationalError) and not is_of_a_row(error)
        if lost or (isinstance(error, Error) and connection.needs_rollback):
            raise
        if isinstance(error, DomainError):
            said = error.detail
        else:
            log.exception("Import %s could not be undone.", run_id)
            said = "The database refused to undo it. Nothing was undone."
        state = _ended(run)
        if state == ImportState.FAILED and said not in run.trouble:
            said = f"{run.trouble} {said}".strip()
        ImportRun.objects.filter(pk=run_id, state=ImportState.UNDOING).update(state=state, phase="", trouble=said[:400])


def _ended(run: ImportRun) -> ImportState:
    """What it was before somebody wanted it undone: what comes with the lines is counted only at a regular end."""
    if "companies" not in run.counts:
        return ImportState.FAILED
    return ImportState.CANCELLED if run.stop else ImportState.DONE


# What everything else hangs on, in the order in which intake and handovers take them.
HELD = ("leads_person", "leads_company", "leads_lead", "deals_deal")


def _hold(work: int) -> None:
    """Nobody changes what it wrote, or hangs anything on it, between the look whether somebody has and the undo."""
    for table in HELD:
        bulk.query(
            f"""SELECT count(*) FROM (SELECT t.id FROM {table} t WHERE t.id IN (
                    SELECT row::bigint FROM journal_change WHERE work_id = %s AND "table" = %s)
                 ORDER BY t.id FOR UPDATE) held""",
            [work, table],
        )


def take_back(run: ImportRun, *, by: int | None, at: datetime) -> None:
    """In one transaction. Raises Refused and changes nothing."""
    assert run.work is not None
    with transaction.atomic():
        ImportRun.objects.select_for_update().get(pk=run.pk)
        _hold(run.work.pk)
        remembering.take_back(run.work, by=by, at=at)
        # Nobody is left to compare with anybody.
        bulk.run([(f"DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM leads_person p WHERE p.id = t.person_id)", [])
                  for table in (ToCompare._meta.db_table, Likeness._meta.db_table)])  # fmt: skip
        ImportRun.objects.filter(pk=run.pk).update(
            state=ImportState.UNDONE, undone_at=at, phase="", trouble="", finished_at=run.finished_at or at
        )
        record.append([Fact("import.undone", "import", run.pk, at, by, "import", {})], now=at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_company, leads_person, leads_personkey, leads_lead, leads_touch, journal_entry")
