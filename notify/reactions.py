"""Who is told what: a lead handed to somebody is news to them. Clocks write their own notices where they fire."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from revops.lib import bulk

COLUMNS = {
    "user_id": "bigint", "kind": "text", "subject_kind": "text", "subject_id": "bigint", "key": "text",
    "at": "timestamptz", "data": "jsonb",
}  # fmt: skip
# Nobody is told of what they did themselves, nor of what a story tells of the past.
SILENT = {"import", "demo"}


def tell(facts: Sequence[Fact], *, now: datetime) -> None:
    """A notice to the new owner of each lead; told once, whoever retries."""
    rows = [
        (
            f.data["owner"],
            f.kind,
            "lead",
            f.subject_id,
            f"lead:{f.subject_id}:owner:{f.data['ownership']}",
            f.at,
            f.data,
        )
        for f in facts
        if f.kind == "lead.assigned" and f.via not in SILENT and f.data["owner"] != f.by
    ]
    if rows:
        bulk.run([bulk.insert("notify_notice", COLUMNS, rows, "ON CONFLICT DO NOTHING")])
