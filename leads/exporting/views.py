"""Intake & import › Export: everything, as CSV or JSON."""

from datetime import UTC, datetime, time

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from leads.exporting import rows
from leads.exporting.kinds import all_kinds
from leads.intake_tabs import tabs
from revops.lib.errors import Forbidden
from teams import access


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    context = {"tabs": tabs("exports", request.user),
               "kinds": all_kinds().values(), "may": access.may(request.user, "export")}  # fmt: skip
    return render(request, "leads/exports/page.html", context)


@login_required
@require_GET
def download(request: HttpRequest) -> HttpResponseBase:
    """`?kind=leads&format=csv&since=2026-01-01&until=2026-02-01`, days in UTC, `until` included."""
    try:
        access.require(request.user, "export")
    except Forbidden as refusal:
        return render(request, "leads/refused.html", {"problem": refusal.detail}, status=403)
    kind = all_kinds().get(request.GET.get("kind", ""))
    if kind is None:
        raise Http404
    since, until = _day(request, "since", time.min), _day(request, "until", time.max)
    found = rows.rows(kind, since=since, until=until)
    return rows.as_json(kind, found) if request.GET.get("format") == "json" else rows.as_csv(kind, found)


def _day(request: HttpRequest, name: str, at: time) -> datetime | None:
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        day = None
    return datetime.combine(day, at, UTC) if day else None
