"""Opening hours are versions: new ones are added, old ones stay, nonsense is refused with its field."""

from datetime import UTC, datetime

import pytest

from revops.lib.errors import Invalid
from teams.calendars import ALWAYS, add_calendar, current_versions, edit_hours, week

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def test_a_change_is_the_next_version_and_the_old_one_stays():
    calendar = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), by=None, at=AT)
    edit_hours(calendar, tz="UTC", weekly=week("08:00", "16:00"), closed={"2026-12-25": []}, by=None, at=AT)
    assert [v.weekly["0"] for v in calendar.versions.order_by("number")] == [[["09:00", "17:00"]], [["08:00", "16:00"]]]


def test_the_same_hours_again_are_no_version():
    calendar = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), by=None, at=AT)
    again = edit_hours(calendar, tz="UTC", weekly={day: [("09:00", "17:00")] for day in range(5)}, by=None, at=AT)
    assert again.number == 1


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"tz": "Mars/Base", "weekly": ALWAYS}, "tz"),
        ({"tz": "UTC", "weekly": {}}, "weekly"),
        ({"tz": "UTC", "weekly": {"0": [["17:00", "09:00"]]}}, "weekly"),
        ({"tz": "UTC", "weekly": {"7": [["09:00", "17:00"]]}}, "weekly"),
        ({"tz": "UTC", "weekly": ["09:00"]}, "weekly"),
        ({"tz": "UTC", "weekly": ALWAYS, "closed": {"26 Nov": []}}, "closed"),
        ({"tz": "UTC", "weekly": {}, "closed": {"2029-01-01": [["09:00", "17:00"]]}}, "weekly"),
    ],
)
def test_nonsense_is_refused_with_its_field(hours, field):
    with pytest.raises(Invalid) as refusal:
        add_calendar("Office", by=None, at=AT, **hours)
    assert refusal.value.field == field
    assert current_versions() == {}


def test_a_name_is_taken_once():
    add_calendar("Office", tz="UTC", weekly=ALWAYS, by=None, at=AT)
    with pytest.raises(Invalid, match="already"):
        add_calendar(" Office ", tz="UTC", weekly=ALWAYS, by=None, at=AT)


def test_the_newest_versions_of_all_in_one_query(django_assert_num_queries):
    calendars = [add_calendar(f"C{n}", tz="UTC", weekly=ALWAYS, by=None, at=AT) for n in range(3)]
    edit_hours(calendars[1], tz="UTC", weekly=week("09:00", "17:00"), by=None, at=AT)
    with django_assert_num_queries(1):
        newest = current_versions()
    assert {pk: version.number for pk, version in newest.items()} == {
        calendars[0].pk: 1, calendars[1].pk: 2, calendars[2].pk: 1
    }  # fmt: skip
    with django_assert_num_queries(1):
        assert list(current_versions([calendars[1].pk])) == [calendars[1].pk]
