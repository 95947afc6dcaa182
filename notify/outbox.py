"""What waits is taken, sent, and written down, in that order and each by itself.

Taking commits before anything is sent (attempts counted, leased), sending holds no transaction, and a death in between
only leaves the lease to run out: at worst a message comes twice, under the same id, and never not at all. Any number
of senders may run.
"""

import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import get_connection
from django.db import connection, transaction

from notify import chat, destinations, enclosing, mail
from notify.models import Delivery, Notice, State
from notify.post import Answer, post
from notify.said import said

log = logging.getLogger("revops.deliver")

CHANNELS = ("email", "slack", "teams")
LEASE = timedelta(seconds=60)  # four times what one attempt may last
# Seconds after each failed attempt; after the tenth it is dead until a person asks.
WAITS = [5, 30, 120, 600, 3_600, 14_400, 28_800, 57_600, 86_400]
ATTEMPTS = len(WAITS) + 1
MANY = 5  # more mails than this waiting for one person become one
MOST_IN_ONE = 200
NOT_LATER = timedelta(minutes=15)  # a browser that opens later than this doesn't repeat what the page shows anyway
SPREAD = random.Random()
# Statuses after which trying again is no use: the message itself is refused, or the address is no more.
REFUSED = frozenset({400, 405, 411, 413, 414, 415, 422})
GONE = frozenset({404, 410})

# A lease that runs longer than any does was taken while the clock was ahead.
READY = """state = 'waiting' AND not_before <= %(now)s AND (
           leased_until IS NULL OR leased_until <= %(now)s OR leased_until > %(now)s + interval '10 minutes')"""
STALE = "state = 'waiting' AND channel = 'browser' AND not_before < %(stale)s"
ANY = f"""SELECT EXISTS (SELECT FROM notify_delivery WHERE {READY} AND channel = ANY(%(channels)s))
            OR EXISTS (SELECT FROM notify_delivery WHERE {STALE})"""
# A browser is told at once or not. Read in the app already, or told to somebody who left since: nothing to send.
MUTE = f"""
UPDATE notify_delivery d SET state = 'muted', leased_until = NULL
 WHERE {STALE} AND NOT EXISTS (SELECT FROM notify_notice n WHERE n.id = d.notice_id AND n.kind = 'test');
UPDATE notify_delivery d SET state = 'muted', leased_until = NULL FROM notify_notice n, teams_user u
 WHERE n.id = d.notice_id AND u.id = d.user_id AND {READY} AND d.channel = 'email'
   AND n.kind <> 'test' AND d.attempts < {ATTEMPTS} AND (n.read_at IS NOT NULL OR NOT u.is_active)
   AND NOT EXISTS (SELECT FROM notify_delivery f WHERE f.inside_id = d.id AND f.state = 'waiting')
"""
# Its last attempt was never written down: whoever made it died.
BURY = f"""
UPDATE notify_delivery SET state = 'dead', leased_until = NULL,
       last_error = CASE WHEN last_error = '' THEN 'The sender ended during the last attempt.' ELSE last_error END
 WHERE {READY} AND attempts >= {ATTEMPTS}
    OR inside_id IN (SELECT id FROM notify_delivery WHERE {READY} AND attempts >= {ATTEMPTS})
"""
# More than MANY untried mails for one person: all travel inside the newest. One that carries others already travels as
# it is, and nobody takes the newest in between: nothing may hang on a mail that is itself inside another, or is gone.
UNTRIED = f"""{READY} AND channel = 'email' AND attempts = 0 AND inside_id IS NULL
           AND NOT EXISTS (SELECT FROM notify_delivery c WHERE c.inside_id = d.id)"""
GATHERING = "SELECT pg_try_advisory_xact_lock(770002, 1)"
GATHER = f"""
WITH heads AS (
    SELECT user_id, max(id) AS head FROM notify_delivery d WHERE {UNTRIED}
     GROUP BY user_id HAVING count(*) > {MANY}),
held AS MATERIALIZED (
    SELECT d.id, d.user_id FROM notify_delivery d JOIN heads h ON h.head = d.id
     WHERE {READY} AND d.inside_id IS NULL FOR NO KEY UPDATE OF d SKIP LOCKED)
UPDATE notify_delivery d SET inside_id = h.id FROM held h
 WHERE d.user_id = h.user_id AND d.id <> h.id AND d.id IN (SELECT d.id FROM notify_delivery d WHERE {UNTRIED})
   AND {READY} AND d.inside_id IS NULL AND d.attempts = 0
"""
# One at a time to each destination: a slow one holds up its own messages only.
CLAIM = f"""
WITH firsts AS (
    SELECT DISTINCT ON (coalesce(d.destination_id, -d.id)) d.id FROM notify_delivery d
     WHERE {READY} AND d.channel = ANY(%(channels)s) AND d.inside_id IS NULL
       AND NOT EXISTS (SELECT FROM notify_delivery o WHERE o.destination_id = d.destination_id
                          AND o.state = 'waiting' AND o.leased_until > %(now)s
                          AND o.leased_until <= %(now)s + interval '10 minutes')
     ORDER BY coalesce(d.destination_id, -d.id), d.not_before, d.id),
mine AS (
    SELECT d.id FROM notify_delivery d JOIN firsts USING (id)
     WHERE {READY} ORDER BY d.not_before, d.id LIMIT %(limit)s FOR NO KEY UPDATE OF d SKIP LOCKED)
UPDATE notify_delivery d SET attempts = d.attempts + 1, leased_until = %(until)s FROM mine WHERE mine.id = d.id
RETURNING d.id
"""


@dataclass(frozen=True)
class Outcome:
    """`wait`: seconds the receiver asked for. `final`: no further attempt. `gone`: the destination is no more."""

    sent: bool
    error: str = ""
    wait: float | None = None
    final: bool = False
    gone: bool = False


def send(now: datetime, limit: int = 50, channels: Sequence[str] = CHANNELS) -> int:
    """Take up to `limit` that are due, send each, write each down; how many were taken."""
    taken = claim(now, limit, channels)
    for delivery in taken:
        record(delivery, attempt(delivery, now), now)
    return len(taken)


def claim(now: datetime, limit: int, channels: Sequence[str] = CHANNELS) -> list[Delivery]:
    """Lease up to `limit`, the longest waiting first; committed when it answers. One look when nothing is due."""
    asked = {"now": now, "limit": limit, "channels": list(channels), "until": now + LEASE, "stale": now - NOT_LATER}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ANY, asked)
        if not cursor.fetchone()[0]:
            return []
        for statement in (MUTE, BURY):
            cursor.execute(statement, asked)
        cursor.execute(GATHERING)
        if cursor.fetchone()[0]:
            cursor.execute(GATHER, asked)
        cursor.execute(CLAIM, asked)
        ids = [pk for (pk,) in cursor.fetchall()]
    found = Delivery.objects.filter(pk__in=ids).select_related("notice", "user", "destination")
    return list(found.order_by("not_before", "id"))


def attempt(delivery: Delivery, now: datetime) -> Outcome:
    """One try, outside of any transaction. Never raises: what goes wrong here is this message's own trouble."""
    try:
        if delivery.channel == "email":
            return _mail(delivery)
        return _post(delivery, now)
    except Exception as error:
        log.exception("Delivery %s failed", delivery.pk)
        return Outcome(False, f"It could not be written: {type(error).__name__}.")


def record(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """What became of it, for the mail itself and all that travelled inside it."""
    rows = Delivery.objects.filter(state=State.WAITING)
    whole = rows.filter(pk=delivery.pk) | rows.filter(inside=delivery.pk)
    error = mail.one_line(outcome.error)[:400]
    with transaction.atomic():
        if outcome.sent:
            whole.update(state=State.SENT, sent_at=now, leased_until=None, last_error="")
        elif outcome.final or delivery.attempts >= ATTEMPTS:
            whole.update(state=State.DEAD, leased_until=None, last_error=error)
        else:
            seconds = WAITS[delivery.attempts - 1] * SPREAD.uniform(0.8, 1.2)
            again = now + timedelta(seconds=max(seconds, outcome.wait or 0))
            whole.update(not_before=again, leased_until=None, last_error=error)
        if outcome.wait and delivery.destination_id:
            # It asked for rest, so its other messages rest too.
            rows.filter(
                destination=delivery.destination_id, not_before__lt=now + timedelta(seconds=outcome.wait)
            ).update(not_before=now + timedelta(seconds=outcome.wait))
        if outcome.gone and delivery.destination is not None:
            destinations.switch_off(delivery.destination, because=error, at=now)


def _mail(delivery: Delivery) -> Outcome:
    carried = Notice.objects.filter(deliveries__inside=delivery.pk, deliveries__state=State.WAITING)
    notices = [delivery.notice, *carried.order_by("-id")[:MOST_IN_ONE]]
    more = carried.count() - MOST_IN_ONE if len(notices) > MOST_IN_ONE else 0
    words = said(notices)
    letter = mail.letter(delivery.user.email, [words[one.pk] for one in notices], message_id=delivery.message_id,
                         more=more, enclosed=[found for one in notices if (found := enclosing.of(one))])  # fmt: skip
    try:
        letter.connection = get_connection()
        if not letter.send():
            return Outcome(False, "The mail was not taken.")
    except SMTPRecipientsRefused as refusal:
        code, text = next(iter(refusal.recipients.values()))
        return Outcome(False, f"The mail server refused the address: {code} {_text(text)}", final=code >= 500)
    except SMTPResponseException as refusal:
        return Outcome(False, f"The mail server answered {refusal.smtp_code} {_text(refusal.smtp_error)}",
                       final=refusal.smtp_code in {550, 551, 552, 553, 554})  # fmt: skip
    except (SMTPException, OSError):
        return Outcome(False, "The mail server didn't answer or hung up.")
    return Outcome(True)


def _post(delivery: Delivery, now: datetime) -> Outcome:
    destination = delivery.destination
    if destination is None or not destination.active:
        return Outcome(False, "This destination is switched off.", final=True)
    words = said([delivery.notice], to_many=True)[delivery.notice_id]
    told = Notice.objects.filter(key=delivery.event, subject_id=delivery.notice.subject_id, kind__startswith="clock.")
    names = list(told.order_by("id").values_list("user__name", flat=True)[:10])
    body = json.dumps(chat.payload(delivery.channel, words.text, words.url, names or [str(delivery.user)])).encode()
    return outcome_of(post(destination.url, body, {"webhook-id": str(delivery.message_id)}, now=now))


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means; anything but a plain yes is a failure, a redirect too."""
    if 200 <= answer.status < 300:
        return Outcome(True)
    if not answer.status:
        return Outcome(False, answer.said)
    error = f"It answered {answer.status}" + (f": {answer.said}" if answer.said else ".")
    gone_now = answer.status in GONE
    return Outcome(False, error, wait=answer.wait, final=gone_now or answer.status in REFUSED, gone=gone_now)


def _text(said_by_server: bytes | str) -> str:
    return said_by_server.decode("utf-8", "replace") if isinstance(said_by_server, bytes) else str(said_by_server)
