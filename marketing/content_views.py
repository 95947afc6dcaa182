"""/content/: what sales asks marketing for, by the clock; mine; one request with its verbs."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST, require_safe

from marketing import requests
from marketing.models import ContentRequest
from revops.lib.answers import done, in_words
from revops.lib.errors import DomainError
from revops.lib.frame import reader_zone
from teams import access

SIZE = 100
VIEWS = {"": "Waiting", "mine": "Mine", "closed": "Done and declined"}


class AskForm(forms.Form):
    title = forms.CharField(label="What is needed", max_length=160)
    why = forms.CharField(
        label="Why", required=False, max_length=400, widget=forms.Textarea({"rows": 3}),
        help_text="What the buyer asked, and what it should prove.",
    )  # fmt: skip
    stage = forms.CharField(label="For which stage", required=False, max_length=60)
    segment = forms.CharField(label="For whom", required=False, max_length=60)


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="Answer", max_length=400, widget=forms.Textarea({"rows": 3}),
        help_text="What they can use today, or when there will be something.",
    )  # fmt: skip


class DoneForm(forms.Form):
    url = forms.CharField(label="Where it is", max_length=500, widget=forms.URLInput())


class DeclineForm(forms.Form):
    why = forms.CharField(label="Why not", max_length=400, widget=forms.Textarea({"rows": 3}))


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`view`: waiting (default), mine (asked or taken by me), closed. Six queries at most."""
    view = request.GET.get("view", "") if request.GET.get("view", "") in VIEWS else ""
    rows = ContentRequest.objects.all()
    if view == "mine":
        rows = rows.filter(asked_by=request.user) | rows.filter(owner=request.user)
        rows = rows.order_by("-asked_at", "-id")
    elif view == "closed":
        rows = rows.exclude(closed_at=None).order_by("-closed_at", "-id")
    else:
        rows = requests.waiting()
    shown = list(rows.select_related("asked_by", "owner")[:SIZE])
    context = {
        "rows": told(shown, request), "view": view, "may_ask": access.may(request.user, "ask_for_content"),
        "tabs": [
            {"href": f"/content/?view={key}" if key else "/content/", "label": label, "current": key == view}
            for key, label in VIEWS.items()
        ],
    }  # fmt: skip
    return render(request, "marketing/content/page.html", context)


@login_required
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    row = find(pk)
    context = {
        **told([row], request)[0], "may": access.may(request.user, "make_content") and row.closed_at is None,
        "mine": row.owner_id == request.user.pk,
    }  # fmt: skip
    return render(request, "marketing/content/request.html", context)


def told(rows: list[ContentRequest], request: HttpRequest) -> list[dict[str, Any]]:
    """Each with its clock and what it was asked over; two queries, however many."""
    clocks = import_string(settings.CONTENT_CLOCKS)([row.pk for row in rows], now=request.now) if rows else {}
    deals = [row.about_id for row in rows if row.about_kind == "deal" and row.about_id]
    names = import_string(settings.SUBJECTS["deal"])(deals) if deals else {}
    return [
        {"row": row, "clock": _face(clocks.get(row.pk), row, request), "about": names.get(row.about_id or 0)}
        for row in rows
    ]


def _face(clock: dict[str, Any] | None, row: ContentRequest, request: HttpRequest) -> dict[str, Any] | None:
    """The clock as the countdown component takes it."""
    if clock is None:
        return None
    zone = clock["timezone"] if clock["calendar"] else str(reader_zone(request))
    return {**clock, "label": "First answer", "zone": zone, "who": row.title, "mine": row.owner_id == request.user.pk}


@login_required
@in_words("/content/")
def new(request: HttpRequest) -> HttpResponse:
    access.require(request.user, "ask_for_content")

    def act(given: dict[str, Any]) -> str:
        requests.ask(given.pop("title"), by=request.user, at=request.now, **given)
        return "Asked. Marketing owes a first answer within four open hours."

    return _asked(
        request, AskForm(request.POST or None), act, title="Ask for content", verb="Ask", back="/content/?view=mine"
    )


@login_required
@in_words("/content/")
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    row = requests.take(find(pk), by=request.user, at=request.now)
    return done(request, f"{row.title} is yours. It still waits for an answer.", to=f"/content/{pk}/", reload=True)


@login_required
@in_words("/content/")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    row = find(pk)
    return _verb(
        request, row, AnswerForm, lambda given: requests.answer(row, by=request.user, at=request.now, **given),
        "Answered.", title=f"Answer: {row.title}", verb="Answer", note="The first answer stops the clock.",
    )  # fmt: skip


@login_required
@in_words("/content/")
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    row = find(pk)
    return _verb(
        request, row, DoneForm, lambda given: requests.finish(row, by=request.user, at=request.now, **given),
        "Done. Whoever asked is told.", title=f"Done: {row.title}", verb="It is there",
        note="Closes the request; the clock stops if it still runs.",
    )  # fmt: skip


@login_required
@in_words("/content/")
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    row = find(pk)
    return _verb(
        request, row, DeclineForm, lambda given: requests.decline(row, by=request.user, at=request.now, **given),
        "Declined. Whoever asked is told why.", title=f"Decline: {row.title}", verb="Decline request", tone="danger",
        note="Also an answer: the clock stops.",
    )  # fmt: skip


def find(pk: int) -> ContentRequest:
    row = ContentRequest.objects.select_related("asked_by", "owner").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _verb(
    request: HttpRequest, row: ContentRequest, form: type[forms.Form], do: Any, said: str, **words: str
) -> HttpResponse:
    access.require(request.user, "make_content")

    def act(given: dict[str, Any]) -> str:
        do(given)
        return said

    return _asked(request, form(request.POST or None), act, back=f"/content/{row.pk}/", **words)


def _asked(
    request: HttpRequest, form: forms.Form, act: Any, *, title: str, verb: str, back: str, note: str = "",
    tone: str = "",
) -> HttpResponse:  # fmt: skip
    status, problem = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return done(request, act(dict(form.cleaned_data)), to=back, reload=True)
            except DomainError as refusal:
                if refusal.status == 400:
                    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
                else:
                    status, problem = refusal.status, refusal.detail
    context = {
        "form": form, "problem": problem, "action": request.get_full_path(), "back": back, "title": title,
        "verb": verb, "note": note, "verb_tone": tone,
    }  # fmt: skip
    return render(request, "marketing/content/dialog.html", context, status=status)
