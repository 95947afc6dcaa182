"""At the door of the REST API: who is asking, and whether their key or their role opens this call."""

import re
from typing import Any

from django.db import connection
from rest_framework import authentication, exceptions, permissions

from revops.lib.errors import Forbidden
from revops.lib.now import now
from teams import access
from teams.models import ApiKey, User

KEYWORD = "Api-Key"
# What a key looks like; anything else needs no look-up, and a NUL would not survive one.
SHAPE = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}", re.ASCII)
KEY_FIELDS, USER_FIELDS = ApiKey._meta.concrete_fields, User._meta.concrete_fields
LOOK_UP = (
    f"SELECT {', '.join(f'k.{f.column}' for f in KEY_FIELDS)}, {', '.join(f'u.{f.column}' for f in USER_FIELDS)} "
    "FROM teams_apikey k JOIN teams_user u ON u.id = k.user_id WHERE k.prefix = %s"
)
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Api-Key <key>` → the key's service user, in one query; `request.auth` is the key."""

    def authenticate(self, request: Any) -> tuple[Any, ApiKey] | None:
        keyword, _, plain = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        plain = plain.strip()
        key = _of_prefix(plain[:8]) if SHAPE.fullmatch(plain) else None
        if key is None or not ApiKey.objects.key_generator.verify(plain, key.hashed_key):
            raise exceptions.AuthenticationFailed("This key isn't known.", code="unknown_key")
        if key.revoked or not key.user.is_active:
            raise exceptions.AuthenticationFailed("This key was revoked.", code="revoked_key")
        if key.expiry_date is not None and key.expiry_date <= _moment(request):
            raise exceptions.AuthenticationFailed("This key has expired.", code="expired_key")
        return key.user, key

    def authenticate_header(self, request: Any) -> str:
        return f'{KEYWORD} realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's own session, with its CSRF check; says 401, not 403, when nobody is signed in."""

    def authenticate_header(self, request: Any) -> str:
        return 'Session realm="api"'


class ScopePermission(permissions.BasePermission):
    """`view.scopes` maps a method to `intake`, `read`, `work` or `admin`; a key needs that scope, a person the role.

    Reading needs `read` unless the view says otherwise; a writing method that the view doesn't name is closed.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.user is None or not request.user.is_active:
            raise exceptions.NotAuthenticated()
        method = "GET" if request.method in READING else request.method
        scope = getattr(view, "scopes", {}).get(method, "read" if method == "GET" else None)
        if scope is None:
            if not hasattr(view, request.method.lower()):
                return True  # there is no such call, which is a 405 and not a question of rights
            raise Forbidden("This address takes no such request from anybody.", code="closed")
        if request.user.is_service:
            _require_scope(request.auth, scope)
        elif scope != "read":
            access.require(request.user, {"intake": "create_lead", "work": "edit_person"}.get(scope, "administer"))
        return True


def _of_prefix(prefix: str) -> ApiKey | None:
    """The key with its user, by a statement written once: it stands before every request, and building the same query
    anew took longer than asking it."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [prefix])
        row = cursor.fetchone()
    if row is None:
        return None
    names = [field.attname for field in KEY_FIELDS]
    key = ApiKey.from_db(connection.alias, names, row[: len(names)])
    key.user = User.from_db(connection.alias, [field.attname for field in USER_FIELDS], row[len(names) :])
    return key


def _require_scope(key: Any, scope: str) -> None:
    held = key.scopes if isinstance(key, ApiKey) else []
    if scope not in held:
        has = ", ".join(held) or "none"
        raise Forbidden(f"This key lacks the scope {scope}; it has {has}.", code="missing_scope")


def _moment(request: Any) -> Any:
    return getattr(request, "now", None) or now()
