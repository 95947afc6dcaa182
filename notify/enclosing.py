"""What travels with a mail: files, and one click to stop it, asked of the room that wrote the notice."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from notify.models import Notice


@dataclass(frozen=True, slots=True)
class Enclosed:
    """`files`: (name, bytes, media type). `note`: a line of the mail. `stop_url`: takes a mail program's POST."""

    files: tuple[tuple[str, bytes, str], ...] = ()
    note: str = ""
    stop_url: str = ""


def of(notice: Notice) -> Enclosed | None:
    """By `settings.ENCLOSURES`, {kind of notice: callable(notice) -> Enclosed | None}; nothing for other kinds."""
    path = settings.ENCLOSURES.get(notice.kind)
    found: Enclosed | None = import_string(path)(notice) if path else None
    return found
