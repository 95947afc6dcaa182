"""/definitions/: what an MQL, an SAL and an SQL are here, who agreed, who violates it, what became of them."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journal.models import Entry
from leads.models.stage import COOL_DOWN_DAYS
from revops.lib.answers import done
from revops.lib.errors import DomainError
from scoring.definitions import STAGES, board, drafts, outcomes, violators
from scoring.definitions.forms import ReviewForm
from teams import access


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    shown = board.entries(request.user, now=request.now)
    waits = sorted((-days, reason.label) for reason, days in COOL_DOWN_DAYS.items())
    context = {
        "shown": shown, "waits": [(-days, label) for days, label in waits],
        "may": access.may(request.user, "administer"), "due": any(entry.review_due for entry in shown),
    }  # fmt: skip
    return render(request, "scoring/definitions.html", context)


@login_required
@require_GET
def stage(request: HttpRequest, stage: str) -> HttpResponse:
    """One definition whole: every version with what it changed and what became of its leads; who violates it."""
    entry = _entry(request, stage, all_versions=True)
    rows, more = [], False
    after = _place(request)
    if entry.current is not None and not entry.broken:
        rows, more = violators.page(entry.current, now=request.now, after=after)
    context = {
        "entry": entry, "history": board.history(entry), "violators": rows,
        "next": f"?after={rows[-1].lead.pk}#violators" if more else "", "first": after is None,
        "may": access.may(request.user, "administer"),
    }  # fmt: skip
    return render(request, "scoring/definition.html", context)


@login_required
@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """The quarterly look: what converted since, who violates it, why leads were sent back; then the next day."""
    shown = []
    for entry in board.entries(request.user, now=request.now, all_versions=True):
        if entry.current is not None:
            left = outcomes.reasons(entry.stage, entry.versions, entry.current.version)
            shown.append({"entry": entry, "left": left})
    facts = Entry.objects.filter(kind="definition.reviewed").select_related("by").order_by("-id")[:12]
    held = [(fact, date.fromisoformat(fact.data["fields"]["review_on"][1])) for fact in facts]
    context = {"shown": shown, "held": held, "may": access.may(request.user, "administer")}
    return render(request, "scoring/definition_review.html", context)


@login_required
def reviewed(request: HttpRequest, stage: str) -> HttpResponse:
    """It was looked at and stays: the day of the next look."""
    entry = _entry(request, stage)
    if entry.current is None:
        raise Http404
    back = "/definitions/review/"
    form = ReviewForm(request.POST or None, initial={"next_on": entry.today + drafts.QUARTER})
    context: dict[str, Any] = {"entry": entry, "form": form, "back": back}
    if request.method == "POST" and form.is_valid():
        try:
            kept = drafts.review(entry.current, next_on=form.cleaned_data["next_on"], by=request.user, at=request.now)
        except DomainError as refusal:
            context["problem"] = refusal.detail
            return render(request, "scoring/definition_reviewed.html", context, status=refusal.status)
        told = f"{stage.upper()} definition v{kept.version} stays. The next look is on {kept.review_on:%-d %b %Y}."
        return done(request, told, to=back, reload=True)
    status = 422 if request.method == "POST" else 200
    return render(request, "scoring/definition_reviewed.html", context, status=status)


def _entry(request: HttpRequest, stage: str, *, all_versions: bool = False) -> board.Entry:
    found = (
        board.entries(request.user, now=request.now, stages=[stage], all_versions=all_versions)
        if stage in STAGES
        else []
    )
    if not found:
        raise Http404
    return found[0]


def _place(request: HttpRequest) -> int | None:
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
