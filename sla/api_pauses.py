"""REST: pause a clock and let it go on: POST /sla/clocks/81/pause/ and /resume/."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework import serializers as s

from journal.idempotency import answer
from leads.api_verbs import needed
from leads.checks import Checks
from leads.serializers import coded
from revops.lib.endpoint import Endpoint
from revops.lib.openapi import NoBody, Strict, text, writes
from sla import pausing
from sla.api_clocks import ClockRow, as_json
from sla.models import Clock, PauseReason


class NewPause(Strict):
    reason = coded(PauseReason.values)
    until = s.DateTimeField(
        required=False, allow_null=True,
        help_text="Then it goes on by itself. More than five business days, or no end, needs the team's manager.",
    )  # fmt: skip
    note = text(400)


class _ClockVerb(Endpoint):
    scopes = {"POST": "work"}

    def find(self, pk: int) -> Clock:
        clock = pausing.find(pk) if pk < 2**63 else None
        if clock is None:
            raise Http404
        return clock

    def perform(self, do: Callable[[], Clock]) -> HttpResponse:
        def work() -> tuple[int, Any]:
            return 200, as_json(do(), now=self.request.now)

        return answer(self.request, self.request.data, work)


class ClockPause(_ClockVerb):
    @writes("Pause a clock, with the reason", NewPause, {200: ClockRow})
    def post(self, request, pk: int):
        clock, check, said = self.find(pk), Checks(), dict[str, Any]()
        if check.is_object(request.data, "", {"reason", "until", "note"}):
            said["reason"] = needed(request.data, "reason", 24, check)
            said["until"] = check.moment(request.data, "until")
            said["note"] = check.text(request.data, "note", 400, lines=True)
        if check.errors:
            raise check.failed()
        return self.perform(lambda: pausing.pause(clock, by=request.user, at=request.now, via="api", **said))


class ClockResume(_ClockVerb):
    @writes("Let a paused clock go on", NoBody, {200: ClockRow})
    def post(self, request, pk: int):
        clock, check = self.find(pk), Checks()
        check.is_object(request.data, "", frozenset())
        if check.errors:
            raise check.failed()
        return self.perform(lambda: pausing.resume(clock, by=request.user, at=request.now, via="api"))
