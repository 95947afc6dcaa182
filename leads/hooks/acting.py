"""What becomes of the events of one connection: enquiries, touches and news by `intake.capture`, movements and product
usage by the rooms that own them. Every event ends with a state and a sentence."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.module_loading import import_string

from leads import custom_attributes
from leads.hooks import mapping
from leads.hooks.providers import PROVIDERS, stripe
from leads.hooks.told import STRENGTH, Act
from leads.incoming import Incoming, IncomingTouch
from leads.intake import Outcome, capture, learn
from leads.models import Door, PersonKey, Submission
from leads.models import Outcome as Became
from leads.models.hook import Connection, EventState, HookEvent
from leads.submissions.keeping import Kept, keep_one
from leads.visits import events as events_of_visits
from revops.lib.errors import DomainError, Invalid

log = logging.getLogger("revops.hooks")
WORDS = {
    "created": "A new lead", "existing": "Joined the open lead", "touched": "Kept with the person",
    "duplicate": "Here before by another way",
}  # fmt: skip
BROKEN = {"field": "", "code": "broken", "detail": "Something broke on our side while this was taken. Replay it."}
UNASKED = "Not asked yet"
# A subscription may be told of before its customer is: how long its trial waits for somebody to be known.
FIND_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


@dataclass(slots=True)
class Enquiry:
    """Events that are taken together, as one `Incoming`."""

    events: list[HookEvent]
    values: dict[str, str]
    act: Act
    item: Incoming | None = None
    left_out: list[dict[str, str]] = field(default_factory=list)
    replay_of: int | None = None


def work(connection: Connection, events: Sequence[HookEvent], *, now: datetime) -> None:
    """Make of each event what the connection's mapping says. Must be inside a transaction; those with a `due_at` must
    be asked about first and wait."""
    groups: dict[str, list[HookEvent]] = {}
    visits = []
    for event in events:
        act = mapping.act_of(connection.mapping, event.kind)
        if act.act == "ignore":
            _end(event, EventState.IGNORED, _nothing(event.kind), now)
        elif event.due_at is not None and not event.attempts:
            _keep(event, why=UNASKED)
        elif act.act == "visit":
            visits.append(event)
        elif act.act == "movement":
            _alone(event, _movement, connection, act, now)
        elif act.act == "company":
            _alone(event, _company, connection, act, now)
        else:
            groups.setdefault(_group(connection, event) or f"event:{event.pk}", []).append(event)
    if visits:
        _visits(connection, visits, now)
    take_in(connection, [enquiry(connection, group) for group in groups.values()], by=None, now=now)


def take_in(
    connection: Connection, enquiries: Sequence[Enquiry], *, by: Any, now: datetime
) -> list[tuple[Enquiry, Outcome]]:
    """All at once; what cannot be read is kept as refused, and if one breaks, each alone."""
    ready = []
    for one in enquiries:
        try:
            one.item, one.left_out = read(connection, one, now=now)
            ready.append(one)
        except Invalid as refusal:
            _kept(connection, one, Became.REFUSED, refusal.errors, by, now)
    if not ready:
        return []
    try:
        with transaction.atomic():
            outcomes = capture([one.item for one in ready], by=by, via=Door.HOOK.value, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(ready) > 1:
            return [pair for one in ready for pair in take_in(connection, [one], by=by, now=now)]
        log.exception("What %s sent could not be taken", connection.provider)
        wrong = {"field": "", "code": error.code, "detail": error.detail} if isinstance(error, DomainError) else BROKEN
        _kept(connection, ready[0], Became.FAILED, [wrong], by, now)
        return []
    for one, outcome in zip(ready, outcomes, strict=True):
        if one.left_out:
            Submission.objects.filter(pk=outcome.submission_id).update(errors=one.left_out)
        for event in one.events:
            _end(event, EventState.DONE, WORDS[outcome.status], now, submission=outcome.submission_id)
    if connection.provider == "stripe":
        _movements([], people=[outcome.person_id for outcome in outcomes], now=now)
    return list(zip(ready, outcomes, strict=True))


def enquiry(connection: Connection, events: list[HookEvent]) -> Enquiry:
    """The strongest act counts; of two values of one name the later one."""
    read = PROVIDERS[connection.provider].values
    events.sort(key=lambda event: (event.occurred_at, event.pk))
    acts = [mapping.act_of(connection.mapping, event.kind) for event in events]
    strongest = min(acts, key=lambda act: STRENGTH[act.act])
    found: dict[str, str] = {}
    for event in events:
        found |= read(event.kind, event.data)
    return Enquiry(events, found, strongest, replay_of=events[0].submission_id)


def read(connection: Connection, one: Enquiry, *, now: datetime) -> tuple[Incoming, list[dict[str, str]]]:
    item, left_out = mapping.read(
        connection.mapping, one.values, source=connection.provider, now=now, types=custom_attributes.types
    )
    event = one.events[0]
    item.occurred_at = event.occurred_at
    item.opens = one.act.act == "lead"
    item.payload = {name: text for name, text in one.values.items() if not name.startswith("@")}
    item.delivery_key = f"{connection.pk}:{event.key}"[:160]
    item.context = {"connection": connection.pk, "event": event.kind}
    item.replay_of = one.replay_of
    if one.act.touch:
        item.touches.append(
            IncomingTouch(
                kind=one.act.touch, occurred_at=event.occurred_at, external_id=item.delivery_key[-120:],
                campaign=item.utm.get("campaign", ""), asset=event.kind if one.act.act == "touch" else "",
            )
        )  # fmt: skip
    return item, left_out


def _kept(
    connection: Connection, one: Enquiry, became: Became, errors: list[dict[str, str]], by: Any, now: datetime
) -> None:
    """No delivery key: one that is replayed with success later has it."""
    kept = Kept(
        source=connection.provider, door=Door.HOOK, outcome=became, payload=one.values, errors=errors,
        context={"connection": connection.pk, "event": one.events[0].kind}, by=by.pk if by else None,
        replay_of=one.replay_of,
    )  # fmt: skip
    pk = keep_one(kept, now=now)
    state = EventState.REFUSED if became == Became.REFUSED else EventState.FAILED
    for event in one.events:
        _end(event, state, errors[0]["detail"], now, submission=pk)


def kept(event: HookEvent, why: str, *, now: datetime) -> None:
    """An event of which nothing became known, as a submission that failed, so that it is seen and can be replayed."""
    error = {"field": "", "code": "unanswered", "detail": why}
    submission = Kept(
        source=event.connection.provider,
        door=Door.HOOK,
        outcome=Became.FAILED,
        payload=PROVIDERS[event.connection.provider].values(event.kind, event.data) or {"key": event.key},
        errors=[error],
        context={"connection": event.connection_id, "event": event.kind},
        replay_of=event.submission_id,
    )
    event.submission_id = keep_one(submission, now=now)


def _visits(connection: Connection, events: list[HookEvent], now: datetime) -> None:
    taken = events_of_visits.take([event.data for event in events], source=connection.provider, by=None, now=now)
    said = {"touch": "A touch", "learnt": "News of somebody", "kept": "Kept, of nobody known yet"}
    for event, one in zip(events, taken, strict=True):
        if one.status == "refused":
            _end(event, EventState.REFUSED, one.errors[0]["detail"] if one.errors else "Refused", now)
        else:
            _end(event, EventState.DONE, said.get(one.status, "Here before"), now)


def _movement(connection: Connection, event: HookEvent, act: Act, now: datetime) -> None:
    moved = stripe.movement(event.data)
    if moved is None:
        return _end(event, EventState.IGNORED, "It names no subscription", now)
    changed = moved["before"] != moved["after"]
    if changed:
        _movements([{"key": event.key, "occurred_at": event.occurred_at, **moved}], people=[], now=now)
    words = "A movement of a subscription" if changed else "What is paid a month stays the same"
    if not (act.touch and stripe.trial(event.data)):
        return _end(event, EventState.DONE if changed else EventState.IGNORED, words, now)
    key = f"{connection.provider}:{moved['customer']}"
    if not PersonKey.objects.filter(kind="external", key=key).exists():
        if event.attempts < len(FIND_AGAIN):
            why, due_at = f"Nobody is known as {moved['customer']} yet", now + FIND_AGAIN[event.attempts]
            return _keep(event, why=why, due_at=due_at, attempts=event.attempts + 1)
        return _end(event, EventState.IGNORED, f"Nobody became known as {moved['customer']}", now)
    one = enquiry(connection, [event])
    one.act = Act("touch", act.touch)
    take_in(connection, [one], by=None, now=now)


def _movements(moved: list[dict[str, Any]], *, people: Sequence[int | None], now: datetime) -> None:
    keep = import_string(settings.SUBSCRIPTION_MOVEMENTS)
    keep(moved, source="stripe", people=[pk for pk in people if pk], now=now)


def _company(connection: Connection, event: HookEvent, act: Act, now: datetime) -> None:
    values = PROVIDERS[connection.provider].values(event.kind, event.data)
    data = mapping.filled(connection.mapping, values, source=connection.provider)
    # Of a firm only; whoever is named beside it is another event's news.
    said = {"company": data.get("company", {}), "source": connection.provider, "external_id": f"company:{event.pk}"}
    item, _ = mapping.read({}, {}, source=connection.provider, now=now, data=said)
    item.external_id = ""
    [outcome] = learn([item], may_make=[False], by=None, via=Door.HOOK.value, now=now)
    if outcome.status == "unknown":
        return _end(event, EventState.IGNORED, "No such company here; it is made with its first person", now)
    _end(event, EventState.DONE, "News of a company", now)


def _alone(event: HookEvent, make: Any, *given: Any) -> None:
    connection, *rest = given
    try:
        with transaction.atomic():
            make(connection, event, *rest)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("An event of %s could not be taken", connection.provider)
        words = error.detail if isinstance(error, DomainError) else BROKEN["detail"]
        _end(event, EventState.FAILED, words, rest[-1])


def _group(connection: Connection, event: HookEvent) -> str:
    grouping = getattr(PROVIDERS[connection.provider], "group", None)
    return grouping(event.kind, event.data) if grouping else ""


def _nothing(kind: str) -> str:
    what = kind.partition(".")[0]
    if kind.endswith("deletion"):
        return "Deleted over there; nothing is destroyed here"
    return "Deals are kept here, not over there" if what == "deal" else "The mapping says it is nothing to us"


def _end(event: HookEvent, state: EventState, why: str, now: datetime, submission: int | None = None) -> None:
    _keep(event, state=state, why=why[:300], finished_at=now, due_at=None, submission_id=submission)


def _keep(event: HookEvent, **values: Any) -> None:
    for name, value in values.items():
        setattr(event, name, value)
    HookEvent.objects.filter(pk=event.pk).update(**values)
