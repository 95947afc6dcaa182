"""Making and stopping: who gets which view of the dashboard, when, and as what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet

from dashboards import saved
from dashboards.mailing.models import Mailing
from dashboards.mailing.times import following
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid
from teams.models import Organisation, Role, User

MOST = 50  # readers of one mailing
SALT = "dashboards.mailing.stop"


def of(user: Any) -> QuerySet[Mailing]:
    """One's own, those one gets, and all of them for an administrator."""
    if user.is_admin:
        return Mailing.objects.all()
    return Mailing.objects.filter(Q(owner=user) | Q(to__contains=[user.pk]))


def make(
    name: str, query: str, *, every: str, to: Collection[int], by: User, at: datetime, weekday: int = 0, day: int = 1,
    hour: int = 8, form: str = Mailing.Form.PDF, via: str = "page",
) -> Mailing:  # fmt: skip
    """Raises Invalid naming name, query, every, weekday, day, hour, form or to; Forbidden for a viewer who sends to
    others."""
    organisation = Organisation.get()
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid("Give it a name.", code="required", field="name")
    for field, value, least, most in (("weekday", weekday, 0, 6), ("day", day, 1, 31), ("hour", hour, 0, 23)):
        if not least <= value <= most:
            raise Invalid(f"From {least} to {most}.", code="out_of_range", field=field)
    if every not in Mailing.Every.values:
        raise Invalid("Every week or every month.", code="unknown", field="every")
    if form not in Mailing.Form.values:
        raise Invalid("As PDF or as CSV.", code="unknown", field="form")
    readers = _readers(to, by=by)
    text = saved.canonical(query, zone=organisation.timezone, now=at)
    due = following(every, weekday=weekday, day=day, hour=hour, zone=organisation.timezone, after=at)
    with transaction.atomic():
        mailing = Mailing.objects.create(
            name=name, query=text, every=every, weekday=weekday, day=day, hour=hour, form=form, to=readers, owner=by,
            made_at=at, next_at=due,
        )  # fmt: skip
        data = {"every": every, "form": form, "to": readers}
        record([Fact("mailing.made", "mailing", mailing.pk, at, by=by.pk, via=via, data=data)], now=at)
    return mailing


def stop(mailing: Mailing, *, by: User, at: datetime, via: str = "page") -> Mailing:
    """For everybody when its maker or an administrator says so, else for oneself. Twice is once."""
    if by.pk == mailing.owner_id or by.is_admin:
        return _stop(mailing, readers=None, by=by, at=at, via=via)
    if by.pk in mailing.to:
        return leave(mailing, by=by, at=at, via=via)
    raise Forbidden("Who made a mailing, who gets it and administrators may stop it.", code="not_yours")


def leave(mailing: Mailing, *, by: User, at: datetime, via: str = "mail") -> Mailing:
    """This reader gets it no more; without readers it stops."""
    return _stop(mailing, readers=by.pk, by=by, at=at, via=via)


def _stop(mailing: Mailing, *, readers: int | None, by: User, at: datetime, via: str) -> Mailing:
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        left = [pk for pk in row.to if pk != readers] if readers else row.to
        stopped = readers is None or not left
        if row.next_at is None if readers is None else readers not in row.to:
            return row
        row.to, row.next_at = left, None if stopped else row.next_at
        row.save(update_fields=["to", "next_at"])
        data = {"reader": readers} if readers else {}
        record([Fact("mailing.stopped", "mailing", row.pk, at, by=by.pk, via=via, data=data)], now=at)
    return row


def token(mailing_id: int, user_id: int) -> str:
    """For the one click in the mail: says whose mail of which mailing, and cannot be made up."""
    return signing.dumps([mailing_id, user_id], salt=SALT)


def read_token(text: str) -> tuple[Mailing, User] | None:
    try:
        mailing_id, user_id = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    mailing, user = Mailing.objects.filter(pk=mailing_id).first(), User.objects.filter(pk=user_id).first()
    return (mailing, user) if mailing and user else None


def _readers(to: Collection[int], *, by: User) -> Sequence[int]:
    asked = set(to)
    if not asked:
        raise Invalid("Choose who gets it.", code="required", field="to")
    if len(asked) > MOST:
        raise Invalid(f"At most {MOST} people.", code="too_many", field="to")
    if by.role == Role.VIEWER and asked != {by.pk}:
        raise Forbidden("A viewer sends numbers to themselves only.", code="viewer")
    found = sorted(User.objects.filter(pk__in=asked, is_active=True, is_service=False).values_list("pk", flat=True))
    if len(found) != len(asked):
        raise Invalid("One of them is nobody here, or left.", code="unknown", field="to")
    return found
