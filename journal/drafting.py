"""What is drafted before it is in force (policies, scoring, definitions, profiles): one change at a time, on what the
person who makes it has seen. Who was faster is read from the journal."""

from datetime import datetime, timedelta
from typing import Any

from journal.models import Entry
from revops.lib import bulk
from revops.lib.errors import Refused
from teams.models import User


def hold(what: str) -> None:
    """Wait for whoever is changing `what`, to the end of this transaction."""
    bulk.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def gone(subject: str, kind: str) -> Refused:
    """For a draft that is no longer there; `kind`: of the fact that says who discarded one last."""
    return Refused(f"{last(subject, kind)} discarded this draft. Nothing was changed.", code="stale")


def published(kept: Any) -> Refused:
    """For a draft that somebody has put in force meanwhile."""
    return Refused(
        f"{named(kept.published_by_id)} published v{kept.version} at {clock(kept.published_at)}: see what changed. "
        "What was published never changes. Nothing was changed.",
        code="stale",
    )


def check_seen(kept: Any, *, seen: datetime | None, subject: str, but: tuple[str, ...] = ()) -> None:
    """Raises Refused (code `stale`) naming who changed it, when `kept` is no longer as it was at `seen`. `but`: kinds
    of facts about it that change nothing in it."""
    if seen is not None and kept.edited_at is not None and kept.edited_at != seen:
        who = last(subject, pk=kept.pk, but=but)
        raise Refused(
            f"{who} changed this draft at {clock(kept.edited_at)}: see what changed. Nothing was changed.",
            code="stale",
        )


def later(draft: Any, at: datetime) -> datetime:
    """The moment of an edit: strictly later each time, so that what somebody saw names one state of the draft."""
    return max(at, draft.edited_at + timedelta(microseconds=1)) if draft.edited_at is not None else at


def last(subject: str, kind: str = "", *, pk: int | None = None, but: tuple[str, ...] = ()) -> str:
    """Whose fact about such a subject was the newest, in words."""
    entries = Entry.objects.filter(subject_kind=subject).exclude(kind__in=but)
    entries = entries.filter(kind=kind) if kind else entries
    entries = entries.filter(subject_id=pk) if pk else entries
    return named(entries.order_by("-id").values_list("by_id", flat=True).first())


def named(user_id: int | None) -> str:
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return str(user) if user else "Somebody"


def clock(at: datetime | None) -> str:
    return f"{at:%H:%M} UTC on {at.day} {at:%b}" if at else "some time"
