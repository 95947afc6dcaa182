"""An import at work: lots by a worker, each with its counts and the place to go on in one transaction, so that whoever
goes on after a crash goes on there and nothing is counted twice."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error, OperationalError, connection, transaction
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as BrokerAway

from journal import record
from journal.record import Fact
from journal.remembering import begin, remember
from leads.importing import mapping, undoing
from leads.importing.describing import OUTCOMES
from leads.importing.taking import LOT, SHOWN, Taker, Tally, besides
from leads.models import ImportMode, ImportProblem, ImportRun, ImportState
from revops.lib import bulk
from revops.lib.errors import DomainError, Refused
from revops.lib.lots import is_of_a_row
from revops.lib.now import now as present
from revops.lib.runs import SILENT, Stopped, hand_over
from teams import access

if TYPE_CHECKING:
    from teams.models import User

log = logging.getLogger("revops.imports")
AT_ONCE = 500  # rows; more are taken by a worker
IMPORT, FINISH = "import", "finish"
ANALYSE = "ANALYZE leads_company, leads_person, leads_personkey, leads_lead, leads_touch, journal_entry, journal_change"


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate`: rows a second since this worker took it up, 0 = not known yet. `seconds_left`: None = not known yet.
    `silent`: nobody has worked on it for a minute."""

    phase: str
    done: int
    total: int
    rate: float
    seconds_left: float | None
    silent: bool


def start(run: ImportRun, *, by: "User | None", at: datetime, at_once: bool = False) -> ImportRun:
    """Begin: a short file is taken at once (any with `at_once`), a long one by a worker. Twice is once.

    Raises Refused: not_matched before its columns are said, begun when it is over; Invalid when they are not enough.
    """
    if by is not None:
        access.require(by, "import")
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state == ImportState.RUNNING:
            return run
        if run.state not in (ImportState.MATCHED, ImportState.REHEARSED, ImportState.ANALYSED):
            raise Refused("This import is over or at work. Nothing was changed.", code="begun")
        mapping.ready(run)
        run.state, run.phase, run.started_at, run.beat_at, run.stop = ImportState.RUNNING, IMPORT, at, at, ""
        run.done, run.cursor, run.trouble = 0, 0, ""
        run.total = run.facts.get("rows", 0)
        run.work = begin("import", by=by.pk if by else None, at=at)
        run.by = run.by or by
        run.save()
    if at_once or run.total <= AT_ONCE:
        work(run.pk)
    else:
        send(run)
    run.refresh_from_db()
    return run


def send(run: ImportRun) -> None:
    from leads.tasks import take_import  # tasks name this module

    pk = run.pk
    transaction.on_commit(lambda: hand_over(take_import, pk))


def drain(now: datetime, limit: int) -> int:
    """Imports whose worker is gone are handed to another; for the pulse. Answers how many.

    One that somebody holds is at work, however silent: nobody's deadline waits for it here. Nor is anything done here
    while there is no broker; in a minute it is tried again.
    """
    from leads import tasks  # tasks name this module

    doing = {ImportState.UPLOADED: tasks.analyse_import, ImportState.REHEARSING: tasks.rehearse_import,
             ImportState.RUNNING: tasks.take_import, ImportState.UNDOING: tasks.undo_import}  # fmt: skip
    silent = ImportRun.objects.filter(state__in=doing, beat_at__lt=now - SILENT).order_by("id")
    with transaction.atomic():
        gone = list(silent.select_for_update(skip_locked=True).values_list("pk", "state")[:limit])
        if gone:
            ImportRun.objects.filter(pk__in=[pk for pk, _ in gone]).update(beat_at=now)
    for pk, state in gone:
        try:
            doing[ImportState(state)].delay(pk)
        except BrokerAway:
            log.warning("The broker is away: import %s waits.", pk)
    return len(gone)


def progress(run: ImportRun, now: datetime) -> Progress:
    seconds = (now - run.phase_at).total_seconds() if run.phase_at else 0.0
    rate = (run.done - run.phase_from) / seconds if seconds >= 1 else 0.0
    left = (run.total - run.done) / rate if rate > 0 else None
    return Progress(run.phase, run.done, run.total, rate, left, run.silent_since(now) > SILENT.total_seconds())


def cancel(run: ImportRun, keep: bool, *, by: "User | None", at: datetime) -> ImportRun:
    """Whoever works stops after the present lot and keeps or undoes what is in. Before the start nothing is in.

    Raises Refused (code ended) when it is over already.
    """
    if by is not None:
        access.require(by, "import")
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED, ImportState.UNDONE,
                         ImportState.UNDOING):  # fmt: skip
            raise Refused("This import is over. Nothing was changed.", code="ended")
        run.stop = "keep" if keep else "undo"
        at_work = run.state == ImportState.RUNNING
        if at_work and not keep:
            undoing.ask(run.work_id, by=by.pk if by else None)
        if not at_work:
            run.state, run.finished_at, run.phase = ImportState.CANCELLED, at, ""
        run.save(update_fields=["stop", "state", "finished_at", "phase"])
    if at_work and timedelta(seconds=run.silent_since(at)) > SILENT:
        work(run.pk)
    run.refresh_from_db()
    return run


# --- a worker's part --------------------------------------------------------------------------
def work(run_id: int) -> None:
    """Take the file from where it stopped to its end. Leaves when somebody else has taken it up."""
    run = ImportRun.objects.select_related("by", "work").get(pk=run_id)
    if run.state != ImportState.RUNNING or run.work is None or run.started_at is None:
        return
    try:
        if run.phase == IMPORT:
            _lines(run)
        if run.stop != "undo":
            _finish(run)
        if run.stop == "undo":
            undoing.take_back(run, by=undoing.asked_by(run), at=present())
    except Stopped:
        return
    except (DomainError, Error) as error:
        lost = isinstance(error, OperationalError) and not is_of_a_row(error)
        if lost or (isinstance(error, Error) and connection.needs_rollback):
            raise  # a deadlock, a connection or the transaction around: the next who looks goes on
        log.exception("Import %s failed.", run_id)
        said = error.detail if isinstance(error, DomainError) else "The database refused a lot of its lines."
        ImportRun.objects.filter(pk=run_id, state=ImportState.RUNNING).update(
            state=ImportState.FAILED, trouble=said[:400], finished_at=present(), phase=""
        )


def _lines(run: ImportRun) -> None:
    assert run.work is not None and run.started_at is not None
    taker = Taker(run, now=run.started_at)
    with transaction.atomic(), remember(run.work):
        _hold(run)
        named = taker.prepare()
        if run.cursor:
            taker.context.seen = {int(row) for (row,) in _changed(run, "leads_person")}
        run.phase_at, run.phase_from = present(), run.done
        run.save(update_fields=["phase_at", "phase_from"])
    run.flags = {**run.flags, "attributes": named} if named else run.flags
    for lot in taker.lots(run.cursor):
        with transaction.atomic():
            _hold(run)
            if run.stop:
                break
            with remember(run.work):
                tally = taker.take(lot)
            _keep(run, tally, len(lot))
    run.phase, run.cursor = FINISH, 0
    ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(phase=FINISH, cursor=0)


def _hold(run: ImportRun) -> None:
    """Raises Stopped when another worker has gone on with it."""
    mine = ImportRun.objects.select_for_update().filter(pk=run.pk)
    found = mine.values_list("state", "cursor", "phase", "stop").get()
    if found[:3] != (ImportState.RUNNING, run.cursor, run.phase):
        raise Stopped
    run.stop = found[3]


def _keep(run: ImportRun, tally: Tally, lines: int) -> None:
    counts = Counter(run.counts)
    counts.update(tally.counts)
    run.counts = {name: counts[name] for name in ("read", *OUTCOMES)}
    run.flags = {**run.flags, **{name: run.flags.get(name, 0) + count for name, count in tally.flags.items()}}
    shown = [{"line": line, "code": code, "detail": detail} for line, outcome, code, detail in tally.problems
             if outcome == "refused"]  # fmt: skip
    run.refusals = [*run.refusals, *shown][:SHOWN]
    run.cursor += lines
    run.done += lines
    run.beat_at = present()
    keep_problems(run, tally, rehearsed=False)
    run.save(update_fields=["counts", "flags", "refusals", "cursor", "done", "beat_at"])


def keep_problems(run: ImportRun, tally: Tally, *, rehearsed: bool) -> None:
    types = {"run_id": "bigint", "rehearsed": "bool", "line": "int", "outcome": "text", "code": "text",
             "detail": "text"}  # fmt: skip
    rows = [(run.pk, rehearsed, *problem) for problem in tally.problems]
    if rows:
        bulk.run([bulk.insert(ImportProblem._meta.db_table, types, rows)])


def _finish(run: ImportRun) -> None:
    """Fresh statistics first: a bulk load leaves the planner guessing. Then scores and clocks for reports."""
    assert run.work is not None and run.started_at is not None
    with connection.cursor() as cursor:
        cursor.execute(ANALYSE)
    if run.mode == ImportMode.HISTORY:
        _react(run)
    with transaction.atomic():
        _hold(run)
        if run.stop == "undo":
            return  # said while it was finished
        at = max(present(), run.started_at)
        run.counts = {**dict.fromkeys(("read", *OUTCOMES), 0), **run.counts, **besides(run.work.pk)}
        run.state = ImportState.CANCELLED if run.stop else ImportState.DONE
        run.phase, run.finished_at, run.beat_at = "", at, at
        run.save(update_fields=["counts", "state", "phase", "finished_at", "beat_at", "flags"])
        data: dict[str, Any] = {name: run.counts[name] for name in ("read", *OUTCOMES)}
        record.append([Fact("import.done", "import", run.pk, at, run.by_id, "import", data)], now=at)


def _react(run: ImportRun) -> None:
    assert run.work is not None and run.started_at is not None
    leads = sorted(int(row) for (row,) in _changed(run, "leads_lead"))
    made = {int(row) for (row,) in _changed(run, "leads_person", "I")}
    people = {int(row) for (row,) in _changed(run, "leads_person")}
    people |= {pk for (pk,) in bulk.query("SELECT DISTINCT person_id FROM leads_lead WHERE id = ANY (%s)", [leads])}
    known, fresh = sorted(people - made), sorted(made)
    for path in settings.HISTORY_REACTIONS:
        compute = import_string(path)
        for start_at in range(0, max(len(known), len(leads)), LOT):
            part = slice(start_at, start_at + LOT)
            with transaction.atomic():
                _hold(run)
                with remember(run.work):
                    compute(known[part], leads[part], now=run.started_at)
                _beat(run)
        # People of its own making go whole when it is undone: noting each of their scores would take half the time.
        for start_at in range(0, len(fresh), LOT):
            with transaction.atomic():
                _hold(run)
                compute(fresh[start_at : start_at + LOT], [], now=run.started_at)
                _beat(run)


def _beat(run: ImportRun) -> None:
    run.beat_at = present()
    run.save(update_fields=["beat_at"])


def _changed(run: ImportRun, table: str, op: str = "") -> list[tuple]:
    return bulk.query(
        'SELECT DISTINCT row FROM journal_change WHERE work_id = %s AND "table" = %s AND (op = %s OR %s = %s)',
        [run.work_id, table, op, op, ""],
    )
