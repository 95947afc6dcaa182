"""REST: who earned it, the wins behind a line, one deal's path, the closed months. The same answers as the pages."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import api, attribution, named, told
from dashboards.attribution import asking, deals_of
from dashboards.attribution.asking import LONGEST
from dashboards.attribution.crediting import LEVELS, Result
from dashboards.attribution.models import AttributionClose
from dashboards.attribution.reading import MAPPINGS, TEAMS
from dashboards.filters import instant
from dashboards.rows import Place
from deals.models import Deal
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import reads

DAYS = {"type": "integer", "minimum": 1, "maximum": LONGEST}
ASKED = [
    OpenApiParameter("mapping", {"type": "string", "enum": list(MAPPINGS)}, description="Whose touches count."),
    OpenApiParameter("teams", {"type": "string", "enum": list(TEAMS)}, description="Which teams share the credit."),
    OpenApiParameter("look_back", DAYS, description="Days before the deal was opened. Default: 90."),
    OpenApiParameter("half_life", DAYS, description="Of the decaying model, in days. Default: 30."),
    OpenApiParameter("own", {"type": "string", "pattern": "^[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}$"},
                     description="Weights of one's own: first touch, between, last; such as 30-30-40."),
    OpenApiParameter("level", {"type": "string", "enum": list(LEVELS)}),
]  # fmt: skip
PAGED = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": api.MOST}),
    OpenApiParameter("cursor", {"type": "string"}, description="From `next` of a page; opaque."),
]
NAMES = [*api.NAMES, *asking.KEYS]


class ModelOf(s.Serializer):
    key = s.CharField()
    name = s.CharField()
    says = s.CharField()
    na = s.CharField(allow_null=True, help_text="Why this model has no credits.")


class LineOf(s.Serializer):
    key = s.CharField(allow_blank=True)
    name = s.CharField()
    side = s.CharField()
    wins = s.IntegerField()
    touches = s.IntegerField()
    credits = s.DictField(child=api._number(), help_text="By model; each model's credits sum to `credited`.")
    deals = s.CharField(help_text="The wins behind this line.")


class Attribution(s.Serializer):
    level = s.CharField()
    mapping = s.CharField()
    teams = s.CharField()
    look_back = s.IntegerField()
    half_life = s.IntegerField()
    own = s.CharField(allow_null=True)
    wins = s.IntegerField()
    amount = api._number()
    credited_wins = s.IntegerField()
    credited = api._number()
    without_touch = s.DictField()
    unpriced = s.IntegerField(help_text="Wins without an amount in the organisation's currency.")
    touches = s.IntegerField()
    models = ModelOf(many=True)
    lines = LineOf(many=True)
    as_of = s.DateTimeField()


class WinOf(s.Serializer):
    deal = s.IntegerField()
    name = s.CharField()
    url = s.CharField()
    path = s.CharField(help_text="Its touches with their credits.")
    won_at = s.DateTimeField()
    amount = api._number()
    touches = s.IntegerField()
    credits = s.DictField(child=api._number())


class Wins(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = WinOf(many=True)


class TouchOf(s.Serializer):
    touch = s.IntegerField()
    name = s.CharField(allow_blank=True)
    at = s.DateTimeField()
    kind = s.CharField()
    side = s.CharField()
    channel = s.CharField(allow_blank=True)
    campaign = s.IntegerField(allow_null=True)
    asset = s.CharField(allow_blank=True)
    days_before = s.FloatField()
    milestones = s.ListField(child=s.CharField())
    credits = s.DictField(child=api._number())


class PathOf(s.Serializer):
    deal = s.IntegerField()
    opened_at = s.DateTimeField()
    until = s.DateTimeField()
    won = s.BooleanField()
    amount = api._number(allow_null=True)
    touches = TouchOf(many=True)


class MonthOf(s.Serializer):
    month = s.DateField()
    closed_at = s.DateTimeField()
    wins = s.IntegerField()
    amount = api._number()
    look_back = s.IntegerField()
    credits = s.DictField(help_text="By model and channel, as they stood when the month was closed.")


class Months(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = MonthOf(many=True)


def money(cents: int, currency: str) -> Any:
    return told.number(cents, "money", currency)


def as_json(result: Result, asked: asking.Asked, sheet: Any, base: str) -> dict[str, Any]:
    query = sheet.asked.query(compare=None)
    n, amount = result.without
    absent = [(m, result.absent[m.key]) for m in result.offered if m.key in result.absent]
    return {
        "level": result.level, "mapping": result.mapping, "teams": result.teams, "look_back": result.look_back,
        "half_life": result.half_life, "own": asking.own_text(result.own) or None,
        "wins": result.wins, "amount": money(result.amount, result.currency),
        "credited_wins": result.credited_wins, "credited": money(result.credited, result.currency),
        "without_touch": {"wins": n, "amount": money(amount, result.currency)},
        "unpriced": result.unpriced, "touches": result.touches,
        "models": [{"key": m.key, "name": m.name, "says": m.says, "na": None} for m in result.models]
        + [{"key": m.key, "name": m.name, "says": m.says, "na": why} for m, why in absent],
        "lines": [
            {"key": line.key, "name": line.name, "side": line.side, "wins": line.wins, "touches": line.touches,
             "credits": {key: money(cents, result.currency) for key, cents in line.credits.items()},
             "deals": f"{base}/api/v1/attribution/deals/?{query}&"
             + urlencode([*asked.pairs(), ("key", line.key or deals_of.NO_KEY)])}
            for line in result.lines
        ],
        "as_of": sheet.as_of,
    }  # fmt: skip


class AttributionView(Endpoint):
    @reads("Who earned it: credit by channel, campaign or asset under all models", Attribution,
           parameters=[*api.FILTERS, *ASKED], operation_id="attribution")  # fmt: skip
    def get(self, request):
        known_parameters(request, *NAMES)
        found, asked = api.asked(request), asking.read(request.query_params.dict())
        result = attribution.of(found, **asked.of())
        return Response(as_json(result, asked, found, api.base_of(request)))


class WinsView(Endpoint):
    @reads("The wins behind a line, newest first, with what it earned of each", Wins, operation_id="attribution_deals",
           parameters=[*api.FILTERS, *ASKED, *PAGED,
                       OpenApiParameter("key", {"type": "string", "maxLength": 120},
                                        description="A line's key; `none` for the empty one. Default: any touch."),
                       OpenApiParameter("without", {"type": "string", "enum": ["1"]},
                                        description="The wins without an eligible touch.")])  # fmt: skip
    def get(self, request):
        known_parameters(request, *NAMES, "limit", "cursor", "key", "without")
        found, asked = api.asked(request), asking.read(request.query_params.dict())
        limit = api.whole(request, "limit", least=1, most=api.MOST) or api.DEFAULT_LIMIT
        text, key = request.query_params.get("cursor", ""), request.query_params.get("key") or None
        after = Place.read(text) if text else None
        if key and len(key) > 120:
            raise Invalid("No key is longer than 120 characters.", code="invalid_key", field="key")
        without = request.query_params.get("without", "")
        if without not in {"", "1"}:
            raise Invalid("Give 1, or leave it out.", code="invalid_without", field="without")
        wins = deals_of.wins(found, asked, key="" if key == deals_of.NO_KEY else key, without=bool(without))
        if after:
            wins = [win for win in wins if (win.at, win.deal) < after]
        shown, known = wins[:limit], named.of("deal", {win.deal for win in wins[:limit]})
        base = api.base_of(request)
        pairs = {k: v for k, v in request.query_params.items() if k not in {"cursor", "as_of"}}
        here = f"{base}/api/v1/attribution/deals/?{told.query_of({**pairs, 'as_of': instant(found.as_of)})}"
        return Response({
            "next": f"{here}&cursor={Place(shown[-1].at, shown[-1].deal)}" if len(wins) > limit else None,
            "previous": here if after is not None else None,
            "results": [
                {"deal": win.deal, "name": known[win.deal].name, "url": base + known[win.deal].url,
                 "path": f"{base}/api/v1/attribution/deals/{win.deal}/", "won_at": win.at,
                 "amount": money(win.amount, found.currency), "touches": win.touches,
                 "credits": {key: money(cents, found.currency) for key, cents in win.credits.items()}}
                for win in shown
            ],
        })  # fmt: skip


class PathView(Endpoint):
    @reads("One deal's touches with their milestones and credits", PathOf, parameters=ASKED,
           operation_id="attribution_deal")  # fmt: skip
    def get(self, request, pk: int):
        known_parameters(request, *asking.KEYS)
        asked = asking.read(request.query_params.dict())
        deal = Deal.objects.filter(pk=pk).first()
        if deal is None:
            raise Http404
        path, _, rows = deals_of.path_of(deal, asked, now=request.now)
        return Response({
            "deal": deal.pk, "opened_at": path.opened, "until": path.closed, "won": path.won,
            "amount": money(path.amount, deal.currency) if path.amount is not None else None,
            "touches": [
                {"touch": row["step"].id, "name": row["name"], "at": row["step"].at, "kind": row["step"].kind,
                 "side": row["step"].side, "channel": row["step"].channel, "campaign": row["step"].campaign,
                 "asset": row["step"].asset, "days_before": round(row["days"], 6), "milestones": row["milestones"],
                 "credits": {key: money(cents, deal.currency) for key, cents in row["credits"].items()}}
                for row in rows
            ],
        })  # fmt: skip


class MonthsView(Endpoint):
    @reads("Closed months as they were closed, newest first", Months, operation_id="attribution_months")
    def get(self, request):
        known_parameters(request)
        return Response({
            "next": None, "previous": None,
            "results": [
                {"month": close.month, "closed_at": close.closed_at, "wins": close.wins,
                 "amount": money(close.amount, close.currency), "look_back": close.look_back,
                 "credits": {
                     model: {key: money(cents, close.currency) for key, cents in credits.items()}
                     for model, credits in close.credits.items()
                 }}
                for close in AttributionClose.objects.order_by("-month")
            ],
        })  # fmt: skip
