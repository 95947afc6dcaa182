"""REST: unit economics by segment and channel, and the arithmetic of moving money."""

import re
from fractions import Fraction
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import told
from dashboards.economics import motion, moving, page
from dashboards.economics.views import asked
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import SAID, reads, shaped
from teams.models import Organisation

MONEY = shaped({
    "type": "object", "nullable": True, "required": ["amount", "currency"],
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
})  # fmt: skip


class EconomicsSegment(s.Serializer):
    """`fits`: hunter, farmer, hybrid, generalists, fix (economics first) or unknown, with why in `because`."""

    segment = s.CharField()
    name = s.CharField()
    fits = s.ChoiceField(list(motion.NAMES))
    because = s.CharField()
    new_customers = s.IntegerField()
    contract_value = MONEY
    sales_cycle_days = s.FloatField(allow_null=True)
    cac = MONEY
    ltv = MONEY
    ltv_cac = s.FloatField(allow_null=True)
    expansion_share = s.FloatField(allow_null=True)
    net_revenue_retention = s.FloatField(allow_null=True)


class EconomicsChannel(s.Serializer):
    channel = s.CharField()
    name = s.CharField()
    new_customers = s.IntegerField()
    cac_media_only = MONEY
    cac = MONEY
    cac_na = s.CharField(allow_null=True, help_text="Why there is no CAC.")
    ltv = MONEY
    ltv_cac = s.FloatField(allow_null=True)
    payback_months = s.FloatField(allow_null=True)


class EconomicsMove(s.Serializer):
    """Arithmetic, no forecast: what each channel brought for its money in the period, times what is moved."""

    percent = s.IntegerField()
    money = MONEY
    fewer_customers = s.FloatField(allow_null=True)
    more_customers = s.FloatField(allow_null=True)
    na = s.CharField(allow_null=True)


class EconomicsAnswer(s.Serializer):
    as_of = s.DateTimeField()
    sellers = s.IntegerField()
    segments = EconomicsSegment(many=True)
    channels = EconomicsChannel(many=True)
    move = EconomicsMove(allow_null=True)


DAY = {"type": "string", "format": "date"}
CHANNEL = {"type": "string", "maxLength": 32, "pattern": SAID}
PARAMETERS = ("from", "to", "days", "as_of", "move_from", "move_to", "percent")


class EconomicsView(Endpoint):
    @reads("What customers cost and bring", EconomicsAnswer, operation_id="economics", parameters=[
        OpenApiParameter("from", DAY),
        OpenApiParameter("to", DAY),
        OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": 3660}),
        OpenApiParameter("as_of", {"type": "string", "format": "date-time"}),
        OpenApiParameter("move_from", CHANNEL, description="With `move_to`: what moving money would come to."),
        OpenApiParameter("move_to", CHANNEL),
        OpenApiParameter("percent", {"type": "integer", "minimum": 1, "maximum": 100}),
    ])  # fmt: skip
    def get(self, request: Any) -> Response:
        known_parameters(request, *PARAMETERS)
        organisation = Organisation.get()
        query = request.query_params.dict()
        for field in ("move_from", "move_to"):
            if field in query and (len(query[field]) > 32 or not re.search(SAID, query[field])):
                raise Invalid("The code of a channel.", code="invalid_channel", field=field)
        found = asked({name: query[name] for name in PARAMETERS if name in query}, request, organisation)
        by_size, by_channel = page.both(found, organisation)

        def number(value: Any, unit: str) -> Any:
            return told.number(value, unit, found.currency)

        move = page.asked_move(by_channel, query)
        return Response({
            "as_of": found.as_of,
            "sellers": by_size[0].inputs.sellers if by_size else 0,
            "segments": [
                {"segment": one.code, "name": one.name, "fits": one.motion.kind, "because": one.motion.because,
                 "new_customers": one.inputs.customers, "contract_value": number(one.inputs.acv, "money"),
                 "sales_cycle_days": number(one.inputs.cycle, "days"), "cac": number(one.cac, "money"),
                 "ltv": number(one.ltv, "money"), "ltv_cac": number(one.inputs.ltv_cac, "ratio"),
                 "expansion_share": number(one.inputs.expansion, "share"),
                 "net_revenue_retention": number(one.inputs.nrr, "share")}
                for one in by_size
            ],
            "channels": [
                {"channel": row.code, "name": row.name, "new_customers": row.customers,
                 "cac_media_only": number(row.media.value, "money"), "cac": number(row.cac.value, "money"),
                 "cac_na": row.cac.na or None, "ltv": number(row.ltv.value, "money"),
                 "ltv_cac": number(row.ratio.value, "ratio"), "payback_months": number(row.payback.value, "months")}
                for row in by_channel
            ],
            "move": _moved(move, number) if move else None,
        })  # fmt: skip


def _moved(move: Any, number: Any) -> dict[str, Any]:
    percent, origin, target = move
    found = moving.move(Fraction(percent, 100), origin, target)
    unknown = bool(found.why)
    return {
        "percent": percent, "money": None if unknown else number(found.money, "money"),
        "fewer_customers": None if unknown else number(found.fewer, "ratio"),
        "more_customers": None if unknown else number(found.more, "ratio"), "na": found.why or None,
    }  # fmt: skip
