"""REST: customers, with health, plan, what they pay and when they renew; and the verbs on one of them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from customers import accounts, caring, health, onboarding, renewals, subscriptions
from customers.forms import of_day
from customers.models import ChurnReason, Component, Customer, OnboardingStep, Term
from deals import money
from deals.api import MONEY, needed_day, read_amount
from journal.idempotency import answer
from leads.api_verbs import day, needed
from leads.checks import Checks
from leads.serializers import ID, paging
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import NoBody, Strict, reads, shaped, text, writes
from revops.lib.pages import KeysetPagination
from teams.models import Organisation, User


class HealthAnswer(s.Serializer):
    score = s.FloatField(allow_null=True)
    colour = s.ChoiceField(health.COLOURS)
    components = s.DictField(child=s.IntegerField())
    missing = s.ListField(child=s.ChoiceField(Component.values), help_text="Left out; the others weigh more.")


class CustomerRow(s.Serializer):
    id = s.IntegerField()
    url = s.CharField()
    company = s.IntegerField()
    company_name = s.CharField()
    status = s.ChoiceField(Customer.Status.choices)
    csm = s.IntegerField(allow_null=True)
    csm_name = s.CharField(allow_null=True)
    since = s.DateTimeField()
    first_deal = s.IntegerField(allow_null=True)
    first_value = s.CharField(allow_blank=True)
    first_value_at = s.DateTimeField(allow_null=True)
    activated_at = s.DateTimeField(allow_null=True)
    churned_at = s.DateTimeField(allow_null=True)
    churn_reason = s.CharField(allow_blank=True)
    reactivated_at = s.DateTimeField(allow_null=True)
    monthly = shaped({**MONEY, "nullable": True})
    health = HealthAnswer()


class CustomerPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = CustomerRow(many=True)


class OnboardingStepAnswer(s.Serializer):
    id = s.IntegerField()
    title = s.CharField()
    due_on = s.DateField(allow_null=True)
    owner = s.IntegerField(allow_null=True)
    done_at = s.DateTimeField(allow_null=True)
    dropped = s.BooleanField()


class TermAnswer(s.Serializer):
    id = s.IntegerField()
    subscription = s.CharField(allow_blank=True)
    starts_on = s.DateField()
    renews_on = s.DateField()
    deal = s.IntegerField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)


class CustomerDetailAnswer(CustomerRow):
    steps = OnboardingStepAnswer(many=True)
    terms = TermAnswer(many=True)


class StepBody(Strict):
    title = text(120, required=True)
    due_on = s.DateField(required=False)


class ValueBody(Strict):
    what = text(200, required=True)
    seen_at = s.DateTimeField(help_text="Not in the future.")


class LeavingBody(Strict):
    reason = s.ChoiceField(ChurnReason.values)
    on = s.DateField(required=False, help_text="A local date; default: today.")
    note = text(300, help_text="Needed with the reason other.")


class ReturnBody(Strict):
    on = s.DateField(required=False, help_text="A local date; default: today.")
    monthly = shaped(MONEY, required=True, help_text="What they pay from then on, above zero.")


class TermBody(Strict):
    starts_on = s.DateField()
    renews_on = s.DateField()
    subscription = text(120)


class ExpansionBody(Strict):
    name = text(200)
    amount = shaped(MONEY, required=True)
    close_on = s.DateField()


class ManagerBody(Strict):
    csm = shaped(ID, required=True)


class DealAnswer(s.Serializer):
    deal = s.IntegerField()
    url = s.CharField()


def told(rows: list[Customer], request: Any) -> list[dict[str, Any]]:
    """Three queries more, however many customers."""
    currency = Organisation.get().currency
    doing = health.of([row.pk for row in rows], as_of=request.now)
    paid = accounts.monthly([row.company_id for row in rows], currency=currency, as_of=request.now)
    base = f"{request.scheme}://{request.get_host()}/api/v1/customers/"
    return [
        {
            "id": row.pk, "url": f"{base}{row.pk}/", "company": row.company_id, "company_name": str(row.company),
            "status": row.status, "csm": row.csm_id, "csm_name": str(row.csm) if row.csm else None, "since": row.since,
            "first_deal": row.first_deal_id, "first_value": row.first_value, "first_value_at": row.first_value_at,
            "activated_at": row.activated_at, "churned_at": row.churned_at, "churn_reason": row.churn_reason,
            "reactivated_at": row.reactivated_at, "monthly": money.as_json(paid.get(row.company_id), currency),
            "health": doing[row.pk]._asdict(),
        }
        for row in rows
    ]  # fmt: skip


def detail(pk: int, request: Any) -> dict[str, Any]:
    row = find(pk)
    return told([row], request)[0] | {
        "steps": [step_json(step) for step in row.steps.all()],
        "terms": [term_json(term) for term in row.terms.all()],
    }


def step_json(step: OnboardingStep) -> dict[str, Any]:
    return {"id": step.pk, "title": step.title, "due_on": step.due_on, "owner": step.owner_id,
            "done_at": step.done_at, "dropped": step.dropped_at is not None}  # fmt: skip


def term_json(term: Term) -> dict[str, Any]:
    return {"id": term.pk, "subscription": term.subscription, "starts_on": term.starts_on, "renews_on": term.renews_on,
            "deal": term.deal_id, "ended_at": term.ended_at}  # fmt: skip


def find(pk: int) -> Customer:
    return found(Customer.objects.select_related("company", "csm__team", "first_deal"), pk=pk)  # type: ignore[return-value]


class Customers(Endpoint):
    orderings = {"id": ["id"], "since": ["since", "id"]}

    @reads("Customers, newest first", CustomerPage, operation_id="customers_list", parameters=[
        OpenApiParameter("status", {"type": "string", "enum": Customer.Status.values}),
        OpenApiParameter("csm", ID),
        OpenApiParameter("company", ID),
        *paging(orderings),
    ])  # fmt: skip
    def get(self, request: Any) -> Response:
        known_parameters(request, "status", "csm", "company", "limit", "ordering", "cursor")
        rows, asked = Customer.objects.select_related("company", "csm"), request.query_params
        if status := asked.get("status"):
            if status not in Customer.Status.values:
                raise Invalid(
                    f"Choose one of {', '.join(Customer.Status.values)}.", code="not_a_choice", field="status"
                )
            rows = rows.filter(status=status)
        for name in ("csm", "company"):
            if said := asked.get(name):
                if not (said.isascii() and said.isdecimal() and 0 < int(said[:20]) < 2**63):
                    raise Invalid("Give an id.", code="invalid_id", field=name)
                rows = rows.filter(**{f"{name}_id": int(said)})
        pages = KeysetPagination()
        return pages.get_paginated_response(told(pages.paginate_queryset(rows, request, self), request))


class CustomerDetail(Endpoint):
    @reads("One customer", CustomerDetailAnswer)
    def get(self, request: Any, pk: int) -> Response:
        return Response(detail(pk, request))


class CustomerVerb(Endpoint):
    """`fields` of the body; `read` them, `do` it; the answer is the customer as it then is."""

    scopes = {"POST": "work"}
    fields: frozenset[str] = frozenset()

    def perform(self, request: Any, pk: int) -> HttpResponse:
        customer, check = find(pk), Checks()
        said = self.read(request.data, check) if check.is_object(request.data, "", self.fields) else {}
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            self.do(customer, request.user, request.now, **said)
            return 200, detail(pk, request)

        return answer(request, request.data, work)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {}

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        raise NotImplementedError


class CustomerSteps(CustomerVerb):
    fields = frozenset(["title", "due_on"])

    @writes("Add a step to an onboarding", StepBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {"title": needed(data, "title", 120, check), "due_on": day(data, "due_on", check)}

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        onboarding.add(customer, **said, by=by, at=at, via="api")


class CustomerValue(CustomerVerb):
    fields = frozenset(["what", "seen_at"])

    @writes("The first value a customer got", ValueBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        said = {"what": needed(data, "what", 200, check), "seen_at": check.moment(data, "seen_at")}
        if said["seen_at"] is None and not check.has("seen_at"):
            check.no("", "seen_at", "required", "This field is needed.")
        return said

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        onboarding.first_value(customer, **said, by=by, at=at, via="api")


class CustomerLeaving(CustomerVerb):
    fields = frozenset(["reason", "on", "note"])

    @writes("A customer left, with the reason", LeavingBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {"reason": needed(data, "reason", 20, check), "on": day(data, "on", check),
                "note": check.text(data, "note", 300)}  # fmt: skip

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        left_at = _moment(said.pop("on"), at)
        subscriptions.churn(customer, left_at=left_at, **said, by=by, now=at, via="api")


class CustomerReturn(CustomerVerb):
    fields = frozenset(["on", "monthly"])

    @writes("A customer that left is back", ReturnBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        monthly = 0
        if data.get("monthly") is None:
            check.no("", "monthly", "required", "Say what they pay a month.")
        else:
            monthly = _ours(data["monthly"], check)
        return {"on": day(data, "on", check), "monthly": monthly}

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        subscriptions.back(customer, since=_moment(said["on"], at), monthly=said["monthly"], by=by, now=at, via="api")


class CustomerTerms(CustomerVerb):
    fields = frozenset(["starts_on", "renews_on", "subscription"])

    @writes("Write down a term", TermBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {"starts_on": needed_day(data, "starts_on", check), "renews_on": needed_day(data, "renews_on", check),
                "subscription": check.text(data, "subscription", 120)}  # fmt: skip

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        renewals.add_term(customer, **said, by=by, at=at, via="api")


class CustomerManager(CustomerVerb):
    fields = frozenset(["csm"])

    @writes("Give a customer to a success manager", ManagerBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        return self.perform(request, pk)

    def read(self, data: dict, check: Checks) -> dict[str, Any]:
        return {"csm": read_person(data, "csm", check)}

    def do(self, customer: Customer, by: Any, at: datetime, **said: Any) -> None:
        caring.give(customer, said["csm"], by=by, at=at, via="api")


class CustomerExpansion(Endpoint):
    scopes = {"POST": "work"}

    @writes("Open an expansion deal with a customer", ExpansionBody, {201: DealAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        customer, check = find(pk), Checks()
        name, amount, close_on = "", 0, None
        if check.is_object(request.data, "", {"name", "amount", "close_on"}):
            name = check.text(request.data, "name", 200)
            amount = _ours(request.data.get("amount"), check, needed=request.data)
            close_on = needed_day(request.data, "close_on", check)
        if check.errors or close_on is None:
            raise check.failed()

        def work() -> tuple[int, Any]:
            deal = renewals.expand(customer, name=name, amount=amount, close_on=close_on, by=request.user,
                                   at=request.now, via="api")  # fmt: skip
            return 201, deal_json(deal.pk, request)

        return answer(request, request.data, work)


class StepVerb(Endpoint):
    """`verb`: finish, reopen or drop, given by the address."""

    scopes = {"POST": "work"}
    verb: Any = None

    @writes("A step of an onboarding is done, open again, or dropped", NoBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        names = ("customer__csm__team", "customer__company")
        step: Any = found(OnboardingStep.objects.select_related(*names), pk=pk)
        nothing(request.data)

        def work() -> tuple[int, Any]:
            self.verb(step, by=request.user, at=request.now, via="api")
            return 200, detail(step.customer_id, request)

        return answer(request, request.data, work)


class TermEnd(Endpoint):
    scopes = {"POST": "work"}

    @writes("A term won't renew", NoBody, {200: CustomerDetailAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        term: Any = found(Term.objects.select_related("customer__csm__team", "customer__company"), pk=pk)
        nothing(request.data)

        def work() -> tuple[int, Any]:
            renewals.end_term(term, by=request.user, at=request.now, via="api")
            return 200, detail(term.customer_id, request)

        return answer(request, request.data, work)


class TermRenewal(Endpoint):
    scopes = {"POST": "work"}

    @writes("Open the renewal of a term now", NoBody, {200: DealAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        term: Any = found(Term.objects.select_related("customer__csm__team", "customer__company"), pk=pk)
        nothing(request.data)

        def work() -> tuple[int, Any]:
            deal = renewals.open_one(term, by=request.user, at=request.now, via="api")
            return 200, deal_json(deal.pk, request)

        return answer(request, request.data, work)


def nothing(body: Any) -> None:
    check = Checks()
    check.is_object(body, "", frozenset())
    if check.errors:
        raise check.failed()


def deal_json(pk: int, request: Any) -> dict[str, Any]:
    return {"deal": pk, "url": f"{request.scheme}://{request.get_host()}/api/v1/deals/{pk}/"}


def read_person(data: dict, name: str, check: Checks) -> User | None:
    pk = check.whole(data, name, 1, 2**63 - 1)
    user = User.objects.filter(pk=pk).first() if pk is not None else None
    if user is None and not check.has(name):
        check.no("", name, "required" if pk is None else "unknown", "Give the id of a person.")
    return user


def _moment(on: Any, now: datetime) -> datetime:
    return of_day(on, ZoneInfo(Organisation.get().timezone), now) if on else now


def _ours(given: Any, check: Checks, needed: Any = None) -> int:
    """Money in the organisation's currency, in minor units."""
    amount, currency = read_amount({"amount": given}, check)
    ours = Organisation.get().currency
    if not check.errors and currency != ours:
        check.no("amount", "currency", "other_currency", f"Give it in {ours}.")
    return amount
