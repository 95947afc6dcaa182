"""A verb that asks first: the same page as a dialog and on its own, its refusals beside what was typed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from leads.forms import blame
from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.frame import reader_zone

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


def ask(
    request: HttpRequest, make: Callable[[Any], forms.Form], act: Callable[[dict[str, Any]], str], *, title: str,
    words: str, back: str, note: str = "", tone: str = "primary",
) -> HttpResponse:  # fmt: skip
    """`make(data or None)` builds the form; `act(cleaned)` does it and answers with the sentence that is shown."""
    status, problem = 200, ""
    # What is typed is meant, and what is shown is read, in the reader's zone.
    with timezone.override(reader_zone(request)):
        form = make(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    return done(request, act(form.cleaned_data), to=back, reload=True)
                except DomainError as refusal:
                    if refusal.status == 403:
                        raise
                    status = refusal.status
                    if status == 400 and (not refusal.field or refusal.field in form.fields):
                        status = 422
                        blame(form, refusal)
                    else:
                        problem = refusal.detail
        context = {
            "form": form, "problem": problem, "action": request.get_full_path(), "back": back, "title": title,
            "words": words, "note": note, "verb_tone": tone,
        }  # fmt: skip
        return render(request, "customers/ask.html", context, status=status)


def refused(request: HttpRequest, refusal: DomainError, back: str) -> HttpResponse:
    context = {"problem": refusal.detail, "back": back, "status": refusal.status}
    return render(request, "leads/refused.html", context, status=refusal.status)
