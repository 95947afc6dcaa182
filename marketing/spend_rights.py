"""Who keeps spend and time: marketing, managers of a team and administrators; sales reads. A key needs `work`."""

from typing import Any

from revops.lib.errors import Forbidden
from teams import access
from teams.models import Role, Team, User

WHO = "Marketing, managers of a team and RevOps admins"


def may_spend(user: Any) -> bool:
    """At most one query, none for marketing and administrators."""
    if user is None or not user.is_active:
        return False
    if user.is_service:
        return "work" in access.scopes_of(user)
    if user.role in {Role.MARKETING, Role.ADMIN}:
        return True
    return user.role != Role.VIEWER and Team.objects.filter(manager=user).exists()


def require_spend(user: Any) -> None:
    if not may_spend(user):
        raise Forbidden(f"{WHO} enter spend and time. Nothing was changed.", code="role")


def may_say_hours(by: Any, of: User) -> bool:
    """One's own hours, or those of anybody for who may keep spend."""
    return (by is not None and by.pk == of.pk and by.is_active and by.role != Role.VIEWER) or may_spend(by)


def require_hours(by: Any, of: User) -> None:
    if not may_say_hours(by, of):
        raise Forbidden(f"{WHO} enter hours; everybody enters their own. Nothing was changed.", code="role")
