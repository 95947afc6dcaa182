"""Deletes rows that have served: nobody can ask for them any more, and they would only grow."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from journal.models import Heartbeat, IdempotencyKey

# A caller may repeat a request for 24 hours by contract; three days forgive a long weekend.
KEEP_ANSWERS = timedelta(days=3)
KEEP_HEARTBEATS = timedelta(days=1)


def tidy(*, now: datetime) -> None:
    IdempotencyKey.objects.filter(created_at__lt=now - KEEP_ANSWERS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    # The rows "pulse" and "sender" stay whatever their age: a page that says "silent since" needs them.
    Heartbeat.objects.filter(name__regex="^(pulse|sender)@", at__lt=now - KEEP_HEARTBEATS).delete()
