"""What a person does with notices: reads them, and asks for one to see how it arrives."""

from datetime import datetime
from typing import Any

from notify.models import Destination, Notice


def read(user: Any, *, at: datetime, ids: list[int] | None = None) -> int:
    """Mark these, or all, as read; answers how many weren't. Others' notices are never touched."""
    unread = Notice.objects.filter(user=user, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=at)


def test(user: Any, *, channel: str, at: datetime, destination: Destination | None = None) -> None:
    """A notice by that one channel alone, whatever the person chose and whatever the hour; at most one a minute."""
    data: dict[str, Any] = {"channel": channel}
    if destination is not None:
        data["destination"] = destination.pk
    key = f"test:{channel if destination is None else destination.pk}:{at:%Y%m%d%H%M}"
    asked = Notice(user=user, kind="test", subject_kind="user", subject_id=user.pk, key=key, at=at, data=data,
                   how=[channel])  # fmt: skip
    Notice.objects.bulk_create([asked], ignore_conflicts=True)
