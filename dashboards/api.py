"""REST: the numbers, and the rows behind them. The same sheet as the pages, so the same answers."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import named, rows, sheet, told
from dashboards.filters import COMPARE, LONGEST, parse
from dashboards.kpis import registry
from dashboards.kpis.base import Kpi
from leads import company_size
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import reads
from teams.models import Organisation

DEFAULT_LIMIT, MOST = 50, 200
ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
DAY = {"type": "string", "format": "date"}
FILTERS = [
    OpenApiParameter("from", DAY, description="First local day, in the organisation's reporting zone."),
    OpenApiParameter("to", DAY, description="Last local day, included. Default: today."),
    OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": LONGEST},
                     description="So many days up to `to`; wins over `from`. Beside both: up to today. Default: 90."),
    OpenApiParameter("compare", {"type": "string", "enum": list(COMPARE)}),
    OpenApiParameter("source", {"type": "string", "pattern": "^[a-z0-9._-]{1,32}$"},
                     description="A channel's code, or `unknown` for a blank origin."),
    OpenApiParameter("owner", ID),
    OpenApiParameter("team", ID),
    OpenApiParameter("segment", {"type": "string", "enum": list(company_size.NAMES)},
                     description="By the size of the company; numbers without companies then have no rows."),
    OpenApiParameter("as_of", {"type": "string", "format": "date-time"},
                     description="As known at this moment. Default: now."),
]  # fmt: skip
NAMES = [parameter.name for parameter in FILTERS]
MONEY = {"type": "object", "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}}}
NUMBER = {"oneOf": [{"type": "number"}, MONEY], "nullable": True}


def _number(**more: Any) -> s.Field:
    return extend_schema_field(NUMBER)(s.JSONField(**more))


class Previous(s.Serializer):
    """The period compared with; `from` is a word of Python, so the fields are named here."""

    def get_fields(self) -> dict[str, s.Field]:
        return {
            "from": s.DateField(), "to": s.DateField(), "value": _number(allow_null=True), "text": s.CharField(),
            "na": s.CharField(allow_null=True),
        }  # fmt: skip


class Beside(s.Serializer):
    name = s.CharField()
    value = _number(allow_null=True)
    unit = s.CharField()
    text = s.CharField()


class LeftOut(s.Serializer):
    part = s.CharField(help_text="For `?part=` of the rows.")
    rows = s.IntegerField()
    why = s.CharField()


class KpiValue(s.Serializer):
    """Without facts to count, `value` is null and `na` says why."""

    id = s.CharField()
    key = s.CharField()
    name = s.CharField()
    definition = s.CharField()
    grain = s.CharField(allow_null=True)
    unit = s.CharField(allow_null=True)
    better = s.CharField(allow_null=True)
    value = _number(allow_null=True)
    text = s.CharField()
    na = s.CharField(allow_null=True)
    formula = s.CharField(allow_blank=True)
    hits = s.IntegerField(allow_null=True)
    n = s.IntegerField(allow_null=True)
    small_sample = s.BooleanField()
    interval = s.ListField(child=s.FloatField(), allow_null=True)
    beside = Beside(many=True)
    notes = s.ListField(child=s.CharField())
    parts = s.DictField(child=s.IntegerField())
    excluded = LeftOut(many=True)
    previous = Previous(allow_null=True)
    as_of = s.DateTimeField()
    row_count = s.IntegerField()
    rows = s.CharField(allow_null=True)
    url = s.CharField()


class KpiList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = KpiValue(many=True)


class KpiRow(s.Serializer):
    kind = s.ChoiceField(list(named.SUBJECTS))
    id = s.IntegerField()
    url = s.CharField()
    name = s.CharField(allow_blank=True)
    company = s.CharField(allow_blank=True)
    at = s.DateTimeField(help_text="When it counted: closed, handed over, due …")
    part = s.CharField(allow_blank=True)
    source = s.CharField(allow_blank=True)
    owner = s.IntegerField(allow_null=True)
    owner_name = s.CharField(allow_blank=True)
    amount = extend_schema_field({**MONEY, "nullable": True})(s.JSONField(allow_null=True))
    values = s.DictField(help_text="The KPI's own measures: days, seconds or money.")


class KpiRows(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = KpiRow(many=True)


def asked(request: Any) -> sheet.Sheet:
    organisation = Organisation.get()
    filters = parse(request.query_params.dict(), zone=organisation.timezone, now=request.now)
    return sheet.opened(filters, now=request.now, organisation=organisation)


def base_of(request: Any) -> str:
    return f"{request.scheme}://{request.get_host()}"


def of(key: str) -> Kpi:
    found = registry.find(key)
    if found is None:
        raise Http404
    return found


class Kpis(Endpoint):
    @reads("All KPIs with their values", KpiList, parameters=FILTERS, operation_id="kpis_list")
    def get(self, request):
        known_parameters(request, *NAMES)
        found, base = asked(request), base_of(request)
        results = [told.as_json(found, found.answer(kpi), base=base) for kpi in registry.ALL]
        return Response({"next": None, "previous": None, "results": results})


class KpiDetail(Endpoint):
    @reads("One KPI: value, formula, the period before", KpiValue, parameters=FILTERS, operation_id="kpi")
    def get(self, request, key: str):
        known_parameters(request, *NAMES)
        found, base = asked(request), base_of(request)
        return Response(told.as_json(found, found.answer(of(key)), base=base))


class KpiRowsView(Endpoint):
    @reads("The rows behind a KPI, newest first", KpiRows, operation_id="kpi_rows", parameters=[
        *FILTERS,
        OpenApiParameter("part", {"type": "string", "maxLength": 60, "pattern": "^[a-z0-9._-]+$"},
                         description="One of the KPI's `parts`, or `excluded-…`."),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
        OpenApiParameter("cursor", {"type": "string"}, description="From `next` of a page; opaque."),
    ])  # fmt: skip
    def get(self, request, key: str):
        known_parameters(request, *NAMES, "part", "limit", "cursor")
        kpi, found = of(key), asked(request)
        part = request.query_params.get("part", "")
        if kpi.predicate(part) is None:
            raise Invalid(f"The parts are: {', '.join(kpi.parts)}.", code="unknown_part", field="part")
        limit = whole(request, "limit", least=1, most=MOST) or DEFAULT_LIMIT
        text = request.query_params.get("cursor", "")
        after = rows.Place.read(text) if text else None
        shown, more = rows.page(found, kpi, part=part, after=after, limit=limit)
        query = found.asked.query(compare=None, part=part or None, limit=limit if limit != DEFAULT_LIMIT else None)
        here = f"{base_of(request)}/api/v1/kpis/{kpi.key}/rows/?{query}"
        following = f"{here}&cursor={shown[-1].place}" if more else None
        return Response({
            "next": following, "previous": here if after is not None else None,
            "results": [row_json(kpi, row, found, base_of(request)) for row in shown],
        })  # fmt: skip


def row_json(kpi: Kpi, row: rows.Row, found: sheet.Sheet, base: str) -> dict[str, Any]:
    return {
        "kind": row.kind, "id": row.id, "url": base + row.url, "name": row.name, "company": row.company, "at": row.at,
        "part": row.part, "source": row.source, "owner": row.owner_id, "owner_name": row.owner, "amount": row.amount,
        "values": {name: told.number(row.values[name], kind, found.currency) for name, _, kind in kpi.columns},
    }  # fmt: skip


def whole(request: Any, name: str, *, least: int, most: int) -> int | None:
    text = request.query_params.get(name, "")
    if text == "":
        return None
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise Invalid(f"Give a whole number from {least} to {most}.", code=f"invalid_{name}", field=name)
