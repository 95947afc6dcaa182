"""A file is kept: in pieces, in the database, no further than the cap."""

import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from leads.importing import analysing
from leads.models import AT_WORK, ImportChunk, ImportMode, ImportRun, ImportState
from revops.lib import bulk
from revops.lib.errors import Invalid
from teams import access

if TYPE_CHECKING:
    from teams.models import User

MOST_BYTES = 300_000_000
PIECE = 1_000_000
AT_ONCE = 2_000_000  # bytes; more are looked through by a worker
KEPT_FOR = timedelta(days=30)
# What comes in by mistake, known by its first bytes.
NO_TABLES = (
    (b"%PDF", "a PDF"), (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls); save it as .xlsx or CSV"),
    (b"\x1f\x8b", "a packed file; unpack it first"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"), (b"7z\xbc\xaf", "a packed file; unpack it first"), (b"Rar!", "a packed file"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"SQLite", "a database"), (b"PAR1", "a Parquet file"),
)  # fmt: skip


def upload(
    file: Any, *, name: str, by: "User | None", at: datetime, mode: str = ImportMode.HISTORY,
    corrects: ImportRun | None = None, at_once: bool = False,
) -> ImportRun:  # fmt: skip
    """Keep a file (anything with `read`) and look through it: at once when it is small, else by a worker.

    `corrects`: the import whose error file this is, fixed; its mapping is taken over. An error file knows its import by
    itself, too. `at_once`: whatever its size, for commands. Raises Invalid and keeps nothing: too_big (over 300 MB; no
    byte more is read), empty, not_a_table.
    """
    if by is not None:
        access.require(by, "import")
    said = getattr(file, "size", None)
    if isinstance(said, int) and said > MOST_BYTES:
        raise _too_big()
    with transaction.atomic():
        run = ImportRun.objects.create(
            name=plain_name(name), by=by, uploaded_at=at, state=ImportState.UPLOADED, mode=ImportMode(mode),
            corrects=corrects, phase="analyse", beat_at=at,
        )  # fmt: skip
        size = number = 0
        while piece := file.read(PIECE):
            size += len(piece)
            if size > MOST_BYTES:
                raise _too_big()
            if number == 0:
                _refuse_no_table(bytes(piece[:64]))
            ImportChunk.objects.create(run=run, number=number, body=bytes(piece))
            number += 1
        if not size:
            raise Invalid("The file is empty. Nothing was kept.", code="empty", field="file")
        run.size = size
        run.save(update_fields=["size"])
        if at_once or size <= AT_ONCE:
            analysing.analyse(run, at=at)
        else:
            transaction.on_commit(lambda: analysing.send(run.pk))
    return run


def plain_name(name: str) -> str:
    """The last part of a name, without folders and signs that are not for reading."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    return shown[:200] or "file"


def forget(at: datetime) -> int:
    """Files and lines are kept as long as an import can be undone; answers the number of pieces taken away."""
    [(gone,)] = bulk.query(
        """WITH old AS (SELECT id FROM leads_importrun WHERE uploaded_at < %s AND state <> ALL (%s)),
                problems AS (DELETE FROM leads_importproblem p USING old WHERE p.run_id = old.id),
                gone AS (DELETE FROM leads_importchunk c USING old WHERE c.run_id = old.id RETURNING 1)
           SELECT count(*) FROM gone""",
        [at - KEPT_FOR, [str(state) for state in AT_WORK]],
    )
    return gone


def _refuse_no_table(head: bytes) -> None:
    for mark, what in NO_TABLES:
        if head.startswith(mark):
            raise Invalid(f"This is {what}. Upload a CSV file or an Excel workbook.", code="not_a_table", field="file")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<", b"{", b"[{", b"[[")):
        raise Invalid("This is no table. Upload a CSV file or an Excel workbook.", code="not_a_table", field="file")


def _too_big() -> Invalid:
    return Invalid(
        f"The file has more than {MOST_BYTES // 1_000_000} MB. Nothing was kept. Split it, each part with the header "
        "line.", code="too_big", field="file",
    )  # fmt: skip
