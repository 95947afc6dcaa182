"""When a mailing is due next. Pure."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def following(every: str, *, weekday: int, day: int, hour: int, zone: str, after: datetime) -> datetime:
    """The first moment after `after`: that weekday (0 Monday) of each week, or that day of each month (its last, where
    the month is shorter), at that hour of the zone. An hour that the clocks skip is the next there is."""
    local = after.astimezone(ZoneInfo(zone)).date()
    if every == "month":
        for ahead in range(3):
            found = _at(_of_month(local, ahead, day), hour, zone)
            if found > after:
                return found
    for ahead in range((weekday - local.weekday()) % 7, 15, 7):
        found = _at(local + timedelta(days=ahead), hour, zone)
        if found > after:
            return found
    raise AssertionError("a week has seven days")


def _at(day: date, hour: int, zone: str) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def _of_month(day: date, ahead: int, wanted: int) -> date:
    months = day.year * 12 + day.month - 1 + ahead
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(wanted, monthrange(year, month)[1]))
