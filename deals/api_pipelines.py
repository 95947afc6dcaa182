"""REST: pipelines, their stages and what each asks for. Everybody reads them, administrators keep them."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from deals import pipelines
from deals.models import ExitCriterion, Pipeline, PipelineStage
from journal.idempotency import answer
from leads.checks import Checks, body
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, text, writes

NAME = {"type": "string", "maxLength": 60, "pattern": SAID}
PERCENT = {"type": "integer", "minimum": 0, "maximum": 100}
DAYS = {"type": "integer", "minimum": 1, "maximum": 3650}
STAGE_FIELDS = frozenset(["name", "probability", "limit_days", "next_step"])


class CriterionShape(s.Serializer):
    id = s.IntegerField()
    text = s.CharField()


class StageShape(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    position = s.IntegerField()
    probability = s.IntegerField(help_text="Percent won from here, until enough deals are measured.")
    limit_days = s.IntegerField(help_text="How long a deal may stand, until ten were won to judge by.")
    next_step = s.CharField(allow_blank=True, help_text="Proposed when one is stuck.")
    criteria = CriterionShape(many=True)


class PipelineShape(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    is_default = s.BooleanField(help_text="Deals of leads begin here.")
    is_active = s.BooleanField()
    stages = StageShape(many=True)


class PipelineList(s.Serializer):
    results = PipelineShape(many=True)


class NewPipeline(Strict):
    name = shaped(NAME, required=True)
    stages = shaped({"type": "array", "items": NAME, "minItems": 1, "maxItems": 20}, required=True)


class PipelineChange(Strict):
    name = shaped({**NAME, "nullable": True})
    is_default = shaped({"type": "boolean", "nullable": True}, help_text="true: instead of the one that is.")
    is_active = shaped({"type": "boolean", "nullable": True}, help_text="false: put away; needs it empty.")


class StageChange(Strict):
    name = shaped({**NAME, "nullable": True})
    probability = shaped({**PERCENT, "nullable": True})
    limit_days = shaped({**DAYS, "nullable": True})
    next_step = text(200)


class NewStage(StageChange):
    name = shaped(NAME, required=True)


class Shift(Strict):
    to = s.ChoiceField(["earlier", "later"])


class Retirement(Strict):
    to = shaped({"type": "integer", "minimum": 1, "maximum": 2**63 - 1}, required=True,
                help_text="Another stage of the pipeline: its open deals go on there.")  # fmt: skip


class Retired(s.Serializer):
    deals = s.IntegerField(help_text="How many open deals went on.")


class NewCriterion(Strict):
    text = shaped({"type": "string", "maxLength": 200, "pattern": SAID}, required=True)


def as_json(rows: list[Pipeline]) -> list[dict[str, Any]]:
    """Three queries with the one that read the rows, however many."""
    asked: dict[int, list[dict[str, Any]]] = {}
    for one in ExitCriterion.objects.filter(stage__pipeline__in=rows, retired_at=None):
        asked.setdefault(one.stage_id, []).append({"id": one.pk, "text": one.text})
    stages: dict[int, list[dict[str, Any]]] = {}
    for stage in PipelineStage.objects.filter(pipeline__in=rows, retired_at=None):
        stages.setdefault(stage.pipeline_id, []).append({
            "id": stage.pk, "name": stage.name, "position": stage.position, "probability": stage.probability,
            "limit_days": stage.limit_days, "next_step": stage.next_step, "criteria": asked.get(stage.pk, []),
        })  # fmt: skip
    return [
        {"id": row.pk, "name": row.name, "is_default": row.is_default, "is_active": row.is_active,
         "stages": stages.get(row.pk, [])}
        for row in rows
    ]  # fmt: skip


def one(pk: int) -> dict[str, Any]:
    return as_json([Pipeline.objects.get(pk=pk)])[0]


def said_of_stage(data: dict[str, Any]) -> dict[str, Any]:
    """What was sent of a stage; null says nothing."""
    check, said = Checks(), {}
    if data.get("name") is not None:
        said["name"] = check.text(data, "name", 60)
    for name, least, most in (("probability", 0, 100), ("limit_days", 1, 3650)):
        if data.get(name) is not None:
            said[name] = check.whole(data, name, least, most)
    if data.get("next_step") is not None:
        said["next_step"] = check.text(data, "next_step", 200)
    if check.errors:
        raise check.failed()
    return said


class Pipelines(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}

    @reads("Pipelines with their stages and exit criteria", PipelineList, operation_id="pipelines_list")
    def get(self, request):
        known_parameters(request)
        return Response({"results": as_json(list(Pipeline.objects.all()))})

    @writes("Add a pipeline", NewPipeline, {201: PipelineShape})
    def post(self, request) -> HttpResponse:
        data, check = body(request.data, {"name", "stages"}, needed=("name", "stages")), Checks()
        name, stages = check.text(data, "name", 60), check.texts(data, "stages", 60, 20)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            made = pipelines.add(name=name, stages=stages, by=request.user, at=request.now, via="api")
            return 201, one(made.pk)

        return answer(request, request.data, work)


class PipelineDetail(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin"}

    @reads("One pipeline", PipelineShape)
    def get(self, request, pk: int):
        return Response(one(found(Pipeline.objects, pk=pk).pk))

    @writes("Rename a pipeline, make it the default, put it away", PipelineChange, {200: PipelineShape})
    def patch(self, request, pk: int) -> HttpResponse:
        row = found(Pipeline.objects, pk=pk)
        data, check, said = body(request.data, {"name", "is_default", "is_active"}), Checks(), {}
        if data.get("name") is not None:
            said["name"] = check.text(data, "name", 60)
        for name in ("is_default", "is_active"):
            if data.get(name) is not None:
                said[name] = check.yes_no(data, name, False)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            pipelines.edit(row, by=request.user, at=request.now, via="api", **said)
            return 200, one(pk)

        return answer(request, request.data, work)


class PipelineStages(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Add a stage at the end", NewStage, {201: PipelineShape})
    def post(self, request, pk: int) -> HttpResponse:
        row = found(Pipeline.objects, pk=pk)
        said = {"name": ""} | said_of_stage(body(request.data, STAGE_FIELDS, needed=("name",)))

        def work() -> tuple[int, Any]:
            pipelines.add_stage(row, by=request.user, at=request.now, via="api", **said)
            return 201, one(pk)

        return answer(request, request.data, work)


class StageDetail(Endpoint):
    scopes = {"PATCH": "admin"}

    @writes("Change a stage", StageChange, {200: PipelineShape})
    def patch(self, request, pk: int) -> HttpResponse:
        row = found(PipelineStage.objects, pk=pk)
        said = said_of_stage(body(request.data, STAGE_FIELDS))

        def work() -> tuple[int, Any]:
            pipelines.edit_stage(row, by=request.user, at=request.now, via="api", **said)
            return 200, one(row.pipeline_id)

        return answer(request, request.data, work)


class StageShift(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Let a stage change places with the one beside it", Shift, {200: PipelineShape})
    def post(self, request, pk: int) -> HttpResponse:
        row, check = found(PipelineStage.objects, pk=pk), Checks()
        to = check.choice(body(request.data, {"to"}, needed=("to",)), "to", ("earlier", "later"))
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            pipelines.shift_stage(row, earlier=to == "earlier", by=request.user, at=request.now, via="api")
            return 200, one(row.pipeline_id)

        return answer(request, request.data, work)


class StageRetirement(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Retire a stage; its open deals go on in another", Retirement, {200: Retired})
    def post(self, request, pk: int) -> HttpResponse:
        row, check = found(PipelineStage.objects, pk=pk), Checks()
        to = check.whole(body(request.data, {"to"}, needed=("to",)), "to", 1, 2**63 - 1)
        target = PipelineStage.objects.filter(pk=to).first() if to else None
        if target is None and not check.errors:
            check.no("", "to", "unknown", "There is no such stage.")
        if check.errors or target is None:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, {"deals": pipelines.retire_stage(row, to=target, by=request.user, at=request.now, via="api")}

        return answer(request, request.data, work)


class StageCriteria(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Ask for something before a deal leaves the stage", NewCriterion, {201: CriterionShape})
    def post(self, request, pk: int) -> HttpResponse:
        row, check = found(PipelineStage.objects, pk=pk), Checks()
        said = check.text(body(request.data, {"text"}, needed=("text",)), "text", 200)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            made = pipelines.add_criterion(row, text=said, by=request.user, at=request.now, via="api")
            return 201, {"id": made.pk, "text": made.text}

        return answer(request, request.data, work)


class CriterionRetirement(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Ask for it no more", NoBody, {200: CriterionShape})
    def post(self, request, pk: int) -> HttpResponse:
        row = found(ExitCriterion.objects.select_related("stage__pipeline"), pk=pk)
        body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            pipelines.retire_criterion(row, by=request.user, at=request.now, via="api")
            return 200, {"id": row.pk, "text": row.text}

        return answer(request, request.data, work)
