"""Events that came as an id only: the provider is asked who it is, again and again until it answers.

The pulse hands due ones to a worker, since asking takes as long as the other side likes; the row is the job, and a
worker that dies only leaves its lease to run out.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Thread

from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerAway

from leads.hooks import acting
from leads.hooks.providers import PROVIDERS
from leads.hooks.told import cleaned, inside, key_of
from leads.models.hook import EventState, HookEvent
from notify.fetch import Fetched, fetch
from revops.lib import bulk, json_body
from revops.lib.errors import Invalid
from revops.lib.now import now as clock

log = logging.getLogger("revops.hooks")
LEASE = timedelta(minutes=2)
# After each failed question; after the last it has failed until somebody replays it.
WAITS = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400)]
# The other side will not say more, however often it is asked. 401 and 403 may be a token that somebody renews.
GONE = frozenset({400, 404, 410})
MOST_AT_ONCE = 50


def drain(now: datetime, limit: int) -> int:
    """Lease what is due and hand it to a worker; what needs nobody asked is worked here. How many were due."""
    with transaction.atomic():
        due = bulk.query(
            """
            UPDATE leads_hookevent e SET due_at = %s
              FROM (SELECT id FROM leads_hookevent WHERE state = 'waiting' AND due_at <= %s ORDER BY due_at, id
                     LIMIT %s FOR NO KEY UPDATE SKIP LOCKED) d, leads_connection c
             WHERE e.id = d.id AND c.id = e.connection_id RETURNING e.id, c.provider""",
            [now + LEASE, now, min(limit, MOST_AT_ONCE)],
        )
    asked = sorted(pk for pk, provider in due if hasattr(PROVIDERS[provider], "question"))
    if asked:
        _hand_over(asked)
    for event in HookEvent.objects.filter(pk__in=[pk for pk, _ in due if pk not in asked]).select_related("connection"):
        with transaction.atomic():
            acting.work(event.connection, [event], now=now)
    return len(due)


def _hand_over(ids: list[int]) -> None:
    """To a worker. Without a broker no worker hears of it: then a thread beside the pulse, whose deadlines wait for
    nobody."""
    from leads.tasks import ask_providers

    try:
        ask_providers.delay(ids)
    except BrokerAway:
        log.warning("The broker is away: providers are asked beside the pulse.")
        Thread(target=_beside, args=(ids,), daemon=True).start()


def _beside(ids: list[int]) -> None:
    try:
        ask(ids, now=clock())
    finally:
        connection.close()


def ask(ids: Sequence[int], *, now: datetime) -> None:
    """Ask about each, and make of the answer what the mapping says. No transaction is open while somebody is asked."""
    for event in HookEvent.objects.filter(pk__in=ids, state=EventState.WAITING).select_related("connection"):
        answer = _asked(event)
        with transaction.atomic():
            held = HookEvent.objects.select_for_update(no_key=True).select_related("connection", "delivery")
            current = held.get(pk=event.pk)
            if current.state == EventState.WAITING:
                _settle(current, answer, now)


def _asked(event: HookEvent) -> Fetched:
    if not event.connection.access:
        return Fetched(0, said="The connection has no access token to ask with.")
    question = PROVIDERS[event.connection.provider].question
    url, headers = question(key_of(inside(event.data, "change", "leadgen_id")), event.connection.access)
    return fetch(url, headers)


def _settle(event: HookEvent, answer: Fetched, now: datetime) -> None:
    event.attempts += 1
    if answer.status == 200:
        try:
            event.data |= {"lead": cleaned(json_body.loads(answer.body, check_texts=False))}
        except Invalid as wrong:
            return _again(event, f"The answer could not be read: {wrong.detail}", now)
        event.save(update_fields=["data", "attempts"])
        return acting.work(event.connection, [event], now=now)
    return _again(event, answer.said or _words(answer), now, gone=answer.status in GONE)


def unanswered(event: HookEvent) -> bool:
    """Whether this one says no more than an id, and nobody could say whose."""
    return hasattr(PROVIDERS[event.connection.provider], "question") and "lead" not in event.data


def again(event: HookEvent, *, at: datetime) -> None:
    """Ask once more, at once."""
    event.state, event.due_at, event.attempts, event.finished_at = EventState.WAITING, at, 0, None
    event.save(update_fields=["state", "due_at", "attempts", "finished_at"])


def _again(event: HookEvent, why: str, now: datetime, *, gone: bool = False) -> None:
    event.why = why[:300]
    if gone or event.attempts > len(WAITS):
        event.state, event.due_at, event.finished_at = EventState.FAILED, None, now
        acting.kept(event, why, now=now)
    else:
        event.due_at = now + WAITS[event.attempts - 1]
    event.save(update_fields=["why", "state", "due_at", "finished_at", "attempts", "submission"])


def _words(answer: Fetched) -> str:
    """What the other side says is wrong, in its own words."""
    try:
        said = inside(json.loads(answer.body), "error", "message")
    except ValueError:
        said = None
    words = said if isinstance(said, str) else ""
    return f"It was answered with {answer.status}. {cleaned(words)}".strip()
