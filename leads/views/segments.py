"""/segments/: conditions with a name, and how many they hold now. All read; marketing and administrators keep them."""

import json
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from leads import conditions, segments
from leads.attributes import asked_once
from leads.conditions import editor
from leads.forms import blame
from leads.models import Segment
from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from teams import access
from teams.doors import for_roles
from teams.models import Role

keepers = for_roles(Role.MARKETING)
HERE = "/segments/"


class SegmentForm(forms.Form):
    name = forms.CharField(max_length=80)
    about = forms.CharField(
        label="What for", required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who uses it, and for what. Optional.",
    )  # fmt: skip


@login_required
@require_GET
@asked_once()
def index(request: HttpRequest) -> HttpResponse:
    """Each with its sentence; the counts come one by one once the page is there."""
    rows = [
        {"segment": one, "sentence": said(one), "live": editor.counting(one.condition, who="leads", slim=True)}
        for one in Segment.objects.all()
    ]
    return render(request, "leads/segments.html", {"rows": rows, "may": access.may(request.user, segments.KEEP)})


@login_required
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "leads/segment.html", _context(request, get_object_or_404(Segment, pk=pk)))


@keepers
def add(request: HttpRequest) -> HttpResponse:
    form = SegmentForm(request.POST or None)
    context = {"form": form, "title": "New segment", "back": HERE}
    if request.method == "POST" and form.is_valid():
        try:
            segment = segments.add(**form.cleaned_data, by=request.user, at=request.now)
            return done(request, f"{segment} is there. Now say who is in it.", to=address(segment), reload=True)
        except Invalid as wrong:
            blame(form, wrong)
    return render(request, "leads/segment_form.html", context, status=422 if request.method == "POST" else 200)


@keepers
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Its name and what it is for."""
    segment = get_object_or_404(Segment, pk=pk)
    form = SegmentForm(request.POST or None, initial={"name": segment.name, "about": segment.about})
    context = {"form": form, "title": segment.name, "segment": segment, "back": address(segment)}
    if request.method != "POST":
        return render(request, "leads/segment_form.html", context)
    if form.is_valid():
        try:
            kept = segments.change(segment, form.cleaned_data, **seen.by(request))
            return done(request, f"{kept} is kept.", to=address(kept), undo=_undo(pk), reload=True)
        except Invalid as wrong:
            blame(form, wrong)
        except DomainError as refusal:
            return refused(request, "leads/segment_form.html", context, problem=refusal.detail, status=refusal.status)
    return render(request, "leads/segment_form.html", context, status=422)


@keepers
def condition(request: HttpRequest, pk: int) -> HttpResponse:
    """The slots of its sentence."""
    segment = get_object_or_404(Segment, pk=pk)

    def save(changed: dict[str, Any], focus: str) -> HttpResponse:
        kept = segments.change(segment, {"condition": changed}, **seen.by(request))
        if not request.htmx:
            return redirect(f"{address(kept)}#{focus}")
        part = render_to_string("leads/_segment.html", _context(request, kept), request)
        told = {"slot:done": {"focus": focus, "said": f"Kept: {said(kept)}.", "seen": kept.edited_at.isoformat()}}
        return HttpResponse(part, headers={"HX-Trigger-After-Settle": json.dumps(told)})

    answer = editor.answer(
        request, segment.condition, action_url=request.get_full_path().split("&at=")[0], back=address(segment),
        save=save,
    )  # fmt: skip
    if request.method == "POST" and answer.status_code >= 400:
        # What was refused is shown where it was asked, not in the place of the page.
        answer["HX-Retarget"], answer["HX-Reswap"] = "#slot", "innerHTML"
    return answer


@keepers
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=pk)
    context = {"segment": segment, "back": address(segment), "verb_tone": "danger"}
    if request.method != "POST":
        return render(request, "leads/segment_removal.html", context)
    try:
        segments.remove(segment, **seen.by(request))
    except DomainError as refusal:
        return refused(request, "leads/segment_removal.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"{segment} is removed.", to=HERE, undo=_undo(pk), reload=True)


@keepers
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        meant = request.GET.get("change", "")
        change = int(meant) if meant.isascii() and meant.isdigit() and len(meant) < 19 else None
        text = segments.undo(pk, by=request.user, at=request.now, change=change)
    except DomainError as refusal:
        text = refusal.detail
    back = f"{HERE}{pk}/" if Segment.objects.filter(pk=pk).exists() else HERE
    return done(request, text, to=back, reload=True)


def said(segment: Segment) -> str:
    if segment.condition == {}:
        return "Every lead"
    try:
        return conditions.sentence(segment.condition)
    except Invalid as wrong:
        return f"It can’t be read: {wrong.detail}"


def address(segment: Segment) -> str:
    return f"{HERE}{segment.pk}/"


def _context(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    may = access.may(request.user, segments.KEEP)
    seen = quote(segment.edited_at.isoformat())
    url = f"{HERE}{segment.pk}/condition/?seen={seen}" if may else ""
    sentence = editor.render(
        segment.condition, action_url=url, everyone="Every lead", count=True, who="leads"
    )  # fmt: skip
    return {"segment": segment, "may": may, "sentence": sentence, "condition_url": url, "seen": seen}


def _undo(pk: int) -> str:
    newest = segments.newest_change(pk)
    return f"{HERE}{pk}/undo/?change={newest.pk if newest else ''}"
