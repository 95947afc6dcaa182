"""REST: what a person decides about a lead, each a noun under it: POST /leads/42/acceptance/.

A verb answers with the lead as it is afterwards. Sent twice it is done once; what the state forbids is a 409 with the
reason, what the caller may not do a 403 that says who may (both come from the verb itself).
"""

from datetime import date
from typing import Any

from django.http import HttpResponse

from journal.idempotency import answer
from leads import answer_serializers as answers
from leads import lead_json, serializers
from leads.api import base_of, find
from leads.bant import ITEMS
from leads.checks import Checks
from leads.models import Lead
from revops.lib.endpoint import Endpoint
from revops.lib.openapi import NoBody, writes


class LeadVerb(Endpoint):
    """`read`: the body → the verb's keywords, errors into `check`; `do`: the verb."""

    scopes = {"POST": "work"}
    fields: frozenset[str] = frozenset()

    def perform(self, request: Any, pk: int) -> HttpResponse:
        lead = find(pk)
        check = Checks()
        said = self.read(request.data, check) if check.is_object(request.data, "", self.fields) else {}
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            self.do(lead, by=request.user, at=request.now, via="api", **said)
            return 200, lead_json.one(lead.pk, now=request.now, base=base_of(request))

        return answer(request, request.data, work)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {}

    def do(self, lead: Lead, **said: Any) -> None:
        raise NotImplementedError


def day(data: dict, name: str, check: Checks) -> date | None:
    """A local date like 2026-12-01; None when absent or wrong."""
    value = data.get(name)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    check.no("", name, "invalid_date", "Give a date like 2026-12-01.")
    return None


def needed(data: dict, name: str, longest: int, check: Checks) -> str:
    said = check.text(data, name, longest)
    if not said and not check.has(name):
        check.no("", name, "required", "This field is needed.")
    return said


class Acceptance(LeadVerb):
    @writes("Accept: MQL → SAL", NoBody, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def do(self, lead, **said):
        lead.accept(**said)


class Rejection(LeadVerb):
    fields = frozenset(["reason", "note"])

    @writes("Reject, with the reason", serializers.Rejection, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def read(self, data, check):
        return {"reason": needed(data, "reason", 24, check), "note": check.text(data, "note", 2_000, lines=True)}

    def do(self, lead, **said):
        lead.reject(**said)


class Recycling(LeadVerb):
    fields = frozenset(["reason", "track", "revisit_on", "note"])

    @writes("Recycle: back to marketing", serializers.Recycling, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def read(self, data, check):
        return {
            "reason": needed(data, "reason", 24, check),
            "track": needed(data, "track", 40, check),
            "revisit_on": day(data, "revisit_on", check),
            "note": check.text(data, "note", 2_000, lines=True),
        }

    def do(self, lead, **said):
        lead.recycle(**said)


class Qualification(LeadVerb):
    fields = frozenset(ITEMS)

    @writes(
        "Confirm budget, authority, need, timeline: SAL → SQL", serializers.Qualification, {200: answers.LeadDetail}
    )
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def read(self, data, check):
        items = {}
        for item in ITEMS:
            given = data.get(item)
            if given is not None and check.is_object(given, item, {"value", "evidence"}):
                items[item] = {
                    "value": check.text(given, "value", 400, item, lines=True),
                    "evidence": check.text(given, "evidence", 1_000, item, lines=True),
                }
        if not items and not check.errors:
            check.no("", "budget", "required", "Confirm at least one of budget, authority, need and timeline.")
        return {"items": items}

    def do(self, lead, **said):
        lead.qualify(**said)


class Disqualification(LeadVerb):
    fields = frozenset(["reason", "note"])

    @writes("Disqualify, until somebody reopens it", serializers.Disqualification, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def read(self, data, check):
        return {"reason": needed(data, "reason", 24, check), "note": check.text(data, "note", 2_000, lines=True)}

    def do(self, lead, **said):
        lead.disqualify(**said)


class Reopening(LeadVerb):
    @writes("Reopen what was rejected, recycled or disqualified", NoBody, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def do(self, lead, **said):
        lead.reopen(**said)
