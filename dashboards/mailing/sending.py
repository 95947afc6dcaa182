"""Mailings that are due become notices, each once: a claimed row names its next time before anything is sent."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from dashboards.mailing.models import Mailing
from dashboards.mailing.times import following
from notify.models import Notice
from teams.models import Organisation, User

KIND = "mailing.due"
LOT = 20


def drain(now: datetime, limit: int) -> int:
    """For the pulse: a lot of mailings, oldest first; answers how many. One missed for a while is sent once, as of now,
    not once for each week that passed."""
    with transaction.atomic():
        due = list(
            Mailing.objects.select_for_update(skip_locked=True)
            .filter(next_at__lte=now)
            .order_by("next_at", "id")[: min(limit, LOT)]
        )
        if not due:
            return 0
        zone = Organisation.get().timezone
        readers = {pk for m in due for pk in m.to}
        here = set(User.objects.filter(pk__in=readers, is_active=True).values_list("pk", flat=True))
        notices = [
            Notice(user_id=pk, kind=KIND, subject_kind="mailing", subject_id=m.pk, at=now, how=["email"],
                   key=f"mailing:{m.pk}:{m.next_at:%Y-%m-%dT%H:%M}", data={"form": m.form})
            for m in due for pk in m.to if pk in here
        ]  # fmt: skip
        for m in due:
            m.last_at = now
            m.next_at = following(m.every, weekday=m.weekday, day=m.day, hour=m.hour, zone=zone, after=now)
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        Mailing.objects.bulk_update(due, ["last_at", "next_at"])
    return len(due)


def names(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """{id: (what a notice calls it, address)}."""
    rows = Mailing.objects.filter(pk__in=ids).values_list("pk", "name", "query")
    return {pk: (name, f"/dashboard/?{query}") for pk, name, query in rows}
