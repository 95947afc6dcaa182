"""Verbs on many leads of the list: those ticked, or all that match it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views import View
from django.views.decorators.http import require_GET, require_POST

from leads import decisions, exports, forms, together
from leads.models import Lead
from leads.models.stage import Reason
from leads.views.choosing import Asked
from leads.views.doors import said_no
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid, Refused
from teams.models import User

MOST = 1000
UNDO_UP_TO = 200  # their ids travel in an address


def chosen(request: HttpRequest) -> Any:
    """The leads meant, unordered: `?lead=1&lead=2`, or with `all` everything the address in `list` asks for."""
    if request.GET.get("all"):
        return Asked.of(request, QueryDict(request.GET.get("list", ""))).queryset
    ids = [int(pk) for pk in request.GET.getlist("lead") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    return Lead.objects.filter(pk__in=ids)


def loaded(request: HttpRequest) -> list[Lead]:
    """Raises Refused for none and for too many."""
    found = chosen(request).select_related("person", "owner__team").order_by("id")
    leads = list(found[: MOST + 1])
    if not leads:
        raise Refused("No lead is selected. Tick some first.", code="empty")
    if len(leads) > MOST:
        raise Refused(f"That is more than {MOST:,} leads at once. Narrow the list down.", code="too_many")
    return leads


class ManyVerb(LoginRequiredMixin, View):
    """GET asks, POST acts on all or none."""

    words = ""
    note = ""
    tone = "primary"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.to = f"/leads/?{request.GET.get('list', '')}"
        self.bound = None
        try:
            self.leads = loaded(request)
            return super().dispatch(request, *args, **kwargs)
        except DomainError as refusal:
            if self.bound is None:
                return said_no(request, refusal, back=self.to)
            if isinstance(refusal, Invalid):
                forms.blame(self.bound, refusal)
                return self.ask(self.bound, status=422)
            return self.ask(self.bound, problem=refusal.detail, status=refusal.status)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        self.bound = self.form(request.POST)
        if not self.bound.is_valid():
            return self.ask(self.bound, status=422)
        text = self.act(self.bound.cleaned_data)
        undo = QueryDict(mutable=True)
        undo.setlist("lead", [str(lead.pk) for lead in self.leads])
        undo["list"] = request.GET.get("list", "")
        offered = f"/leads/undo/?{undo.urlencode()}" if len(self.leads) <= UNDO_UP_TO else ""
        return done(request, text, to=self.to, undo=offered, reload=True)

    def ask(self, form: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
        context = {
            "form": form, "title": f"{self.words} {self.many}", "words": self.words, "note": self.note,
            "verb_tone": self.tone, "problem": problem, "action": self.request.get_full_path(), "back": self.to,
        }  # fmt: skip
        return render(self.request, "leads/verb.html", context, status=status)

    @property
    def many(self) -> str:
        return words.plural(len(self.leads), "lead")

    def form(self, data: Any = None) -> Any:
        raise NotImplementedError

    def act(self, given: dict[str, Any]) -> str:
        raise NotImplementedError


class ReassignMany(ManyVerb):
    words = "Reassign"
    note = "Their lead clocks keep running; the new owner gets own response clocks."

    def form(self, data: Any = None) -> forms.ReassignForm:
        return forms.ReassignForm(data, people=User.objects.sellers().select_related("team").order_by("name"))

    def act(self, given: dict[str, Any]) -> str:
        decisions.reassign_many(self.leads, by=self.request.user, at=self.request.now, **given)
        whose = "Their lead clocks keep" if len(self.leads) > 1 else "Its lead clocks keep"
        return f"{self.many} reassigned to {given['to']}. {whose} running."


class RecycleMany(ManyVerb):
    words = "Recycle"
    note = "Back to marketing. Their decision clocks end."

    def form(self, data: Any = None) -> forms.RecycleForm:
        return forms.RecycleForm(data)

    def act(self, given: dict[str, Any]) -> str:
        together.recycle(self.leads, by=self.request.user, at=self.request.now, **given)
        return f"{self.many} recycled: {Reason(given['reason']).label.lower()}."


class DisqualifyMany(ManyVerb):
    words, tone = "Disqualify", "danger"
    note = "All their clocks end. Only reopening brings one back."

    def form(self, data: Any = None) -> forms.DisqualifyForm:
        return forms.DisqualifyForm(data)

    def act(self, given: dict[str, Any]) -> str:
        together.disqualify(self.leads, by=self.request.user, at=self.request.now, **given)
        return f"{self.many} disqualified: {Reason(given['reason']).label.lower()}."


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    back = f"/leads/?{request.GET.get('list', '')}"
    try:
        many = together.undo(loaded(request), by=request.user, at=request.now)
    except DomainError as refusal:
        return said_no(request, refusal, back=back)
    return done(request, f"Undone for {words.plural(many, 'lead')}.", to=back, reload=True)


@login_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The whole list of the address, or the ticked ones of it."""
    picked = request.GET.getlist("lead") or request.GET.get("all")
    found = chosen(request) if picked else Asked.of(request, request.GET).queryset
    return exports.answer(found, name=f"leads-{request.now:%Y-%m-%d}")
