"""Opening hours: read in their newest version, changed by adding one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from revops.lib.errors import Invalid
from sla import business_time
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


def add_calendar(
    name: str, *, tz: str, weekly: Mapping, closed: Mapping | None = None, by: Any, at: datetime
) -> Calendar:
    """A named calendar with its first version. Raises Invalid as `edit_hours` does, and for a name that is taken."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid("A calendar needs a name of 1 to 80 characters.", field="name")
    if Calendar.objects.filter(name=name).exists():
        raise Invalid(f"There is a calendar {name} already.", field="name", code="taken")
    with transaction.atomic():
        calendar = Calendar.objects.create(name=name)
        edit_hours(calendar, tz=tz, weekly=weekly, closed=closed, by=by, at=at)
    return calendar


def edit_hours(
    calendar: Calendar, *, tz: str, weekly: Mapping, closed: Mapping | None = None, by: Any, at: datetime
) -> CalendarVersion:
    """The calendar's next version: new clocks and shifts read it, running clocks keep theirs. Nothing new, no version.

    Raises Invalid when the hours can't be read, the zone doesn't exist, or nothing opens in the next 400 days.
    """
    hours = read(tz, weekly, closed or {})
    if not hours.opens_within(at):
        raise Invalid("A calendar must be open at some time in the next 400 days.", field="weekly", code="never_open")
    weekly, closed = written(weekly), written(closed or {})
    with transaction.atomic():
        Calendar.objects.select_for_update().get(pk=calendar.pk)  # numbers follow each other
        newest = calendar.versions.order_by("-number").first()
        if newest is not None and (newest.tz, newest.weekly, newest.closed) == (tz, weekly, closed):
            return newest
        number = newest.number + 1 if newest is not None else 1
        return calendar.versions.create(number=number, tz=tz, weekly=weekly, closed=closed, created_by=by)


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
    return {str(day): [list(window) for window in windows] for day, windows in sorted(days.items(), key=_day)}


def _day(item: tuple[Any, Sequence]) -> str:
    return str(item[0])
