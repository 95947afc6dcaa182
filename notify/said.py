"""Notices in words: the same sentence on the page, in a mail and in a channel of Slack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from notify import words
from notify.models import Notice
from teams.models import User

OWN = {"test": "/me/", "destination.off": "/destinations/", "delivery.dead": "/deliveries/?state=dead"}
# Kinds whose sentence names somebody: under which key of `data` they stand.
NAMED = {
    "clock.escalated": "owner", "lead.stuck": "owner", "touch.to_approve": "by", "definition.to_approve": "by",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """`href`: an address of ours, from the root; empty where there is none."""

    text: str
    href: str
    subject: str = ""

    @property
    def url(self) -> str:
        """The whole address, for a reader who isn't here."""
        return f"{settings.PUBLIC_URL}{self.href or '/notices/'}"


def said(notices: Sequence[Notice], *, to_many: bool = False) -> dict[int, Said]:
    """{notice id: what it says}; one query for each kind of subject and one for names, however many there are.
    `to_many`: as it reads in a channel, where whose it is must be said."""
    subjects, people = _subjects(notices), _people(notices, to_many)
    found = {}
    for one in notices:
        name, href = subjects.get((one.subject_kind, one.subject_id), ("", ""))
        kind = "clock.escalated" if to_many and one.kind.startswith("clock.") else one.kind
        text = words.sentence(kind, one.data, name, people=people, at=one.at)
        found[one.pk] = Said(text, OWN.get(one.kind, href), name)
    return found


def _subjects(notices: Iterable[Notice]) -> dict[tuple[str, int], tuple[str, str]]:
    """{(subject kind, id): (name, address)}, one query a kind."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, path in settings.SUBJECTS.items():
        ids = {one.subject_id for one in notices if one.subject_kind == kind}
        if ids:
            found |= {(kind, pk): named for pk, named in import_string(path)(ids).items()}
    return found


def _people(notices: Iterable[Notice], to_many: bool) -> dict[int, str]:
    named = {**NAMED, "clock.breached": "owner", "clock.warned": "owner"} if to_many else NAMED
    ids = {_id(one.data.get(named[one.kind])) for one in notices if one.kind in named} - {0}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _id(value: Any) -> int:
    return value if isinstance(value, int) else 0
