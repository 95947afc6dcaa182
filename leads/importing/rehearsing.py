"""The dry run: the import itself, taken back before anybody sees it.

Later lots have to find what earlier ones wrote, so all of it is one transaction, and until that is taken back its rows
are held. Whoever waits for one of them (a form is posted by a person of the file) comes first: after the present lot
everything is let go and counted anew.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from journal.remembering import begin, remember
from leads.importing import mapping
from leads.importing.describing import OUTCOMES
from leads.importing.running import AT_ONCE, keep_problems
from leads.importing.taking import Taker, Tally, besides
from leads.models import ImportMode, ImportRun, ImportState
from revops.lib import bulk
from revops.lib.errors import DomainError, Refused
from revops.lib.now import now as present
from revops.lib.runs import Stopped, hand_over
from teams import access

if TYPE_CHECKING:
    from teams.models import User


TRIES = 5
GAVE_WAY = "People of this file were being worked on all the time, so the dry run let them go first. Start it again."


class GaveWay(Exception):
    """Somebody waits for a row that the dry run holds."""


def rehearse(run: ImportRun, *, by: "User | None", at: datetime) -> ImportRun:
    """Say what importing would do: `rehearsal` has the counts afterwards, problems are kept with `rehearsed`. A short
    file at once, a long one by a worker. Raises Refused: begun, not_matched; Invalid when its columns
    are not enough."""
    if by is not None:
        access.require(by, "import")
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state == ImportState.REHEARSING:
            return run
        if run.state not in (ImportState.ANALYSED, ImportState.MATCHED, ImportState.REHEARSED):
            raise Refused("This import is over or at work. Nothing was changed.", code="begun")
        mapping.ready(run)
        run.state, run.phase, run.beat_at, run.stop = ImportState.REHEARSING, "rehearse", at, ""
        run.done, run.total = 0, run.facts.get("rows", 0)
        run.phase_at, run.phase_from = at, 0
        run.rehearsal, run.rehearsed_at, run.trouble = None, None, ""
        run.save()
        run.problems.filter(rehearsed=True).delete()
    if run.total <= AT_ONCE:
        work(run.pk)
    else:
        from leads.tasks import rehearse_import  # tasks name this module

        transaction.on_commit(lambda: hand_over(rehearse_import, run.pk))
    run.refresh_from_db()
    return run


def work(run_id: int) -> None:
    """A worker's part. Everything is rolled back; what was counted is kept after that."""
    run = ImportRun.objects.select_related("by").get(pk=run_id)
    if run.state != ImportState.REHEARSING:
        return
    found, trouble = None, ""
    for _ in range(TRIES):
        whole = Tally()
        try:
            found = _counted(run, whole)
            break
        except GaveWay:
            continue
        except Stopped:
            return
        except DomainError as error:
            found, trouble = {}, error.detail
            break
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().get(pk=run_id)
        if held.state != ImportState.REHEARSING:
            return
        if found is None:
            held.state, held.trouble, held.phase, held.done = ImportState.MATCHED, GAVE_WAY, "", 0
            held.save()
            return
        held.state = ImportState.FAILED if trouble else ImportState.REHEARSED
        held.trouble = trouble[:400]
        held.rehearsal = {**{name: whole.counts[name] for name in ("read", *OUTCOMES)}, **found,
                          "flags": dict(whole.flags)}  # fmt: skip
        held.rehearsed_at = held.beat_at = present()
        held.done, held.phase = held.total, ""
        held.problems.filter(rehearsed=True).delete()
        held.save()
        keep_problems(held, whole, rehearsed=True)


def _counted(run: ImportRun, whole: Tally) -> dict[str, int]:
    """Progress is told over a connection of its own: what happens in the transaction nobody sees."""
    at = max(present(), run.beat_at or present())
    beside = connection.copy()
    try:
        with transaction.atomic():
            held = begin("rehearsal", by=run.by_id, at=at)
            with remember(held):
                taker = Taker(run, now=at, locking=run.mode == ImportMode.LIVE)
                taker.prepare()
                done = 0
                for lot in taker.lots(0):
                    whole.add(taker.take(lot))
                    done += len(lot)
                    _beat(beside, run, done)
                    if done < run.total and _awaited():
                        raise GaveWay
            found = besides(held.pk)
            transaction.set_rollback(True)
        return found
    finally:
        beside.close()
        from marketing import vocabulary  # the channels of the file are gone again

        vocabulary.forget()


def _awaited() -> bool:
    [(found,)] = bulk.query(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))", []
    )
    return found


def _beat(beside: object, run: ImportRun, done: int) -> None:
    """Raises Stopped when somebody cancelled."""
    with beside.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(
            "UPDATE leads_importrun SET done = %s, beat_at = %s WHERE id = %s RETURNING state",
            [done, present(), run.pk],
        )
        found = cursor.fetchone()
    if found and found[0] != ImportState.REHEARSING:
        raise Stopped


__all__ = ["rehearse", "work"]
