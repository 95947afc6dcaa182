"""Pages of a customer's verbs, each a noun under the customer, asked in a dialog."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from customers import accounts, caring, movements, onboarding, readings, renewals, subscriptions
from customers.dialogs import ask, refused
from customers.forms import (
    BackForm,
    ChangeForm,
    ChurnForm,
    ExpansionForm,
    GiveForm,
    ReadingForm,
    StepForm,
    TermForm,
    ValueForm,
    of_day,
)  # fmt: skip
from customers.models import Component, Customer, OnboardingStep, Term
from customers.readings import Reading
from customers.rights import require_care, require_sell
from customers.views import find
from deals import money
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.frame import reader_zone


def on_customer(verb: str) -> Callable:
    """A view of one customer's verb: signed in, found, allowed; a refusal is answered in words."""

    def wrap(view: Callable) -> Callable:
        @login_required
        @wraps(view)
        def inside(request: HttpRequest, pk: int) -> HttpResponse:
            customer = find(pk)
            try:
                (require_sell if verb == "sell" else lambda u, c: require_care(u, c, verb))(request.user, customer)
                return view(request, customer)
            except DomainError as refusal:
                return refused(request, refusal, customer.get_absolute_url())

        return inside

    return wrap


@on_customer("look_after")
def step(request: HttpRequest, customer: Customer) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        onboarding.add(customer, given["title"], due_on=given["due_on"], by=request.user, at=request.now)
        return "Step added."

    return ask(request, StepForm, act, title=f"A step for {customer}", words="Add step", back=_back(customer))


@login_required
@require_POST
def step_verb(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """finish, reopen, drop."""
    found = OnboardingStep.objects.select_related("customer__csm__team", "customer__company").filter(pk=pk).first()
    if found is None:
        raise Http404
    back = found.customer.get_absolute_url()
    act = {"done": onboarding.finish, "reopening": onboarding.reopen, "removal": onboarding.drop}[verb]
    said = {"done": "Step done.", "reopening": "Step is open again.", "removal": "Step dropped."}[verb]
    try:
        act(found, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, refusal, back)
    undo = f"/onboarding-steps/{pk}/reopening/" if verb == "done" else ""
    return done(request, said, to=back, undo=undo, reload=True)


@on_customer("look_after")
def first_value(request: HttpRequest, customer: Customer) -> HttpResponse:
    def make(data: Any) -> ValueForm:
        return ValueForm(
            data, initial={"what": customer.first_value, "seen_at": customer.first_value_at or request.now}
        )

    def act(given: dict[str, Any]) -> str:
        onboarding.first_value(customer, given["what"], seen_at=given["seen_at"], by=request.user, at=request.now)
        customer.refresh_from_db()
        return "First value written down." + (" Onboarding is over." if customer.status == "active" else "")

    return ask(
        request, make, act, title=f"The first value of {customer}", words="Write it down", back=_back(customer),
        note="With the hand-over call held, onboarding is over.",
    )  # fmt: skip


@on_customer("look_after")
def reading(request: HttpRequest, customer: Customer) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        batch = [
            Reading(customer.pk, key, given[key], request.now, note=given["note"])
            for key in Component.values if given.get(key) is not None
        ]  # fmt: skip
        return f"{words.plural(readings.keep(batch, by=request.user, at=request.now), 'reading')} kept."

    return ask(
        request, ReadingForm, act, title=f"How {customer} is doing", words="Keep reading", back=_back(customer),
        note="A component left empty keeps its last reading.",
    )  # fmt: skip


@on_customer("look_after")
def subscription(request: HttpRequest, customer: Customer) -> HttpResponse:
    """What a subscription costs a month, from a day on."""
    zone, today = _here(request)
    running = [one for one in accounts.subscriptions([customer.company_id], as_of=request.now) if one.monthly]
    known = {
        str(n): (f"{movements.whence(one.source)}: {words.money(money.major(one.monthly), one.currency)} a month", one)
        for n, one in enumerate(running, 1)
    }

    def act(given: dict[str, Any]) -> str:
        one = known[given["subscription"]][1] if given["subscription"] else None
        which = (one.source, one.subscription) if one else None
        since = of_day(given["on"], zone, request.now)
        change = subscriptions.Change(given["monthly"] or 0, since, which, note=given["note"])
        return (
            "Kept." if subscriptions.change(customer, change, by=request.user, now=request.now) else "It is so already."
        )

    choices = [(key, label) for key, (label, _) in known.items()]
    return ask(
        request, lambda data: ChangeForm(data, known=choices, today=today), act, title=f"What {customer} pays",
        words="Keep change", back=_back(customer), note="Nothing any more means they left.",
    )  # fmt: skip


@on_customer("look_after")
def churn(request: HttpRequest, customer: Customer) -> HttpResponse:
    zone, today = _here(request)

    def act(given: dict[str, Any]) -> str:
        at = of_day(given["on"], zone, request.now)
        subscriptions.churn(
            customer, left_at=at, reason=given["reason"], note=given["note"], by=request.user, now=request.now
        )
        return f"{customer} left."

    return ask(
        request, lambda data: ChurnForm(data, initial={"on": today}), act, title=f"{customer} left", words="They left",
        back=_back(customer), note="Every subscription ends that day. They may come back.", tone="danger",
    )  # fmt: skip


@on_customer("look_after")
def back(request: HttpRequest, customer: Customer) -> HttpResponse:
    zone, today = _here(request)

    def act(given: dict[str, Any]) -> str:
        since = of_day(given["on"], zone, request.now)
        subscriptions.back(customer, since=since, monthly=given["monthly"], by=request.user, now=request.now)
        return f"{customer} is back."

    return ask(
        request, lambda data: BackForm(data, initial={"on": today}), act, title=f"{customer} is back",
        words="They are back", back=_back(customer), note="A new contract, an old customer.",
    )  # fmt: skip


@on_customer("look_after")
def term(request: HttpRequest, customer: Customer) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        renewals.add_term(customer, **given, by=request.user, at=request.now)
        return "Term written down."

    return ask(
        request, TermForm, act, title=f"A term of {customer}", words="Write it down", back=_back(customer),
        note="A renewal deal is opened 90 days before it renews.",
    )  # fmt: skip


@login_required
@require_POST
def term_verb(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """end; renewal: open its deal now."""
    names = ("customer__csm__team", "customer__company", "customer__first_deal")
    found = Term.objects.select_related(*names).filter(pk=pk).first()
    if found is None:
        raise Http404
    to = found.customer.get_absolute_url()
    try:
        if verb == "end":
            renewals.end_term(found, by=request.user, at=request.now)
            return done(request, "Term ended.", to=to, reload=True)
        deal = renewals.open_one(found, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, refusal, to)
    return done(request, f"{deal} is open.", to=deal.get_absolute_url(), reload=True)


@on_customer("sell")
def expansion(request: HttpRequest, customer: Customer) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        deal = renewals.expand(customer, **given, by=request.user, at=request.now)
        return f"{deal} is open."

    return ask(
        request, ExpansionForm, act, title=f"More for {customer}", words="Open deal", back=_back(customer),
        note="An expansion: it leaves win rates of new business alone.",
    )  # fmt: skip


@on_customer("give_customer")
def manager(request: HttpRequest, customer: Customer) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        caring.give(customer, given["csm"], by=request.user, at=request.now)
        return f"{given['csm']} looks after {customer} now."

    return ask(
        request, lambda data: GiveForm(data, customer.csm_id), act, title=f"Who looks after {customer}",
        words="Give customer", back=_back(customer), note="Open steps go along.",
    )  # fmt: skip


def _back(customer: Customer) -> str:
    return customer.get_absolute_url()


def _here(request: HttpRequest) -> tuple[ZoneInfo, Any]:
    """The reader's zone, and the day it is there: what a day that they type is read in."""
    zone = reader_zone(request)
    return zone, request.now.astimezone(zone).date()
