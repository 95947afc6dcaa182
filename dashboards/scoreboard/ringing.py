"""The alarms, said to those who can act: once a month each, however often it is looked."""

from collections.abc import Iterable
from datetime import date, datetime

from dashboards import sheet
from dashboards.scoreboard import alarm, stamps
from dashboards.scoreboard.month import read
from notify.models import Notice
from sla import commitments
from teams.models import Organisation, TeamKind, User


def ring(now: datetime) -> int:
    """Look at this month, and tell managers of sales and marketing and the hand-off monitor what rings; answers with
    the notices written. A person is told of an alarm once a month (unique key)."""
    organisation = Organisation.get()
    asked = read({}, "", now=now, organisation=organisation)
    found = sheet.opened(asked.filters, now=now, organisation=organisation)
    agreed = commitments.in_force(asked.first)
    rings, other = alarm.of(found, agreed), stamps.of(found, agreed)
    news = []
    if rings.rings:
        counts = {"rejected": rings.rejected, "decided": rings.decided, "percent": f"{rings.percent.normalize():f}"}
        news.append(("rejection", counts))
    if other.ringing:
        news.append(("rubber_stamp", {"people": len(other.ringing)}))
    if not news:
        return 0
    month = int(f"{asked.first:%Y%m}")
    told = [
        Notice(user_id=user, kind=f"alarm.{name}", subject_kind="month", subject_id=month,
               key=f"alarm:{name}:{asked.code}", at=now, data=data, how=["email"])
        for name, data in news
        for user in _who()
    ]  # fmt: skip
    before = Notice.objects.filter(key__in=[one.key for one in told]).count()
    Notice.objects.bulk_create(told, ignore_conflicts=True)
    return Notice.objects.filter(key__in=[one.key for one in told]).count() - before


def _who() -> list[int]:
    """Who manages sales or marketing, and who watches hand-offs; nobody there: the administrators."""
    active = User.objects.active()
    found = set(active.filter(manages__kind__in=[TeamKind.SALES, TeamKind.MARKETING]).values_list("pk", flat=True))
    found |= set(active.filter(watches_handoffs=True).values_list("pk", flat=True))
    return sorted(found or active.filter(role="admin").values_list("pk", flat=True))


def names(months: Iterable[int]) -> dict[int, tuple[str, str]]:
    """For notices: {202611: ("November 2026", "/scoreboard/2026-11/")}."""
    days = {month: date(month // 100, month % 100, 1) for month in months}
    return {month: (f"{day:%B %Y}", f"/scoreboard/{day:%Y-%m}/") for month, day in days.items()}
