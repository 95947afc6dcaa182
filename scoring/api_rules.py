"""REST: single rules. All may read those of any version; administrators change those of the draft."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from journal.idempotency import answer
from leads.attributes import asked_once
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Invalid, Refused
from revops.lib.openapi import NoBody, reads, writes
from scoring import drafts
from scoring import model_json as shapes
from scoring.api_models import find as find_model
from scoring.api_models import read
from scoring.draft_fields import EDITABLE, MOST_RULES
from scoring.models import Rule, ScoringModel


class Rules(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}

    @reads("The rules of one scoring model, by itself of what is live", shapes.RulePage,
           operation_id="scoring_rules_list", parameters=[OpenApiParameter("model", shapes.ID)])  # fmt: skip
    def get(self, request):
        known_parameters(request, "model")
        asked = request.query_params.get("model")
        if asked is None:
            model = drafts.live()
        elif asked.isascii() and asked.isdigit() and len(asked) < 20 and 0 < int(asked) < 2**63:
            model = find_model(int(asked))
        else:
            raise Invalid("Give the id of a model.", code="not_an_id", field="model")
        with asked_once():
            rules = shapes.rules_json(model.rules.select_related("group"))
        return Response({"next": None, "previous": None, "results": rules})

    @writes("Add a rule to the draft", shapes.NewRule, {201: shapes.RuleDetail})
    def post(self, request) -> HttpResponse:
        fields, seen = read(request.data, [*EDITABLE, "kind", "before"], needed=("kind",))
        kind, before = fields.pop("kind"), fields.pop("before", None)

        def work() -> tuple[int, Any]:
            draft = drafts.the_draft()
            if draft is None:
                raise Refused("No draft is open: open one with POST /scoring/models/.", code="no_draft")
            front = _front(draft, before)
            told = {"by": request.user, "at": request.now, "via": "api"}
            rule = drafts.add(draft, kind=kind, fields=fields, before=front, seen=seen, **told)
            return 201, detail(rule.pk)

        return answer(request, request.data, work)


class OneRule(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}

    @reads("One rule; of a draft also what is wrong with it", shapes.RuleDetail)
    def get(self, request, pk: int):
        return Response(detail(find(pk).pk))

    @writes("Change a rule of the draft", shapes.RuleChange, {200: shapes.RuleDetail})
    def patch(self, request, pk: int) -> HttpResponse:
        rule = find(pk)
        fields, seen = read(request.data, [*EDITABLE, "place"])
        check = Checks()
        place = check.whole(fields, "place", 1, MOST_RULES)
        if check.errors:
            raise check.failed()
        fields.pop("place", None)

        def work() -> tuple[int, Any]:
            told = {"by": request.user, "at": request.now, "via": "api"}
            drafts.change(rule, fields, seen=seen, **told)
            if place is not None:
                drafts.move(rule, to=place, **told)
            return 200, detail(pk)

        return answer(request, request.data, work)

    @writes("Take a rule out of the draft; answers with what is left", None, {200: shapes.RulePage})
    def delete(self, request, pk: int) -> HttpResponse:
        rule = find(pk)

        def work() -> tuple[int, Any]:
            drafts.remove(rule, by=request.user, at=request.now, via="api")
            left = shapes.rules_json(rule.model.rules.select_related("group"))
            return 200, {"next": None, "previous": None, "results": left}

        return answer(request, {}, work)


class RuleCopy(Endpoint):
    scopes = {"POST": "admin"}

    @writes("The same rule once more, right behind it", NoBody, {201: shapes.RuleDetail})
    def post(self, request, pk: int) -> HttpResponse:
        rule = find(pk)
        read(request.data, (), seen=False)

        def work() -> tuple[int, Any]:
            return 201, detail(drafts.duplicate(rule, by=request.user, at=request.now, via="api").pk)

        return answer(request, request.data, work)


def find(pk: int) -> Rule:
    return found(Rule.objects.select_related("model"), pk=pk)


def detail(pk: int) -> dict[str, Any]:
    rule = Rule.objects.select_related("model").get(pk=pk)
    told = shapes.rules_json(rule.model.rules.select_related("group"))
    wrong = drafts.problems(rule.model) if rule.model.state in (drafts.State.DRAFT, drafts.State.SHADOW) else []
    return {
        **next(one for one in told if one["id"] == pk),
        "edited_at": rule.model.edited_at,
        "problems": [shapes.problem_json(one) for one in wrong if one.line == rule.line],
    }


def _front(draft: ScoringModel, before: Any) -> Rule | None:
    if before is None:
        return None
    known = isinstance(before, int) and not isinstance(before, bool) and 0 < before < 2**63
    found = draft.rules.filter(pk=before).first() if known else None
    if found is None:
        raise Invalid("There is no rule with this id in the draft.", code="unknown_rule", field="before")
    return found
