"""Start, decide, finish, close. Done twice is done once; what was frozen never changes."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from dashboards.meetings import kinds
from dashboards.meetings.models import Decision, Meeting, Slide
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid, Refused
from teams.models import Organisation, Role, Team, User


def may_start(user: Any) -> bool:
    """Managers of any team, administrators, the head of revenue."""
    if not user.is_active or user.is_service or user.role == Role.VIEWER:
        return False
    return (
        user.role == Role.ADMIN
        or Team.objects.filter(manager=user).exists()
        or Organisation.objects.filter(executive=user).exists()
    )


def may_decide(user: Any) -> bool:
    """Whoever sits in it and does not only read."""
    return bool(user.is_active and not user.is_service and user.role != Role.VIEWER)


def start(
    kind: str, *, period: date, by: User, at: datetime, as_of: datetime | None = None, via: str = "page"
) -> Meeting:
    """Freeze the agenda. While one of this kind and period is open, that one is the answer.

    `as_of`: freeze the numbers as they were then; default: as they are at `at`.
    """
    if not may_start(by):
        raise Forbidden("A review is started by the manager of a team or an administrator.", code="role")
    which, organisation = kinds.of(kind), Organisation.get()
    if period > organisation.today(at):
        raise Invalid("That period has not begun.", code="future", field="period")
    period = period.replace(day=1)
    with transaction.atomic():
        # Two people at once: the second waits here and finds the first one's meeting.
        Organisation.objects.select_for_update().filter(pk=organisation.pk).first()
        running = Meeting.objects.filter(kind=kind, period=period, closed_at=None).first()
        if running:
            return running
        agenda = which.build(period, now=at, organisation=organisation, as_of=as_of)
        meeting = Meeting.objects.create(
            kind=kind, period=period, frozen_at=agenda.as_of, versions=agenda.versions, minutes=which.minutes,
            started_by=by,
        )  # fmt: skip
        Slide.objects.bulk_create(
            Slide(
                meeting=meeting, position=n, key=screen.key, title=screen.title, head=screen.head, lines=screen.lines,
                facts=[fact.as_json() for fact in screen.facts], sentences=screen.sentences,
            )
            for n, screen in enumerate(agenda.screens, 1)
        )  # fmt: skip
        data = {"kind": kind, "period": period.isoformat(), **agenda.versions}
        record([Fact("meeting.started", "meeting", meeting.pk, at, by=by.pk, via=via, data=data)], now=at)
    return meeting


def decide(
    meeting: Meeting, *, topic: str, text: str, owner: User, due_on: date, by: User, at: datetime, via: str = "page"
) -> Decision:
    """Keep what was decided, by whom it is done and by when. The same sentence for the same person is kept once."""
    if not may_decide(by):
        raise Forbidden("A viewer reads and doesn't decide.", code="viewer")
    if meeting.closed_at is not None:
        raise Refused("This review is closed. Start the next one to decide more.", code="closed")
    text = " ".join(text.split())
    if not text:
        raise Invalid("Say what was decided.", code="required", field="text")
    if not owner.is_active or owner.is_service:
        raise Invalid(f"{owner} can't take it on: this account is not active.", code="inactive", field="owner")
    if due_on < Organisation.get().today(at):
        raise Invalid("The day to have it done by is over.", code="past", field="due_on")
    with transaction.atomic():
        Meeting.objects.select_for_update().get(pk=meeting.pk)
        same = meeting.decisions.filter(text=text, owner=owner, due_on=due_on, done_at=None).first()
        if same:
            return same
        made = Decision.objects.create(
            meeting=meeting, topic=topic, text=text, owner=owner, due_on=due_on, made_at=at, made_by=by
        )
        data = {"decision": made.pk, "topic": topic, "owner": owner.pk, "due_on": due_on.isoformat()}
        record([Fact("meeting.decided", "meeting", meeting.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made


def finish(decision: Decision, *, by: User, at: datetime, via: str = "page") -> Decision:
    """It is done: says its owner, or who may start a review."""
    return _mark(decision, "meeting.decision_done", by=by, at=at, via=via, done=True)


def reopen(decision: Decision, *, by: User, at: datetime, via: str = "page") -> Decision:
    """It is not done after all."""
    return _mark(decision, "meeting.decision_reopened", by=by, at=at, via=via, done=False)


def _mark(decision: Decision, kind: str, *, by: User, at: datetime, via: str, done: bool) -> Decision:
    if decision.owner_id != by.pk and not may_start(by):
        raise Forbidden(f"{decision.owner} or a manager says whether it is done.", code="not_yours")
    with transaction.atomic():
        changed = Decision.objects.filter(pk=decision.pk, done_at__isnull=done).update(
            done_at=at if done else None, done_by=by if done else None
        )
        if changed:
            fact = Fact(kind, "meeting", decision.meeting_id, at, by=by.pk, via=via, data={"decision": decision.pk})
            record([fact], now=at)
    decision.refresh_from_db()
    return decision


def close(meeting: Meeting, *, by: User, at: datetime, via: str = "page") -> Meeting:
    """The meeting is over; its numbers and decisions stay."""
    if not may_start(by):
        raise Forbidden("A review is closed by the manager of a team or an administrator.", code="role")
    with transaction.atomic():
        if Meeting.objects.filter(pk=meeting.pk, closed_at=None).update(closed_at=at, closed_by=by):
            record([Fact("meeting.closed", "meeting", meeting.pk, at, by=by.pk, via=via)], now=at)
    meeting.refresh_from_db()
    return meeting
