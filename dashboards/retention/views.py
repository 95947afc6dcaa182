"""The page and its file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboards import page as dashboard
from dashboards import tabs
from dashboards.retention import page
from dashboards.views import as_of, asked, readable
from marketing.models import Channel
from revops.lib import csv_file
from revops.lib.errors import Invalid

HERE = "/retention/"


@readable
def show(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    by = request.GET.get("by", "customers")
    if by not in dict(page.BY):
        raise Invalid("Cohorts are counted by customers or by revenue.", field="by")
    names = {"unknown": "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    context = page.context(found, by=by) | {
        "filters": dashboard.filter_bar(found, names, funnel=""), "tabs": tabs.tabs(HERE, request.user),
    }  # fmt: skip
    return render(request, "dashboards/retention.html", context | as_of(request, found))


@readable
def csv(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    return csv_file.answer(f"retention-{found.filters.start}-{found.filters.end}", page.HEAD, page.lines(found))
