"""A verb of the deal desk asked in a dialog: shown, read, refused in its own words, done once."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from leads.forms import blame
from revops.lib.answers import done
from revops.lib.errors import DomainError


def asked(
    request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], str], *, title: str, verb: str, back: str,
    note: str = "", tone: str = "", template: str = "deals/desk/dialog.html", more: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """`act` takes what was typed and answers with the sentence for the toast; `form` is bound when posted."""
    status, problem = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return done(request, act(form.cleaned_data), to=back, reload=True)
            except DomainError as refusal:
                status = 422 if refusal.status == 400 else refusal.status
                if refusal.status == 400:
                    blame(form, refusal)
                else:
                    problem = refusal.detail
    context = {
        "form": form, "problem": problem, "action": request.get_full_path(), "back": back, "title": title,
        "verb": verb, "note": note, "verb_tone": tone, **(more or {}),
    }  # fmt: skip
    return render(request, template, context, status=status)
