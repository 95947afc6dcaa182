"""A first answer to what sales asks marketing for, within four open hours of the organisation (DOMAIN 8.1).

A clock of a subject of its own: `follow` is named in settings.REACTIONS beside `sla.requests.follow`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from journal import record
from journal.record import Fact
from sla import given, panels
from sla.models import Clock
from sla.planner import Planner
from teams import calendars
from teams.models import Organisation

TARGET = "content"


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """`content.asked` begins it, `content.taken` says whose it is, the first `content.answered` ends it."""
    for fact in facts:
        if fact.subject_kind != "content_request":
            continue
        if fact.kind == "content.asked":
            _start(fact, now=now)
        elif fact.kind == "content.taken":
            _running(fact).filter(due_at__gte=now).update(owner_id=fact.by)
        elif fact.kind == "content.answered":
            _stop(fact, now=now)


def clocks(ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """{request: its clock, as `sla.panels` shows it}; one query."""
    rows = Clock.objects.filter(content_request__in=list(ids), target=TARGET)
    return {
        clock.content_request_id or 0: panels.shown(clock, now=now)
        for clock in rows.select_related("calendar_version", "policy")
    }


def _start(fact: Fact, *, now: datetime) -> None:
    line, home = given.line(TARGET), Organisation.get().calendar_id
    calendar = calendars.current_versions([home])[home] if home else None
    marks = Planner().marks(line, calendar, fact.at)
    clock = Clock.objects.create(
        content_request_id=fact.subject_id, target=TARGET, policy=line, started_at=fact.at, seconds=marks.seconds,
        calendar_version=None if marks.always else calendar, due_at=marks.due_at, levels=marks.levels, marks=marks.at,
        next_at=marks.at[0], next_level=marks.levels[0],
    )  # fmt: skip
    clocks = [{"target": TARGET, "scope": "lead", "tier": "", "due": marks.due_text}]
    _tell("clock.started", fact, {"clocks": clocks, "clock": clock.pk}, now=now)


def _stop(fact: Fact, *, now: datetime) -> None:
    clock = _running(fact).select_for_update(no_key=True).first()
    if clock is None or clock.due_at is None:
        return
    late = fact.at > clock.due_at
    outcome = "met_late" if late else "met"
    Clock.objects.filter(pk=clock.pk).update(
        phase="stopped",
        outcome=outcome,
        stopped_at=max(fact.at, clock.started_at),
        next_at=None,
        next_level=None,
        **({"breached_at": F("due_at")} if late else {}),
    )
    _tell(f"clock.{outcome}", fact, {"clock": clock.pk, "target": TARGET, "owner": clock.owner_id}, now=now)


def _running(fact: Fact):
    return Clock.objects.filter(content_request_id=fact.subject_id, target=TARGET).exclude(phase="stopped")


def _tell(kind: str, fact: Fact, data: dict, *, now: datetime) -> None:
    record.append([Fact(kind, fact.subject_kind, fact.subject_id, fact.at, by=fact.by, via=fact.via, data=data)],
                  now=now)  # fmt: skip
