"""The page and its file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboards import sheet, tabs
from dashboards.economics import page
from dashboards.filters import parse
from dashboards.views import as_of, readable
from revops.lib import csv_file
from teams.models import Organisation

DAYS = "365"  # segments need a year to have ten customers


def asked(query: dict[str, str], request: HttpRequest, organisation: Organisation) -> sheet.Sheet:
    """The sheet of the address; a year up to today if it names no days. Raises Invalid."""
    named = {key: value for key, value in query.items() if key not in {"segment", "owner", "team", "source"}}
    if not named.get("from") and not named.get("days"):
        named["days"] = DAYS
    filters = parse(named, zone=organisation.timezone, now=request.now)  # type: ignore[attr-defined]
    return sheet.opened(filters, now=request.now, organisation=organisation)  # type: ignore[attr-defined]


@readable
def show(request: HttpRequest) -> HttpResponse:
    organisation = Organisation.get()
    found = asked(request.GET.dict(), request, organisation)
    context = page.context(found, organisation, request.GET.dict())
    context |= {
        "tabs": tabs.tabs(request.path, request.user), "filters": found.filters, "days": (90, 180, 365),
        "csv_href": f"/economics/economics.csv?{found.asked.query(compare=None)}",
        "query": found.filters.query(compare=None), "currency": found.currency,
    }  # fmt: skip
    return render(request, "dashboards/economics.html", context | as_of(request, found))


@readable
def csv(request: HttpRequest) -> HttpResponse:
    organisation = Organisation.get()
    found = asked(request.GET.dict(), request, organisation)
    return csv_file.answer("economics", page.HEAD, page.lines(found, organisation))
