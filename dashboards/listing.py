"""All KPIs on one page: value, change, class and definition, by what they are about."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboards import page, tabs, told, views
from dashboards.agreed import audit
from dashboards.kpis import registry
from dashboards.kpis.base import Kpi
from dashboards.sheet import Sheet
from marketing.models import Channel

HERE = "/kpis/"
# By the subject that is counted, in the order of the way from a first touch to a renewal.
GROUPS = (
    ("Leads", {"lead"}), ("Touches", {"touch"}), ("Promises", {"clock"}), ("Deals", {"deal"}),
    ("Customers", {"customer", "movement"}), ("Costs and revenue", {"spend", "hours", "mixed"}),
)  # fmt: skip


@views.readable
def all_kpis(request: HttpRequest) -> HttpResponse:
    found = views.asked(request)
    names = {"unknown": "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    judged = audit.current()
    known = {subject for _, subjects in GROUPS for subject in subjects}
    groups = [(title, [k for k in registry.ALL if k.population.subject in subjects]) for title, subjects in GROUPS]
    groups.append(("Others", [k for k in registry.ALL if k.population.subject not in known]))
    context = {
        "filters": page.filter_bar(found, names, funnel=""),
        "tabs": tabs.tabs(HERE, request.user),
        "groups": [(title, [line(found, kpi, audit.kind_of(kpi, judged)) for kpi in kpis]) for title, kpis in groups
                   if kpis],
        "n": len(registry.ALL),
        "csv_href": f"/dashboard/numbers.csv?{found.asked.query()}",
    }  # fmt: skip
    return render(request, "dashboards/kpis.html", context | views.as_of(request, found))


def line(found: Sheet, kpi: Kpi, kind: str) -> dict[str, Any]:
    answer = found.answer(kpi)
    card = told.card(found, answer)
    return card | {
        "id": kpi.id, "badge": kind, "kpi_href": told.kpi_href(found, kpi.key), "rows": answer.found.now.n(""),
        "exact": told.value(answer, found.currency) if not answer.figure.na else "",
    }  # fmt: skip
