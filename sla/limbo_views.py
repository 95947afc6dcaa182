"""Limbo: who is nobody's?"""

from hashlib import blake2b

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_GET

from revops.lib.frame import reader_zone
from sla import floor_access, limbo, limbo_rows
from sla.floor_views import tabs

EACH = 25
MORE = 500


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All that is lost, a few of each kind; `?kind=` one of them at length. 304 while it is the same."""
    standing = floor_access.of(request)
    kind = request.GET.get("kind", "")
    kinds = [kind] if kind in limbo.KINDS else list(limbo.KINDS)
    counts = limbo.counts(standing.people)
    found = limbo.rows(standing.people, kinds=kinds, most=MORE if kind in limbo.KINDS else EACH)
    seen = (counts, [(row.kind.key, row.lead, row.deal, row.clock, row.since) for row in found], request.user.pk)
    which = blake2b(repr((seen, request.GET.urlencode())).encode(), digest_size=8).hexdigest()
    tag = f'"{which}-{int(request.now.timestamp()) // 60}"'
    live = "X-Live" in request.headers
    if live and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    rows = limbo_rows.of(found, request.user, now=request.now, zone=reader_zone(request))
    groups = [
        {"kind": limbo.KINDS[key], "count": counts[key], "rows": [row for row in rows if row["kind"] == key]}
        for key in kinds
        if counts[key]
    ]
    context = {
        "standing": standing, "groups": groups, "etag": tag, "total": sum(counts.values()), "kind": kind,
        "here": f"/limbo/{standing.query(kind=kind)}", "tabs": tabs(standing, "limbo"),
    }  # fmt: skip
    answer = render(request, "sla/_limbo.html" if live else "sla/limbo.html", context)
    answer["ETag"] = tag
    return answer
