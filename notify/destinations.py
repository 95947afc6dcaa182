"""A destination comes, goes and comes back; when the receiver itself says it is gone, the administrators hear of it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from journal.record import Fact, record
from notify import addresses, notice
from notify.models import Delivery, Destination, Kind, Notice, State
from revops.lib.errors import Invalid, Refused
from teams import access
from teams.models import Role, User


def add(*, name: str, kind: str, url: str, team: Any = None, by: Any, at: datetime) -> Destination:
    """A new place to post to. Raises Invalid for an address inside this network, or a name that is taken."""
    access.require(by, "administer")
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid("A destination needs a name of 1 to 80 characters.", field="name")
    if kind not in Kind.values:
        raise Invalid("Choose Slack or Teams.", field="kind")
    addresses.check(url)
    try:
        with transaction.atomic():
            made = Destination.objects.create(name=name, kind=kind, url=url, team=team, made_at=at, made_by=by)
            _tell("destination.added", made, by, at)
    except IntegrityError:
        raise Invalid(f"There is a destination {name} already.", field="name", code="taken") from None
    return made


def switch(destination: Destination, *, on: bool, by: Any, at: datetime) -> bool:
    """Turn it on or off by hand; whether anything changed. Off: what waits for it is dead and stays visible."""
    access.require(by, "administer")
    if on:
        addresses.check(destination.url)
    with transaction.atomic():
        changed = Destination.objects.filter(pk=destination.pk, active=not on).update(active=on, off_because="")
        if changed and not on:
            _bury(destination, f"{destination} was switched off.")
        if changed:
            _tell("destination.switched_on" if on else "destination.switched_off", destination, by, at)
    return bool(changed)


def switch_off(destination: Destination, *, because: str, at: datetime) -> None:
    """The receiver said that it is no more. Once; the administrators are told by mail."""
    if not Destination.objects.filter(pk=destination.pk, active=True).update(active=False, off_because=because[:200]):
        return
    _bury(destination, because)
    _tell("destination.switched_off", destination, None, at)
    data = {"name": destination.name, "because": because[:200]}
    key = f"destination:{destination.pk}:off:{at:%Y%m%d%H%M%S}"
    Notice.objects.bulk_create(
        [
            Notice(user=admin, kind="destination.off", subject_kind="destination", subject_id=destination.pk, key=key,
                   at=at, data=data, how=["email"])
            for admin in User.objects.active().filter(role=Role.ADMIN)
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def test(destination: Destination, *, by: Any, at: datetime) -> None:
    """Post a test there; at most one a minute."""
    access.require(by, "administer")
    if not destination.active:
        raise Refused(f"{destination} is switched off. Switch it on first.", code="off")
    notice.test(by, channel=destination.kind, at=at, destination=destination)


def again(deliveries: Any, *, by: Any, at: datetime) -> int:
    """Dead ones wait once more, from the beginning; those of a destination that is off stay dead. How many."""
    access.require(by, "administer")
    dead = deliveries.filter(state=State.DEAD).exclude(destination__active=False)
    with transaction.atomic():
        ids = list(dead.values_list("pk", flat=True))
        many = Delivery.objects.filter(pk__in=ids, state=State.DEAD).update(
            state=State.WAITING, attempts=0, not_before=at, leased_until=None, inside=None
        )
        if many:
            record([Fact("delivery.retried", "user", by.pk, at, by=by.pk, via="page", data={"many": many})], now=at)
    return many


def _bury(destination: Destination, because: str) -> None:
    Delivery.objects.filter(destination=destination, state=State.WAITING).update(
        state=State.DEAD, leased_until=None, last_error=because[:400]
    )


def _tell(kind: str, destination: Destination, by: Any, at: datetime) -> None:
    who = by.pk if by is not None else None
    data = {"name": destination.name, "kind": destination.kind}
    record([Fact(kind, "destination", destination.pk, at, by=who, via="page" if who else "task", data=data)], now=at)
