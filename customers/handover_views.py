"""Pages of a handover: verbs under the deal, each a noun. Everybody signed in reads; verbs ask who may."""

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from customers import handover, ics, promises
from customers.dialogs import ask, refused
from customers.handover_forms import AnswersForm, GapsForm, ManagerForm, PromiseForm
from customers.models import Customer, Handover, PromiseMade
from deals.models import Deal, HandoverCall
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access


def on_deal(view: Callable) -> Callable:
    """Signed in and found; a refusal is answered in words. Who may is the verb's question."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, pk: int) -> HttpResponse:
        deal = Deal.objects.select_related("owner__team", "company").filter(pk=pk).first()
        if deal is None:
            raise Http404
        try:
            return view(request, deal)
        except DomainError as refusal:
            return refused(request, refusal, deal.get_absolute_url())

    return inside


@on_deal
def answers(request: HttpRequest, deal: Deal) -> HttpResponse:
    access.require_work(request.user, deal, "hand_over")
    state = handover.state(deal)

    def act(given: dict[str, Any]) -> str:
        handover.fill(deal, given, by=request.user, at=request.now)
        now = handover.state(deal)
        return f"Handover saved, {now.filled} of {len(now.required)} filled."

    return ask(
        request, lambda data: AnswersForm(data, state), act, title=f"Handover of {deal}", words="Save handover",
        back=deal.get_absolute_url(), note="The deal can be won once this is complete and accepted.",
    )  # fmt: skip


@on_deal
def manager(request: HttpRequest, deal: Deal) -> HttpResponse:
    access.require_work(request.user, deal, "hand_over")
    row = Handover.objects.filter(deal=deal).first()

    def act(given: dict[str, Any]) -> str:
        handover.name_csm(deal, given["csm"], by=request.user, at=request.now)
        return f"{given['csm']} is asked to take {deal} over."

    return ask(
        request, lambda data: ManagerForm(data, row.csm_id if row else None), act,
        title=f"Who takes {deal} over", words="Ask them", back=deal.get_absolute_url(),
        note="They are told, and accept the handover or return it with gaps.",
    )  # fmt: skip


@require_POST
@on_deal
def acceptance(request: HttpRequest, deal: Deal) -> HttpResponse:
    handover.accept(deal, by=request.user, at=request.now)
    return done(request, f"Handover of {deal} accepted.", to=deal.get_absolute_url(), reload=True)


@on_deal
def giving_back(request: HttpRequest, deal: Deal) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        handover.give_back(deal, gaps=given["gaps"], by=request.user, at=request.now)
        return "Handover returned with gaps."

    return ask(
        request, GapsForm, act, title=f"Return the handover of {deal}", words="Return handover",
        back=deal.get_absolute_url(), note="The deal can't be won until you accept it.",
    )  # fmt: skip


@on_deal
def promising(request: HttpRequest, deal: Deal) -> HttpResponse:
    access.require_work(request.user, deal, "hand_over")

    def act(given: dict[str, Any]) -> str:
        promises.promise(deal, given["text"], due_on=given["due_on"], by=request.user, at=request.now)
        return "Promise written down."

    return ask(
        request, PromiseForm, act, title=f"A promise made to {deal.company or deal}", words="Write it down",
        back=deal.get_absolute_url(), note="It stands on top of the customer’s page until it is kept.",
    )  # fmt: skip


@login_required
@require_POST
def promise_kept(request: HttpRequest, pk: int) -> HttpResponse:
    return _of_promise(request, pk, promises.keep, "Promise kept.")


@login_required
@require_POST
def promise_dropped(request: HttpRequest, pk: int) -> HttpResponse:
    return _of_promise(request, pk, promises.drop, "Promise taken off the list.")


def _of_promise(request: HttpRequest, pk: int, verb: Callable, said: str) -> HttpResponse:
    made = PromiseMade.objects.select_related("deal__owner__team").filter(pk=pk).first()
    if made is None:
        raise Http404
    back = made.deal.get_absolute_url()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if "/customers/" in came_from and made.deal.company_id:
        back = f"/customers/of/{made.deal.company_id}/"
    try:
        verb(made, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, refusal, back)
    return done(request, said, to=back, reload=True)


@login_required
def of_company(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer that a company is."""
    customer = Customer.objects.filter(company_id=pk).first()
    if customer is None:
        raise Http404
    return redirect(customer)


@login_required
@require_safe
def call_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The booked hand-over call as a calendar file."""
    call = HandoverCall.objects.select_related("deal__company").filter(deal_id=pk, held_at=None, let_go_at=None).first()
    if call is None or call.booked_for is None:
        raise Http404
    text = ics.appointment(
        uid=f"handover-{call.pk}@{request.get_host()}", title=f"Hand-over call: {call.deal.company or call.deal}",
        begins=call.booked_for.astimezone(UTC), now=request.now.astimezone(UTC),
        url=request.build_absolute_uri(call.deal.get_absolute_url()),
    )  # fmt: skip
    name = {"Content-Disposition": 'attachment; filename="handover-call.ics"'}
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=name)
