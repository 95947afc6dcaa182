"""REST: a model over the past. Begun with one call, watched with another; what is counted stays to be read."""

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid, Refused
from revops.lib.openapi import reads, writes
from revops.lib.pages import MOST, limit_of
from scoring.models import Definition, ReplayRun, ScoringModel
from scoring.replay import lists, running, shapes
from teams import access

PAGE = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
    OpenApiParameter("cursor", {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}, description="From `next`; opaque."),
]


class Replays(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Begin a replay, or find the one that stands", shapes.ReplayBody, {202: shapes.Replay})
    def post(self, request) -> HttpResponse:
        access.require(request.user, "administer")
        of, days, definition = _read(request.data)

        def work() -> tuple[int, Any]:
            run = running.begin(
                _model(of), days=days, definition=_definition(definition), now=request.now, by=request.user
            )
            return 202, shapes.as_json(run, now=request.now)

        return answer(request, request.data, work)


class OneReplay(Endpoint):
    scopes = {"GET": "read", "DELETE": "admin"}

    @reads("How far a replay is, and what it found", shapes.Replay)
    def get(self, request, pk: int):
        return Response(shapes.as_json(find(pk), now=request.now))

    @writes("Cancel a replay; begun again, it goes on where it stopped", None, {200: shapes.Replay})
    def delete(self, request, pk: int) -> HttpResponse:
        access.require(request.user, "administer")
        run = find(pk)

        def work() -> tuple[int, Any]:
            return 200, shapes.as_json(running.cancel(run, at=request.now), now=request.now)

        return answer(request, {}, work)


class Entering(Endpoint):
    @reads("Leads that only the draft hands over, newest first", shapes.MovedLeads, parameters=PAGE,
           operation_id="scoring_replays_entering")  # fmt: skip
    def get(self, request, pk: int):
        return _page(request, lists.entering, pk)


class Leaving(Endpoint):
    @reads("Leads that only the live model hands over, newest first", shapes.MovedLeads, parameters=PAGE,
           operation_id="scoring_replays_leaving")  # fmt: skip
    def get(self, request, pk: int):
        return _page(request, lists.leaving, pk)


def find(pk: int) -> ReplayRun:
    run = running.progress(pk) if pk < 2**63 else None
    if run is None:
        raise Http404
    return run


def _page(request: Any, of: Any, pk: int) -> Response:
    known_parameters(request, "limit", "cursor")
    page = of(find(pk), after=request.query_params.get("cursor", ""), limit=limit_of(request.query_params.get("limit")))
    here = request.build_absolute_uri()
    after = replace_query_param(here, "cursor", page.after) if page.after else None
    return Response({"next": after, "previous": None, "results": [asdict(row) for row in page.rows]})


def _read(data: Any) -> tuple[str, int, str]:
    check = Checks()
    if not check.is_object(data, "", frozenset(["of", "days", "definition"])):
        raise check.failed()
    said = {"of": (shapes.OF, "draft"), "definition": (shapes.DEFINITIONS, "in_force")}
    chosen = {}
    for name, (choices, usual) in said.items():
        chosen[name] = data.get(name, usual)
        if not (isinstance(chosen[name], str) and chosen[name] in choices):
            check.no("", name, "not_a_choice", f"Choose one of {', '.join(choices)}.")
    days = data.get("days", running.DAYS)
    if not (isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= running.MOST_DAYS):
        check.no("", "days", "not_a_whole_number", f"Give a whole number from 1 to {running.MOST_DAYS}.")
    if check.errors:
        raise check.failed()
    if chosen["of"] == "live" and chosen["definition"] == "open":
        raise Invalid("The live model hands over by what is in force.", code="not_a_choice", field="definition")
    return chosen["of"], days, chosen["definition"]


def _model(of: str) -> ScoringModel | None:
    if of == "live":
        return None
    model = ScoringModel.objects.filter(state=of).first()
    if model is None:
        raise Refused(f"There is no model in the state {of}.", code=f"no_{of}")
    return model


def _definition(which: str) -> Definition | None:
    if which == "in_force":
        return None
    found = Definition.objects.filter(stage="mql").exclude(state=Definition.State.PUBLISHED).first()
    if found is None:
        raise Refused("No MQL definition is being drafted or proposed.", code="no_definition")
    return found
