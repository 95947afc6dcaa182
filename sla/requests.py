"""Requests about data are clocks too: the last day the law gives, warned of beforehand, never paused (DOMAIN 7.2)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from journal import record
from journal.record import Fact
from sla.models import Clock, Policy
from sla.planner import Marks, Planner

TARGET = "data_request"


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """`request.received` and `request.extended` say when it is due, `request.answered` ends it."""
    for fact in facts:
        if fact.subject_kind != "request":
            continue
        if fact.kind == "request.received":
            _start(fact, now=now)
        elif fact.kind == "request.extended":
            _extend(fact, now=now)
        elif fact.kind == "request.answered":
            _stop(fact, now=now)


def _start(fact: Fact, *, now: datetime) -> None:
    line = _line()
    marks = _marks(line, fact.at, fact)
    clock = Clock.objects.create(
        request_id=fact.subject_id, target=TARGET, owner_id=fact.data["owner"], policy=line, started_at=fact.at,
        seconds=marks.seconds, due_at=marks.due_at, levels=marks.levels, marks=marks.at, **_next(marks, 0),
    )  # fmt: skip
    _tell("clock.started", fact, {"clocks": [{"target": TARGET, "scope": "lead", "tier": "", "due": marks.due_text}],
                                  "clock": clock.pk}, now=now)  # fmt: skip


def _extend(fact: Fact, *, now: datetime) -> None:
    """The longer deadline has rungs of its own; those told already are not told again unless it was late."""
    clock = _of(fact)
    if clock is None:
        return
    was, marks = clock.due_at, _marks(_line(), clock.started_at, fact)
    passed = sum(1 for at in marks.at if at < now)
    clock.effects.filter(level__gt=marks.levels[passed - 1] if passed else 0, level__lt=100).delete()
    Clock.objects.filter(pk=clock.pk).update(
        due_at=marks.due_at, seconds=marks.seconds, levels=marks.levels, marks=marks.at, **_next(marks, passed)
    )
    data = {"clock": clock.pk, "target": TARGET, "from": was.isoformat() if was else None, "to": marks.due_text}
    _tell("clock.retargeted", fact, {**data, "because": "extended"}, now=now)


def _stop(fact: Fact, *, now: datetime) -> None:
    clock = _of(fact)
    if clock is None or clock.due_at is None:
        return
    late = fact.at > clock.due_at
    outcome = "met_late" if late else "met"
    Clock.objects.filter(pk=clock.pk).update(
        phase="stopped", outcome=outcome, stopped_at=fact.at, next_at=None, next_level=None,
        **({"breached_at": F("due_at")} if late else {}),
    )
    _tell(f"clock.{outcome}", fact, {"clock": clock.pk, "target": TARGET, "owner": clock.owner_id}, now=now)


def _line() -> Policy:
    return Policy.objects.prefetch_related("steps").get(policy_set__state="law", target=TARGET)


def _of(fact: Fact) -> Clock | None:
    found = Clock.objects.filter(request_id=fact.subject_id, target=TARGET).exclude(phase="stopped")
    return found.select_for_update(no_key=True).first()


def _marks(line: Policy, start: datetime, fact: Fact) -> Marks:
    return Planner().marks(line, None, start, due_at=datetime.fromisoformat(fact.data["due"]))


def _next(marks: Marks, passed: int) -> dict:
    left = passed < len(marks.at)
    return {"next_at": marks.at[passed] if left else None, "next_level": marks.levels[passed] if left else None}


def _tell(kind: str, fact: Fact, data: dict, *, now: datetime) -> None:
    record.append([Fact(kind, "request", fact.subject_id, fact.at, by=fact.by, via=fact.via, data=data)], now=now)
