"""Pages: one deal and its verbs, each a noun under it. Everybody signed in reads; verbs ask who may."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST, require_safe

from deals import board, handover_call, money, path, roles, stalls, story, upward
from deals.board_page import query_of  # noqa: F401  where other pages of deals look for it
from deals.forms import EditForm, EvidenceForm, LossForm, RoleForm, WinForm
from deals.models import Deal, DealStage, ExitCriterion, LossReason, PipelineStage
from deals.moving import open_criteria
from leads import clock_words
from leads.forms import blame
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
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


def verb(name: str, require: Callable[[Any, Deal], None] | None = None) -> Callable:
    """A view of one deal's verb: signed in, found, allowed (`require`: by a rule of its own); a refusal is answered in
    words."""

    def wrap(view: Callable) -> Callable:
        @login_required
        @wraps(view)
        def inside(request: HttpRequest, pk: int, **of: int) -> HttpResponse:
            deal = find(pk)
            try:
                if require is None:
                    access.require_work(request.user, deal, name)
                else:
                    require(request.user, deal)
                return view(request, deal, **of)
            except DomainError as refusal:
                context = {"problem": refusal.detail, "back": deal.get_absolute_url(), "status": refusal.status}
                return render(request, "leads/refused.html", context, status=refusal.status)

        return inside

    return wrap


@login_required
@require_safe
def deal(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, find(pk))


def _page(request: HttpRequest, deal: Deal, *, form: EditForm | None = None, status: int = 200) -> HttpResponse:
    zone = ZoneInfo(Organisation.get().timezone)
    step = upward.panel("next_step")([deal.pk], now=request.now).get(deal.pk) if deal.stage == DealStage.OPEN else None
    is_open = deal.stage == DealStage.OPEN
    stuck = stalls.of([deal.pk], now=request.now) if is_open else {}
    board.mark([deal], today=request.now.astimezone(zone).date(), steps={}, stuck=stuck)
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
        "may_call": deal.stage == DealStage.WON and handover_call.may_call(request.user, deal),
        "booked": booked, "held": held, "missing": [handover_call.WHO[who] for who in held.missing] if held else [],
        "way": path.of(deal, now=request.now), "asked": path.criteria(deal) if is_open else [],
        "people": path.people(deal), "may_touch": bool(
            deal.lead is not None and access.can_work(request.user, deal.lead, "touch")
        ),
        "sections": upward.sections(request, deal),
        "days_open": ((deal.closed_at or request.now) - deal.created_at).days,
    }  # fmt: skip
    return render(request, "deals/deal.html", context, status=status)


def _clocks(deal: Deal, now: datetime) -> list[dict[str, Any]]:
    """What is still owed, and, of a won deal, how its hand-over went."""
    found = upward.panel("clocks")([deal.pk], now=now)[deal.pk]
    return [c for c in found if not c["closed"] or (deal.stage == "won" and c["target"] in HANDED_OVER)]


@verb("win")
def win(request: HttpRequest, deal: Deal) -> HttpResponse:
    today = request.now.astimezone(ZoneInfo(Organisation.get().timezone)).date()
    form, status = WinForm(request.POST if request.method == "POST" else None, initial={"signed_on": today}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                deal.win(by=request.user, at=request.now, signed_on=form.cleaned_data["signed_on"])
                worth = words.money(money.major(deal.amount), deal.currency)
                return _done(request, deal, f"{deal} won, {worth}.")
            except DomainError as refusal:
                if refusal.status != 400:
                    raise
                blame(form, refusal)
    context = {
        "deal": deal, "form": form, "back": deal.get_absolute_url(), "action": request.path,
        "missing": open_criteria(deal),
        "refusals": [one.removeprefix("Not won: ") for one in deal.refusals("won", request.now)],
    }  # fmt: skip
    return render(request, "deals/win.html", context, status=status)


@verb("move")
def moves(request: HttpRequest, deal: Deal) -> HttpResponse:
    """`to`: a stage's number; in the address it is the way back of an undo."""
    asked = request.POST.get("to") or (request.GET.get("to", "") if request.method == "POST" else "")
    if asked:
        to = PipelineStage.objects.select_related("pipeline").filter(pk=number(asked)).first()
        if to is None:
            raise Invalid("Choose a stage.", code="unknown", field="to")
        was = deal.pipeline_stage_id
        deal.move(to=to, by=request.user, at=request.now)
        undo = f"/deals/{deal.pk}/moves/?to={was}" if was and was != to.pk else ""
        return _done(request, deal, f"{deal} is in {to} now.", undo=undo)
    stages = list(
        PipelineStage.objects.filter(retired_at=None, pipeline__is_active=True)
        .select_related("pipeline").order_by("pipeline__position", "position", "id")
    )  # fmt: skip
    stands = next((n for n, stage in enumerate(stages) if stage.pk == deal.pipeline_stage_id), None)
    ahead = [] if stands is None else [s for s in stages[stands + 1 :] if s.pipeline_id == stages[stands].pipeline_id]
    context = {
        "deal": deal, "stages": stages, "chosen": ahead[0].pk if ahead else deal.pipeline_stage_id,
        "action": request.path, "back": deal.get_absolute_url(), "missing": open_criteria(deal),
    }  # fmt: skip
    return render(request, "deals/move.html", context, status=422 if request.method == "POST" else 200)


@verb("move")
def criterion(request: HttpRequest, deal: Deal, criterion: int) -> HttpResponse:
    """How one knows that it is met; sent empty, it is not met after all."""
    asked = ExitCriterion.objects.select_related("stage").filter(pk=criterion).first()
    if asked is None:
        raise Http404
    met = deal.criteria_met.filter(criterion=asked).first()
    form = EvidenceForm(request.POST if request.method == "POST" else None,
                        initial={"evidence": met.evidence if met else ""})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["evidence"].strip():
            deal.meet(asked, evidence=form.cleaned_data["evidence"], by=request.user, at=request.now)
            said = f"Met: {asked}"
        else:
            deal.unmeet(asked, by=request.user, at=request.now)
            said = f"Not met: {asked}"
        return done(request, said, to=deal.get_absolute_url(), reload=True)
    context = {"deal": deal, "criterion": asked, "form": form, "back": deal.get_absolute_url(), "action": request.path}
    return render(request, "deals/criterion.html", context, status=422 if request.method == "POST" else 200)


@verb("edit")
def people(request: HttpRequest, deal: Deal) -> HttpResponse:
    """Somebody of the account gets a part in the deal."""
    form, status = RoleForm(request.POST if request.method == "POST" else None, deal=deal), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            person = form.cleaned_data["person"]
            roles.give(deal, person=person, role=form.cleaned_data["role"], primary=form.cleaned_data["primary"],
                       by=request.user, at=request.now)  # fmt: skip
            return done(request, f"{person} has a part in {deal}.", to=deal.get_absolute_url(), reload=True)
    context = {"deal": deal, "form": form, "back": deal.get_absolute_url(), "action": request.path}
    return render(request, "deals/people.html", context, status=status)


@verb("edit")
@require_POST
def leave(request: HttpRequest, deal: Deal, person: int) -> HttpResponse:
    roles.take(deal, person_id=person, by=request.user, at=request.now)
    return done(request, "Removed from the deal.", to=deal.get_absolute_url(), reload=True)


def number(text: str) -> int:
    """The number of a row, 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


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


def _done(request: HttpRequest, deal: Deal, text: str, *, undo: str | None = None) -> HttpResponse:
    """Back to where the verb was used: the board, which asks for its own news, or the deal's own page."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    board = urlsplit(came_from).path == "/deals/"
    undo = f"/deals/{deal.pk}/reopening/" if undo is None else undo
    return done(request, text, to="/deals/" if board else deal.get_absolute_url(), undo=undo, reload=not board)
