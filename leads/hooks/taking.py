"""One post of a provider: stored as it came, each event of it once, then made into what it is to us.

All in one transaction: either the provider hears that we have it and we do, or it sends it again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from leads.hooks import acting
from leads.hooks.providers import PROVIDERS
from leads.hooks.told import Told, cleaned
from leads.models.hook import Connection, Delivery, EventState, HookEvent
from revops.lib import bulk, json_body

log = logging.getLogger("revops.hooks")
# Of the headers those that say what a post is; the others say only how it travelled.
KEPT_HEADERS = (
    "content-type", "user-agent", "typeform-signature", "x-hub-signature-256", "x-signature", "x-hubspot-signature",
    "x-hubspot-signature-v3", "x-hubspot-signature-version", "x-hubspot-request-timestamp", "stripe-signature",
    "calendly-webhook-signature",
)  # fmt: skip
EVENT = {
    "delivery_id": "bigint", "connection_id": "bigint", "key": "text", "kind": "text", "occurred_at": "timestamptz",
    "data": "jsonb", "state": "text", "due_at": "timestamptz",
}  # fmt: skip
AGAIN = """ON CONFLICT (connection_id, key) DO UPDATE SET sent = leads_hookevent.sent + 1
           RETURNING id, (xmax = 0) AS fresh"""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events a post told of, and how many of them were new."""

    events: int
    fresh: int


def take(connection: Connection, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Taken:
    """Take a post in whose signature was right. Raises Invalid for a body that is no JSON."""
    said = cleaned(json_body.loads(body, check_texts=False))
    told = {one.key: one for one in PROVIDERS[connection.provider].told(said, now=now)}
    with transaction.atomic():
        delivery = Delivery.objects.create(
            connection=connection, body=body, received_at=now,
            headers=cleaned({name: headers[name][:500] for name in KEPT_HEADERS if name in headers}),
        )  # fmt: skip
        fresh = _stored(delivery, list(told.values()), now)
        if told and not fresh:
            delivery.delete()  # all of it was here before; the first one is kept
        else:
            acting.work(connection, fresh, now=now)
    _seen(connection, now)
    return Taken(len(told), len(fresh))


def _stored(delivery: Delivery, told: list[Told], now: datetime) -> list[HookEvent]:
    """The events that are new, in their order. A post of the same event at the same moment waits here for its turn."""
    if not told:
        return []
    asking = bool(delivery.connection.access)
    rows: list[tuple[Any, ...]] = [
        (delivery.pk, delivery.connection_id, one.key, one.kind, one.at, one.data, EventState.WAITING.value,
         now if one.ask and (asking or one.kind == "leadgen") else None)
        for one in sorted(told, key=lambda one: one.key)
    ]  # fmt: skip
    made = [pk for pk, fresh in bulk.query(*bulk.insert("leads_hookevent", EVENT, rows, AGAIN)) if fresh]
    order = {key: place for place, key in enumerate(one.key for one in told)}
    return sorted(HookEvent.objects.filter(pk__in=made), key=lambda event: order[event.key])


def _seen(connection: Connection, now: datetime) -> None:
    """When it was last heard of, to the minute: two posts at once must not wait for each other over it."""
    bulk.query(
        """UPDATE leads_connection SET last_at = %s WHERE id IN (
               SELECT id FROM leads_connection WHERE id = %s AND (last_at IS NULL OR last_at < %s - interval '1 minute')
                  FOR NO KEY UPDATE SKIP LOCKED) RETURNING id""",
        [now, connection.pk, now],
    )
