"""Pages of the deal desk's verbs on one deal, each a noun under it; found, allowed and answered as in deals.views."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from deals import authority, competitors, concessions, desk_forms, discounts, money, objections, retrospectives
from deals.desk_dialog import asked
from deals.models import Competitor, Deal, DealCompetitor, DiscountRequest, Give, Objection
from deals.views import verb
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access
from teams.models import Organisation


def of_row(model: Any, name: str, *related: str) -> Callable:
    """A view of a row of the desk: signed in, found with its deal, allowed; a refusal is answered in words."""

    def wrap(view: Callable) -> Callable:
        @login_required
        def inside(request: HttpRequest, pk: int) -> HttpResponse:
            row = model.objects.select_related("deal__owner__team", *related).filter(pk=pk).first()
            if row is None:
                raise Http404
            try:
                if name:
                    access.require_work(request.user, row.deal, name)
                return view(request, row)
            except DomainError as refusal:
                context = {"problem": refusal.detail, "back": row.deal.get_absolute_url(), "status": refusal.status}
                return render(request, "leads/refused.html", context, status=refusal.status)

        return inside

    return wrap


def _back(request: HttpRequest, deal: Deal, text: str) -> HttpResponse:
    return done(request, text, to=deal.get_absolute_url(), reload=True)


@verb("edit")
def discount(request: HttpRequest, deal: Deal) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        made = discounts.ask(deal, by=request.user, at=request.now, **given)
        if made.state == discounts.APPROVED:
            return f"{authority.said(made.combined)}% is within what you may give."
        return f"{made.approver} is asked; the decision is due within a day."

    full = words.money(money.major(deal.list_amount), deal.currency) if deal.list_amount else "no list yet"
    return asked(
        request, desk_forms.DiscountForm(request.POST or None), act, title=f"Ask for a discount on {deal}",
        verb="Ask", back=deal.get_absolute_url(),
        note="What the gives cost us is added: together they decide who must approve.",
        more={"about": f"The list comes to {full}."},
    )  # fmt: skip


@of_row(DiscountRequest, "", "approver", "asked_by")
@require_POST
def approve(request: HttpRequest, row: DiscountRequest) -> HttpResponse:
    made = discounts.decide(row, approve=True, by=request.user, at=request.now)
    return _back(request, row.deal, f"Approved: up to {authority.said(made.combined)}% of the list of {row.deal}.")


@of_row(DiscountRequest, "", "approver", "asked_by")
def decline(request: HttpRequest, row: DiscountRequest) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        discounts.decide(row, approve=False, by=request.user, at=request.now, **given)
        return f"Declined. {row.asked_by} is told why."

    return asked(
        request, desk_forms.NoteForm(request.POST or None), act, title=f"Decline the discount on {row.deal}",
        verb="Decline discount", tone="danger", back=row.deal.get_absolute_url(), more={"quote": row.why},
    )  # fmt: skip


@of_row(DiscountRequest, "edit")
@require_POST
def withdraw(request: HttpRequest, row: DiscountRequest) -> HttpResponse:
    discounts.withdraw(row, by=request.user, at=request.now)
    return _back(request, row.deal, "Withdrawn. Nobody needs to decide any more.")


@verb("edit")
def give(request: HttpRequest, deal: Deal) -> HttpResponse:
    form = desk_forms.GiveForm(request.POST or None)
    rows: Any = form.fields["concession"]
    rows.queryset = concessions.allowed(deal, on=Organisation.get().today(request.now))
    rows.label_from_instance = lambda row: f"{row.give} for {row.get}"

    def act(given: dict[str, Any]) -> str:
        made = concessions.give(deal, given["concession"], get=given["get"] or None, by=request.user, at=request.now)
        return f"{made.give} is given for: {made.get}."

    return asked(
        request, form, act, title=f"Give on {deal}", verb="Give", back=deal.get_absolute_url(),
        note="Nothing is given without what we get for it.",
    )  # fmt: skip


@of_row(Give, "edit")
@require_POST
def take_back(request: HttpRequest, row: Give) -> HttpResponse:
    concessions.take_back(row, by=request.user, at=request.now)
    return _back(request, row.deal, f"{row.give} is not given after all.")


@of_row(Give, "edit")
def got(request: HttpRequest, row: Give) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        concessions.got(row, by=request.user, at=request.now, **given)
        return f"It came: {row.get}."

    return asked(
        request, desk_forms.GotForm(request.POST or None), act, title=f"What we got for {row.give}", verb="It came",
        back=row.deal.get_absolute_url(), more={"about": row.get},
    )  # fmt: skip


@verb("touch")
def objection(request: HttpRequest, deal: Deal) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        made = objections.log(deal, by=request.user, at=request.now, **given)
        return "Objection logged, and marketing is asked." if made.request_id else "Objection logged."

    return asked(
        request, desk_forms.ObjectionForm(request.POST or None), act, title=f"An objection on {deal}",
        verb="Log objection", back=deal.get_absolute_url(),
        note="A wish starts a clock: marketing owes a first answer within four open hours.",
    )  # fmt: skip


@of_row(Objection, "touch")
def answer(request: HttpRequest, row: Objection) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        objections.answer(row, text=given["answer"], by=request.user, at=request.now)
        return "Answered."

    return asked(
        request, desk_forms.AnswerForm(request.POST or None), act, verb="Answered",
        title=f"The answer to an objection: {row.get_kind_display().lower()}", back=row.deal.get_absolute_url(),
        more={"quote": row.words},
    )  # fmt: skip


@verb("touch")
def competitor(request: HttpRequest, deal: Deal) -> HttpResponse:
    form = desk_forms.CompetitorForm(request.POST or None)
    known = list(Competitor.objects.values_list("name", flat=True)[:200])

    def act(given: dict[str, Any]) -> str:
        made = competitors.note(deal, given["competitor"], by=request.user, at=request.now)
        return f"{made.competitor} is in it too."

    return asked(
        request, form, act, title=f"Who else is in {deal}", verb="Add competitor", back=deal.get_absolute_url(),
        more={"about": f"Known: {', '.join(known[:12])}." if known else ""},
    )  # fmt: skip


@of_row(DealCompetitor, "touch", "competitor")
@require_POST
def competitor_out(request: HttpRequest, row: DealCompetitor) -> HttpResponse:
    competitors.take_out(row, by=request.user, at=request.now)
    return _back(request, row.deal, f"{row.competitor} is not in it.")


@verb("edit")
def retrospective(request: HttpRequest, deal: Deal) -> HttpResponse:
    told = getattr(deal, "retrospective", None)
    told = told if retrospectives.of_now(deal, told) else None
    first = {"reason": deal.reason, "competitor": deal.competitor} if told is None else {
        "reason": told.reason, "competitor": told.competitor or "", "happened": told.happened, "lesson": told.lesson,
        "points_at": told.points_at, "buyer_said": told.buyer_said,
    }  # fmt: skip
    form = desk_forms.RetrospectiveForm(
        request.POST or None, initial=first, reasons=retrospectives.reasons_of(deal) if deal.stage != "open" else {}
    )

    def act(given: dict[str, Any]) -> str:
        retrospectives.write(deal, by=request.user, at=request.now, **given)
        return "Told. It counts under Won and lost."

    return asked(
        request, form, act, title=f"Why {deal} was {deal.get_stage_display().lower()}", verb="Keep",
        back=deal.get_absolute_url(), note="What it asks to be changed leads to the page where it is changed.",
    )  # fmt: skip
