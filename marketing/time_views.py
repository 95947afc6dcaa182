"""The page about people's time: what an hour costs, what a touch takes, who sold how many hours; and the margin."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST, require_safe

from marketing import spend_grid, time
from marketing.models import EffortNorm, LoadedRate, SalesHours
from marketing.spend_reading import minor, month
from marketing.spend_rights import WHO, may_say_hours, may_spend
from marketing.spend_views import month_of, spoken, tabs
from revops.lib import words
from revops.lib.answers import done
from revops.lib.csv_reading import Wrong
from revops.lib.errors import Invalid
from teams import access
from teams.models import Organisation, Role, User

HERE = "/spend/time/"


@spoken
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "marketing/spend/time.html", context(request))


def context(request: HttpRequest) -> dict[str, Any]:
    company = Organisation.get()
    shown = month_of(request, company)
    today = company.today(request.now)
    may = may_spend(request.user)
    rates = list(LoadedRate.objects.order_by("role", "-from_on"))
    now = {rate.role: rate.pk for rate in sorted(rates, key=lambda r: r.from_on) if rate.from_on <= today}
    norms = dict(EffortNorm.objects.values_list("kind", "minutes"))
    return {
        "tabs": tabs(HERE), "month": shown, "earlier": spend_grid.months_to(shown, 2)[0],
        "later": spend_grid.later(shown), "today": today, "currency": company.currency, "may": may, "who": WHO,
        "rates": [(rate, Role(rate.role).label, rate.hourly / 100, now.get(rate.role) == rate.pk) for rate in rates],
        "roles": [(role.value, role.label) for role in time.PAID],
        "norms": [(kind, name, norms.get(kind)) for kind, name in time.KINDS.items()],
        "people": people(shown, request.user), "may_margin": access.may(request.user, "administer"),
        "margin": company.gross_margin,
        "logged": import_string(settings.LOGGED_TIME)(shown, now=request.now, organisation=company),
    }  # fmt: skip


def people(month: date, reader: Any) -> list[tuple[User, Decimal | None, bool]]:
    """Who sells, and whoever has hours in the month: with those hours and whether the reader may say them."""
    hours = dict(SalesHours.objects.filter(month=month).values_list("user_id", "hours"))
    sells = User.objects.active().filter(role=Role.SALES) | User.objects.filter(pk__in=hours)
    every = may_spend(reader)
    return [
        (u, hours.get(u.pk), every or (u == reader and may_say_hours(reader, u)))
        for u in sells.distinct().order_by("name", "pk")
    ]


def _wrong(request: HttpRequest, refusal: Wrong | Invalid) -> HttpResponse:
    errors = [{"text": refusal.detail, "href": f"#{refusal.field}" if refusal.field else ""}]
    return render(request, "marketing/spend/time.html", context(request) | {"errors": errors}, status=422)


@spoken
@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    try:
        from_on = parse_date(request.POST.get("from_on", ""))
    except ValueError:
        from_on = None
    try:
        if from_on is None or not 2000 <= from_on.year <= 2100:
            raise Invalid("Give the day it holds from.", field="from_on")
        role, hourly = request.POST.get("role", ""), minor(request.POST.get("hourly", ""), "hourly")
        currency = Organisation.get().currency
        time.set_rate(role=role, hourly=hourly, currency=currency, from_on=from_on, by=request.user, at=request.now)
    except (Wrong, Invalid) as refusal:
        return _wrong(request, refusal)
    cost = words.money(Decimal(hourly) / 100, currency)
    return done(request, f"An hour of {Role(role).label} costs {cost} from {from_on}.", to=HERE)


@spoken
@require_POST
def drop_rate(request: HttpRequest, pk: int) -> HttpResponse:
    time.drop_rate(pk, by=request.user, at=request.now)
    return done(request, "Rate dropped; the one before counts.", to=HERE)


@spoken
@require_POST
def norms(request: HttpRequest) -> HttpResponse:
    try:
        said = {kind: _minutes(request.POST[kind], kind) for kind in time.KINDS if kind in request.POST}
        time.set_norms(said, by=request.user, at=request.now)
    except Invalid as refusal:
        return _wrong(request, refusal)
    return done(request, "Usual minutes kept.", to=HERE)


@spoken
@require_POST
def hours(request: HttpRequest) -> HttpResponse:
    try:
        of_month = month(request.POST.get("month", ""))
        texts = {int(name[6:]): text for name, text in request.POST.items() if re.fullmatch(r"hours-[0-9]{1,17}", name)}
        known = User.objects.in_bulk(list(texts))
        said = {known[pk]: _hours(text, f"hours-{pk}") for pk, text in texts.items() if pk in known}
        changed = time.keep_hours(said, month=of_month, by=request.user, at=request.now)
    except (Wrong, Invalid) as refusal:
        return _wrong(request, refusal)
    text = f"Hours of {words.plural(changed, 'person', 'people')} kept." if changed else "Nothing was changed."
    return done(request, text, to=f"{HERE}?month={of_month:%Y-%m}")


@spoken
@require_POST
def margin(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("percent", "").strip().rstrip("%")
    try:
        time.set_margin(_decimal(text, "percent", 2) if text else None, by=request.user, at=request.now)
    except Invalid as refusal:
        return _wrong(request, refusal)
    return done(request, "Gross margin kept.", to=HERE)


def _minutes(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"\s*[0-9]{1,3}\s*", text, re.ASCII):
        raise Invalid("Give whole minutes.", field=field)
    return int(text)


def _hours(text: str, field: str) -> Decimal | None:
    return _decimal(text, field, 1) if text.strip() else None


def _decimal(text: str, field: str, places: int) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise Invalid("Give a number.", field=field) from None
    if not value.is_finite() or abs(value) > 10**6 or value != value.quantize(Decimal(1).scaleb(-places)):
        raise Invalid(f"Give a number with at most {words.plural(places, 'decimal place')}.", field=field)
    return value
