"""The same message, and the same browser, at the same moment."""

from datetime import UTC, datetime

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Person, Touch, VisitEvent, Visitor
from leads.visits import events
from tests.at_once import beside

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_message_sent_eight_times_at_once_and_an_enquiry_meanwhile(monkeypatch):
    monkeypatch.setattr("journal.record.reactions", lambda: ())
    page = {"type": "page", "anonymousId": "b1", "messageId": "m", "properties": {"url": "https://x.example/"}}
    mine = {"type": "identify", "anonymousId": "b1", "messageId": "i", "traits": {"email": "a@one.example"}}

    def report():
        return [one.status for one in events.take([page, mine], source="website", by=None, now=NOW)]

    def enquire():
        item = parse({"email": "a@one.example"}, now=NOW)
        item.visitor = "b1"
        return capture([item], by=None, via="form", now=NOW)[0].status

    said = beside(*[report] * 4, enquire, *[report] * 4)
    assert not [one for one in said if isinstance(one, Exception)], said
    assert (VisitEvent.objects.count(), Person.objects.count(), Visitor.objects.count()) == (2, 1, 1)
    assert Touch.objects.filter(kind="page_view").count() == 1
    assert VisitEvent.objects.filter(person=None).count() == 0
