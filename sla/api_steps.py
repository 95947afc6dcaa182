"""REST: the next step of a lead and of a deal. GET what it is, PUT another one, DELETE drops it, POST done/ ends it."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from deals.api import find_deal
from journal.idempotency import answer
from leads.api import find
from leads.api_verbs import needed
from leads.checks import Checks
from leads.serializers import ID
from revops.lib.endpoint import Endpoint
from revops.lib.errors import Refused
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, writes
from sla import next_steps
from sla.models import NextStep
from sla.step_panels import shown
from teams.models import User


class StepShape(s.Serializer):
    id = s.IntegerField()
    what = s.CharField()
    by_when = s.DateTimeField()
    owner = s.IntegerField()
    owner_name = s.CharField(allow_blank=True)
    state = s.ChoiceField(["open", "done", "dropped"])
    late = s.BooleanField(help_text="Open, and past its moment.")
    clock = s.IntegerField(allow_null=True)


class StepAnswer(s.Serializer):
    step = StepShape(allow_null=True, help_text="null: nobody said what happens next.")


class NewStep(Strict):
    what = shaped({"type": "string", "maxLength": 200, "pattern": SAID}, required=True)
    by_when = s.DateTimeField(help_text="After now.")
    owner = shaped({**ID, "nullable": True}, help_text="Default: the owner of the lead or deal.")


class _Steps(Endpoint):
    scopes = {"GET": "read", "PUT": "work", "DELETE": "work", "POST": "work"}
    kind = "lead"

    def subject(self, pk: int) -> Any:
        return find(pk) if self.kind == "lead" else find_deal(pk)

    def newest(self, pk: int) -> NextStep | None:
        steps = NextStep.objects.select_related("owner", "lead", "deal").filter(**{f"{self.kind}_id": pk})
        return steps.filter(state="open").first() or steps.order_by("-id").first()

    def told(self, step: NextStep | None) -> dict[str, Any]:
        return {"step": shown(step, now=self.request.now) if step else None}

    def read(self, pk: int) -> Response:
        self.subject(pk)
        step = self.newest(pk)
        return Response(self.told(step if step and step.state == "open" else None))

    def set(self, pk: int) -> HttpResponse:
        request, subject, check = self.request, self.subject(pk), Checks()
        said: dict[str, Any] = {}
        if check.is_object(request.data, "", {"what", "by_when", "owner"}):
            said["what"] = needed(request.data, "what", 200, check)
            said["by_when"] = check.moment(request.data, "by_when")
            if said["by_when"] is None and not check.has("by_when"):
                check.no("", "by_when", "required", "This field is needed.")
            said["owner"] = self._owner(check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            step = next_steps.set_step(subject, by=request.user, at=request.now, via="api", **said)
            return 200, self.told(step)

        return answer(request, request.data, work)

    def _owner(self, check: Checks) -> User | None:
        pk = check.whole(self.request.data, "owner", 1, 2**63 - 1)
        owner = User.objects.filter(pk=pk).first() if pk else None
        if pk and owner is None:
            check.no("", "owner", "unknown_user", "Nobody has this id.")
        return owner

    def end(self, pk: int, verb: Any, state: str) -> HttpResponse:
        request, subject, check = self.request, self.subject(pk), Checks()
        check.is_object(request.data, "", frozenset())
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            step = self.newest(subject.pk)
            if step is None or (step.state not in ("open", state)):
                raise Refused(f"Not {state}: no step is open here.", code="no_step")
            return 200, self.told(verb(step, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class LeadStep(_Steps):
    @reads("What happens next on a lead", StepAnswer, operation_id="lead_next_step")
    def get(self, request, pk: int):
        return self.read(pk)

    @writes("Say what happens next on a lead", NewStep, {200: StepAnswer})
    def put(self, request, pk: int):
        return self.set(pk)

    @writes("Drop a lead's next step", None, {200: StepAnswer})
    def delete(self, request, pk: int):
        return self.end(pk, next_steps.drop, "dropped")


class LeadStepDone(_Steps):
    @writes("A lead's next step is done", NoBody, {200: StepAnswer})
    def post(self, request, pk: int):
        return self.end(pk, next_steps.finish, "done")


class DealStep(_Steps):
    kind = "deal"

    @reads("What happens next on a deal", StepAnswer, operation_id="deal_next_step")
    def get(self, request, pk: int):
        return self.read(pk)

    @writes("Say what happens next on a deal", NewStep, {200: StepAnswer})
    def put(self, request, pk: int):
        return self.set(pk)

    @writes("Drop a deal's next step", None, {200: StepAnswer})
    def delete(self, request, pk: int):
        return self.end(pk, next_steps.drop, "dropped")


class DealStepDone(_Steps):
    kind = "deal"

    @writes("A deal's next step is done", NoBody, {200: StepAnswer})
    def post(self, request, pk: int):
        return self.end(pk, next_steps.finish, "done")
