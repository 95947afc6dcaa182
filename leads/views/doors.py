"""How every page about a lead begins and ends: the lead, where to go afterwards, and a refusal in words."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from leads.forms import blame
from leads.models import Lead
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams import access


def is_live(address: str) -> bool:
    """Whether the page there asks for its own news: then it stays, and only the row goes."""
    path = urlsplit(address).path
    return path.startswith("/queue/") or path in ("/floor/", "/limbo/")


def find(pk: int) -> Lead:
    """Everybody signed in reads the shared record, so a lead is there or it isn't. One query, with all names."""
    lead = Lead.objects.select_related(
        "person", "company", "owner__team", "source", "campaign", "merged_into__person"
    ).filter(pk=pk).first()
    if lead is None:
        raise Http404
    return lead


def afterwards(request: HttpRequest, otherwise: str) -> str:
    """The address a verb leads back to: the page it was started from, if that is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise


def said_no(request: HttpRequest, refusal: DomainError, back: str = "/leads/") -> HttpResponse:
    """A page or dialog with the reason and nothing to press but the way back."""
    context = {"problem": refusal.detail, "back": back, "status": refusal.status}
    return render(request, "leads/refused.html", context, status=refusal.status)


class LeadVerb(LoginRequiredMixin, View):
    """A verb with its own address: GET asks in a dialog (or on a page), POST acts.

    `verb`: as teams.access knows it. `title`, `words` (the button), `note` (what it does to clocks) may be methods of
    the lead through `describe`. Subclasses give `form` and `act`, which answers with the sentence to show.
    """

    verb = ""
    words = ""
    note = ""
    tone = "primary"
    undoable = True
    template = "leads/verb.html"
    bound: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.lead = find(kwargs["pk"])
        self.to = afterwards(request, f"/leads/{self.lead.pk}/")
        try:
            access.require_work(request.user, self.lead, self.verb)
            return super().dispatch(request, *args, **kwargs)
        except DomainError as refusal:
            if self.bound is None:
                return said_no(request, refusal, back=self.to)
            if isinstance(refusal, Invalid):
                blame(self.bound, refusal, self.field_of)
                return self.ask(self.bound, status=422)
            return self.ask(self.bound, problem=refusal.detail, status=refusal.status)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask(self.form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.bound = self.form(request.POST)
        if self.bound is not None and not self.bound.is_valid():
            return self.ask(self.bound, status=422)
        text = self.act(self.bound.cleaned_data if self.bound is not None else {})
        undo = f"/leads/{self.lead.pk}/undo/?{urlencode({'next': self.to})}" if self.undoable else ""
        return done(request, text, to=self.to, undo=undo, reload=not is_live(self.to))

    def form(self, data: Any = None) -> Any:
        return None

    def field_of(self, name: str) -> str:
        return name

    def title(self) -> str:
        return f"{self.words} {self.lead.person}"

    def act(self, given: dict[str, Any]) -> str:
        raise NotImplementedError

    def ask(self, form: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
        context = {
            "lead": self.lead, "form": form, "title": self.title(), "words": self.words, "note": self.note,
            "verb_tone": self.tone, "problem": problem, "action": self.request.get_full_path(), "back": self.to,
        }  # fmt: skip
        return render(self.request, self.template, {**context, **self.more()}, status=status)

    def more(self) -> dict[str, Any]:
        return {}
