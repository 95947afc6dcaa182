"""Decorators of page views: signed in, and with the right role; a refusal says who may."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied

from revops.lib.errors import Forbidden
from teams import access


def for_roles(*roles: str) -> Callable:
    """The view is for these roles and administrators; others get 403 with the sentence, strangers the sign-in page."""

    def wrap(view: Callable) -> Callable:
        @login_required
        @wraps(view)
        def inside(request: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                access.require_role(request.user, *roles)
            except Forbidden as refusal:
                raise PermissionDenied(refusal.detail) from None
            return view(request, *args, **kwargs)

        return inside

    return wrap
