"""REST: kept views of the dashboard, who gets them by mail, and how long a lead may hear nothing."""

from typing import Any

from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import saved, sheet
from dashboards.journey import limits
from dashboards.mailing import mailings
from dashboards.mailing.models import Mailing
from journal.idempotency import answer
from leads.api_verbs import needed
from leads.checks import Checks
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, text, writes
from teams.models import SavedView

ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}


def _whole(least: int, most: int, **more: Any) -> s.Field:
    return shaped({"type": "integer", "minimum": least, "maximum": most}, **more)


class View(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    query = s.CharField(allow_blank=True, help_text="Of the address /dashboard/?…")
    shared = s.BooleanField()


class ViewList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = View(many=True)


NAME = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID}


class NewView(Strict):
    name = shaped(NAME, required=True)
    query = text(1000, help_text="As in the page's address: days, compare, source, owner, team, segment, funnel.")
    shared = shaped({"type": "boolean"})


class MailingRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    query = s.CharField(allow_blank=True)
    every = s.ChoiceField(Mailing.Every.choices)
    weekday = s.IntegerField(help_text="0 is Monday; of a weekly one.")
    day = s.IntegerField(help_text="Of a monthly one.")
    hour = s.IntegerField(help_text="In the organisation's zone.")
    form = s.ChoiceField(Mailing.Form.choices)
    to = s.ListField(child=s.IntegerField(), help_text="Ids of users.")
    owner = s.IntegerField()
    next_at = s.DateTimeField(allow_null=True, help_text="Null: stopped.")
    last_at = s.DateTimeField(allow_null=True)
    last_error = s.CharField(allow_blank=True)


class MailingList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = MailingRow(many=True)


class NewMailing(Strict):
    name = shaped(NAME, required=True)
    query = text(1000)
    every = s.ChoiceField(Mailing.Every.values)
    weekday = _whole(0, 6)
    day = _whole(1, 31)
    hour = _whole(0, 23)
    form = s.ChoiceField(Mailing.Form.values, required=False)
    to = shaped({"type": "array", "minItems": 1, "maxItems": mailings.MOST, "items": ID}, required=True)


class Limits(Strict):
    """Days of silence a lead may have in each stage."""

    mql = _whole(1, limits.MOST)
    sal = _whole(1, limits.MOST)
    sql = _whole(1, limits.MOST)


def view_json(view: SavedView) -> dict[str, Any]:
    return {"id": view.pk, "name": view.name, "query": view.query, "shared": view.owner_id is None}


def mailing_json(m: Mailing) -> dict[str, Any]:
    names = ("name", "query", "every", "weekday", "day", "hour", "form", "to", "next_at", "last_at", "last_error")
    return {"id": m.pk, "owner": m.owner_id} | {name: getattr(m, name) for name in names}


def _number(body: Any, name: str, least: int, most: int, otherwise: int, check: Checks) -> int:
    value = body.get(name, otherwise)
    if type(value) is int and least <= value <= most:
        return value
    check.errors.append({"field": name, "code": "invalid", "detail": f"Give a whole number from {least} to {most}."})
    return otherwise


class Views(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("Kept views of the dashboard: one's own and everybody's", ViewList, operation_id="dashboard_views")
    def get(self, request):
        known_parameters(request)
        rows = [view_json(view) for view in saved.mine(request.user).order_by("position", "id")]
        return Response({"next": None, "previous": None, "results": rows})

    @writes("Keep a view", NewView, {201: View})
    def post(self, request):
        check, name, query, shared = Checks(), "", "", False
        if check.is_object(request.data, "", {"name", "query", "shared"}):
            name, query = needed(request.data, "name", 80, check), check.text(request.data, "query", 1000) or ""
            shared = request.data.get("shared", False)
            if type(shared) is not bool:
                check.errors.append({"field": "shared", "code": "invalid", "detail": "Give true or false."})
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 201, view_json(saved.keep(name, query, shared=shared, by=request.user, now=request.now))

        return answer(request, request.data, work)


class ViewRemoval(Endpoint):
    scopes = {"POST": "work"}

    @writes("Remove a view: one's own; a shared one by an administrator", NoBody, {200: View})
    def post(self, request, pk: int):
        def work() -> tuple[int, Any]:
            view = found(saved.mine(request.user), pk=pk)
            body = view_json(view)
            saved.drop(view, by=request.user)
            return 200, body

        return answer(request, request.data, work)


class Mailings(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("Who gets the dashboard by mail", MailingList, operation_id="dashboard_mailings")
    def get(self, request):
        known_parameters(request)
        rows = [mailing_json(m) for m in mailings.of(request.user)[:200]]
        return Response({"next": None, "previous": None, "results": rows})

    @writes("Send the dashboard each week or month", NewMailing, {201: MailingRow})
    def post(self, request):
        check, body, said = Checks(), request.data, {}
        if check.is_object(body, "", {"name", "query", "every", "weekday", "day", "hour", "form", "to"}):
            to = body.get("to")
            if not (isinstance(to, list) and all(type(pk) is int and 0 < pk < 2**63 for pk in to)):
                check.errors.append({"field": "to", "code": "invalid", "detail": "Give a list of ids of users."})
            said = {
                "name": needed(body, "name", 80, check), "query": check.text(body, "query", 1000) or "",
                "every": needed(body, "every", 6, check),
                "form": check.text(body, "form", 4) or Mailing.Form.PDF.value, "to": to,
                "weekday": _number(body, "weekday", 0, 6, 0, check), "day": _number(body, "day", 1, 31, 1, check),
                "hour": _number(body, "hour", 0, 23, 8, check),
            }  # fmt: skip
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 201, mailing_json(mailings.make(**said, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class MailingStop(Endpoint):
    scopes = {"POST": "work"}

    @writes("Stop it: for all, or for oneself when somebody else made it", NoBody, {200: MailingRow})
    def post(self, request, pk: int):
        def work() -> tuple[int, Any]:
            mailing = found(mailings.of(request.user), pk=pk)
            return 200, mailing_json(mailings.stop(mailing, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class SilenceLimits(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("How long a lead may hear nothing, by stage", Limits, operation_id="silence_limits")
    def get(self, request):
        known_parameters(request)
        return Response(limits.limits())

    @writes("Set it; stages left out stay", Limits, {200: Limits})
    def post(self, request):
        check, said, body = Checks(), {}, request.data
        if check.is_object(body, "", set(limits.STAGES)):
            said = {stage: _number(body, stage, 1, limits.MOST, limits.DAYS, check) for stage in body}
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            kept = limits.set_limits(said, by=request.user, at=request.now, via="api")
            sheet.forget()
            return 200, kept

        return answer(request, request.data, work)
