"""Pause a clock and let it go on: dialogs under each clock that may be paused."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from leads.clock_words import NAMES
from leads.forms import blame
from leads.views.doors import afterwards, said_no
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from revops.lib.frame import reader_zone
from sla import pausing, policies
from sla.models import Clock, PauseReason
from teams import access


class PauseForm(forms.Form):
    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect, error_messages={"required": "Choose a reason."})
    until = forms.DateTimeField(
        label="Until",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M"],
        help_text="Then it goes on by itself. More than five business days, or no end, needs the team’s manager.",
    )
    note = forms.CharField(
        required=False, max_length=400, help_text="What they asked for, in a few words.",
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, allowed: list[str], zone: ZoneInfo) -> None:
        super().__init__(data)
        self.zone = zone
        self.fields["reason"].choices = [(code, PauseReason(code).label) for code in allowed]

    def clean_until(self) -> datetime | None:
        until = self.cleaned_data["until"]
        return until.replace(tzinfo=self.zone) if until else None


@login_required
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    clock, zone = _find(pk), reader_zone(request)
    back = afterwards(request, _home(clock))
    form = None
    try:
        access.require_work(request.user, clock.lead or clock.deal, "pause")
        line = policies.pinned([clock.policy_id]).get(clock.policy_id) if clock.policy_id else None
        said = request.POST if request.method == "POST" else None
        form = PauseForm(said, allowed=list(line.pause_reasons) if line else [], zone=zone)
        if request.method == "POST" and form.is_valid():
            held = pausing.pause(clock, by=request.user, at=request.now, **form.cleaned_data)
            return done(request, _paused(held, request, zone), to=back, reload=True)
        if request.method == "GET":
            pausing.require_pausable(clock)
    except DomainError as refusal:
        if form is None or request.method == "GET":
            return said_no(request, refusal, back=back)
        if isinstance(refusal, Invalid) or refusal.field:
            blame(form, refusal)
            return _ask(request, clock, form, back, status=refusal.status)
        return _ask(request, clock, form, back, problem=refusal.detail, status=refusal.status)
    return _ask(request, clock, form, back, status=422 if request.method == "POST" else 200)


@login_required
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    clock = _find(pk)
    back = afterwards(request, _home(clock))
    try:
        access.require_work(request.user, clock.lead or clock.deal, "pause")
        if request.method == "POST":
            held = pausing.resume(clock, by=request.user, at=request.now)
            due = words.moment(held.due_at, request.now, reader_zone(request), "full") if held.due_at else ""
            return done(request, f"{_name(clock)} counts again{f', due {due}' if due else ''}.", to=back, reload=True)
    except DomainError as refusal:
        return said_no(request, refusal, back=back)
    context = {
        "title": f"Resume: {_name(clock).lower()}", "words": "Resume", "form": [], "verb_tone": "primary",
        "note": _on_resuming(clock, request), "action": request.get_full_path(), "back": back,
    }  # fmt: skip
    return render(request, "leads/verb.html", context)


def _ask(request: HttpRequest, clock: Clock, form: Any, back: str, *, problem: str = "", status: int = 200):
    context = {
        "title": f"Pause: {_name(clock).lower()}", "words": "Pause", "form": form, "verb_tone": "primary",
        "note": _on_pausing(clock, request), "problem": problem, "action": request.get_full_path(), "back": back,
    }  # fmt: skip
    return render(request, "leads/verb.html", context, status=status)


def _on_pausing(clock: Clock, request: HttpRequest) -> str:
    """What it does to the clock, before the button."""
    now = request.now
    if clock.breached_at is not None or (clock.due_at is not None and now >= clock.due_at):
        return "This clock is late already: the pause is written down, the breach stands."
    left = int(policies.hours(clock.calendar_version).elapsed(max(now, clock.started_at), clock.due_at or now))
    return f"The clock stops with {words.span(left)} left and goes on with it. No warnings until then."


def _on_resuming(clock: Clock, request: HttpRequest) -> str:
    if clock.phase != "paused":
        return "This clock runs; only the note that it was paused ends."
    due = pausing.due_if_resumed(clock, at=request.now)
    return f"The clock goes on now and is due {words.moment(due, request.now, reader_zone(request), 'full')}."


def _paused(held: Clock, request: HttpRequest, zone: ZoneInfo) -> str:
    if held.phase != "paused":
        return f"{_name(held)}: the pause is written down; the breach stands."
    until = f" until {words.moment(held.resume_at, request.now, zone, 'full')}" if held.resume_at else ""
    return f"{_name(held)} is paused{until}."


def _name(clock: Clock) -> str:
    name = NAMES.get(clock.target, clock.target.replace("_", " ").capitalize())
    return name if clock.scope == "lead" else f"{name}, own clock"


def _home(clock: Clock) -> str:
    return f"/leads/{clock.lead_id}/" if clock.lead_id else f"/deals/{clock.deal_id}/"


def _find(pk: int) -> Clock:
    clock = pausing.find(pk)
    if clock is None:
        raise Http404
    return clock
