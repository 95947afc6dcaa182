"""The page of a person's mail addresses and numbers."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from leads.checks import Checks
from leads.duplicates import addresses
from leads.models import Lead, PersonKey
from leads.views.doors import find, said_no
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    lead = find(pk)
    if request.method == "GET":
        return _ask(request, lead)
    return _add(request, lead, f"{lead.person} is known by this too.")


@login_required
@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """What was taken away comes back."""
    return _add(request, find(pk), "It is back.")


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, key: int) -> HttpResponse:
    def act(lead: Lead, found: PersonKey) -> HttpResponse:
        text = addresses.remove(found, by=request.user, at=request.now)
        undo = f"/leads/{pk}/addresses/return/?{urlencode({'address': text})}"
        return done(request, f"{lead.person} is no longer known by {text}.", to=_home(lead), undo=undo, reload=True)

    return _with_key(request, pk, key, act)


@login_required
@require_POST
def prefer(request: HttpRequest, pk: int, key: int) -> HttpResponse:
    def act(lead: Lead, found: PersonKey) -> HttpResponse:
        before = next((row for row in addresses.of(found.person) if row["kind"] == found.kind and row["main"]), None)
        addresses.prefer(found, by=request.user, at=request.now)
        former = before["key"] if before else None
        undo = f"/leads/{pk}/addresses/{former.pk}/preference/" if former and former.pk != key else ""
        return done(request, f"{found.shown or found.key} is the main one.", to=_home(lead), undo=undo, reload=True)

    return _with_key(request, pk, key, act)


def _add(request: HttpRequest, lead: Lead, said: str) -> HttpResponse:
    given = {"address": request.POST.get("address") or request.GET.get("address") or ""}
    check = Checks()
    text = check.text(given, "address", 254)
    try:
        access.require(request.user, "edit_person")
        if check.errors:
            raise check.failed()
        key = addresses.add(lead.person, text, by=request.user, at=request.now)
    except DomainError as refusal:
        return _ask(request, lead, problem=refusal.detail, typed=given["address"][:254], status=refusal.status)
    undo = f"/leads/{lead.pk}/addresses/{key.pk}/removal/"
    return done(request, said, to=_home(lead), undo=undo, reload=True)


def _with_key(request: HttpRequest, pk: int, key: int, act: Callable[[Lead, PersonKey], HttpResponse]) -> HttpResponse:
    lead = find(pk)
    found = PersonKey.objects.filter(
        pk=key, person=lead.person_id, kind__in=[PersonKey.Kind.EMAIL, PersonKey.Kind.PHONE]
    ).select_related("person").first()  # fmt: skip
    if found is None:
        raise Http404
    try:
        access.require(request.user, "edit_person")
        return act(lead, found)
    except DomainError as refusal:
        return said_no(request, refusal, back=_home(lead))


def _ask(request: HttpRequest, lead: Lead, *, problem: str = "", typed: str = "", status: int = 200) -> HttpResponse:
    context = {
        "lead": lead, "rows": addresses.of(lead.person), "problem": problem, "typed": typed,
        "back": f"/leads/{lead.pk}/", "may": access.may(request.user, "edit_person"),
    }  # fmt: skip
    return render(request, "leads/duplicates/addresses.html", context, status=status)


def _home(lead: Lead) -> str:
    return f"/leads/{lead.pk}/addresses/"
