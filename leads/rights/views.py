"""Data requests: the log with what is due first, and one request with its verbs."""

from datetime import UTC, datetime, time

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.models import DataRequest, Person, RequestKind, RequestState
from leads.rights import copy, requests
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams import access

SHOWN = 200
VERBS = {"verify": requests.verify, "extend": requests.extend, "finish": requests.finish, "refuse": requests.refuse}
DONE = {
    "verify": "Noted how you know.", "extend": "Extended by two months.", "finish": "Answered.", "refuse": "Refused.",
}  # fmt: skip


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Open ones first, due first; then the last answered. Two queries."""
    rows = DataRequest.objects.select_related("person", "owner", "answered_by")
    context = {
        "open": rows.filter(state=RequestState.OPEN)[:SHOWN],
        "answered": rows.exclude(state=RequestState.OPEN).order_by("-answered_at")[:SHOWN],
        "may": access.may(request.user, "edit_person"),
        "today": request.now.date(),
    }
    return render(request, "leads/rights/index.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """`?person=12` names whose it is; else by the mail or the number they wrote from."""
    problem = ""
    if request.method == "POST":
        try:
            made = requests.receive(
                person := _person(request), request.POST.get("kind", ""), by=request.user, at=request.now,
                received_at=_received(request), note=request.POST.get("note", ""),
                contact="" if person else request.POST.get("who", ""),
            )  # fmt: skip
            return redirect(f"/rights/{made.pk}/")
        except DomainError as refusal:
            problem = refusal.detail
    known = request.GET.get("person", "")
    person = (
        Person.objects.filter(pk=int(known)).first()
        if known.isascii() and known.isdigit() and len(known) < 19
        else None
    )
    context = {"kinds": RequestKind.choices, "problem": problem, "said": request.POST, "person": person,
               "today": request.now.date()}  # fmt: skip
    return render(request, "leads/rights/new.html", context, status=422 if problem else 200)


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    asked = get_object_or_404(DataRequest.objects.select_related("person", "owner", "answered_by"), pk=pk)
    problem = ""
    if request.method == "POST" and (verb := VERBS.get(request.POST.get("verb", ""))):
        ready = asked.kind == RequestKind.ERASURE and asked.verified_at and requests.subject(asked)
        if request.POST["verb"] == "finish" and asked.state == RequestState.OPEN and ready:
            return redirect(f"/rights/{pk}/erase/")
        try:
            verb(asked, request.POST.get("words", ""), by=request.user, at=request.now)
            return done(request, DONE[request.POST["verb"]], to=f"/rights/{pk}/")
        except DomainError as refusal:
            problem = refusal.detail
    person = requests.subject(asked)
    lead = person.leads.order_by("-cycle").first() if person else None
    context = {"asked": asked, "problem": problem, "person": person, "may": access.may(request.user, "edit_person"),
               "admin": access.may(request.user, "administer"), "lead": lead,
               "is_open": asked.state == RequestState.OPEN, "today": request.now.date()}  # fmt: skip
    return render(request, "leads/rights/page.html", context, status=409 if problem else 200)


@login_required
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """The second step of an erasure: what goes, what stays, and that there is no way back."""
    asked = get_object_or_404(DataRequest.objects.select_related("person"), pk=pk, kind=RequestKind.ERASURE)
    back, problem = f"/rights/{pk}/", ""
    try:
        access.require(request.user, "administer")
        if request.method == "POST":
            requests.finish(asked, by=request.user, at=request.now)
            return done(request, "Erased.", to=back, reload=True)
    except DomainError as refusal:
        problem = refusal.detail
    context = {"asked": asked, "problem": problem, "back": back, "verb_tone": "danger"}
    return render(request, "leads/rights/erase.html", context, status=409 if problem else 200)


@login_required
@require_POST
def copy_of(request: HttpRequest, pk: int) -> HttpResponse:
    """The file for them, once it is known that it is them."""
    asked = get_object_or_404(DataRequest.objects.select_related("person"), pk=pk)
    try:
        return copy.answer(requests.may_copy(asked, by=request.user))
    except DomainError as refusal:
        return render(request, "leads/refused.html", {"problem": refusal.detail}, status=refusal.status)


def _person(request: HttpRequest) -> Person | None:
    """None: not known here, which is logged and answered all the same."""
    known = request.POST.get("person", "")
    whole = known.isascii() and known.isdigit() and len(known) < 19
    found = requests.whose(int(known) if whole else request.POST.get("who", ""))
    if found is None and whole:
        raise Invalid("This person is not here any more.", code="unknown", field="who")
    return found


def _received(request: HttpRequest) -> datetime | None:
    try:
        day = parse_date(request.POST.get("received_on", ""))
    except ValueError:
        day = None
    return min(datetime.combine(day, time(12), UTC), request.now) if day and day <= request.now.date() else None
