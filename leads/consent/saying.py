"""A yes or a no outside of an enquiry: on the lead's page, by REST, by the link in a mail, by an objection."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from journal.record import Fact, record
from leads.consent import giving
from leads.models import ConsentEvent, ConsentState, ConsentText, Person
from revops.lib.errors import Invalid

if TYPE_CHECKING:
    from teams.models import User

MARKETING = "marketing"


def say(
    person: Person, purpose: str, channel: str, state: str, *, by: "User | None", at: datetime, how: str,
    text: ConsentText | None = None, said: str = "", now: datetime | None = None,
) -> ConsentEvent:  # fmt: skip
    """Write it down and keep it on the person. `now`: when we heard, where that was later than `at`.

    Raises Invalid for an unknown state.
    """
    if state not in ConsentState.values:
        raise Invalid("Say granted, denied or withdrawn.", code="unknown", field="state")
    with transaction.atomic():
        held = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        while held.merged_into_id:  # what is said on a record that was merged holds for who they are now
            held = Person.objects.select_for_update(no_key=True).get(pk=held.merged_into_id)
        made = ConsentEvent.objects.create(
            person=held, purpose=purpose, channel=channel, state=state, text=text, said=said, how=how, at=at, by=by
        )
        giving.note(held.consent, purpose, channel, state, at)
        held.save(update_fields=["consent"])
        kind = "consent.given" if state == ConsentState.GRANTED else "consent.withdrawn"
        data = {"purpose": purpose, "channel": channel, "how": how}
        via = "page" if how in ("page", "request") else "api"
        record([Fact(kind, "person", held.pk, at, by=by.pk if by else None, via=via, data=data)], now=now or at)
    person.consent = held.consent
    return made


def object_to_marketing(person: Person, *, by: "User | None", at: datetime, how: str = "request") -> None:
    """Absolute and immediate: nothing they agreed to holds any more, and nobody approaches them (DOMAIN 7.2)."""
    with transaction.atomic():
        for name in [name for name, value in person.consent.items() if not giving.is_no(value)]:
            purpose, _, channel = name.partition(".")
            say(person, purpose[:40], channel[:20], ConsentState.WITHDRAWN, by=by, at=at, how=how)
        say(person, MARKETING, "", ConsentState.WITHDRAWN, by=by, at=at, how=how)
        Person.objects.filter(pk=person.pk).update(suppressed=True)
    person.suppressed = True


def may(person: Person, purpose: str, channel: str = "") -> bool:
    """Whether they may be written to for this: not suppressed, and no newer no for the purpose or the channel."""
    if person.suppressed or person.erased_at is not None:
        return False
    return giving.holds(person.consent, [f"{purpose}.{channel}", purpose, channel] if channel else [purpose])
