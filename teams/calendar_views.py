"""Calendars: when do we count? A year at a glance, its hours, holidays and own dates, and a tester."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET, require_POST

from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from revops.lib.words import plural
from sla import business_time
from teams import access, calendar_words, calendars, ical, public_holidays
from teams.calendar_forms import DayForm, FileForm, HolderForm, HolidaysForm, HoursForm, NewCalendarForm, TryForm
from teams.doors import for_roles
from teams.models import Calendar, CalendarVersion, Organisation, Role, Team, User

only_admins = for_roles(Role.ADMIN)


@login_required
@require_GET
def calendar_list(request: HttpRequest) -> HttpResponse:
    found = calendars.current_versions()
    used = _holders()
    rows = [
        {
            "calendar": calendar,
            "version": found[calendar.pk],
            "week": calendar_words.week(found[calendar.pk].weekly),
            "holidays": _place(found[calendar.pk]),
            "used": used.get(calendar.pk, []),
        }
        for calendar in Calendar.objects.order_by("name")
        if calendar.pk in found
    ]
    return render(request, "teams/calendars.html", {"rows": rows, "may": access.may(request.user, "administer")})


@only_admins
def new(request: HttpRequest) -> HttpResponse:
    form = NewCalendarForm(request.POST or None, initial={"tz": Organisation.get().timezone})
    context = {"form": form, "back": "/calendars/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/calendar_new.html", context, status=_status(request))
    asked = form.cleaned_data
    try:
        made = calendars.add_calendar(
            asked["name"], tz=asked["tz"], weekly=calendars.week(f"{asked['opens']:%H:%M}", f"{asked['closes']:%H:%M}"),
            country=asked["country"], by=request.user, at=request.now,
        )  # fmt: skip
    except Invalid as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, wrong.detail)
        return refused(request, "teams/calendar_new.html", context, status=400)
    return done(request, f"{made.name} is kept. Days and breaks can follow.", to=f"/calendars/{made.pk}/", reload=True)


@login_required
@require_GET
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(pk))


@only_admins
@require_POST
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps name, zone and week."""
    version = _find(pk)
    form = HoursForm(request.POST, version=version)
    if not form.is_valid():
        return _page(request, version, hours=form, status=400)
    try:
        with transaction.atomic():  # hours that are refused keep no new name either
            if form.cleaned_data["name"] != version.calendar.name:
                calendars.rename(version.calendar, form.cleaned_data["name"])
            calendars.again(version, tz=form.cleaned_data["tz"], weekly=form.weekly(), by=request.user, at=request.now)
    except Invalid as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, wrong.detail)
        return _page(request, version, hours=form, status=400)
    return done(request, _kept(version), to=f"/calendars/{pk}/", reload=True)


@only_admins
@require_POST
def holidays(request: HttpRequest, pk: int) -> HttpResponse:
    """A new country shows its regions first: nothing but the country is asked of who has not seen them."""
    version = _find(pk)
    form = HolidaysForm(request.POST, version=version)
    if request.POST.get("country") != version.country:
        form.data = {**form.data.dict(), "region": ""}
    if not form.is_valid():
        return _page(request, version, holidays_form=form, status=400)
    elsewhere = form.cleaned_data["country"] != version.country
    return _keep(request, version, **form.cleaned_data, **({"worked": []} if elsewhere else {}))


@only_admins
def day(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a date: closed, or with hours of its own."""
    version = _find(pk)
    form = DayForm(request.POST or None, initial=_about(version, request.GET.get("day", "")))
    context = {"form": form, "calendar": version.calendar, "back": f"/calendars/{pk}/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/calendar_day.html", context, status=_status(request))
    told = {"name": form.cleaned_data["name"], "windows": form.cleaned_data["windows"]}
    own = {**calendars.own_dates(version), **{day.isoformat(): told for day in form.days()}}
    try:
        calendars.again(version, own=own, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "teams/calendar_day.html", context, problem=refusal.detail, status=400)
    return done(request, _kept(version), to=f"/calendars/{pk}/?year={form.cleaned_data['day'].year}", reload=True)


@only_admins
@require_POST
def as_usual(request: HttpRequest, pk: int, day: str) -> HttpResponse:
    """An own date goes; a public holiday is worked. Asked again for a worked one, it is closed again."""
    version = _find(pk)
    own = calendars.own_dates(version)
    if day in own:
        return _keep(request, version, own={key: told for key, told in own.items() if key != day}, year=day[:4])
    if day not in version.closed and day not in version.worked:
        raise Http404
    worked = set(version.worked) ^ {day}
    return _keep(request, version, worked=sorted(worked), year=day[:4])


@only_admins
@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    version = _find(pk)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        first = request.now.date() - timedelta(days=366)
        last = date(request.now.year + public_holidays.AHEAD, 12, 31)
        try:
            found = ical.read(form.cleaned_data["file"].read(ical.LARGEST + 1), first=first, last=last)
            if not found.dates:
                raise Invalid("The file has no all-day event from last year on.", field="file")
            own = calendars.own_dates(version)
            own |= {day.isoformat(): {"name": name, "windows": []} for day, name in found.dates.items()}
            calendars.again(version, own=own, by=request.user, at=request.now)
        except Invalid as wrong:
            form.add_error("file", wrong.detail)
        else:
            left = f" {plural(found.timed, 'event')} with times of day closed nothing." if found.timed else ""
            told = f"{plural(len(found.dates), 'day')} of the file are closed.{left}"
            return done(request, told, to=f"/calendars/{pk}/", reload=True)
    return _page(request, version, file_form=form, status=400)


@only_admins
@require_POST
def holder(request: HttpRequest, pk: int) -> HttpResponse:
    """A team, a person or everybody keeps these hours from now on; clocks that run stay as they are."""
    version = _find(pk)
    form = HolderForm(request.POST)
    if not form.is_valid():
        return _page(request, version, holder_form=form, status=400)
    kind, _, number = form.cleaned_data["holder"].partition("-")
    found = {"team": Team, "user": User}[kind].objects.get(pk=number) if number else Organisation.get()
    found.calendar = version.calendar
    found.save(update_fields=["calendar"])
    who = "Everybody without hours of their own" if kind == "organisation" else str(found)
    return done(request, f"{who}: {version.calendar.name} from now on.", to=f"/calendars/{pk}/", reload=True)


def _keep(request: HttpRequest, version: CalendarVersion, *, year: str = "", **changed: Any) -> HttpResponse:
    try:
        calendars.again(version, by=request.user, at=request.now, **changed)
    except Invalid as wrong:
        return _page(request, version, problem=wrong.detail, status=400)
    to = f"/calendars/{version.calendar_id}/" + (f"?year={year}" if year else "")
    return done(request, _kept(version), to=to, reload=True)


def _kept(version: CalendarVersion) -> str:
    newest = calendars.current_versions([version.calendar_id])[version.calendar_id]
    if newest.number == version.number:
        return "Nothing is different."
    return f"{version.calendar.name} v{newest.number} is in force. Open clocks count by it from now on."


def _page(request: HttpRequest, version: CalendarVersion, *, status: int = 200, **given: Any) -> HttpResponse:
    zone = ZoneInfo(version.tz)
    today = request.now.astimezone(zone).date()
    year = _year(request.GET.get("year", ""), today.year)
    own = calendars.own_dates(version)
    context = {
        "calendar": version.calendar,
        "version": version,
        "may": access.may(request.user, "administer"),
        "week": calendar_words.week(version.weekly),
        "place": _place(version),
        "year": year,
        "months": calendar_words.months(year, version.weekly, version.closed, version.names, today),
        "days": _days(version, own, year),
        "missing": calendars.without_holidays(version, range(today.year, today.year + 2)),
        "hours": HoursForm(version=version),
        "holidays_form": HolidaysForm(version=version),
        "file_form": FileForm(),
        "holder_form": HolderForm(),
        "holders": _holders().get(version.calendar_id, []),
        "uses": [use for path in settings.CALENDAR_USES for use in import_string(path)(version.calendar_id)],
        "versions": version.calendar.versions.select_related("created_by").order_by("-number")[:8],
        **_tried(request, version, zone),
        **given,
    }
    return render(request, "teams/calendar.html", context, status=status)


def _tried(request: HttpRequest, version: CalendarVersion, zone: ZoneInfo) -> dict[str, Any]:
    """The tester: by default a lead now, five minutes."""
    asked = {name: request.GET[name] for name in ("start", "amount", "unit") if name in request.GET}
    local = request.now.astimezone(zone).replace(second=0, microsecond=0)
    form = TryForm(asked or {"start": f"{local:%Y-%m-%dT%H:%M}", "amount": "5", "unit": "minutes"})
    if not form.is_valid():
        return {"try_form": form}
    start, hours = form.moment(zone), version.hours()
    amount, unit = form.cleaned_data["amount"], form.cleaned_data["unit"]
    try:
        if unit == "same_day":
            due = hours.same_business_day(start)
        elif unit == "business_days":
            due = hours.close_of_business_days(start, amount)
        elif unit == "days":
            due = business_time.add_days(start, amount, version.tz)
        else:
            due = hours.advance(start, amount * (60 if unit == "minutes" else 3_600))
    except (ValueError, OverflowError):
        form.add_error("amount", "Nothing is due within the next 400 days.")
        return {"try_form": form}
    return {"try_form": form, "due": due, "tried_from": start}


def _days(version: CalendarVersion, own: dict[str, Any], year: int) -> list[dict[str, Any]]:
    """The year's closed, short and worked days, in order."""
    listed = {day: {"name": version.names.get(day, ""), "windows": windows} for day, windows in version.closed.items()}
    listed |= {day: {"name": "", "windows": None} for day in version.worked if day not in listed}
    named = public_holidays.dates(version.country, version.region, [year])
    return [
        {
            "date": date.fromisoformat(day),
            "name": told["name"] or named.get(date.fromisoformat(day), "Closed day"),
            "hours": "worked" if told["windows"] is None else calendar_words.windows(told["windows"]),
            "own": day in own,
            "worked": told["windows"] is None,
        }
        for day, told in sorted(listed.items())
        if day[:4] == str(year)
    ]


def _about(version: CalendarVersion, day: str) -> dict[str, Any]:
    if day not in version.closed:
        return {"day": day}
    return {"day": day, "name": version.names.get(day, ""), "windows": version.closed[day]}


def _holders() -> dict[int, list[tuple[str, str]]]:
    """{calendar id: [(who keeps it, address)]}."""
    found: dict[int, list[tuple[str, str]]] = {}
    company = Organisation.get()
    if company.calendar_id:
        found.setdefault(company.calendar_id, []).append((f"{company}, where nothing else is said", ""))
    for team in Team.objects.exclude(calendar=None).order_by("name"):
        found.setdefault(team.calendar_id, []).append((f"Team {team.name}", ""))
    for user in User.objects.active().exclude(calendar=None).order_by("name"):
        found.setdefault(user.calendar_id, []).append((user.name, f"/people/{user.pk}/"))
    return found


def _place(version: CalendarVersion) -> str:
    if not version.country:
        return ""
    country = dict(public_holidays.countries())[version.country]
    region = dict(public_holidays.regions(version.country)).get(version.region, version.region)
    return f"{country}{f', {region}' if region else ''}, to {version.holidays_to}"


def _find(pk: int) -> CalendarVersion:
    get_object_or_404(Calendar, pk=pk)
    newest = CalendarVersion.objects.select_related("calendar").filter(calendar_id=pk).order_by("-number").first()
    assert newest is not None, "a calendar is made together with its first version"
    return newest


def _year(text: str, this: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and this - 5 <= int(text) <= this + 10 else this


def _status(request: HttpRequest) -> int:
    return 400 if request.method == "POST" else 200
