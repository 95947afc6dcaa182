"""The company's own settings and its teams: who decides, in which zone and hours, and who hears of a broken promise."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from revops.lib.errors import Invalid
from teams import access
from teams.models import Calendar, Organisation, Team, TeamKind, User

OF_THE_COMPANY = frozenset({"name", "timezone", "currency", "calendar", "executive"})
OF_A_TEAM = frozenset({"name", "kind", "manager", "calendar"})


@dataclass(frozen=True)
class Hearing:
    """Who hears of a promise that is about to break, and the sentences about who is missing; empty: nobody is.

    `teams`: {team id: sentence}, of sales teams: theirs are the clocks that ring for a manager.
    """

    monitors: list[User]
    teams: dict[int, str]
    monitor: str
    executive: str


def change_company(*, by: Any, at: datetime, **fields: Any) -> Organisation:
    """Set name, timezone (IANA), currency (ISO 4217), calendar (None: round the clock) or executive (None: nobody).

    Raises Invalid naming the field, Forbidden for all but administrators. All is kept or nothing.
    """
    access.require(by, "administer")
    _only(fields, OF_THE_COMPANY, "the company")
    if "name" in fields:
        fields["name"] = _name(fields["name"], "A company")
    if "timezone" in fields:
        _check_zone(fields["timezone"])
    if "currency" in fields:
        _check_currency(fields["currency"])
    _check_calendar(fields)
    if fields.get("executive") is not None:
        _check_active(fields["executive"], "executive", "The head of revenue")
    organisation, _ = Organisation.objects.update_or_create(id=1, defaults=fields)
    return organisation


def add_team(
    name: str, *, kind: str, by: Any, at: datetime, manager: User | None = None, calendar: Calendar | None = None
) -> Team:
    """A team that nobody belongs to yet. Raises as `change_team` does."""
    return _keep(Team(), {"name": name, "kind": kind, "manager": manager, "calendar": calendar}, by=by)


def change_team(team: Team, *, by: Any, at: datetime, **fields: Any) -> Team:
    """Set name, kind (of TeamKind), manager (None: nobody) or calendar (None: the company's). `team` is changed too.

    Who hears is asked when a clock rings, so a manager counts from the next alarm on; clocks that run keep their hours.
    Raises Invalid naming the field (a name that is taken, a manager who has left), Forbidden unless an administrator.
    """
    return _keep(team, fields, by=by)


def hearing(company: Organisation, teams: Iterable[Team]) -> Hearing:
    """`teams` and `company` with what they name; one query, and one for the executive when it isn't loaded."""
    monitors = list(User.objects.active().filter(watches_handoffs=True).select_related("team").order_by("name"))
    top = "the head of revenue" if _here(company.executive) else "an administrator"
    above = "the hand-off monitor" if monitors else top
    lost = {
        team.pk: f"{_gone(team.manager, 'manager')}, so {above} hears instead. Name a manager."
        for team in teams
        if team.kind == TeamKind.SALES and not _here(team.manager)
    }
    monitor = executive = ""
    if not monitors:
        monitor = f"{top.capitalize()} hears of leads without an owner. Tick “Watches hand-offs” on somebody's page."
    if not _here(company.executive):
        lacks = _gone(company.executive, "head of revenue")
        executive = f"{lacks}, so only administrators hear of a promise that nobody keeps. Name one below."
    return Hearing(monitors, lost, monitor, executive)


def _keep(team: Team, fields: dict[str, Any], *, by: Any) -> Team:
    access.require(by, "administer")
    _only(fields, OF_A_TEAM, "a team")
    if "name" in fields:
        fields = {**fields, "name": _name(fields["name"], "A team")}
        if Team.objects.filter(name__iexact=fields["name"]).exclude(pk=team.pk).exists():
            raise _taken(fields["name"])
    if "kind" in fields and fields["kind"] not in TeamKind.values:
        raise Invalid(f"{fields['kind']!r} is not a kind of team.", field="kind")
    if fields.get("manager") is not None:
        _check_active(fields["manager"], "manager", "A manager")
    _check_calendar(fields)
    before = {field: getattr(team, field) for field in fields}
    for field, value in fields.items():
        setattr(team, field, value)
    try:
        with transaction.atomic():
            team.save(update_fields=list(fields) if team.pk else None)
    except IntegrityError:  # the same name was kept a moment ago
        for field, value in before.items():
            setattr(team, field, value)
        raise _taken(fields.get("name", "")) from None
    return team


def _only(fields: dict[str, Any], known: frozenset[str], whose: str) -> None:
    for field in fields:
        if field not in known:
            raise Invalid(f"{field} is not set on {whose}.", field=field, code="unknown")


def _name(text: Any, whose: str) -> str:
    name = " ".join(str(text or "").split())
    if not name or len(name) > 120:
        raise Invalid(f"{whose} needs a name of 1 to 120 characters.", field="name")
    return name


def _taken(name: str) -> Invalid:
    return Invalid(f"There is a team {name} already.", field="name", code="taken")


def _check_zone(name: Any) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):  # a folder of zones is an OSError
        raise Invalid(f"{name!r} is not a time zone.", field="timezone") from None


def _check_currency(code: Any) -> None:
    if not (isinstance(code, str) and len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise Invalid("A currency is three capital letters, like USD.", field="currency")


def _check_calendar(fields: dict[str, Any]) -> None:
    if not isinstance(fields.get("calendar"), Calendar | None):
        raise Invalid("This is not a calendar.", field="calendar")


def _check_active(user: Any, field: str, called: str) -> None:
    if not isinstance(user, User) or user.is_service:
        raise Invalid(f"{called} is a person.", field=field, code="not_a_person")
    if not user.is_active:
        raise Invalid(f"{called} must be active; {user} has left.", field=field, code="inactive")


def _here(user: User | None) -> bool:
    return user is not None and user.is_active and not user.is_service


def _gone(user: User | None, what: str) -> str:
    return f"{user} has left" if user is not None and not user.is_active else f"No {what}"
