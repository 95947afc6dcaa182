"""People come, change, go on leave and go; what they leave behind is handed over by the rooms above.

Rooms that must act are named in settings, because this one imports none of them: `ARRIVALS` are called
`(user, by=, at=)`, `DEPARTURES` ({what: verb}) `(user, by=, at=, to=)` and answer with how many they handed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.module_loading import import_string

from revops.lib.errors import Invalid, Refused
from teams.models import Leave, Role, User


@dataclass(frozen=True)
class Invitation:
    """`path`: where the invited sets a password; good for PASSWORD_RESET_TIMEOUT and until it was used."""

    user: User
    path: str


def invite(*, email: str, name: str, role: str, by: User | None, at: datetime, **fields: Any) -> Invitation:
    """A user without a password, and the link that lets them set one. `fields`: team, calendar, timezone.

    Somebody who was deactivated comes back under the same address, with what they did. Raises Invalid when the address
    belongs to an active person.
    """
    email, name = email.strip().lower(), " ".join(name.split())
    if role not in Role.values:
        raise Invalid(f"{role!r} is not a role.", field="role")
    if not name:
        raise Invalid("A person needs a name.", field="name")
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).filter(email=email).first()
        if user is not None and (user.is_active or user.is_service):
            raise Invalid(f"{email} belongs to {user} already.", field="email", code="taken")
        if user is None:
            user = User.objects.create_user(email, name=name, role=role, **fields)
        else:
            for field, value in {"name": name, "role": role, **fields}.items():
                setattr(user, field, value)
            user.is_active, user.deactivated_at, user.deactivated_by = True, None, None
            user.save()
        arrive(user, by=by, at=at)
    return Invitation(user, welcome_path(user))


def arrive(user: User, *, by: User | None, at: datetime) -> None:
    """Let the rooms above make room for somebody; inside the transaction that made them."""
    for path in settings.ARRIVALS:
        import_string(path)(user, by=by, at=at)


def welcome_path(user: User) -> str:
    """The signed address under which `user` sets a password, once."""
    return f"/welcome/{urlsafe_base64_encode(force_bytes(user.pk))}/{default_token_generator.make_token(user)}/"


def change(user: User, *, by: User, at: datetime, **fields: Any) -> User:
    """Set name, role, team, calendar, timezone or watches_handoffs. Raises Refused when nobody would administer."""
    with transaction.atomic():
        if fields.get("role", user.role) != Role.ADMIN:
            _keep_an_administrator(user)
        for field, value in fields.items():
            setattr(user, field, value)
        user.save(update_fields=list(fields))
    return user


def deactivate(user: User, *, by: User | None, at: datetime, to: User | None = None) -> dict[str, int]:
    """They can no longer sign in, their open work goes to others (`to`, else as each room decides).

    Answers {what: how many handed over}. Sessions end with the next request, because the password is gone too. Twice is
    once. Raises Refused for the last administrator and for giving the work to the same person.
    """
    if to is not None and (to.pk == user.pk or not to.is_active):
        raise Refused("Open work can't be handed to somebody who leaves.", code="successor", field="to")
    with transaction.atomic():
        _keep_an_administrator(user)
        user.set_unusable_password()
        went = User.objects.filter(pk=user.pk, is_active=True).update(
            is_active=False, password=user.password, deactivated_at=at, deactivated_by=by
        )
        if not went:
            return dict.fromkeys(settings.DEPARTURES, 0)
        user.is_active, user.deactivated_at, user.deactivated_by = False, at, by
        return {what: import_string(path)(user, by=by, at=at, to=to) for what, path in settings.DEPARTURES.items()}


def take_leave(
    user: User, *, starts_at: datetime, ends_at: datetime, reason: str = "", by: User, at: datetime
) -> Leave:
    """Away in [starts_at, ends_at): routing passes them over. Raises Invalid when it is over or runs backwards."""
    if ends_at <= starts_at:
        raise Invalid("A leave ends after it starts.", field="ends_at", code="backwards")
    if ends_at <= at:
        raise Invalid("This leave is over already.", field="ends_at", code="over")
    return Leave.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, reason=reason.strip()[:120])


def end_leave(leave: Leave, *, by: User, at: datetime) -> None:
    """Back now: a leave that has begun ends at `at`, one that has not is dropped."""
    if leave.starts_at >= at:
        leave.delete()
    elif leave.ends_at > at:
        leave.ends_at = at
        leave.save(update_fields=["ends_at"])


def owed(users: list[User]) -> dict[str, Mapping[int, int]]:
    """{panel: {user id: count}} of what people have open, one query a panel of `settings.PEOPLE_PANELS`."""
    ids = [user.pk for user in users]
    return {name: import_string(path)(ids) for name, path in settings.PEOPLE_PANELS.items()}


def _keep_an_administrator(user: User) -> None:
    """Locks the administrators, so that two of them can't remove each other at once."""
    if user.role != Role.ADMIN and not User.objects.filter(pk=user.pk, role=Role.ADMIN).exists():
        return
    left = User.objects.active().filter(role=Role.ADMIN).select_for_update(of=("self",)).order_by("pk")
    if {admin.pk for admin in left} <= {user.pk}:
        raise Refused(
            f"{user} is the last administrator. Make somebody else one first; nothing was changed.", code="last_admin"
        )
