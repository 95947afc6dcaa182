"""Reading: the one thing a person does with a notice."""

from datetime import datetime
from typing import Any

from notify.models import Notice


def read(user: Any, *, at: datetime, ids: list[int] | None = None) -> int:
    """Mark these, or all, as read; answers how many weren't. Others' notices are never touched."""
    unread = Notice.objects.filter(user=user, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=at)
