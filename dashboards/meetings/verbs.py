"""Start, decide, take or skip what is proposed, finish, close. Twice is once; what was frozen never changes."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from dashboards.meetings import kinds
from dashboards.meetings.models import Decision, Meeting, Slide
from journal.models import Entry
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid, Refused
from sla import next_steps
from teams import access
from teams.models import Organisation, Role, Team, User

EARLIEST = date(1990, 1, 1)
EVENING = time(17)  # of the day a decision is due, when it becomes a deal's next step


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
    if period < EARLIEST:
        raise Invalid("That is before anything was kept.", code="too_early", field="period")
    period = which.begins(period)
    if as_of is not None and not which.past:
        raise Invalid("This review is of what stands now.", code="now_only", field="as_of")
    if which.every == "week" and period != which.begins(organisation.today(at)):
        raise Invalid("This review is of what stands now: its week is the running one.", code="now_only",
                      field="period")  # fmt: skip
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
                deal_id=screen.deal, detail=screen.detail,
            )
            for n, screen in enumerate(agenda.screens, 1)
        )  # fmt: skip
        data = {"kind": kind, "period": period.isoformat(), **agenda.versions}
        record([Fact("meeting.started", "meeting", meeting.pk, at, by=by.pk, via=via, data=data)], now=at)
    return meeting


def decide(
    meeting: Meeting, *, topic: str, text: str, owner: User, due_on: date, by: User, at: datetime,
    as_step: bool = False, via: str = "page",
) -> Decision:  # fmt: skip
    """Keep what was decided, by whom it is done and by when. The same sentence over the same screen for the same person
    is kept once.

    Over a deal's screen it also stands on the deal's record; `as_step`: it becomes the deal's next step, which needs
    the right to plan it. Raises Forbidden, Invalid, Refused.
    """
    if not may_decide(by):
        raise Forbidden("A viewer reads and doesn't decide.", code="viewer")
    text = " ".join(text.split())
    if not text:
        raise Invalid("Say what was decided.", code="required", field="text")
    if len(text) > 300:
        raise Invalid("Say it in 300 characters.", code="too_long", field="text")
    if not may_decide(owner):
        why = "this account only reads" if owner.role == Role.VIEWER else "this account is not active"
        raise Invalid(f"{owner} can't take it on: {why}.", code="inactive", field="owner")
    organisation = Organisation.get()
    if due_on < organisation.today(at):
        raise Invalid("The day to have it done by is over.", code="past", field="due_on")
    slide = meeting.slides.filter(key=topic).select_related("deal__owner__team").first()
    if slide is None:
        raise Invalid("This review has no such screen.", code="unknown", field="topic")
    deal = slide.deal
    with transaction.atomic():
        _open(meeting)
        same = meeting.decisions.filter(topic=topic, text=text, owner=owner, due_on=due_on, done_at=None).first()
        if same:
            return same
        made = Decision.objects.create(
            meeting=meeting, topic=topic, text=text, owner=owner, due_on=due_on, made_at=at, made_by=by, deal=deal
        )
        data = {"decision": made.pk, "topic": topic, "owner": owner.pk, "due_on": due_on.isoformat()}
        facts = [Fact("meeting.decided", "meeting", meeting.pk, at, by=by.pk, via=via, data=data)]
        if deal is not None:
            facts.append(Fact("deal.decided", "deal", deal.pk, at, by=by.pk, via=via, data=data))
        record(facts, now=at)
        if as_step and deal is not None:
            evening = datetime.combine(due_on, EVENING, ZoneInfo(organisation.timezone))
            next_steps.set_step(
                deal, what=text[:200], by_when=max(evening, at + timedelta(hours=1)), owner=owner, by=by, at=at, via=via
            )
    return made


def take(meeting: Meeting, *, topic: str, by: User, at: datetime, via: str = "page") -> Decision:
    """Decide what a deal's screen proposes: its owner does it (whoever takes it, where nobody owns the deal), and it
    becomes the next step if `by` may plan one."""
    slide = _proposing(meeting, topic)
    deal, asked = slide.deal, slide.detail["proposal"]
    owner = deal.owner if deal and deal.owner and may_decide(deal.owner) else by
    due_on = max(date.fromisoformat(asked["by"]), Organisation.get().today(at))
    plans = bool(
        deal and deal.stage == "open" and access.can_work(by, deal, "plan") and owner.role in access.SELLERS
    )
    return decide(meeting, topic=topic, text=asked["text"][:300], owner=owner, due_on=due_on, by=by, at=at,
                  as_step=plans, via=via)  # fmt: skip


def skip(meeting: Meeting, *, topic: str, by: User, at: datetime, via: str = "page") -> None:
    """Not this time; the review remembers that it was looked at."""
    if not may_decide(by):
        raise Forbidden("A viewer reads and doesn't decide.", code="viewer")
    _proposing(meeting, topic)
    with transaction.atomic():
        _open(meeting)
        if topic not in skipped(meeting):
            fact = Fact("meeting.skipped", "meeting", meeting.pk, at, by=by.pk, via=via, data={"topic": topic})
            record([fact], now=at)


def _open(meeting: Meeting) -> None:
    """As it is in the database, locked: somebody may have closed it since the page was drawn. Raises Refused."""
    if Meeting.objects.select_for_update().get(pk=meeting.pk).closed_at is not None:
        raise Refused("This review is closed. Start the next one to decide more.", code="closed")


def skipped(meeting: Meeting) -> set[str]:
    """Topics whose proposal was put aside."""
    told = Entry.objects.about("meeting", [meeting.pk]).filter(kind="meeting.skipped").values_list("data", flat=True)
    return {data.get("topic", "") for data in told}


def _proposing(meeting: Meeting, topic: str) -> Slide:
    slide = meeting.slides.filter(key=topic).select_related("deal__owner__team").first()
    if slide is None or not slide.detail.get("proposal"):
        raise Invalid("Nothing is proposed there.", code="no_proposal", field="topic")
    return slide


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
            data = {"decision": decision.pk, "owner": decision.owner_id}
            facts = [Fact(kind, "meeting", decision.meeting_id, at, by=by.pk, via=via, data=data)]
            if decision.deal_id:
                told = kind.replace("meeting.", "deal.", 1)
                facts.append(Fact(told, "deal", decision.deal_id, at, by=by.pk, via=via, data=data))
            record(facts, now=at)
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
