"""REST: joint goals with their pace, and what each number was judged to be."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards.agreed import audit, goals
from dashboards.agreed.models import Goal, Judgement
from dashboards.kpis import registry
from journal.idempotency import answer
from leads.api_verbs import day, needed
from leads.checks import Checks, body
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Missing
from revops.lib.openapi import TEXT, NoBody, Strict, reads, shaped, text, writes
from teams.models import Role, User

TARGET = {"type": "number", "minimum": 0.0001, "maximum": 10**13}


class GoalRow(s.Serializer):
    """`target` and `value` in the KPI's unit: money in whole units, a share of one. `pace`: null for rates."""

    id = s.IntegerField()
    kpi = s.CharField()
    name = s.CharField()
    unit = s.CharField()
    target = s.FloatField()
    value = s.FloatField(allow_null=True)
    share = s.FloatField(allow_null=True)
    pace = s.FloatField(allow_null=True)
    na = s.CharField(allow_null=True)
    starts_on = s.DateField()
    ends_on = s.DateField()
    marketing_agreed_at = s.DateTimeField(allow_null=True)
    sales_agreed_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    reached_at = s.DateTimeField(allow_null=True)
    rows = s.CharField(allow_null=True)


class GoalList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = GoalRow(many=True)


class NewGoal(Strict):
    kpi = s.ChoiceField(choices=[], help_text="The key of a KPI, such as sales-accepted-pipeline.")
    name = text(80)
    target = shaped(TARGET, required=True, help_text="Money in whole units, a share of one.")
    starts_on = s.DateField()
    ends_on = s.DateField()

    def get_fields(self) -> dict[str, s.Field]:
        return super().get_fields() | {"kpi": s.ChoiceField([kpi.key for kpi in registry.ALL if kpi.better != "lower"])}


class Agreement(Strict):
    side = s.ChoiceField(["marketing", "sales"])


class Verdict(s.Serializer):
    kpi = s.CharField()
    kind = s.ChoiceField(Judgement.Kind.choices)
    owner = s.IntegerField(allow_null=True)
    tracked = s.CharField(allow_blank=True)
    raises_profit = s.BooleanField(allow_null=True)
    would_do = s.CharField(allow_blank=True)
    card = s.IntegerField(allow_null=True)
    evidence = s.CharField()
    rho = s.FloatField(allow_null=True)


class NewJudgement(Strict):
    """Both answers no: vanity. Only something to do: a diagnostic. Both: a profit driver."""

    owner = shaped({"type": "integer", "minimum": 1, "maximum": 2**63 - 1, "nullable": True}, required=True)
    tracked = shaped({"type": "string", "maxLength": 120, "pattern": TEXT, "nullable": True}, required=True)
    raises_profit = s.BooleanField()
    would_do = shaped({"type": "string", "maxLength": 300, "pattern": TEXT, "nullable": True}, required=True)


class CardList(Strict):
    def get_fields(self) -> dict[str, s.Field]:
        keys = {"type": "string", "enum": [kpi.key for kpi in registry.ALL]}
        some = {"type": "array", "minItems": audit.LEAST, "maxItems": audit.MOST, "uniqueItems": True, "items": keys}
        return {"cards": shaped(some, required=True)}


class VerdictList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = Verdict(many=True)


def goal_json(goal: Goal, *, now: datetime) -> dict[str, Any]:
    stands, kpi = goals.of(goal, now=now), registry.find(goal.kpi)
    scale = 100 if kpi and kpi.unit in {"money", "money_per_day"} else 1
    value = stands.figure.value if stands else None
    return {
        "id": goal.pk, "kpi": goal.kpi, "name": goal.name, "unit": kpi.unit if kpi else "",
        "target": float(goal.target / scale), "value": None if value is None else float(value) / scale,
        "share": None if not stands or stands.share is None else round(float(stands.share), 6),
        "pace": None if not stands or stands.pace is None else round(float(stands.pace), 6),
        "na": (stands.figure.na or None) if stands else "not begun", "starts_on": goal.starts_on,
        "ends_on": goal.ends_on, "marketing_agreed_at": goal.marketing_at, "sales_agreed_at": goal.sales_at,
        "ended_at": goal.ended_at, "reached_at": goal.reached_at, "rows": stands.href if stands else None,
    }  # fmt: skip


def find(pk: int) -> Goal:
    found = Goal.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class Goals(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("Joint goals with their pace, newest first", GoalList, operation_id="goals_list")
    def get(self, request):
        known_parameters(request)
        rows = [goal_json(goal, now=request.now) for goal in Goal.objects.all()[:200]]
        return Response({"next": None, "previous": None, "results": rows})

    @writes("Propose a goal; it counts once both sides agree", NewGoal, {201: GoalRow})
    def post(self, request):
        check, said = Checks(), {}
        if check.is_object(request.data, "", {"kpi", "name", "target", "starts_on", "ends_on"}):
            said = {
                "kpi": needed(request.data, "kpi", 40, check), "name": check.text(request.data, "name", 80),
                "target": _target(request.data.get("target"), check),
                "starts_on": _day(request.data, "starts_on", check), "ends_on": _day(request.data, "ends_on", check),
            }  # fmt: skip
        if check.errors:
            raise check.failed()
        kpi = registry.find(said["kpi"])
        if kpi and kpi.unit in {"money", "money_per_day"}:
            said["target"] *= 100

        def work() -> tuple[int, Any]:
            goal = goals.propose(said.pop("kpi"), **said, by=request.user, at=request.now, via="api")
            return 201, goal_json(goal, now=request.now)

        return answer(request, request.data, work)


class GoalAgreement(Endpoint):
    scopes = {"POST": "work"}

    @writes("One side's yes to a goal", Agreement, {200: GoalRow})
    def post(self, request, pk: int):
        goal, check, side = find(pk), Checks(), ""
        if check.is_object(request.data, "", {"side"}):
            side = needed(request.data, "side", 10, check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            agreed = goals.agree(goal, side=side, by=request.user, at=request.now, via="api")
            return 200, goal_json(agreed, now=request.now)

        return answer(request, request.data, work)


class GoalEnd(Endpoint):
    scopes = {"POST": "work"}

    @writes("End a goal; what was reached stays readable", NoBody, {200: GoalRow})
    def post(self, request, pk: int):
        goal, _ = find(pk), body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            ended = goals.end(goal, by=request.user, at=request.now, via="api")
            return 200, goal_json(ended, now=request.now)

        return answer(request, request.data, work)


class Audit(Endpoint):
    scopes = {"GET": "read"}

    @reads("What each KPI is good for, with evidence", VerdictList, operation_id="kpi_audit")
    def get(self, request):
        known_parameters(request)
        rows = [verdict_json(line) for line in audit.lines(request.now)]
        return Response({"next": None, "previous": None, "results": rows})


class Judgements(Endpoint):
    scopes = {"PUT": "work"}

    @writes("Answer the audit's questions for one KPI", NewJudgement, {200: Verdict})
    def put(self, request, key: str):
        if registry.find(key) is None:
            raise Http404
        names = {"owner", "tracked", "raises_profit", "would_do"}
        data, check = body(request.data, names, needed=names), Checks()
        said = {"tracked": check.text(data, "tracked", 120), "would_do": check.text(data, "would_do", 300, lines=True),
                "raises_profit": check.yes_no(data, "raises_profit", False)}  # fmt: skip
        pk = check.whole(data, "owner", 1, 2**63 - 1)
        if check.errors:
            raise check.failed()
        owner = None if pk is None else User.objects.active().exclude(role=Role.VIEWER).filter(pk=pk).first()
        if pk is not None and owner is None:
            raise Missing("Nobody who can own a number has this id.", code="unknown_user", field="owner")

        def work() -> tuple[int, Any]:
            audit.judge(key, **said, owner=owner, by=request.user, at=request.now, via="api")
            return 200, verdict_json(next(line for line in audit.lines(request.now) if line.kpi.key == key))

        return answer(request, request.data, work)


class Cards(Endpoint):
    scopes = {"GET": "read", "PUT": "work"}

    @reads("The KPIs on the dashboard, in order", CardList, operation_id="kpi_cards")
    def get(self, request):
        known_parameters(request)
        return Response({"cards": audit.cards()})

    @writes("Choose the dashboard's three to five KPIs, none of them vanity", CardList, {200: CardList})
    def put(self, request):
        data, check = body(request.data, {"cards"}, needed={"cards"}), Checks()
        keys = check.texts(data, "cards", 40, audit.MOST)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, {"cards": audit.choose(keys, by=request.user, at=request.now, via="api")}

        return answer(request, request.data, work)


def verdict_json(line: audit.Line) -> dict[str, Any]:
    judged = line.judged
    return {
        "kpi": line.kpi.key, "kind": line.kind, "owner": judged.owner_id if judged else None,
        "tracked": judged.tracked if judged else "", "raises_profit": judged.raises_profit if judged else None,
        "would_do": judged.would_do if judged else "", "card": judged.card if judged else None,
        "evidence": line.evidence.words, "rho": line.evidence.rho,
    }  # fmt: skip


def _target(value: Any, check: Checks) -> Decimal:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0001 <= value <= 10**13
    if not good:
        check.no("", "target", "not_a_number", "Give a number above 0.")
    return Decimal(str(value)) if good else Decimal(0)


def _day(data: dict[str, Any], name: str, check: Checks) -> Any:
    found = day(data, name, check)
    if found is None and not check.has(name):
        check.no("", name, "required", "This field is needed.")
    return found
