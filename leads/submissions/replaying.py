"""A submission that was refused or failed, once more: by the door it came through, as things are now."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from leads import custom_attributes, intake
from leads.hooks import acting, asking
from leads.incoming import parse
from leads.models import Door, Outcome, Submission
from leads.webforms import reading
from revops.lib.errors import Invalid, Refused
from teams import access

if TYPE_CHECKING:
    from teams.models import User

AGAIN = (Outcome.REFUSED, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """`outcome`: what became of it, None while a provider is being asked."""

    outcome: intake.Outcome | None


def replay(submission: Submission, *, by: "User", at: datetime) -> Replayed:
    """Take it in now, dated when it was received. What is still wrong raises Invalid, what cannot be taken again raises
    Refused; nothing is changed then. The one it was made from stays as it was, and says who replayed it."""
    access.require(by, "import")
    with transaction.atomic():
        held = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        if why := cannot(held):
            raise Refused(why, code="not_replayable")
        outcome = _by_door(held, by=by, at=at)
        held.judged_at, held.judged_by = at, by
        held.save(update_fields=["judged_at", "judged_by"])
    return Replayed(outcome)


def cannot(submission: Submission) -> str:
    """Why this one cannot be replayed, in a sentence; "" when it can."""
    if submission.outcome not in AGAIN:
        return "Only what was refused or failed can be replayed."
    if submission.judged_at is not None:
        return "It was replayed already."
    if submission.door == Door.IMPORT:
        return "A line of an import is put right in the import’s error file."
    if submission.door == Door.HOOK and not submission.hook_events.exists():
        return "Nothing of it was kept, for its signature or its body was wrong. The provider has to send it again."
    return "" if submission.payload or submission.door == Door.HOOK else "Nothing of it is kept any more."


def _by_door(submission: Submission, *, by: "User", at: datetime) -> intake.Outcome | None:
    received = min(submission.received_at, at)
    if submission.door == Door.HOOK:
        return _of_provider(submission, by=by, at=at)
    if submission.door == Door.FORM:
        item = reading.again(submission, now=at, occurred_at=received)
    else:
        item = parse(submission.payload, now=at, types=custom_attributes.types)
        item.occurred_at, item.replay_of = received, submission.pk
    [outcome] = intake.capture([item], by=by, via=submission.door, now=at)
    return outcome


def _of_provider(submission: Submission, *, by: "User", at: datetime) -> intake.Outcome | None:
    """By the connection's mapping as it is now; a lead that could not be asked for is asked for again."""
    events = list(submission.hook_events.select_related("connection").order_by("id"))
    if asking.unanswered(events[0]):
        asking.again(events[0], at=at)
        return None
    connection = events[0].connection
    enquiry = acting.enquiry(connection, events)
    enquiry.replay_of = submission.pk
    acting.read(connection, enquiry, now=at)  # says what is still wrong before anything is written
    taken = acting.take_in(connection, [enquiry], by=by, now=at)
    if not taken:
        raise Refused("It broke again on our side; nothing was changed.", code="broken")
    return taken[0][1]


__all__ = ["Invalid", "Refused", "Replayed", "cannot", "replay"]
