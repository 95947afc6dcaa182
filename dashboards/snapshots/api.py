"""REST: what was kept of a KPI, and one kept day against what the facts say today."""

from datetime import date

from django.http import Http404
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import told
from dashboards.api import DAY, DEFAULT_LIMIT, MOST, NUMBER, base_of, of, whole
from dashboards.kpis.base import Kpi
from dashboards.snapshots import keeping, line
from dashboards.snapshots.models import Snapshot
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import reads
from teams.models import Organisation


class KeptDay(s.Serializer):
    day = s.DateField(help_text="The local day that was over; for the 90 days up to it, or the KPI's own span.")
    as_of = s.DateTimeField()
    value = extend_schema_field(NUMBER)(s.JSONField(allow_null=True))
    text = s.CharField()
    na = s.CharField(allow_null=True)
    hits = s.IntegerField(allow_null=True)
    n = s.IntegerField(allow_null=True)
    row_count = s.IntegerField()
    url = s.CharField()


class KeptDays(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = KeptDay(many=True)


class KeptAgainstToday(KeptDay):
    today = extend_schema_field(NUMBER)(s.JSONField(allow_null=True, help_text="What the facts say of that day today."))
    today_text = s.CharField()
    same = s.BooleanField()


class History(Endpoint):
    @reads("What was kept of a KPI each night, newest first", KeptDays, operation_id="kpi_history", parameters=[
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
        OpenApiParameter("cursor", DAY, description="From `next` of a page."),
    ])  # fmt: skip
    def get(self, request, key: str):
        known_parameters(request, "limit", "cursor")
        kpi, currency = of(key), Organisation.get().currency
        limit = whole(request, "limit", least=1, most=MOST) or DEFAULT_LIMIT
        before = _day(request.query_params.get("cursor", ""))
        found = line.days(kpi, before=before, limit=limit + 1)
        shown, base = found[:limit], base_of(request)
        here = f"{base}/api/v1/kpis/{kpi.key}/history/?limit={limit}"
        return Response({
            "next": f"{here}&cursor={shown[-1].day.isoformat()}" if len(found) > limit else None,
            "previous": here if before else None,
            "results": [as_json(kpi, one, currency, base) for one in shown],
        })  # fmt: skip


class HistoryDay(Endpoint):
    @reads("One kept day against what the facts say of it today", KeptAgainstToday, operation_id="kpi_history_day")
    def get(self, request, key: str, day: str):
        known_parameters(request)
        kpi, currency = of(key), Organisation.get().currency
        try:
            kept = Snapshot.objects.filter(kpi=kpi.key, day=parse_date(day)).first() if len(day) == 10 else None
        except ValueError:
            kept = None
        if kept is None:
            raise Http404
        held = line.held(kpi, kept, now=request.now)
        return Response(as_json(kpi, kept, currency, base_of(request)) | {
            "today": told.number(keeping.plain(held.now)[0], kpi.unit, currency), "today_text": held.now_text,
            "same": held.same,
        })  # fmt: skip


def as_json(kpi: Kpi, kept: Snapshot, currency: str, base: str) -> dict:
    return {
        "day": kept.day, "as_of": kept.as_of, "value": told.number(kept.value, kpi.unit, currency),
        "text": line.text(kpi, kept.value, kept.na, currency), "na": kept.na or None, "hits": kept.hits,
        "n": kept.n or None, "row_count": kept.rows,
        "url": f"{base}/api/v1/kpis/{kpi.key}/history/{kept.day.isoformat()}/",
    }  # fmt: skip


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Invalid("A date from `next` of a page.", code="invalid_cursor", field="cursor")
    return found
