"""REST: the ideal customer profile in force and the one that is being made, with how the former does."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.openapi import NoBody, reads, writes
from scoring.icp import validation, verbs
from scoring.models import Icp


class Criterion(s.Serializer):
    attribute = s.CharField()
    label = s.CharField()
    values = s.ListField(child=s.CharField(), help_text="In lower case; a firm that has one of them meets it.")
    texts = s.ListField(child=s.CharField(), help_text="The same as people read them.")
    best = s.IntegerField(help_text="Of `n` customers that had it when it was derived, so many were among the best.")
    n = s.IntegerField()
    lift = s.FloatField(allow_null=True, help_text="Smoothed ratio to the average.")
    low = s.FloatField(allow_null=True, help_text="Wilson interval of best ÷ n, 95%.")
    high = s.FloatField(allow_null=True)


class Yes(s.Serializer):
    side = s.ChoiceField(["marketing", "sales"])
    by = s.IntegerField()
    at = s.DateTimeField()


class Profile(s.Serializer):
    id = s.IntegerField()
    version = s.IntegerField()
    state = s.ChoiceField([state.value for state in Icp.State])
    sentence = s.CharField(allow_blank=True)
    criteria = Criterion(many=True)
    customers = s.IntegerField(help_text="Older than 90 days when it was derived.")
    best = s.IntegerField()
    lost = s.IntegerField(help_text="Firms that only ever turned us down.")
    approvals = Yes(many=True)
    created_at = s.DateTimeField()
    effective_at = s.DateTimeField(allow_null=True)
    review_on = s.DateField(allow_null=True)


class Arm(s.Serializer):
    n = s.IntegerField()
    won = s.IntegerField()
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    median_cycle_days = s.FloatField(allow_null=True)


class Outcome(s.Serializer):
    match = Arm()
    other = Arm()
    unknown = s.IntegerField()
    gap = s.FloatField(allow_null=True, help_text="Win rate of those that match minus the others'.")
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    verdict = s.ChoiceField(["small", "holds", "open", "fails"])


class Profiles(s.Serializer):
    in_force = Profile(allow_null=True)
    open = Profile(allow_null=True, help_text="A draft, or one that waits for approval.")
    since_in_force = Outcome(allow_null=True)


class IdealCustomer(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}

    @reads("The ideal customer profile, and how the deals decided since did by it", Profiles)
    def get(self, request):
        known_parameters(request)
        present = verbs.in_force()
        since = validation.of(present, now=request.now).since if present else None
        return Response({
            "in_force": _profile(present), "open": _profile(verbs.open_one()), "since_in_force": _outcome(since),
        })  # fmt: skip

    @writes("Derive a draft from the customers of today", NoBody, {201: Profile, 200: Profile})
    def post(self, request) -> HttpResponse:
        check = Checks()
        if not check.is_object(request.data, "", frozenset()) or check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            icp = verbs.derive(by=request.user, at=request.now, via="api")
            return 201 if icp.created_at == request.now else 200, _profile(icp)

        return answer(request, request.data, work)


def _profile(icp: Icp | None) -> dict[str, Any] | None:
    if icp is None:
        return None
    given = icp.approvals.order_by("at").values("side", "by", "at")
    return {
        "id": icp.pk, "version": icp.version, "state": icp.state, "sentence": icp.sentence, "criteria": icp.criteria,
        **{name: icp.basis.get(name, 0) for name in ("customers", "best", "lost")},
        "approvals": [{**one, "at": _written(one["at"])} for one in given], "created_at": _written(icp.created_at),
        "effective_at": icp.effective_at and _written(icp.effective_at),
        "review_on": icp.review_on and icp.review_on.isoformat(),
    }  # fmt: skip


def _outcome(found: validation.Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    low, high = found.between or (None, None)
    return {
        "match": _arm(found.match), "other": _arm(found.other), "unknown": found.unknown, "gap": found.gap, "low": low,
        "high": high, "verdict": found.verdict,
    }  # fmt: skip


def _arm(arm: validation.Arm) -> dict[str, Any]:
    low, high = arm.interval or (None, None)
    return {"n": arm.n, "won": arm.won, "low": low, "high": high, "median_cycle_days": arm.cycle}


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
