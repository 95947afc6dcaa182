"""What a review's screens show: frozen facts, whether they changed since, and what was decided before."""

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.module_loading import import_string

from dashboards.meetings import kinds
from dashboards.meetings.models import Decision, Meeting, Slide
from revops.lib.errors import DomainError
from teams.models import Organisation


def screens(
    meeting: Meeting, slides: list[Slide], *, now: datetime, organisation: Organisation
) -> list[dict[str, Any]]:
    """Each slide with its facts; `moved` marks a fact whose live value is another by now. A closed meeting is history
    and is compared with nothing."""
    others = _others(meeting, slides, now=now, organisation=organisation) if meeting.closed_at is None else {}
    return [
        {"slide": slide,
         "facts": [fact | {"moved": fact["key"] in others.get(slide.key, ())} for fact in slide.facts]}
        for slide in slides
    ]  # fmt: skip


def _others(
    meeting: Meeting, slides: list[Slide], *, now: datetime, organisation: Organisation
) -> dict[str, set[str]]:
    kind = kinds.KINDS.get(meeting.kind)
    if kind is not None and kind.changed:
        return import_string(kind.changed)(slides, now=now)
    live = _live(meeting, now=now, organisation=organisation)
    return {
        slide.key: {f["key"] for f in slide.facts if live.get((slide.key, f["key"]), f["value"]) != f["value"]}
        for slide in slides
    }


def _live(meeting: Meeting, *, now: datetime, organisation: Organisation) -> dict[tuple[str, str], str]:
    try:
        agenda = kinds.of(meeting.kind).build(meeting.period, now=now, organisation=organisation)
    except DomainError:  # a kind that is no longer held: its numbers stay readable
        return {}
    return {(screen.key, fact.key): fact.value for screen in agenda.screens for fact in screen.facts}


def brought_along(meeting: Meeting) -> list[Decision]:
    """What the meeting before decided, done or not, and everything older that was still to be done when this began."""
    before = (
        Meeting.objects.filter(kind=meeting.kind)
        .filter(Q(frozen_at__lt=meeting.frozen_at) | Q(frozen_at=meeting.frozen_at, pk__lt=meeting.pk))
        .exclude(pk=meeting.pk)
    )  # fmt: skip
    last = before.order_by("-frozen_at", "-pk").values_list("pk", flat=True).first()
    still = Q(done_at=None) | Q(done_at__gt=meeting.frozen_at)
    return list(
        Decision.objects.filter(Q(meeting=last) | Q(meeting__in=before) & still)
        .select_related("owner", "meeting")
        .order_by("-meeting__frozen_at", "made_at", "id")
    )


def standing(decision: Decision, today: date, organisation: Organisation) -> tuple[str, str]:
    """(words, tone): done Thu · not done · open; days are the organisation's."""
    if decision.done_at is not None:
        day = organisation.today(decision.done_at)
        return (f"done {day:%a}" if 0 <= (today - day).days < 7 else "done"), "ok"
    return ("not done", "late") if decision.due_on < today else ("open", "")


def told(decisions: list[Decision], today: date, organisation: Organisation) -> list[dict[str, Any]]:
    return [
        {"it": one, "word": word, "tone": tone}
        for one in decisions
        for word, tone in [standing(one, today, organisation)]
    ]
