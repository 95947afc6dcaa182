from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from dashboards.kpis import registry
from dashboards.snapshots import line
from dashboards.snapshots.models import Snapshot
from teams.models import Organisation


@login_required
@require_safe
def history(request: HttpRequest, name: str) -> HttpResponse:
    """What was kept of a KPI, night by night; `?day=` holds one of them against what the facts say today."""
    kpi = registry.find(name)
    if kpi is None:
        raise Http404("There is no such KPI.")
    currency = Organisation.get().currency
    kept = line.days(kpi)
    chosen = _chosen(kpi.key, request.GET.get("day", "")) or (kept[0] if kept else None)
    context = {
        "kpi": kpi,
        "chart": line.chart(kpi, kept, currency=currency),
        "held": line.held(kpi, chosen, now=request.now) if chosen else None,
        "rows": [(one, line.day(one.day), line.text(kpi, one.value, one.na, currency)) for one in kept],
    }
    return render(request, "dashboards/kpi_history.html", context)


def _chosen(key: str, text: str) -> Snapshot | None:
    """Also a night older than those the page lists."""
    try:
        asked = parse_date(text) if text else None
    except ValueError:
        asked = None
    found = Snapshot.objects.filter(kpi=key, day=asked).first() if asked else None
    if text and found is None:
        raise Http404("Nothing was kept on that day.")
    return found
