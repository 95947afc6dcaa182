"""What a person chose: channels for each promise, quiet hours, and whether this browser listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from notify import promises, quiet
from notify.models import Attention, Destination, Preference
from revops.lib.errors import Invalid

LISTENED = timedelta(minutes=1)  # written no oftener than this


@dataclass(frozen=True)
class Choice:
    """`channels` null: as the policy asks. `breaks_quiet` null: as the promise does by itself."""

    channels: list[str] | None = None
    breaks_quiet: bool | None = None


@dataclass(frozen=True)
class Quiet:
    """None: at no time. `days`: on which it begins, 0 = Monday."""

    begins: time
    ends: time
    days: tuple[int, ...]


def of(user: Any) -> dict[str, Choice]:
    """{promise key: what they chose}, for every promise; one query."""
    kept = {row.promise: row for row in Preference.objects.filter(user=user)}
    return {
        key: Choice(kept[key].channels, kept[key].breaks_quiet) if key in kept else Choice()
        for key in promises.PROMISES
    }


def keep(user: Any, choices: Mapping[str, Choice], quiet_hours: Quiet | None) -> None:
    """Replace all of a person's choices. Raises Invalid for a promise or channel that isn't there, and for quiet hours
    that never end."""
    for key, choice in choices.items():
        if key not in promises.PROMISES or not set(choice.channels or ()) <= set(promises.CHANNELS):
            raise Invalid("There is no such promise or channel.", code="unknown")
    if quiet_hours is not None:
        _refuse_endless(quiet_hours)
    rows = [
        Preference(user=user, promise=key, channels=choice.channels, breaks_quiet=choice.breaks_quiet)
        for key, choice in choices.items()
        if choice != Choice()
    ]
    kept = (quiet_hours.begins, quiet_hours.ends, list(quiet_hours.days)) if quiet_hours else (None, None, [])
    with transaction.atomic():
        Preference.objects.filter(user=user).delete()
        Preference.objects.bulk_create(rows)
        Attention.objects.update_or_create(
            user=user, defaults=dict(zip(("quiet_from", "quiet_to", "quiet_days"), kept, strict=True))
        )


def listening(user: Any, *, at: datetime) -> None:
    """A browser of theirs asked for news."""
    fresh = Attention.objects.filter(user=user, listening_at__gt=at - LISTENED)
    if not fresh.exists():
        Attention.objects.update_or_create(user=user, defaults={"listening_at": at})


def reachable(user: Any) -> dict[str, str]:
    """{channel: where it goes}, of those that reach this person at all; one query."""
    found = {"browser": "this browser, once it is turned on", "email": user.email}
    team = Q(team=user.team_id) if user.team_id else Q(team=None)
    rows = Destination.objects.filter(team | Q(team=None), active=True).order_by(Coalesce("team_id", 0), "id")
    return found | {row.kind: row.name for row in rows}


def _refuse_endless(chosen: Quiet) -> None:
    if not chosen.days:
        raise Invalid("Choose the days on which quiet hours begin.", field="days", code="no_days")
    hours = quiet.hours("UTC", chosen.begins, chosen.ends, chosen.days)
    if hours is not None and quiet.loud_from(datetime.fromisoformat("2026-01-05T00:00:00+00:00"), hours) is None:
        raise Invalid("Leave some time of the week in which you may be told.", field="quiet_to", code="endless")
