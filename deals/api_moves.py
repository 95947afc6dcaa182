"""REST: a deal through its pipeline: moves, exit criteria, people, changes, and back from an end."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from deals import path, roles
from deals.api import MONEY, DealRow, find_deal, read_amount, told
from deals.models import ContactRole, Deal, ExitCriterion, PipelineStage
from journal.idempotency import answer
from leads.api_verbs import day
from leads.checks import Checks, body
from leads.models import Person
from revops.lib.endpoint import Endpoint, found
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, writes

NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}


class NewMove(Strict):
    to = shaped(NUMBER, required=True, help_text="A stage of this or another pipeline.")


class Evidence(Strict):
    evidence = shaped({"type": "string", "maxLength": 300, "pattern": SAID}, required=True)


class Change(Strict):
    amount = shaped({**MONEY, "nullable": True})
    close_on = shaped({"type": "string", "format": "date", "nullable": True})


class NewRole(Strict):
    person = shaped(NUMBER, required=True)
    role = s.ChoiceField(ContactRole.Role.values)
    primary = shaped({"type": "boolean", "nullable": True})


class CriterionRow(s.Serializer):
    id = s.IntegerField()
    text = s.CharField()
    met = s.BooleanField()
    evidence = s.CharField(allow_blank=True)
    met_at = s.DateTimeField(allow_null=True)
    by = s.IntegerField(allow_null=True)


class CriteriaAnswer(s.Serializer):
    results = CriterionRow(many=True, help_text="Of the stage it stands in.")


class RoleRow(s.Serializer):
    person = s.IntegerField()
    name = s.CharField(allow_blank=True)
    role = s.ChoiceField(ContactRole.Role.choices)
    primary = s.BooleanField()


class RolesAnswer(s.Serializer):
    results = RoleRow(many=True, help_text="The primary contact first.")


class StayRow(s.Serializer):
    stage = s.IntegerField()
    name = s.CharField()
    entered_at = s.DateTimeField()
    left_at = s.DateTimeField(allow_null=True)
    skipped = s.BooleanField()


class StaysAnswer(s.Serializer):
    results = StayRow(many=True)


def criteria_of(deal: Deal) -> dict[str, Any]:
    rows = [(one["criterion"], one["met"]) for one in path.criteria(deal)]
    return {"results": [
        {"id": asked.pk, "text": asked.text, "met": met is not None, "evidence": met.evidence if met else "",
         "met_at": met.met_at if met else None, "by": met.by_id if met else None}
        for asked, met in rows
    ]}  # fmt: skip


def roles_of(deal: Deal) -> dict[str, Any]:
    return {"results": [
        {"person": one.person_id, "name": str(one.person), "role": one.role, "primary": one.is_primary}
        for one in path.people(deal)
    ]}  # fmt: skip


def row_of(model: Any, data: dict[str, Any], name: str, what: str) -> Any:
    """The row whose number the body gives. Raises Invalid."""
    check = Checks()
    pk = check.whole(data, name, 1, 2**63 - 1)
    row = model.objects.filter(pk=pk).first() if pk else None
    if row is None and not check.errors:
        check.no("", name, "unknown", f"There is no such {what}.")
    if check.errors:
        raise check.failed()
    return row


class DealMoves(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("Where a deal stood, and since when", StaysAnswer)
    def get(self, request, pk: int):
        stays = find_deal(pk).stints.select_related("stage")
        return Response({"results": [
            {"stage": one.stage_id, "name": one.stage.name, "entered_at": one.entered_at, "left_at": one.left_at,
             "skipped": one.skipped}
            for one in stays
        ]})  # fmt: skip

    @writes("Move a deal to another stage", NewMove, {200: DealRow})
    def post(self, request, pk: int) -> HttpResponse:
        deal = find_deal(pk)
        to = row_of(PipelineStage, body(request.data, {"to"}, needed=("to",)), "to", "stage")

        def work() -> tuple[int, Any]:
            deal.move(to=to, by=request.user, at=request.now, via="api")
            return 200, told([find_deal(pk)], request)[0]

        return answer(request, request.data, work)


class DealCriteria(Endpoint):
    @reads("What has to be true before a deal leaves its stage", CriteriaAnswer)
    def get(self, request, pk: int):
        return Response(criteria_of(find_deal(pk)))


class DealCriterion(Endpoint):
    scopes = {"PUT": "work", "DELETE": "work"}

    @writes("An exit criterion is met", Evidence, {200: CriteriaAnswer})
    def put(self, request, pk: int, criterion: int) -> HttpResponse:
        deal, asked = find_deal(pk), found(ExitCriterion.objects.select_related("stage"), pk=criterion)
        check = Checks()
        evidence = check.text(body(request.data, {"evidence"}, needed=("evidence",)), "evidence", 300)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            deal.meet(asked, evidence=evidence, by=request.user, at=request.now, via="api")
            return 200, criteria_of(deal)

        return answer(request, request.data, work)

    @writes("It is not met after all", NoBody, {200: CriteriaAnswer})
    def delete(self, request, pk: int, criterion: int) -> HttpResponse:
        deal, asked = find_deal(pk), found(ExitCriterion.objects.select_related("stage"), pk=criterion)
        body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            deal.unmeet(asked, by=request.user, at=request.now, via="api")
            return 200, criteria_of(deal)

        return answer(request, request.data, work)


class DealRoles(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("Who has a part in a deal", RolesAnswer)
    def get(self, request, pk: int):
        return Response(roles_of(find_deal(pk)))

    @writes("Give somebody a part in a deal", NewRole, {200: RolesAnswer})
    def post(self, request, pk: int) -> HttpResponse:
        deal = find_deal(pk)
        data, check = body(request.data, {"person", "role", "primary"}, needed=("person", "role")), Checks()
        person = row_of(Person, data, "person", "person")
        role = check.choice(data, "role", ContactRole.Role.values)
        primary = check.yes_no(data, "primary", False)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            roles.give(deal, person=person, role=role, primary=primary, by=request.user, at=request.now, via="api")
            return 200, roles_of(deal)

        return answer(request, request.data, work)


class DealRole(Endpoint):
    scopes = {"DELETE": "work"}

    @writes("Take somebody off a deal", NoBody, {200: RolesAnswer})
    def delete(self, request, pk: int, person: int) -> HttpResponse:
        deal = find_deal(pk)
        body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            roles.take(deal, person_id=person, by=request.user, at=request.now, via="api")
            return 200, roles_of(deal)

        return answer(request, request.data, work)


class DealChanges(Endpoint):
    scopes = {"PATCH": "work"}

    @writes("Change a deal's amount or closing date", Change, {200: DealRow})
    def patch(self, request, pk: int) -> HttpResponse:
        deal, data = find_deal(pk), body(request.data, {"amount", "close_on"})
        check, said = Checks(), {}
        if data.get("amount") is not None:
            said["amount"], currency = read_amount(data, check)
            if not check.errors and currency != deal.currency:
                check.no("amount", "currency", "other_currency", f"This deal is in {deal.currency}.")
        if data.get("close_on") is not None:
            said["close_on"] = day(data, "close_on", check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            deal.edit(by=request.user, at=request.now, via="api", **said)
            return 200, told([find_deal(pk)], request)[0]

        return answer(request, request.data, work)


class DealReopening(Endpoint):
    scopes = {"POST": "work"}

    @writes("Take back a win or a loss", NoBody, {200: DealRow})
    def post(self, request, pk: int) -> HttpResponse:
        deal = find_deal(pk)
        body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            deal.reopen(by=request.user, at=request.now, via="api")
            return 200, told([find_deal(pk)], request)[0]

        return answer(request, request.data, work)
