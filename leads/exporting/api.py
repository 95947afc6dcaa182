"""REST: everything as a file, streamed: GET /exports/leads/?format=csv. Whoever may export on the page may here."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.response import Response

from leads.checks import Checks
from leads.exporting import rows
from leads.exporting.kinds import all_kinds
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.openapi import files, reads
from teams import access

DAY = {"type": "string", "format": "date"}
FORMATS = ("csv", "json")
ROWS = {"type": "array", "items": {"type": "object", "additionalProperties": True}}


class ExportKind(s.Serializer):
    """`columns`: in the order of the file. `at`: the moment that `since` and `until` are asked of."""

    key = s.CharField()
    label = s.CharField()
    columns = s.ListField(child=s.CharField())
    at = s.CharField()
    file = s.CharField(help_text="Its address.")


class ExportKinds(s.Serializer):
    results = ExportKind(many=True)


class ByParameter(DefaultContentNegotiation):
    """`format` says which file it is; a refusal is JSON either way."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class Exports(Endpoint):
    @reads("What can be exported", ExportKinds, operation_id="exports_list")
    def get(self, request):
        known_parameters(request)
        access.require(request.user, "export")
        base = f"{request.scheme}://{request.get_host()}/api/v1/exports"
        kinds = [
            {"key": kind.key, "label": kind.label, "columns": list(kind.columns), "at": kind.at.removeprefix("x."),
             "file": f"{base}/{kind.key}/"}
            for kind in all_kinds().values()
        ]  # fmt: skip
        return Response({"results": kinds})


class Export(Endpoint):
    content_negotiation_class = ByParameter

    @files("All rows of one kind, streamed", {"text/csv": {"type": "string"}, "application/json": ROWS},
           operation_id="exports_file", parameters=[
        OpenApiParameter("kind", {"type": "string", "enum": list(all_kinds())}, OpenApiParameter.PATH),
        OpenApiParameter("format", {"type": "string", "enum": list(FORMATS)}, description="csv when left out."),
        OpenApiParameter("since", DAY, description="The first day, in UTC."),
        OpenApiParameter("until", DAY, description="The last day, in UTC."),
    ])  # fmt: skip
    def get(self, request, kind: str) -> HttpResponseBase:
        known_parameters(request, "since", "until")
        access.require(request.user, "export")
        found = all_kinds().get(kind)
        if found is None:
            raise Http404
        check = Checks()
        form = check.choice(request.query_params, "format", FORMATS)
        since, until = _day(request, "since", time.min, check), _day(request, "until", time.max, check)
        if check.errors:
            raise check.failed()
        lots = rows.rows(found, since=since, until=until)
        return rows.as_json(found, lots) if form == "json" else rows.as_csv(found, lots)


def _day(request: Any, name: str, at: time, check: Checks) -> datetime | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    try:
        if len(said) == 10:
            return datetime.combine(date.fromisoformat(said), at, UTC)
    except ValueError:
        pass
    check.no("", name, "invalid_date", "Give a date like 2026-12-01.")
    return None
