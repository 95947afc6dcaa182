"""REST: opening hours. A change is a new version; clocks that run are moved to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import SAID, TEXT, Strict, reads, shaped, writes
from teams import calendars
from teams.models import Calendar, CalendarVersion

WALL = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
WINDOWS = {
    "type": "array", "maxItems": 12,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "pattern": WALL}},
}  # fmt: skip
WEEK = {"type": "object", "additionalProperties": False, "minProperties": 1,
        "properties": {str(day): WINDOWS for day in range(7)}}  # fmt: skip
OWN = {
    "type": "object", "maxProperties": 1_000,
    "additionalProperties": {
        "type": "object", "additionalProperties": False, "required": ["windows"],
        "properties": {"name": {"type": "string", "maxLength": 80, "pattern": TEXT}, "windows": WINDOWS},
    },
}  # fmt: skip
DATED = {"type": "object", "additionalProperties": WINDOWS}
FIELDS = frozenset(["name", "timezone", "weekly", "country", "region", "worked", "own"])


class CalendarRow(s.Serializer):
    """`weekly`: {"0": [["09:00", "17:00"]], …}, 0 = Monday. `closed` is what counts: holidays but for those `worked`,
    and the `own` dates; an empty list closes the day."""

    id = s.IntegerField()
    name = s.CharField()
    version = s.IntegerField()
    timezone = s.CharField()
    weekly = shaped(WEEK)
    country = s.CharField(allow_blank=True)
    region = s.CharField(allow_blank=True)
    holidays_to = s.IntegerField(allow_null=True)
    worked = s.ListField(child=s.DateField())
    own = shaped(OWN)
    closed = shaped(DATED)
    names = shaped({"type": "object", "additionalProperties": {"type": "string"}})


class CalendarList(s.Serializer):
    results = CalendarRow(many=True)


class NewCalendar(Strict):
    name = shaped({"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID}, required=True)
    timezone = shaped({"type": "string", "maxLength": 64, "pattern": SAID}, required=True)
    weekly = shaped(WEEK, required=True)
    country = shaped({"type": "string", "pattern": "^([A-Z]{2})?$"})
    region = shaped({"type": "string", "maxLength": 20, "pattern": TEXT})
    worked = shaped({"type": "array", "maxItems": 200, "items": {"type": "string", "format": "date"}})
    own = shaped(OWN)


class CalendarChange(NewCalendar):
    """Only what is given changes."""

    name = shaped({"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID})
    timezone = shaped({"type": "string", "maxLength": 64, "pattern": SAID})
    weekly = shaped(WEEK)


class Calendars(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}

    @reads("Calendars with their hours in force", CalendarList, operation_id="calendars_list")
    def get(self, request):
        known_parameters(request)
        versions = calendars.current_versions()
        found = [(one, versions[one.pk]) for one in Calendar.objects.order_by("name") if one.pk in versions]
        return Response({"results": [as_json(calendar, version) for calendar, version in found]})

    @writes("Add a calendar", NewCalendar, {201: CalendarRow})
    def post(self, request) -> HttpResponse:
        asked = read(request.data, needed=("name", "timezone", "weekly"))

        def work() -> tuple[int, Any]:
            with as_sent():
                made = calendars.add_calendar(**asked, by=request.user, at=request.now)
            return 201, as_json(made, made.versions.get())

        return answer(request, request.data, work)


class CalendarDetail(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin"}

    @reads("One calendar", CalendarRow)
    def get(self, request, pk: int):
        version = find(pk)
        return Response(as_json(version.calendar, version))

    @writes("Change hours: the next version", CalendarChange, {200: CalendarRow})
    def patch(self, request, pk: int) -> HttpResponse:
        version = find(pk)
        asked = read(request.data)

        def work() -> tuple[int, Any]:
            name = asked.pop("name", version.calendar.name)
            with as_sent():
                if name != version.calendar.name:
                    calendars.rename(version.calendar, name)
                newest = calendars.again(version, **asked, by=request.user, at=request.now)
            return 200, as_json(version.calendar, newest)

        return answer(request, request.data, work)


def find(pk: int) -> CalendarVersion:
    found = CalendarVersion.objects.select_related("calendar").filter(calendar_id=pk).order_by("-number").first()
    if found is None:
        raise Http404
    return found


@contextmanager
def as_sent() -> Iterator[None]:
    """A refusal names the fields as the caller wrote them."""
    try:
        yield
    except Invalid as wrong:
        field = {"tz": "timezone", "closed": "own"}.get(wrong.field, wrong.field)
        raise Invalid(wrong.detail, code=wrong.code, field=field) from None


def read(data: Any, *, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The keywords of the verbs; raises Invalid naming every field. The hours themselves are judged by the verbs."""
    check, said = Checks(), {}
    if check.is_object(data, "", FIELDS):
        for name in needed:
            if data.get(name) in (None, "", {}):
                check.no("", name, "required", "This field is needed.")
        texts = (("name", "name", 80), ("timezone", "tz", 64), ("country", "country", 2), ("region", "region", 20))
        said = {key: check.text(data, name, longest) for name, key, longest in texts if name in data}
        if "weekly" in data and check.is_object(data["weekly"], "weekly", frozenset("0123456")):
            said["weekly"] = data["weekly"]
        if "worked" in data:
            said["worked"] = check.texts(data, "worked", 10, 200)
        if "own" in data and check.is_object(data["own"], "own", None, most=1_000):
            said["own"] = {day: _own(told, f"own.{day}", check) for day, told in data["own"].items()}
    if check.errors:
        raise check.failed()
    return said


def _own(told: Any, at: str, check: Checks) -> dict[str, Any]:
    if not check.is_object(told, at, {"name", "windows"}):
        return {}
    if not isinstance(told.get("windows"), list):
        check.no(at, "windows", "not_a_list", "Give windows; an empty list closes the day.")
    return {"name": check.text(told, "name", 80, at), "windows": told.get("windows")}


def as_json(calendar: Calendar, version: CalendarVersion) -> dict[str, Any]:
    return {
        "id": calendar.pk,
        "name": calendar.name,
        "version": version.number,
        "timezone": version.tz,
        "weekly": version.weekly,
        "country": version.country,
        "region": version.region,
        "holidays_to": version.holidays_to,
        "worked": version.worked,
        "own": calendars.own_dates(version),
        "closed": version.closed,
        "names": version.names,
    }
