"""/intake/spam/: what was held, why, and the two verbs: release or spam. One statement a page, whatever it shows."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from leads.intake_tabs import tabs
from leads.models import Submission
from leads.webforms import forms, review, suspicion
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams.doors import for_roles

HERE = "/intake/spam/"
SIZE = 50
for_reviewers = for_roles("marketing")
# Shown by themselves, or of no use to a reviewer.
ASIDE = {"email", "phone", "first_name", "last_name", "company", "message", "page_url", "referrer", "visitor"}

QUIET = ("utm_", "consent_")


@for_reviewers
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    held, before = review.waiting(), request.GET.get("before", "")
    shown = list((held.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else held)[: SIZE + 1])
    names = forms.names()
    context = {
        "tabs": tabs("spam", request.user), "rows": [_row(one, names) for one in shown[:SIZE]], "total": held.count(),
        "next": f"{HERE}?before={shown[SIZE - 1].pk}" if len(shown) > SIZE else "", "paged": bool(before),
    }  # fmt: skip
    return render(request, "leads/forms/spam.html", context)


@for_reviewers
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    try:
        found = review.release(_ids(request), by=request.user, at=request.now)
    except DomainError as refusal:
        return done(request, refusal.detail, to=HERE, reload=True)
    said = [f"{words.plural(len(found.leads), 'submission')} let in, as of when they were sent."] if found.leads else []
    said += (
        [f"{len(found.refused)} cannot become a lead: {next(iter(found.refused.values()))}"] if found.refused else []
    )
    return done(request, " ".join(said) or "Somebody else has judged these.", to=HERE, reload=True)


@for_reviewers
@require_POST
def bury(request: HttpRequest) -> HttpResponse:
    try:
        ids = review.bury(_ids(request), by=request.user, at=request.now)
    except DomainError as refusal:
        return done(request, refusal.detail, to=HERE, reload=True)
    if not ids:
        return done(request, "Somebody else has judged these.", to=HERE, reload=True)
    undo = f"{HERE}undo/?ids={','.join(map(str, ids))}"
    return done(request, f"{words.plural(len(ids), 'submission')} marked as spam.", to=HERE, undo=undo, reload=True)


@for_reviewers
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    ids = [int(one) for one in request.GET.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
    try:
        back = review.put_back(ids, by=request.user)
    except DomainError as refusal:
        return done(request, refusal.detail, to=HERE, reload=True)
    return done(request, f"{words.plural(back, 'submission')} put back for review.", to=HERE, reload=True)


def _ids(request: HttpRequest) -> list[int]:
    """The one whose button was pressed, else those ticked."""
    asked = request.POST.getlist("one") or request.POST.getlist("submission")
    return [int(one) for one in asked if one.isdecimal() and len(one) < 19]


def _row(one: Submission, names: dict[str, str]) -> dict[str, Any]:
    said = {name: value for name, value in one.payload.items() if isinstance(value, str) and value.strip()}
    name = " ".join(filter(None, (said.get("first_name"), said.get("last_name"))))
    return {
        "one": one, "form": names.get(one.source, one.source),
        "who": name or said.get("email") or said.get("phone") or "Nobody",
        "mail": said.get("email", ""), "company": said.get("company", ""), "message": said.get("message", ""),
        "more": [(key, value) for key, value in said.items() if key not in ASIDE and not key.startswith(QUIET)],
        "signs": suspicion.words(one.suspicions), "page": one.context.get("page", ""), "ip": one.context.get("ip", ""),
    }  # fmt: skip
