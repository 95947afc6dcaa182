"""Until when a request must be answered (DOMAIN 7.2)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.models import DataRequest
from leads.rights import requests
from revops.lib.errors import Forbidden, Refused
from sla import rebuild
from sla.due import drain
from sla.models import Clock


def test_31_january_2026_is_due_on_28_february():
    assert requests.due_on(date(2026, 1, 31)) == date(2026, 2, 28)


def test_31_january_2026_extended_is_due_on_30_april():
    assert requests.due_on(date(2026, 1, 31), requests.EXTENDED) == date(2026, 4, 30)


def test_30_november_2026_extended_is_due_on_28_february_2027():
    assert requests.due_on(date(2026, 11, 30), requests.EXTENDED) == date(2027, 2, 28)


def test_december_goes_into_the_next_year_and_leap_days_count():
    assert requests.due_on(date(2026, 12, 15)) == date(2027, 1, 15)
    assert requests.due_on(date(2028, 1, 31)) == date(2028, 2, 29)


def test_the_last_second_of_the_day_is_in_time():
    assert requests.due_at(date(2026, 2, 28), ZoneInfo("America/Chicago")).astimezone(UTC) == datetime(
        2026, 3, 1, 5, 59, 59, tzinfo=UTC
    )


@pytest.mark.django_db
def test_a_request_is_a_clock_that_is_extended_once_and_kept(make_lead, cast):
    at = datetime(2026, 1, 31, 9, tzinfo=UTC)
    person = make_lead(at=at - timedelta(days=3)).person
    asked = requests.receive(person, "access", by=cast.marketer, at=at)
    clock = Clock.objects.get(request=asked)
    assert clock.due_at.date() == date(2026, 2, 28) and clock.next_level == 50 and clock.owner == cast.marketer

    drain(at + timedelta(days=15))
    clock.refresh_from_db()
    assert clock.next_level == 75, "half of the month was told"
    with pytest.raises(Refused, match="how you know"):
        requests.finish(asked, by=cast.marketer, at=at + timedelta(days=20))
    with pytest.raises(Forbidden):
        requests.extend(asked, "Many.", by=cast.viewer, at=at + timedelta(days=20))

    asked = requests.extend(asked, "Many systems.", by=cast.marketer, at=at + timedelta(days=20))
    clock.refresh_from_db()
    assert asked.due_on == clock.due_at.date() == date(2026, 4, 30)
    with pytest.raises(Refused, match="once"):
        requests.extend(asked, "More.", by=cast.marketer, at=at + timedelta(days=21))

    requests.verify(asked, "Answered from their own address", by=cast.marketer, at=at + timedelta(days=22))
    done = requests.finish(asked, "Sent as a file.", by=cast.marketer, at=at + timedelta(days=60))
    clock.refresh_from_db()
    assert (done.state, clock.phase, clock.outcome) == ("done", "stopped", "met")
    with pytest.raises(Refused, match="before"):
        requests.refuse(asked, "No.", by=cast.marketer, at=at + timedelta(days=61))
    assert rebuild.check(at=at + timedelta(days=61)).differences == 0


@pytest.mark.django_db
def test_what_nobody_answers_is_late_and_its_owner_hears_of_it(make_lead, cast):
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    asked = requests.receive(make_lead(at=at).person, "export", by=cast.admin, at=at)
    late = datetime(2026, 4, 3, tzinfo=UTC)
    while drain(late):
        pass
    clock = Clock.objects.get(request=asked)
    assert clock.breached_at == clock.due_at
    notice = cast.admin.notices.get(subject_kind="request", subject_id=asked.pk, data__level=100)
    assert notice.kind == "clock.breached"
    asked.refresh_from_db()
    assert DataRequest.objects.get().state == "open"


@pytest.mark.django_db
def test_an_objection_is_followed_at_once_and_never_refused(make_lead, cast):
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    person = make_lead(at=at, consent={"newsletter": True, "phone": {"state": "granted"}}).person
    asked = requests.receive(person, "objection", by=cast.marketer, at=at)
    person.refresh_from_db()
    assert person.suppressed
    states = {event.purpose: event.state for event in person.consent_events.all()}
    assert states == {"newsletter": "withdrawn", "phone": "withdrawn", "marketing": "withdrawn"}
    assert person.consent_events.count() == 5, "what they had said before is kept beside it"
    with pytest.raises(Refused, match="always"):
        requests.refuse(asked, "We like to write.", by=cast.marketer, at=at)
