"""REST: hourly rates, usual minutes, hours of a month and the gross margin."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from marketing import time
from marketing.models import EffortNorm, LoadedRate, SalesHours
from marketing.spend_api import MONTH
from marketing.spend_reading import minor, month
from revops.lib.csv_reading import Wrong
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid, Missing
from revops.lib.openapi import Strict, reads, shaped, writes
from teams.models import Organisation, User

HOURLY = {"type": "string", "pattern": r"^[1-9][0-9]{0,5}(\.[0-9]{1,2})?$"}
HOURS = {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9])?$", "nullable": True}
PERCENT = {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$", "nullable": True}
NORMS = {
    "type": "object", "additionalProperties": False, "minProperties": 1,
    "properties": {k: {"type": "integer", "minimum": 0, "maximum": 600, "nullable": True} for k in time.KINDS},
}  # fmt: skip


class RateRow(s.Serializer):
    id = s.IntegerField()
    role = s.CharField()
    hourly = s.CharField()
    currency = s.CharField()
    from_on = s.DateField()


class HoursRow(s.Serializer):
    user = s.IntegerField()
    hours = s.CharField()


class TimeAnswer(s.Serializer):
    """`hours`: of the month asked about, the running one if unsaid; `gross_margin` in percent."""

    month = shaped(MONTH)
    rates = RateRow(many=True)
    norms = shaped({"type": "object", "additionalProperties": {"type": "integer"}})
    hours = HoursRow(many=True)
    gross_margin = s.CharField(allow_null=True)


class NewRate(Strict):
    role = s.ChoiceField([role.value for role in time.PAID])
    hourly = shaped(HOURLY, required=True)
    from_on = s.DateField()


class Norms(Strict):
    """Minutes by kind of touch; null: only its own minutes count."""

    minutes = shaped(NORMS, required=True)


class NewHours(Strict):
    """`hours` null takes them out."""

    month = shaped(MONTH, required=True)
    user = s.IntegerField(min_value=1, max_value=2**63 - 1)
    hours = shaped(HOURS, required=True)


class Margin(Strict):
    """In percent of revenue; null: unknown."""

    gross_margin = shaped(PERCENT, required=True)


def told(of_month: date) -> dict[str, Any]:
    margin = Organisation.get().gross_margin
    return {
        "month": f"{of_month:%Y-%m}",
        "rates": [
            {"id": row.pk, "role": row.role, "hourly": str(Decimal(row.hourly).scaleb(-2)), "currency": row.currency,
             "from_on": row.from_on}
            for row in LoadedRate.objects.order_by("role", "-from_on")
        ],
        "norms": dict(EffortNorm.objects.order_by("kind").values_list("kind", "minutes")),
        "hours": [
            {"user": user, "hours": str(hours)}
            for user, hours in SalesHours.objects.filter(month=of_month).order_by("user").values_list("user", "hours")
        ],
        "gross_margin": None if margin is None else str(margin),
    }  # fmt: skip


class _Time(Endpoint):
    scopes = {"GET": "read", "PUT": "work", "POST": "work", "DELETE": "work"}

    def said(self, *names: str) -> dict[str, Any]:
        """The body with exactly these fields. Raises Invalid naming what is wrong."""
        data = self.request.data
        if not isinstance(data, dict):
            raise Invalid("Give a JSON object.", code="not_an_object")
        errors = [{"field": str(n)[:100], "code": "unknown_field", "detail": "There is no such field."}
                  for n in data if n not in names]  # fmt: skip
        errors += [{"field": n, "code": "required", "detail": "This field is needed."} for n in names if n not in data]
        if errors:
            raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
        return data

    def today(self) -> date:
        return Organisation.get().today(self.request.now)

    def done(self, work: Any, of_month: date | None = None) -> HttpResponse:
        def once() -> tuple[int, Any]:
            work()
            return 200, told(of_month or self.today().replace(day=1))

        return answer(self.request, self.request.data, once)


class TimeView(_Time):
    @reads("Rates, usual minutes, hours and margin", TimeAnswer, parameters=[OpenApiParameter("month", MONTH)])
    def get(self, request: Any) -> Response:
        known_parameters(request, "month")
        text = request.query_params.get("month")
        return Response(told(_read_month(text) if text else self.today().replace(day=1)))


class Rates(_Time):
    @writes("Set what an hour of a role costs, from a day on", NewRate, {200: TimeAnswer})
    def post(self, request: Any) -> HttpResponse:
        data = self.said("role", "hourly", "from_on")
        try:
            hourly = minor(_text(data, "hourly"), "hourly")
        except Wrong as wrong:
            raise Invalid(wrong.detail, code=wrong.code, field="hourly") from None
        try:
            from_on = date.fromisoformat(_text(data, "from_on"))
        except ValueError:
            raise Invalid("Give a date like 2026-11-01.", code="invalid_date", field="from_on") from None
        currency, role = Organisation.get().currency, _text(data, "role")
        return self.done(lambda: time.set_rate(
            role=role, hourly=hourly, currency=currency, from_on=from_on, by=request.user, at=request.now, via="api",
        ))  # fmt: skip


class Rate(_Time):
    @writes("Drop a rate; the one before counts", None, {200: TimeAnswer})
    def delete(self, request: Any, pk: int) -> HttpResponse:
        self.said()
        if pk >= 2**63:
            raise Missing("There is no such rate.")
        return self.done(lambda: time.drop_rate(pk, by=request.user, at=request.now, via="api"))


class NormsView(_Time):
    @writes("Set how long a touch usually takes", Norms, {200: TimeAnswer})
    def put(self, request: Any) -> HttpResponse:
        minutes = self.said("minutes")["minutes"]
        if not isinstance(minutes, dict) or not minutes:
            raise Invalid("Give minutes by kind of touch.", code="not_an_object", field="minutes")
        for kind, value in minutes.items():
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
                raise Invalid("Give whole minutes.", code="not_a_whole_number", field=f"minutes.{str(kind)[:40]}")
        return self.done(lambda: time.set_norms(minutes, by=request.user, at=request.now, via="api"))


class Hours(_Time):
    @writes("Say how many hours somebody sold in a month", NewHours, {200: TimeAnswer})
    def put(self, request: Any) -> HttpResponse:
        data = self.said("month", "user", "hours")
        of_month, pk = _read_month(_text(data, "month")), data["user"]
        if not isinstance(pk, int) or isinstance(pk, bool) or not 0 < pk < 2**63:
            raise Invalid("Give the id of a user.", code="not_a_whole_number", field="user")
        user = User.objects.active().filter(pk=pk).first()
        if user is None:
            raise Missing("Nobody has this id.", code="unknown_user", field="user")
        hours = _decimal(data, "hours", 1)
        return self.done(
            lambda: time.keep_hours({user: hours}, month=of_month, by=request.user, at=request.now, via="api"), of_month
        )


class MarginView(_Time):
    scopes = {"PUT": "admin"}

    @writes("Set the gross margin", Margin, {200: TimeAnswer})
    def put(self, request: Any) -> HttpResponse:
        percent = _decimal(self.said("gross_margin"), "gross_margin", 2)
        return self.done(lambda: time.set_margin(percent, by=request.user, at=request.now, via="api"))


def _text(data: dict[str, Any], name: str) -> str:
    if not isinstance(data[name], str):
        raise Invalid("Give a text.", code="not_a_text", field=name)
    return data[name]


def _read_month(text: str) -> date:
    try:
        return month(text)
    except Wrong as wrong:
        raise Invalid(wrong.detail, code=wrong.code, field="month") from None


def _decimal(data: dict[str, Any], name: str, places: int) -> Decimal | None:
    if data[name] is None:
        return None
    try:
        value = Decimal(_text(data, name))
    except InvalidOperation:
        raise Invalid("Give a number.", code="not_a_number", field=name) from None
    if not value.is_finite() or abs(value) > 10**6 or value != value.quantize(Decimal(1).scaleb(-places)):
        raise Invalid(f"Give a number with at most {places} decimal places.", code="too_precise", field=name)
    return value
