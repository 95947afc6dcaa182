"""Every file of the real input: it comes in with counts that add up and goes again to the last row, or is refused with
a sentence. The files stay outside of the repository; without them these tests say so and skip."""

import io
import os
from pathlib import Path

import pytest
from django.db import connection

from leads.importing import describing, problems, rehearsing, running, undoing, uploading
from leads.models import ImportState
from revops.lib import bulk
from revops.lib.now import now

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("REVOPS_REAL_INPUT") or ROOT.parent / "shared" / "data")
pytestmark = pytest.mark.django_db

# Of everything there is, but what only records that there was an import, and work that is noted as done.
APART = ("leads_import", "journal_", "django_", "auth_", "celery", "leads_likeness")


def prints() -> dict[str, int]:
    """{table: a hash over its rows, in no order}."""
    found = {}
    for table in connection.introspection.table_names():
        if not table.startswith(APART):
            [(whole,)] = bulk.query(f"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} t")
            found[table] = whole
    [(entries,)] = bulk.query("SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM journal_entry t "
                              "WHERE kind NOT LIKE 'import.%%'", [])  # fmt: skip
    return {**found, "journal_entry": entries}


def upload(path: Path, **mapping):
    at = now()
    run = uploading.upload(io.BytesIO(path.read_bytes()), name=path.name, by=None, at=at, at_once=True)
    if mapping:
        from leads.importing.mapping import set_mapping

        run = set_mapping(run, {**run.mapping, **mapping}, by=None, at=at)
    return run


def taken(run):
    """Rehearsed, then taken: both say the same."""
    run = rehearsing.rehearse(run, by=None, at=now())
    if run.state == ImportState.REHEARSING:
        rehearsing.work(run.pk)
        run.refresh_from_db()
    assert run.state == ImportState.REHEARSED, run.trouble
    would = describing.summary(run, rehearsed=True)
    run = running.start(run, by=None, at=now(), at_once=True)
    assert run.state == ImportState.DONE, run.trouble
    did = describing.summary(run, rehearsed=False)
    assert did.adds_up and did.read == run.facts["rows"]
    assert would == did
    assert sum(kind.count for kind in problems.by_kind(run, rehearsed=False) if kind.outcome == "refused") == did.refused
    return run, did


# What each file becomes: (read, created, refused), or None when it is refused with a sentence.
