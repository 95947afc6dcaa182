"""The words people agree to. A text is never edited: another wording is the next version, and both stay."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from leads.checks import Checks
from leads.models.consent import ConsentText
from revops.lib import bulk

if TYPE_CHECKING:
    from teams.models import User

LONGEST = 4_000
LOCK = 770_007


def add(purpose: str, channel: str, text: str, *, by: "User | None", at: datetime) -> ConsentText:
    """The next version of the words for `purpose` (newsletter, contact …) by `channel` (email, phone …; "": any).

    The same words as the newest version make no new one: that one is answered. Raises Invalid for what is no text.
    """
    check = Checks()
    given = {"purpose": purpose, "channel": channel, "text": text}
    purpose = check.slug(given, "purpose", 40)
    channel = check.slug(given, "channel", 20) if channel else ""
    text = check.text(given, "text", LONGEST, lines=True)
    if not text and not check.has("text"):
        check.no("", "text", "required", "Say what people agree to.")
    if check.errors:
        raise check.failed()
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{purpose} {channel}"])
        newest = ConsentText.objects.filter(purpose=purpose, channel=channel).order_by("-version").first()
        if newest is not None and newest.text == text:
            return newest
        version = newest.version + 1 if newest else 1
        return ConsentText.objects.create(purpose=purpose, channel=channel, version=version, text=text, at=at, by=by)


def current() -> list[ConsentText]:
    """The newest version of each purpose and channel, by purpose: what a form may show."""
    return list(ConsentText.objects.order_by("purpose", "channel", "-version").distinct("purpose", "channel"))
