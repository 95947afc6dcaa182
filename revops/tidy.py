"""Deletes rows that have served: nobody can ask for them any more, and they would only grow."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from journal import remembering
from journal.models import Heartbeat, IdempotencyKey
from leads.importing import uploading
from leads.models import Submission
from leads.visits import forgetting

# A caller may repeat a request for 24 hours by contract; three days forgive a long weekend.
KEEP_ANSWERS = timedelta(days=3)
KEEP_HEARTBEATS = timedelta(days=1)
# Addresses of people's machines: long enough to see where a flood came from.
KEEP_CONTEXT = timedelta(days=90)


def tidy(*, now: datetime) -> None:
    IdempotencyKey.objects.filter(created_at__lt=now - KEEP_ANSWERS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    # The rows "pulse" and "sender" stay whatever their age: a page that says "silent since" needs them.
    Heartbeat.objects.filter(name__regex="^(pulse|sender)@", at__lt=now - KEEP_HEARTBEATS).delete()
    Submission.objects.filter(received_at__lt=now - KEEP_CONTEXT).exclude(context={}).update(context={})
    forgetting.forget(now)
    uploading.forget(now)
    remembering.forget(now)
