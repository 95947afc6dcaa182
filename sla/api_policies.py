"""REST: what is promised. Sets with their lines and ladders; drafts changed, published, gone back from."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.response import Response

from journal.idempotency import answer
from leads import serializers
from leads.checks import Checks, body, seen_in
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import NoBody, reads, writes
from revops.lib.pages import KeysetPagination
from sla import drafts
from sla import policy_json as shapes
from sla.draft_fields import EDITABLE
from sla.models import Carry, Policy, PolicySet, Target

CHANGED = frozenset([*EDITABLE, "ladder", "seen"])
WHOLE = PolicySet.objects.exclude(state="law").prefetch_related("lines__steps")


class Policies(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}
    orderings = {"version": ["version"]}

    @reads("Policy sets with their lines, newest version first", shapes.PolicySetPage,
           operation_id="policies_list", parameters=serializers.paging(orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(WHOLE, request, self)
        return pages.get_paginated_response([shapes.as_json(row) for row in rows])

    @writes("Open the draft: what is live, to be changed", NoBody,
            {201: shapes.PolicySetDetail, 200: shapes.PolicySetDetail})  # fmt: skip
    def post(self, request) -> HttpResponse:
        body(request.data, frozenset())

        def work() -> tuple[int, Any]:
            draft = drafts.open_draft(by=request.user, at=request.now, via="api")
            return 201 if draft.created_at == request.now else 200, detail(draft.pk, now=request.now)

        return answer(request, request.data, work)


class PolicyDetail(Endpoint):
    @reads("One policy set; of a draft also what is wrong with it", shapes.PolicySetDetail)
    def get(self, request, pk: int):
        return Response(detail(find(pk).pk, now=request.now))


class PolicyLines(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Add a line to the draft", shapes.NewLine, {201: shapes.PolicySetDetail})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said = body(request.data, CHANGED | {"target", "before"}, needed=("target",))
        seen, ladder, fields = _parts(said)
        target, before = fields.pop("target"), fields.pop("before", None)
        if target not in Target.values:
            raise Invalid("There is no such target.", code="not_a_choice", field="target")
        known = isinstance(before, int) and not isinstance(before, bool) and 0 < before < 2**31
        front = draft.lines.filter(pk=before).first() if known else None
        if before is not None and front is None:
            raise Invalid("There is no line with this id in the draft.", code="unknown_line", field="before")

        def work() -> tuple[int, Any]:
            told = {"by": request.user, "at": request.now, "via": "api"}
            line = drafts.add(draft, target=target, before=front, fields=fields, seen=seen, **told)
            _climb(line, ladder, told)
            return 201, detail(draft.pk, now=request.now)

        return answer(request, request.data, work)


class PolicyLine(Endpoint):
    scopes = {"PATCH": "admin", "DELETE": "admin"}

    @writes("Change a line of the draft", shapes.LineChange, {200: shapes.PolicySetDetail})
    def patch(self, request, pk: int, line_id: int) -> HttpResponse:
        line = find_line(pk, line_id)
        seen, ladder, fields = _parts(body(request.data, CHANGED | {"place"}))
        check = Checks()
        place = check.whole(fields, "place", 1, 1_000)
        if check.errors:
            raise check.failed()
        fields.pop("place", None)

        def work() -> tuple[int, Any]:
            told = {"by": request.user, "at": request.now, "via": "api"}
            drafts.change(line, fields, seen=seen, **told)
            if place is not None:
                drafts.move(line, to=place, **told)
            _climb(line, ladder, told)
            return 200, detail(pk, now=request.now)

        return answer(request, request.data, work)

    @writes("Take a line out of the draft", None, {200: shapes.PolicySetDetail})
    def delete(self, request, pk: int, line_id: int) -> HttpResponse:
        line = find_line(pk, line_id)

        def work() -> tuple[int, Any]:
            drafts.remove(line, by=request.user, at=request.now, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, {}, work)


class PolicyPublication(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Publish the draft as the next version", shapes.Publication, {200: shapes.PolicySetDetail})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said = body(request.data, frozenset(["change_mode", "seen"]))
        seen, _, _ = _parts(said)
        mode = said.get("change_mode", Carry.PIN.value)

        def work() -> tuple[int, Any]:
            drafts.publish(draft, by=request.user, at=request.now, change_mode=mode, seen=seen, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, request.data, work)


class PolicyRollback(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Go back to this version: a copy of it is published", shapes.Rollback, {200: shapes.PolicySetDetail})
    def post(self, request, pk: int) -> HttpResponse:
        to = find(pk)
        mode = body(request.data, frozenset(["change_mode"])).get("change_mode", Carry.PIN.value)

        def work() -> tuple[int, Any]:
            back = drafts.roll_back(to, by=request.user, at=request.now, change_mode=mode, via="api")
            return 200, detail(back.pk, now=request.now)

        return answer(request, request.data, work)


class PolicyDiscard(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Throw the draft away; answers with what is live", shapes.Seen, {200: shapes.PolicySetDetail})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        seen, _, _ = _parts(body(request.data, frozenset(["seen"])))

        def work() -> tuple[int, Any]:
            drafts.discard(draft, by=request.user, at=request.now, seen=seen, via="api")
            return 200, detail(drafts.live().pk, now=request.now)

        return answer(request, request.data, work)


# --- shared by the calls above -----------------------------------------------


def find(pk: int) -> PolicySet:
    return found(PolicySet.objects, pk=pk)


def find_line(pk: int, line_id: int) -> Policy:
    return found(Policy.objects.select_related("policy_set"), pk=line_id, policy_set_id=pk)


def detail(pk: int, *, now: datetime) -> dict[str, Any]:
    policy_set = WHOLE.select_related("based_on").get(pk=pk)
    problems = drafts.problems(policy_set, at=now) if policy_set.state == "draft" else []
    differences = drafts.differences(policy_set) if policy_set.based_on_id else []
    return {
        **shapes.as_json(policy_set),
        "problems": [shapes.problem_json(one) for one in problems],
        "differences": [shapes.difference_json(one) for one in differences],
    }


def _parts(said: dict[str, Any]) -> tuple[datetime | None, Any, dict[str, Any]]:
    """(what was seen, the ladder or None, the fields of the line)."""
    return (
        seen_in(said),
        said.get("ladder"),
        {name: one for name, one in said.items() if name not in ("seen", "ladder")},
    )


def _climb(line: Policy, ladder: Any, told: dict[str, Any]) -> None:
    if ladder is None:
        return
    try:
        drafts.set_ladder(line, ladder, **told)
    except Invalid as wrong:  # named as the caller wrote it
        errors = [{**error, "field": error["field"].replace("steps", "ladder", 1)} for error in wrong.errors]
        first = errors[0]
        raise Invalid(first["detail"], code=first["code"], field=first["field"], errors=errors) from None
