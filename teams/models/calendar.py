"""Opening hours as versioned rows: shifts read them, clocks pin them."""

from functools import lru_cache

from django.db import models

from sla import business_time


class Calendar(models.Model):
    """The name stays; what it says is its newest version. Shared by teams, people and SLA policies."""

    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """Immutable. `weekly`: {"0": [["09:00","17:00"]], …} (0 = Monday); `closed`: {"2026-11-26": []} (date: windows).

    `closed` is what counts; it is made of the holidays of `country` and `region` until the end of `holidays_to`, but
    for those `worked`, and the company's `own` dates: {"2026-12-24": {"name": "…", "windows": [["09:00","12:00"]]}}.
    `names`: {"2026-11-26": "Thanksgiving"}."""

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    tz = models.CharField(max_length=64)
    weekly = models.JSONField()
    closed = models.JSONField(default=dict, blank=True)
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=20, blank=True, default="")
    holidays_to = models.PositiveSmallIntegerField(null=True)
    worked = models.JSONField(default=list, blank=True)
    own = models.JSONField(default=dict, blank=True)
    names = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once")]

    def hours(self) -> business_time.Calendar:
        """The arithmetic of this version; built once a process, since versions never change."""
        return _hours(self.pk, self.tz, _freeze(self.weekly), _freeze(self.closed))


def _freeze(mapping: dict) -> tuple:
    return tuple((key, tuple(tuple(window) for window in windows)) for key, windows in sorted(mapping.items()))


@lru_cache(maxsize=512)
def _hours(pk: int, tz: str, weekly: tuple, closed: tuple) -> business_time.Calendar:
    return business_time.Calendar(tz, dict(weekly), dict(closed))
