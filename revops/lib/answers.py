"""How a verb's page answers, the same for a plain form and for one sent by htmx."""

import json
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from revops.lib.errors import DomainError


def done(request: HttpRequest, text: str, *, to: str, undo: str = "", reload: bool = False) -> HttpResponse:
    """The verb worked. `undo`: the address whose POST takes it back, offered with the sentence.

    A plain form is redirected to `to`. htmx gets 204 and a trigger: the dialog closes, the sentence is
    shown, live lists ask for news; with `reload`, `to` is loaded instead and shows the sentence itself.
    """
    if getattr(request, "htmx", False) and not reload:
        told = {"verb:done": {"text": text, "undo": undo}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})
    messages.success(request, text, extra_tags=json.dumps({"undo": undo}) if undo else "")
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return redirect(to)


def refused(
    request: HttpRequest, template: str, context: dict, *, problem: str = "", status: int = 409
) -> HttpResponse:
    """The verb did not work: the same dialog or page again, what was typed kept, the reason on top."""
    return render(request, template, {"problem": problem, **context}, status=status)


def in_words(back: str) -> Callable:
    """A page whose refusals are answered in words, with the way `back`."""

    def wrap(view: Callable) -> Callable:
        @wraps(view)
        def inside(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
            try:
                return view(request, *args, **named)
            except DomainError as refusal:
                context = {"problem": refusal.detail, "back": back, "status": refusal.status}
                return render(request, "leads/refused.html", context, status=refusal.status)

        return inside

    return wrap
