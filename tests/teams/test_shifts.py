"""Who is on shift: own hours, the team's, the organisation's, else always; leave closes all of them."""

from datetime import UTC, datetime, timedelta

import pytest

from teams.calendars import add_calendar, current_versions, edit_hours, week
from teams.models import Leave, Organisation
from teams.shifts import on_shift

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
EVENING = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 19:00 in Chicago


def office(name="Office", tz="America/Chicago", opens="09:00", closes="17:00"):
    return add_calendar(name, tz=tz, weekly=week(opens, closes), by=None, at=TUESDAY)


def test_without_a_calendar_the_clock_goes_round(cast):
    state = on_shift([cast.owner], at=EVENING)[cast.owner.pk]
    assert (state.on, state.reason, state.next_start) == (True, "", None)


def test_own_hours_beat_the_teams_and_those_the_organisations(cast):
    Organisation.objects.update(calendar=office("Company"))
    assert not on_shift([cast.owner], at=EVENING)[cast.owner.pk].on
    cast.midwest.calendar = office("Late", opens="12:00", closes="20:00")
    cast.midwest.save()
    assert on_shift([cast.owner], at=EVENING)[cast.owner.pk].on
    assert not on_shift([cast.owner], at=TUESDAY)[cast.owner.pk].on
    cast.owner.calendar = office("Early", opens="07:00", closes="11:00")
    cast.owner.save()
    states = on_shift([cast.owner, cast.teammate], at=TUESDAY)
    assert (states[cast.owner.pk].on, states[cast.teammate.pk].on) == (True, False)


def test_who_is_off_shift_says_when_they_start(cast):
    Organisation.objects.update(calendar=office())
    state = on_shift([cast.owner], at=EVENING)[cast.owner.pk]
    assert (state.on, state.reason) == (False, "off_shift")
    assert state.next_start == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


def test_leave_is_half_open_and_the_next_start_is_after_all_of_it(cast):
    Organisation.objects.update(calendar=office())
    Leave.objects.create(user=cast.owner, starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=24))
    Leave.objects.create(
        user=cast.owner, starts_at=TUESDAY + timedelta(hours=24), ends_at=TUESDAY + timedelta(hours=48)
    )
    state = on_shift([cast.owner], at=TUESDAY)[cast.owner.pk]
    assert (state.on, state.reason, state.next_start) == (False, "leave", TUESDAY + timedelta(hours=48))
    assert state.away_until == TUESDAY + timedelta(hours=24)
    assert on_shift([cast.owner], at=TUESDAY - timedelta(seconds=1))[cast.owner.pk].on
    assert on_shift([cast.owner], at=TUESDAY + timedelta(hours=48))[cast.owner.pk].on


def test_a_gone_person_never_starts(cast):
    cast.owner.is_active = False
    cast.owner.save()
    state = on_shift([cast.owner], at=EVENING)[cast.owner.pk]
    assert (state.on, state.reason, state.next_start) == (False, "inactive", None)


def test_shifts_read_the_newest_hours(cast):
    calendar = office()
    Organisation.objects.update(calendar=calendar)
    edit_hours(calendar, tz="America/Chicago", weekly=week("18:00", "22:00"), by=cast.admin, at=TUESDAY)
    assert on_shift([cast.owner], at=EVENING)[cast.owner.pk].on
    assert current_versions()[calendar.pk].number == 2


def test_one_query_for_one_and_for_all(cast, django_assert_num_queries):
    Organisation.objects.update(calendar=office())
    everybody = [cast.owner, cast.teammate, cast.manager, cast.other, cast.admin]
    for users in ([cast.owner], everybody):
        with django_assert_num_queries(1):
            assert len(on_shift(users, at=EVENING)) == len(users)
    with django_assert_num_queries(0):
        assert on_shift([], at=EVENING) == {}
