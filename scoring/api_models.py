"""REST: what counts. Models with their groups and rules; the draft changed, published, shadowed, gone back from."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from rest_framework.response import Response

from journal.idempotency import answer
from leads import serializers
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import NoBody, reads, writes
from revops.lib.pages import KeysetPagination
from scoring import drafts, publishing
from scoring import model_json as shapes
from scoring.models import Rule, RuleGroup, ScoringModel

CUTS = frozenset(drafts.CUTS)
RULES = Prefetch("rules", Rule.objects.select_related("group"))
WHOLE = ScoringModel.objects.prefetch_related("groups", RULES)


class Models(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}
    orderings = {"version": ["version"]}

    @reads("Scoring models with their rules, newest version first", shapes.ModelPage,
           operation_id="scoring_models_list", parameters=serializers.paging(orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(WHOLE, request, self)
        return pages.get_paginated_response([shapes.as_json(row) for row in rows])

    @writes("Open the draft: what is live, to be changed", NoBody,
            {201: shapes.ModelDetail, 200: shapes.ModelDetail})  # fmt: skip
    def post(self, request) -> HttpResponse:
        read(request.data, ())

        def work() -> tuple[int, Any]:
            draft = drafts.open_draft(by=request.user, at=request.now, via="api")
            return 201 if draft.created_at == request.now else 200, detail(draft.pk)

        return answer(request, request.data, work)


class Model(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}

    @reads("One scoring model; of a draft also what is wrong with it", shapes.ModelDetail)
    def get(self, request, pk: int):
        return Response(detail(find(pk).pk))

    @writes("Change the cut-offs of the draft", shapes.CutChange, {200: shapes.ModelDetail})
    def patch(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said, seen = read(request.data, CUTS)

        def work() -> tuple[int, Any]:
            drafts.set_cuts(draft, by=request.user, at=request.now, seen=seen, via="api", **said)
            return 200, detail(pk)

        return answer(request, request.data, work)

    @writes("Throw the draft away; answers with what is live", None, {200: shapes.ModelDetail})
    def delete(self, request, pk: int) -> HttpResponse:
        draft = find(pk)

        def work() -> tuple[int, Any]:
            drafts.discard(draft, by=request.user, at=request.now, via="api")
            return 200, detail(drafts.live().pk)

        return answer(request, {}, work)


class ModelGroups(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Add a group to the draft", shapes.NewGroup, {201: shapes.ModelDetail})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said, seen = read(request.data, ("name", "cap"), needed=("name",))

        def work() -> tuple[int, Any]:
            drafts.set_group(draft, by=request.user, at=request.now, seen=seen, via="api", **{"cap": None, **said})
            return 201, detail(pk)

        return answer(request, request.data, work)


class ModelGroup(Endpoint):
    scopes = {"PATCH": "admin", "DELETE": "admin"}

    @writes("Rename a group of the draft or cap it", shapes.GroupChange, {200: shapes.ModelDetail})
    def patch(self, request, pk: int, group_id: int) -> HttpResponse:
        group = find_group(pk, group_id)
        said, seen = read(request.data, ("name", "cap"))

        def work() -> tuple[int, Any]:
            told = {"by": request.user, "at": request.now, "seen": seen, "via": "api"}
            drafts.set_group(group.model, group=group, **told, **said)
            return 200, detail(pk)

        return answer(request, request.data, work)

    @writes("Take a group out of the draft; its rules stay", None, {200: shapes.ModelDetail})
    def delete(self, request, pk: int, group_id: int) -> HttpResponse:
        group = find_group(pk, group_id)

        def work() -> tuple[int, Any]:
            drafts.remove_group(group, by=request.user, at=request.now, via="api")
            return 200, detail(pk)

        return answer(request, {}, work)


class ModelPublication(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Publish the draft, or what runs in the shadow", shapes.ModelPublication, {200: shapes.ModelDetail})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said, seen = read(request.data, ("hand_over",), yes_no=("hand_over",))

        def work() -> tuple[int, Any]:
            publishing.publish(draft, by=request.user, at=request.now, seen=seen, via="api", **said)
            return 200, detail(pk)

        return answer(request, request.data, work)


class ModelRollback(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Go back to this version: a copy of it is published", shapes.ModelRollback, {200: shapes.ModelDetail})
    def post(self, request, pk: int) -> HttpResponse:
        to = find(pk)
        said, _ = read(request.data, ("hand_over",), yes_no=("hand_over",), seen=False)

        def work() -> tuple[int, Any]:
            back = publishing.roll_back(to, by=request.user, at=request.now, via="api", **said)
            return 200, detail(back.pk)

        return answer(request, request.data, work)


class ModelShadow(Endpoint):
    scopes = {"POST": "admin", "DELETE": "admin"}

    @writes("Let the draft score silently, or let it run longer", shapes.ShadowBody, {200: shapes.ModelDetail})
    def post(self, request, pk: int) -> HttpResponse:
        model = find(pk)
        said, seen = read(request.data, ("days",))

        def work() -> tuple[int, Any]:
            told = {"by": request.user, "at": request.now, "via": "api"}
            if model.state == drafts.State.SHADOW:
                publishing.extend_shadow(model, **told, **said)
            else:
                publishing.shadow(model, seen=seen, **told, **said)
            return 200, detail(pk)

        return answer(request, request.data, work)

    @writes("End the shadow: it becomes the draft again", None, {200: shapes.ModelDetail})
    def delete(self, request, pk: int) -> HttpResponse:
        model = find(pk)

        def work() -> tuple[int, Any]:
            publishing.end_shadow(model, by=request.user, at=request.now, via="api")
            return 200, detail(pk)

        return answer(request, {}, work)


# --- shared by the calls above and by api_rules ------------------------------


def find(pk: int) -> ScoringModel:
    return found(ScoringModel.objects, pk=pk)


def find_group(pk: int, group_id: int) -> RuleGroup:
    return found(RuleGroup.objects.select_related("model"), pk=group_id, model_id=pk)


def detail(pk: int) -> dict[str, Any]:
    model = WHOLE.select_related("based_on").get(pk=pk)
    problems = drafts.problems(model) if model.state in (drafts.State.DRAFT, drafts.State.SHADOW) else []
    return {
        **shapes.as_json(model),
        "problems": [shapes.problem_json(one) for one in problems],
        "differences": [shapes.difference_json(one) for one in drafts.differences(model)],
    }


def read(
    data: Any, known: Collection[str], *, needed: Collection[str] = (), yes_no: Collection[str] = (), seen: bool = True
) -> tuple[dict[str, Any], datetime | None]:
    """(the known fields that are there, what was seen). Raises Invalid naming each field."""
    check = Checks()
    if check.is_object(data, "", frozenset([*known, "seen"] if seen else known)):
        for name in needed:
            if name not in data:
                check.no("", name, "required", "This field is needed.")
        for name in yes_no:
            if name in data and not isinstance(data[name], bool):
                check.no("", name, "not_yes_or_no", "Give true or false.")
        saw = check.moment(data, "seen") if seen else None
    if check.errors:
        raise check.failed()
    return {name: value for name, value in data.items() if name != "seen"}, saw
