"""REST: the scoreboard of a month, and what was committed. The same sheet as the page, so the same answers."""

from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards.api import DAY, ID, base_of
from dashboards.kpis import say
from dashboards.scoreboard import alarm, culprits, promised, quota, stamps
from dashboards.scoreboard.month import read, sheet_of
from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.openapi import Strict, reads, shaped, text, writes
from scoring import definitions
from sla import commitments
from sla.models import Commitment
from teams.models import Organisation

MONTH = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
FREE = {"type": "object", "additionalProperties": True}


class PromiseKept(s.Serializer):
    key = s.CharField()
    name = s.CharField()
    value = s.FloatField(allow_null=True)
    text = s.CharField()
    na = s.CharField(allow_null=True)
    hits = s.IntegerField(allow_null=True)
    n = s.IntegerField(allow_null=True)
    small_sample = s.BooleanField()
    interval = s.ListField(child=s.FloatField(), allow_null=True)
    goal = s.FloatField(allow_null=True, help_text="Promised: per cent, or a number of leads.")
    kept = s.BooleanField(allow_null=True, help_text="Null: nothing promised, or too few to judge.")
    note = s.CharField(allow_blank=True)
    rows = s.CharField()


class Scoreboard(s.Serializer):
    month = s.CharField()
    as_of = s.DateTimeField()
    weekdays = extend_schema_field(FREE)(s.JSONField(help_text="{elapsed, total}"))
    sales = PromiseKept(many=True)
    marketing = PromiseKept(many=True)
    rejection = extend_schema_field(FREE)(s.JSONField())
    rubber_stamping = extend_schema_field(FREE)(s.JSONField())
    quota = extend_schema_field({**FREE, "nullable": True})(s.JSONField(allow_null=True))


class CommitmentRow(s.Serializer):
    id = s.IntegerField()
    key = s.CharField()
    side = s.CharField()
    goal = s.FloatField()
    inputs = extend_schema_field(FREE)(s.JSONField())
    months = s.ListField(child=s.IntegerField(), allow_null=True, help_text="A quota over its quarter's months.")
    starts_on = s.DateField()
    made_at = s.DateTimeField()
    made_by = s.IntegerField(allow_null=True)
    note = s.CharField(allow_blank=True)
    in_force = s.BooleanField()


class CommitmentList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = CommitmentRow(many=True)


class NewCommitment(Strict):
    """A quota (`volume`) is derived from `revenue`, `deal_size` (whole money) and `rate` (of one); any other promise is
    its `goal`."""

    key = shaped({"type": "string", "enum": sorted(commitments.SIDES)}, required=True)
    goal = shaped({"type": "number", "minimum": 0, "nullable": True})
    revenue = shaped({"type": "number", "minimum": 0.01, "nullable": True})
    deal_size = shaped({"type": "number", "minimum": 0.01, "nullable": True})
    rate = shaped({"type": "number", "minimum": 0.01, "maximum": 1, "nullable": True})
    starts_on = shaped({"type": "string", "format": "date", "nullable": True})
    note = text(200)


FIELDS = frozenset(["key", "goal", "revenue", "deal_size", "rate", "starts_on", "note"])
WHOSE = ("month", "team", "owner", "source", "as_of")


class ScoreboardView(Endpoint):
    @reads("Both sides' promises in a month", Scoreboard, operation_id="sla_scoreboard", parameters=[
        OpenApiParameter("month", MONTH, description="Such as 2026-11. Default: this month."),
        OpenApiParameter("team", ID), OpenApiParameter("owner", ID),
        OpenApiParameter("source", {"type": "string", "pattern": "^[a-z0-9._-]{1,32}$"}),
        OpenApiParameter("as_of", {"type": "string", "format": "date-time"}),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, *WHOSE)
        organisation = Organisation.get()
        query = request.query_params.dict()
        asked = read(query, query.get("month", ""), now=request.now, organisation=organisation)
        found = sheet_of(asked, now=request.now, organisation=organisation)
        agreed = commitments.in_force(asked.first)
        rings, other, base = alarm.of(found, agreed), stamps.of(found, agreed), base_of(request)
        definition = definitions.current("mql", at=found.as_of)
        version = definition.version if definition else None
        blame = culprits.of(found).culprits[:10] if rings.rings else []
        inputs = quota.committed(agreed.get("volume"))
        sides = (
            promised.sales(asked, found, promised.lines_in_force(asked, found), agreed),
            promised.marketing(asked, found, agreed, version),
        )
        return Response({
            "month": asked.code, "as_of": found.as_of,
            "weekdays": {"elapsed": asked.elapsed, "total": asked.weekdays},
            "sales": [one.as_json(base) for one in sides[0]],
            "marketing": [one.as_json(base) for one in sides[1]],
            "rejection": {
                "rings": rings.rings, "rejected": rings.rejected, "decided": rings.decided, "pending": rings.pending,
                "rate": None if rings.figure.value is None else float(say.exact(rings.figure.value)),
                "interval": [round(edge, 6) for edge in rings.figure.interval] if rings.figure.interval else None,
                "percent": float(rings.percent), "least": rings.least,
                "without_intake": {"rejected": rings.without.hits, "decided": rings.without.n},
                "reasons": {row["code"]: row["n"] for row in alarm.reasons(found)},
                "by_source": {row["code"]: {"rejected": row["hits"], "decided": row["n"]}
                              for row in alarm.by_source(found, rings)},
                "rules": [culprits.as_json(one) for one in blame],
            },
            "rubber_stamping": {
                "ringing": [rep["owner"] for rep in other.ringing], "accepted": other.accepted,
                "rejected_after_accepting": other.later,
            },
            "quota": None if inputs is None else {
                "quarter": inputs.needed, "months": inputs.months, "month": inputs.month(asked.first),
                "sentence": inputs.sentence,
            },
        })  # fmt: skip


class Commitments(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}

    @reads("What both sides promised, newest first", CommitmentList, operation_id="commitments_list", parameters=[
        OpenApiParameter("key", {"type": "string", "enum": sorted(commitments.SIDES)}),
        OpenApiParameter("in_force", DAY, description="Only the rows in force on that day."),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "key", "in_force")
        check, query = Checks(), request.query_params
        day = _day(query, "in_force", check)
        if (key := query.get("key")) and key not in commitments.SIDES:
            check.no("", "key", "invalid_choice", f"One of: {', '.join(commitments.SIDES)}.")
        if check.errors:
            raise check.failed()
        now = {row.pk for row in commitments.in_force(day or Organisation.get().today(request.now)).values()}
        rows = Commitment.objects.order_by("-starts_on", "-id")
        rows = rows.filter(pk__in=now) if day else rows
        shown = [row_json(row, row.pk in now) for row in (rows.filter(key=key) if key else rows)[:500]]
        return Response({"next": None, "previous": None, "results": shown})

    @writes("Promise anew; what was promised before stays", NewCommitment, {201: CommitmentRow})
    def post(self, request):
        check = Checks()
        given = said(request.data, check) if check.is_object(request.data, "", FIELDS) else {}
        if check.errors:
            raise check.failed()
        organisation = Organisation.get()
        if given["key"] == "volume":
            inputs = quota.check(quota.Inputs(
                int(given["revenue"] * 100), int(given["deal_size"] * 100), Fraction(given["rate"]),
                organisation.currency,
            ))  # fmt: skip
            goal, kept = Decimal(inputs.needed), inputs.as_json()
        else:
            last = commitments.in_force(organisation.today(request.now)).get(given["key"])
            goal, kept = given["goal"], last.inputs if last else {}

        def work() -> tuple[int, Any]:
            made = commitments.commit(
                given["key"], goal=goal, inputs=kept, by=request.user, at=request.now, note=given["note"], via="api",
                starts_on=given["starts_on"] or organisation.today(request.now).replace(day=1),
            )  # fmt: skip
            now = commitments.in_force(organisation.today(request.now)).values()
            return 201, row_json(made, made.pk in {row.pk for row in now})

        return answer(request, request.data, work)


def said(data: dict[str, Any], check: Checks) -> dict[str, Any]:
    key = check.text(data, "key", 16)
    if key not in commitments.SIDES and not check.has("key"):
        check.no("", "key", "invalid_choice", f"One of: {', '.join(commitments.SIDES)}.")
    wanted = ("revenue", "deal_size", "rate") if key == "volume" else ("goal",)
    names = ("goal", "revenue", "deal_size", "rate")
    numbers = {name: _number(data, name, check, needed=name in wanted) for name in names}
    return {"key": key, **numbers, "starts_on": _day(data, "starts_on", check), "note": check.text(data, "note", 200)}


def _number(data: dict[str, Any], name: str, check: Checks, *, needed: bool) -> Decimal | None:
    value = data.get(name)
    if value is None:
        if needed:
            check.no("", name, "required", "This field is needed.")
        return None
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 10**13:
            return Decimal(str(value))
    except InvalidOperation:
        pass
    check.no("", name, "not_a_number", "Give a number.")
    return None


def _day(data: Any, name: str, check: Checks) -> date | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2200:
        check.no("", name, "invalid_date", "Give a date like 2026-12-01.")
        return None
    return found


def row_json(row: Commitment, in_force: bool) -> dict[str, Any]:
    inputs = quota.committed(row) if row.key == "volume" else None
    return {
        "id": row.pk, "key": row.key, "side": row.side, "goal": float(row.goal), "inputs": row.inputs,
        "months": inputs.months if inputs else None, "starts_on": row.starts_on, "made_at": row.made_at,
        "made_by": row.made_by_id, "note": row.note, "in_force": in_force,
    }  # fmt: skip
