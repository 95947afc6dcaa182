"""Calendars in the browser's terms: a year, its hours, its holidays, its own dates, and who may change them."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from revops.lib.now import frozen
from teams.calendars import add_calendar, current_versions, week
from teams.models import Calendar

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def denver(cast):
    return add_calendar("Denver", tz="America/Denver", weekly=week("08:00", "17:00"), country="US", region="CO", by=None, at=AT)


def newest(calendar):
    return current_versions([calendar.pk])[calendar.pk]


def test_the_list_says_hours_holidays_and_whose(signed_in, cast, denver):
    page = signed_in(cast.admin).get("/calendars/").content.decode()
    assert "Mon–Fri 08:00–17:00" in page and "United States, Colorado, to " in page


def test_a_year_shows_what_is_closed(signed_in, cast, denver):
    page = signed_in(cast.admin).get(f"/calendars/{denver.pk}/?year=2026").content.decode()
    assert page.count('class="shut') > 8 and "Thanksgiving" in page


def test_the_tester_works_out_b12_over_thanksgiving(signed_in, cast, denver):
    page = signed_in(cast.admin).get(f"/calendars/{denver.pk}/?start=2026-11-25T16:00&amount=4&unit=hours").content.decode()
    assert "2026-11-27T18:00:00" in page  # Fri 11:00 in Denver: one hour on Wednesday, three on Friday


def test_hours_are_kept_as_the_next_version(signed_in, cast, denver):
    days = {f"day{n}": "7:30-12, 13-17" for n in range(4)} | {"day4": "07:30–15:00", "day5": "", "day6": "closed"}
    answer = signed_in(cast.admin).post(f"/calendars/{denver.pk}/hours/", {"name": "Denver", "tz": "America/Denver", **days})
    assert answer.status_code == 302
    assert newest(denver).weekly == {
        **{str(n): [["07:30", "12:00"], ["13:00", "17:00"]] for n in range(4)}, "4": [["07:30", "15:00"]]
    }  # fmt: skip
    assert newest(denver).country == "US"


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"day0": "nine to five"}, "Write hours like"), ({"day0": "17:00–09:00"}, "is not before"),
     ({f"day{n}": "" for n in range(7)}, "at least one window")],
)  # fmt: skip
def test_ANCHORS_6_case_7_hours_that_cannot_be_kept_are_refused_in_place(signed_in, cast, denver, typed, said):
    days = {f"day{n}": "09:00–17:00" for n in range(5)}
    answer = signed_in(cast.admin).post(f"/calendars/{denver.pk}/hours/", {"name": "Denver", "tz": "UTC", **days, **typed})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert newest(denver).number == 1


def test_hours_that_are_refused_keep_no_new_name(signed_in, cast, denver):
    answer = signed_in(cast.admin).post(f"/calendars/{denver.pk}/hours/", {"name": "Boulder", "tz": "America/Denver"})
    assert answer.status_code == 400
    denver.refresh_from_db()
    assert denver.name == "Denver"


def test_a_holiday_is_worked_and_closed_again(signed_in, cast, denver):
    browser = signed_in(cast.admin)
    browser.post(f"/calendars/{denver.pk}/days/2026-11-26/usual/")
    assert "2026-11-26" not in newest(denver).closed
    assert "worked all the same" in browser.get(f"/calendars/{denver.pk}/?year=2026").content.decode()
    browser.post(f"/calendars/{denver.pk}/days/2026-11-26/usual/")
    assert "2026-11-26" in newest(denver).closed


def test_own_days_are_set_and_removed(signed_in, cast, denver):
    browser = signed_in(cast.admin)
    asked = {"day": "2026-12-23", "last": "2026-12-24", "name": "Half days", "windows": "8-12"}
    assert browser.post(f"/calendars/{denver.pk}/days/", asked).status_code == 302
    assert newest(denver).closed["2026-12-24"] == [["08:00", "12:00"]]
    browser.post(f"/calendars/{denver.pk}/days/2026-12-24/usual/")
    assert "2026-12-24" not in newest(denver).closed and "2026-12-23" in newest(denver).closed


def test_a_day_that_is_as_usual_already_is_not_there(signed_in, cast, denver):
    assert signed_in(cast.admin).post(f"/calendars/{denver.pk}/days/2026-12-16/usual/").status_code == 404


def test_a_file_closes_its_days(signed_in, cast, denver):
    content = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20261231\r\nSUMMARY:Shut\r\nEND:VEVENT\r\nEND:VCALENDAR"
    browser = signed_in(cast.admin)
    browser.post(f"/calendars/{denver.pk}/file/", {"file": SimpleUploadedFile("a.ics", content)})
    assert newest(denver).names["2026-12-30"] == "Shut"
    answer = browser.post(f"/calendars/{denver.pk}/file/", {"file": SimpleUploadedFile("a.ics", b"hello")})
    assert answer.status_code == 400 and "not a calendar file" in answer.content.decode()


def test_another_country_starts_without_a_region(signed_in, cast, denver):
    signed_in(cast.admin).post(f"/calendars/{denver.pk}/holidays/", {"country": "DE", "region": "CO"})
    assert (newest(denver).country, newest(denver).region) == ("DE", "")


def test_a_team_gets_the_hours(signed_in, cast, denver):
    team = cast.owner.team
    signed_in(cast.admin).post(f"/calendars/{denver.pk}/holders/", {"holder": f"team-{team.pk}"})
    team.refresh_from_db()
    assert team.calendar == denver


def test_others_look_and_do_not_touch(signed_in, cast, denver):
    browser = signed_in(cast.owner)
    page = browser.get(f"/calendars/{denver.pk}/").content.decode()
    assert "Keep hours" not in page
    for path in ("hours/", "days/", "holidays/", "file/", "holders/", "days/2026-11-26/usual/"):
        assert browser.post(f"/calendars/{denver.pk}/{path}").status_code == 403
    assert newest(denver).number == 1


def test_a_new_calendar(signed_in, cast):
    asked = {"name": "London", "tz": "Europe/London", "opens": "09:00", "closes": "17:30", "country": "GB"}
    assert signed_in(cast.admin).post("/calendars/new/", asked).status_code == 302
    assert newest(Calendar.objects.get(name="London")).country == "GB"
    assert "already" in signed_in(cast.admin).post("/calendars/new/", asked).content.decode()


def test_the_page_costs_the_same_whatever_the_number_of_days(signed_in, cast, denver, django_assert_max_num_queries):
    browser = signed_in(cast.admin)
    with django_assert_max_num_queries(20):
        browser.get(f"/calendars/{denver.pk}/")


def test_a_holiday_declared_today_moves_what_runs_on_it(signed_in, cast, denver, make_lead):
    cast.midwest.calendar = denver
    cast.midwest.save()
    monday = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    with frozen(monday):
        clock = make_lead(at=monday).clocks.get(target="disposition", phase="running")
        owners = make_lead("Ada Byron", at=monday).clocks.get(target="first_response", scope="owner")
        signed_in(cast.admin).post(f"/calendars/{denver.pk}/days/", {"day": "2026-11-30", "name": "Snow"})
    before, round_the_clock = owners.due_at, clock.due_at
    owners.refresh_from_db()
    clock.refresh_from_db()
    assert before == datetime(2026, 11, 30, 16, 35, tzinfo=UTC)
    assert owners.due_at == datetime(2026, 12, 1, 15, 5, tzinfo=UTC)  # Tuesday 08:05 in Denver
    assert clock.due_at == round_the_clock
