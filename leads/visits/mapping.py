"""Which touch an event makes: pages are page views, an event as its mapping says, else the use of a feature.

An event may also take consent back instead: somebody unsubscribed where the mails are sent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from journal.record import Fact, record
from leads.models.touch import KINDS
from leads.models.visit import EventMapping
from leads.visits.reading import Report, text
from revops.lib.errors import Invalid

if TYPE_CHECKING:
    from teams.models import User

UNMAPPED = "feature_use"
WITHDRAWS = "withdraws"  # no touch: the consent to our newsletter by e-mail ends


def known() -> dict[str, str]:
    """{event in lower case: kind, "" for no touch, or WITHDRAWS}; one query."""
    return {event.lower(): kind for event, kind in EventMapping.objects.values_list("event", "kind")}


def kind_of(report: Report, mapped: Mapping[str, str]) -> str:
    """The kind of touch it makes; "" for none."""
    if report.type in ("page", "screen"):
        return "page_view"
    kind = mapped.get(report.name.lower(), UNMAPPED) if report.type == "track" and report.name else ""
    return "" if kind == WITHDRAWS else kind


def withdraws(report: Report, mapped: Mapping[str, str]) -> bool:
    return report.type == "track" and mapped.get(report.name.lower()) == WITHDRAWS


def keep(event: str, kind: str, *, by: "User", at: datetime) -> EventMapping:
    """From now on `event` makes touches of `kind` ("": none; WITHDRAWS). What came in before stays what it was made."""
    name = text(event, 120)
    if not name:
        raise Invalid("Give the name of the event, as the sender writes it.", code="required", field="event")
    if kind and kind not in {*KINDS, WITHDRAWS}:
        raise Invalid("Choose one of the kinds of touch, or no touch.", code="not_a_choice", field="kind")
    with transaction.atomic():
        row = EventMapping.objects.filter(event__iexact=name).first() or EventMapping(event=name)
        row.kind = kind
        row.save()
        record([Fact("visit.mapped", "mapping", row.pk, at, by=by.pk, via="page",
                     data={"event": name, "kind": kind})], now=at)  # fmt: skip
    return row


def drop(mapping: EventMapping, *, by: "User", at: datetime) -> None:
    """The event is the use of a feature again."""
    with transaction.atomic():
        record([Fact("visit.unmapped", "mapping", mapping.pk, at, by=by.pk, via="page",
                     data={"event": mapping.event, "kind": mapping.kind})], now=at)  # fmt: skip
        mapping.delete()
