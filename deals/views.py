"""Pages: the board, one deal, and its verbs, each a noun under it. Everybody signed in reads; verbs ask who may."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST, require_safe

from deals import board, handover_call, money, story, upward
from deals.forms import EditForm, LossForm
from deals.models import Deal, DealStage, LossReason
from leads import clock_words
from leads.forms import blame
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access
from teams.models import Organisation

HANDED_OVER = ("handoff_sched", "handoff_call")


def find(pk: int) -> Deal:
    """Everybody signed in reads the shared record, so a deal is there or it isn't."""
    names = ("company", "person", "owner__team", "source", "lead__person")
    deal = Deal.objects.select_related(*names).filter(pk=pk).first()
    if deal is None:
        raise Http404
    return deal


def verb(name: str) -> Callable:
    """A view of one deal's verb: signed in, found, allowed; a refusal is answered in words."""

    def wrap(view: Callable) -> Callable:
        @login_required
        @wraps(view)
        def inside(request: HttpRequest, pk: int) -> HttpResponse:
            deal = find(pk)
            try:
                access.require_work(request.user, deal, name)
                return view(request, deal)
            except DomainError as refusal:
                context = {"problem": refusal.detail, "back": deal.get_absolute_url(), "status": refusal.status}
                return render(request, "leads/refused.html", context, status=refusal.status)

        return inside

    return wrap


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`q`, `owner` (me), `days` (30, 90, 365: what counts as lately), `stage` with `page`: one column in full."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    days = int(request.GET["days"]) if request.GET.get("days") in {str(n) for n in board.PERIODS} else 90
    mine = request.GET.get("owner") == "me"
    organisation = Organisation.get()
    found, more = board.asked(text=text, owner=request.user.pk if mine else None)
    columns = board.columns(
        found, days=days, currency=organisation.currency, zone=organisation.timezone, now=request.now
    )
    here = {"q": text, "owner": "me" if mine else "", "days": days if days != 90 else ""}
    stage = request.GET.get("stage", "")
    number = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() and len(request.GET["page"]) < 5 else 1
    if stage in DealStage.values:
        columns = [column for column in columns if column.stage == stage]
        if number > 1:
            start = (number - 1) * board.SIZE
            since = board.begins(days=days, now=request.now, zone=organisation.timezone)
            columns[0].deals = board.shown(board.in_column(found, stage, since=since, now=request.now), start=start)
    today = request.now.astimezone(ZoneInfo(organisation.timezone)).date()
    steps = upward.panel("next_step")([deal.pk for column in columns for deal in column.deals], now=request.now)
    for column in columns:
        board.mark(column.deals, today=today, steps=steps)
    single = columns[0] if stage in DealStage.values else None
    context = {
        "columns": [(column, [(deal, allowed(request.user, deal)) for deal in column.deals]) for column in columns],
        "currency": organisation.currency, "text": text, "days": days, "mine": mine, "periods": board.PERIODS,
        "more": f"Over {words.number(board.MOST)} deals match; these are some of them. Type more to see all."
        if more else "",
        "stage": stage if single else "", "query": query_of(here),
        "tabs": [
            {"href": f"/deals/?{query_of(here | {'owner': ''})}", "label": "All deals", "current": not mine},
            {"href": f"/deals/?{query_of(here | {'owner': 'me'})}", "label": "Mine", "current": mine},
        ],
        "first": (number - 1) * board.SIZE + 1 if single and single.deals else 0,
        "last": (number - 1) * board.SIZE + len(single.deals) if single else 0,
        "previous": f"/deals/?{query_of(here | {'stage': stage, 'page': number - 1})}" if single and number > 1 else "",
        "next": f"/deals/?{query_of(here | {'stage': stage, 'page': number + 1})}"
        if single and number * board.SIZE < single.count else "",
    }  # fmt: skip
    return render(request, "deals/board.html", context)


@login_required
@require_safe
def deal(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, find(pk))


def _page(request: HttpRequest, deal: Deal, *, form: EditForm | None = None, status: int = 200) -> HttpResponse:
    zone = ZoneInfo(Organisation.get().timezone)
    step = upward.panel("next_step")([deal.pk], now=request.now).get(deal.pk) if deal.stage == DealStage.OPEN else None
    board.mark([deal], today=request.now.astimezone(zone).date(), steps={})
    may = allowed(request.user, deal)
    booked, held = handover_call.state(deal) if deal.stage == DealStage.WON else (None, None)
    context = {
        "deal": deal, "may": may, "form": form or (EditForm.of(deal) if may and deal.stage == DealStage.OPEN else None),
        "items": story.of(deal), "reason": deal.get_reason_display(), "amount": deal.worth,
        "lead_href": f"/leads/{deal.lead_id}/" if deal.lead_id else "",
        "opened_at_amount": money.major(deal.amount_created),
        "step": step, "base": deal.get_absolute_url(), "said": "" if step else deal.next_step,
        "may_plan": deal.stage == DealStage.OPEN and access.can_work(request.user, deal, "plan"),
        "clocks": [
            clock_words.face(clock, deal, request.user) | {"who": deal.name} for clock in _clocks(deal, request.now)
        ],
        "booked": booked, "held": held, "missing": [handover_call.WHO[who] for who in held.missing] if held else [],
        "sections": upward.sections(request, deal),
        "days_open": ((deal.closed_at or request.now) - deal.created_at).days,
    }  # fmt: skip
    return render(request, "deals/deal.html", context, status=status)


def _clocks(deal: Deal, now: datetime) -> list[dict[str, Any]]:
    """What is still owed, and, of a won deal, how its hand-over went."""
    found = upward.panel("clocks")([deal.pk], now=now)[deal.pk]
    return [c for c in found if not c["closed"] or (deal.stage == "won" and c["target"] in HANDED_OVER)]


@verb("win")
@require_POST
def win(request: HttpRequest, deal: Deal) -> HttpResponse:
    deal.win(by=request.user, at=request.now)
    worth = words.money(money.major(deal.amount), deal.currency)
    return _done(request, deal, f"{deal} won, {worth}.")


@verb("lose")
def lose(request: HttpRequest, deal: Deal) -> HttpResponse:
    form, status = LossForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                deal.lose(by=request.user, at=request.now, **form.cleaned_data)
                return _done(request, deal, f"{deal} lost: {LossReason(deal.reason).label.lower()}.")
            except DomainError as refusal:
                if refusal.status != 400:
                    raise
                blame(form, refusal)
    context = {
        "deal": deal, "form": form, "back": deal.get_absolute_url(), "verb_tone": "danger",
        "action": request.get_full_path(),
    }  # fmt: skip
    return render(request, "deals/lose.html", context, status=status)


@verb("edit")
@require_POST
def edit(request: HttpRequest, deal: Deal) -> HttpResponse:
    form = EditForm.of(deal, request.POST)
    if form.is_valid():
        try:
            deal.edit(by=request.user, at=request.now, **form.cleaned_data)
            return done(request, "Deal saved.", to=deal.get_absolute_url(), reload=True)
        except DomainError as refusal:
            if refusal.status != 400:
                raise
            blame(form, refusal)
    return _page(request, find(deal.pk), form=form, status=422)


@verb("take_back")
@require_POST
def reopen(request: HttpRequest, deal: Deal) -> HttpResponse:
    deal.reopen(by=request.user, at=request.now)
    return done(request, f"{deal} is open again.", to=deal.get_absolute_url(), reload=True)


@login_required
@require_GET
def reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks before it opens a closed deal again; the toast's Undo posts without asking."""
    return render(request, "deals/reopen.html", {"deal": find(pk), "action": request.path, "back": f"/deals/{pk}/"})


def reopening_or_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return reopen(request, pk) if request.method == "POST" else reopening(request, pk)


def allowed(user: Any, deal: Deal) -> bool:
    """May this reader work on the deal at all; owner, manager, administrator alike for all its verbs."""
    return access.can_work(user, deal, "win")


def query_of(pairs: dict[str, Any]) -> str:
    return urlencode({key: value for key, value in pairs.items() if value not in ("", None)})


def _done(request: HttpRequest, deal: Deal, text: str) -> HttpResponse:
    """Back to where the verb was used: the board, or the deal's own page."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    to = "/deals/" if came_from.split("?")[0].endswith("/deals/") else deal.get_absolute_url()
    return done(request, text, to=to, undo=f"/deals/{deal.pk}/reopening/", reload=True)
