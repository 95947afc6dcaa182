"""What reviews decided over a deal, on the deal's own page (settings.DEAL_SECTIONS)."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from dashboards.meetings import pages
from dashboards.meetings.models import Decision
from deals.models import Deal
from teams.models import Organisation

MOST = 6


def of(request: HttpRequest, deal: Deal) -> str:
    """HTML, or "" while nothing was decided. One query beside the organisation's."""
    found = list(
        Decision.objects.filter(deal=deal).select_related("owner", "meeting").order_by("-made_at", "-id")[:MOST]
    )  # fmt: skip
    if not found:
        return ""
    organisation = Organisation.get()
    rows = pages.told(found, organisation.today(request.now), organisation)  # type: ignore[attr-defined]
    return render_to_string("dashboards/_deal_decisions.html", {"rows": rows, "deal": deal}, request=request)
