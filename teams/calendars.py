"""Opening hours: read in their newest version, changed by adding one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from revops.lib.errors import Invalid
from sla import business_time
from teams import public_holidays
from teams.models import Calendar, CalendarVersion

ALWAYS: dict[str, list[list[str]]] = {str(day): [["00:00", "24:00"]] for day in range(7)}


def current_versions(ids: Iterable[int] | None = None) -> dict[int, CalendarVersion]:
    """{calendar id: its newest version}, of all calendars or of those named, in one query."""
    versions = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    if ids is not None:
        versions = versions.filter(calendar_id__in=list(ids))
    return {version.calendar_id: version for version in versions}


def week(opens: str, closes: str, days: Iterable[int] = range(5)) -> dict[str, list[list[str]]]:
    """The same window on each of `days` (0 = Monday), as a version keeps it."""
    return {str(day): [[opens, closes]] for day in days}


def add_calendar(name: str, *, tz: str, weekly: Mapping, by: Any, at: datetime, **days: Any) -> Calendar:
    """A named calendar with its first version. Raises Invalid as `edit_hours` does, and for a name that is taken."""
    name = _free_name(name)
    with transaction.atomic():
        calendar = Calendar.objects.create(name=name)
        edit_hours(calendar, tz=tz, weekly=weekly, by=by, at=at, **days)
    return calendar


def rename(calendar: Calendar, name: str) -> None:
    """Raises Invalid for a name that is empty, too long or taken."""
    calendar.name = _free_name(name, besides=calendar.pk)
    calendar.save(update_fields=["name"])


def edit_hours(
    calendar: Calendar, *, tz: str, weekly: Mapping, by: Any, at: datetime, closed: Mapping | None = None,
    country: str = "", region: str = "", worked: Iterable[str] = (), own: Mapping[str, Mapping] | None = None,
) -> CalendarVersion:  # fmt: skip
    """The calendar's next version. New clocks and shifts read it; clocks that run are moved to it by the rooms that
    have them (settings.CALENDAR_REACTIONS), in the same transaction. Nothing new, no version.

    `country`, `region`: whose public holidays are closed, but for the dates `worked`. `own`: {date: {"name",
    "windows"}}, closed all day where there are no windows; `closed`: the same without names. Own dates win.
    Raises Invalid when the hours can't be read, the zone or country doesn't exist, or nothing opens in the next 400
    days.
    """
    own = {**{day: {"name": "", "windows": windows} for day, windows in (closed or {}).items()}, **(own or {})}
    dated, names = _dated(country, region, set(worked), own, at)
    hours = read(tz, weekly, dated)
    if not hours.opens_within(at):
        raise Invalid("A calendar must be open at some time in the next 400 days.", field="weekly", code="never_open")
    found = {
        "tz": tz, "weekly": written(weekly), "closed": written(dated), "country": country, "region": region,
        "worked": sorted(day for day in worked), "names": names,
        "own": {day: {"name": told.get("name", ""), "windows": _listed(told["windows"])} for day, told in own.items()},
    }  # fmt: skip
    with transaction.atomic():
        Calendar.objects.select_for_update().get(pk=calendar.pk)  # numbers follow each other
        newest = calendar.versions.order_by("-number").first()
        if newest is not None and all(getattr(newest, name) == value for name, value in found.items()):
            return newest
        number = newest.number + 1 if newest is not None else 1
        ends = public_holidays.covered(at.date())[-1] if country else None
        version = calendar.versions.create(number=number, **found, holidays_to=ends, created_by=by)
        if newest is not None:
            for reaction in settings.CALENDAR_REACTIONS:
                import_string(reaction)(version, by=by, at=at)
        return version


def again(version: CalendarVersion, *, by: Any, at: datetime, **changed: Any) -> CalendarVersion:
    """The next version with only `changed` different."""
    kept = {"tz": version.tz, "weekly": version.weekly, "country": version.country, "region": version.region,
            "worked": version.worked, "own": own_dates(version)}  # fmt: skip
    return edit_hours(version.calendar, **{**kept, **changed}, by=by, at=at)


def own_dates(version: CalendarVersion) -> dict[str, dict[str, Any]]:
    """The dates a company set itself; of versions from before names were kept, all of them."""
    if version.own or version.country:
        return dict(version.own)
    return {day: {"name": version.names.get(day, ""), "windows": windows} for day, windows in version.closed.items()}


def extend(*, now: datetime) -> int:
    """Lists of holidays that end within two years go on; answers how many calendars that concerned."""
    ends = public_holidays.covered(now.date())[-1]
    short = [version for version in current_versions().values() if version.country and version.holidays_to < ends]
    for version in short:
        again(version, by=None, at=now)
    return len(short)


def without_holidays(version: CalendarVersion, years: Iterable[int]) -> list[int]:
    """The years a calendar knows no closed date of: due dates there may silently count a holiday (DOMAIN 1.4)."""
    if all(windows == [["00:00", "24:00"]] for windows in version.weekly.values()) and len(version.weekly) == 7:
        return []
    hours = version.hours()
    return [year for year in years if not hours.has_closed_dates_in(year)]


def _free_name(name: str, *, besides: int | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid("A calendar needs a name of 1 to 80 characters.", field="name")
    if Calendar.objects.filter(name=name).exclude(pk=besides).exists():
        raise Invalid(f"There is a calendar {name} already.", field="name", code="taken")
    return name


def _dated(
    country: str, region: str, worked: set[str], own: Mapping[str, Mapping], at: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """What is closed or has other hours, and what it is called: {date: windows}, {date: name}."""
    closed: dict[str, Any] = {}
    names: dict[str, str] = {}
    for day, name in public_holidays.dates(country, region, public_holidays.covered(at.date())).items():
        if day.isoformat() not in worked:
            closed[day.isoformat()], names[day.isoformat()] = [], name
    for day, told in own.items():
        closed[str(day)] = told["windows"]
        if told.get("name"):
            names[str(day)] = str(told["name"])[:80]
        else:
            names.pop(str(day), None)
    return closed, dict(sorted(names.items()))


def read(tz: str, weekly: Mapping, closed: Mapping) -> business_time.Calendar:
    """The arithmetic of what was written, or Invalid naming the field."""
    try:
        return business_time.Calendar(tz, weekly, closed)
    except (ValueError, TypeError, AttributeError) as error:
        field = str(error).partition(":")[0].partition("[")[0]
        known = field if field in {"tz", "weekly", "closed"} else "weekly"
        raise Invalid(f"These hours can't be kept: {error}.", field=known, code="hours") from None


def written(days: Mapping) -> dict[str, list[list[str]]]:
    """As JSON keeps it, so that equal hours look equal."""
    return {str(day): _listed(windows) for day, windows in sorted(days.items(), key=_day)}


def _listed(windows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [list(window) for window in windows]


def _day(item: tuple[Any, Sequence]) -> str:
    return str(item[0])
