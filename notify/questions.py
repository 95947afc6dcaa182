"""What somebody hasn't read yet."""

from typing import Any

from notify.models import Notice


def unread_count(user: Any) -> int:
    """The number beside Notices; one query, served by the index of unread ones."""
    return Notice.objects.filter(user=user, read_at=None).count()
