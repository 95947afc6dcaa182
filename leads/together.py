"""One decision about many leads: all of them or none, with the same guards as one at a time."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from journal.record import record
from leads import attempts, decisions
from leads.models import Lead
from leads.models.stage import DISQUALIFY_REASONS, RECYCLE_REASONS, Reason, Stage
from leads.progress import FROM, Move, change_stage, facts_of
from revops.lib.errors import Forbidden, Invalid, Refused
from teams import access


def recycle(
    leads: Sequence[Lead], *, by: Any, at: datetime, reason: str, track: str, revisit_on: date | None = None,
    note: str = "", via: str = "page",
) -> int:  # fmt: skip
    """Give many back to marketing; answers how many. Raises as `lead.recycle` does, with the number in the way."""
    decisions._require_reason(reason, RECYCLE_REASONS, note)
    if not track.strip():
        raise Invalid("Name the nurture track these people go to.", code="required", field="track")
    if revisit_on is not None and revisit_on <= at.date():
        raise Invalid("The day to come back must be after today.", code="past", field="revisit_on")
    if reason == Reason.UNABLE_TO_REACH:
        attempts.require([lead.pk for lead in leads], at=at)
    moves = [Move(lead.pk, Stage.RECYCLED, at, by=by.pk, reason=reason, note=note, track=track, revisit_on=revisit_on)
             for lead in leads]  # fmt: skip
    return _decide("recycle", leads, moves, by=by, via=via)


def disqualify(leads: Sequence[Lead], *, by: Any, at: datetime, reason: str, note: str = "", via: str = "page") -> int:
    """Disqualify many; answers how many."""
    decisions._require_reason(reason, DISQUALIFY_REASONS, note)
    moves = [Move(lead.pk, Stage.DISQUALIFIED, at, by=by.pk, reason=reason, note=note) for lead in leads]
    return _decide("disqualify", leads, moves, by=by, via=via)


def undo(leads: Sequence[Lead], *, by: Any, at: datetime, via: str = "page") -> int:
    """Take back the last decision about each; all or none."""
    with transaction.atomic():
        for lead in leads:
            lead.undo(by=by, at=at, via=via)
    return len(leads)


def _decide(verb: str, leads: Sequence[Lead], moves: Sequence[Move], *, by: Any, via: str) -> int:
    foreign = [lead for lead in leads if not access.can_work(by, lead, verb)]
    if foreign:
        some = f"{len(foreign)} of {len(leads)} leads aren't" if len(leads) > 1 else "This lead isn't"
        raise Forbidden(f"{some} yours to {verb}, nor your team's to manage. Nothing was changed.", code="not_yours")
    allowed = FROM[moves[0].to] if moves else []
    elsewhere = Counter(lead.get_stage_display() for lead in leads if lead.stage not in allowed)
    if elsewhere:
        found = ", ".join(f"{n} {stage}" for stage, n in elsewhere.items())
        asked = " or ".join(Stage(stage).label for stage in allowed)
        raise Refused(f"Not done: {found} among them, and it takes {asked}. Nothing was changed.", code="stage")
    with transaction.atomic():
        now = moves[0].at if moves else None
        moved = change_stage(moves, now=now)
        if len(moved) != len(moves):
            raise Refused("One of them changed a moment ago. Look again, nothing was changed.", code="stage")
        record(facts_of(moves, moved, via=via), now=now)
    return len(moved)
