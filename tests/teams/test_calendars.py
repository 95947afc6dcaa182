"""Opening hours are versions: new ones are added, old ones stay, nonsense is refused with its field."""

from datetime import UTC, datetime

import pytest

from revops.lib.errors import Invalid
from teams.calendars import ALWAYS, add_calendar, again, current_versions, edit_hours, extend, week, without_holidays

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


def test_the_holidays_of_a_country_and_region_are_closed_by_name():
    calendar = add_calendar("Denver", tz="America/Denver", weekly=week("08:00", "17:00"), country="US", region="CO", by=None, at=AT)
    version = calendar.versions.get()
    assert version.closed["2026-11-26"] == [] and "Thanksgiving" in version.names["2026-11-26"]
    assert version.closed["2026-07-03"] == []  # the fourth is a Saturday
    assert version.holidays_to == 2028 and version.hours().has_closed_dates_in(2028)


def test_a_holiday_may_be_worked_and_own_dates_win():
    own = {"2026-12-24": {"name": "Christmas Eve", "windows": [["09:00", "12:00"]]},
           "2026-12-25": {"name": "Skeleton crew", "windows": [["10:00", "14:00"]]}}  # fmt: skip
    calendar = add_calendar(
        "Denver", tz="America/Denver", weekly=week("08:00", "17:00"), country="US", worked=["2026-11-11"], own=own, by=None, at=AT
    )
    version = calendar.versions.get()
    assert "2026-11-11" not in version.closed
    assert version.closed["2026-12-24"] == [["09:00", "12:00"]]
    assert (version.closed["2026-12-25"], version.names["2026-12-25"]) == ([["10:00", "14:00"]], "Skeleton crew")


@pytest.mark.parametrize(("place", "field"), [({"country": "XX"}, "country"), ({"country": "US", "region": "ZZ"}, "region")])
def test_unknown_places_are_refused(place, field):
    with pytest.raises(Invalid) as refusal:
        add_calendar("Office", tz="UTC", weekly=ALWAYS, by=None, at=AT, **place)
    assert refusal.value.field == field


def test_b37_a_year_without_a_holiday_is_named():
    office = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), closed={"2026-12-25": []}, by=None, at=AT)
    assert without_holidays(office.versions.get(), [2026, 2027]) == [2027]
    always = add_calendar("Always", tz="UTC", weekly=ALWAYS, by=None, at=AT)
    assert without_holidays(always.versions.get(), [2026, 2027]) == []


def test_lists_of_holidays_go_on_by_themselves_and_once():
    calendar = add_calendar("Denver", tz="America/Denver", weekly=week("08:00", "17:00"), country="US", by=None, at=AT)
    assert extend(now=AT) == 0
    later = AT.replace(year=2027)
    assert (extend(now=later), extend(now=later)) == (1, 0)
    newest = calendar.versions.order_by("-number").first()
    assert (newest.number, newest.holidays_to) == (2, 2029)


def test_dates_kept_before_there_were_names_stay_the_companys_own():
    calendar = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), by=None, at=AT)
    old = calendar.versions.create(number=2, tz="UTC", weekly=week("09:00", "17:00"), closed={"2026-12-25": []})
    newer = again(old, country="US", by=None, at=AT)
    assert newer.own["2026-12-25"] == {"name": "", "windows": []}
