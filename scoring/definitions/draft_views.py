"""/definitions/<stage>/draft/: writing a definition, asking both sides, agreeing. Admins write, a side says yes."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from leads.conditions import editor
from revops.lib import seen
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from scoring import approving
from scoring.definitions import STAGES, asks, board, drafts
from scoring.definitions import effect as definition_effect
from scoring.definitions import words as definition_words
from scoring.definitions.forms import WordsForm
from scoring.models import Definition
from teams import access
from teams.doors import for_roles
from teams.models import Organisation

only_admins = for_roles()


@login_required
def page(request: HttpRequest, stage: str) -> HttpResponse:
    """The draft; POST begins one, or keeps its words."""
    if stage not in STAGES:
        raise Http404
    if request.method == "POST":
        return begin(request, stage) if "begin" in request.POST else words(request, stage)
    return render(request, "scoring/definition_draft.html", _context(request, stage))


@only_admins
def begin(request: HttpRequest, stage: str) -> HttpResponse:
    drafts.open_draft(stage, by=request.user, at=request.now)
    return redirect(_address(stage))


@only_admins
def words(request: HttpRequest, stage: str) -> HttpResponse:
    draft = _draft(stage)
    form = WordsForm(request.POST, stage=stage)
    problem = ""
    if form.is_valid():
        try:
            drafts.change(draft, form.fields_of(), **seen.by(request))
            messages.success(request, "Kept in the draft.")
            return redirect(_address(stage))
        except Invalid as wrong:
            form.blame(wrong)
        except DomainError as refusal:
            problem = refusal.detail
    context = _context(request, stage) | {"form": form, "problem": problem}
    return render(request, "scoring/definition_draft.html", context, status=409 if problem else 422)


@only_admins
def condition(request: HttpRequest, stage: str) -> HttpResponse:
    draft = _draft(stage)

    def save(changed: dict[str, Any], focus: str) -> HttpResponse:
        kept = drafts.change(draft, {"predicate": changed}, **seen.by(request))
        if not request.htmx:
            return redirect(f"{_address(stage)}#{focus}")
        context = _context(request, stage) | {"oob": True}
        parts = [render_to_string(f"scoring/_definition_{name}.html", context, request) for name in ("rule", "beside")]
        told = {"focus": focus, "said": f"Kept in the draft: {definition_words.rule(changed)}.", "seen": _seen(kept)}
        return HttpResponse("".join(parts), headers={"HX-Trigger-After-Settle": json.dumps({"slot:done": told})})

    answer = editor.answer(
        request, draft.predicate, action_url=request.get_full_path().split("&at=")[0], back=_address(stage), save=save
    )
    if answer.status_code >= 400:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#slot", "innerHTML"
    return answer


@login_required
@require_GET
def effect(request: HttpRequest, stage: str) -> HttpResponse:
    """What it would mean for the leads there are: a fragment for the page, a page of its own without a script."""
    draft = _draft(stage)
    context = {"draft": draft, "stage": stage, "effect": definition_effect.of(draft, now=request.now)}
    template = "scoring/_definition_effect.html" if request.htmx else "scoring/definition_effect.html"
    return render(request, template, context)


def verb(template: str, *, tone: str = "", anybody: bool = False) -> Callable:
    """A dialog about the draft: GET asks, POST does; what is refused is said in it."""

    def wrap(work: Callable[[HttpRequest, Definition, dict[str, Any]], str]) -> Callable:
        @(login_required if anybody else only_admins)
        @wraps(work)
        def inside(request: HttpRequest, stage: str) -> HttpResponse:
            draft = _draft(stage)
            context = _context(request, stage) | {"back": _address(stage), "verb_tone": tone}
            if request.method != "POST":
                return render(request, template, context)
            try:
                told = work(request, draft, context)
            except DomainError as refusal:
                return refused(request, template, context, problem=refusal.detail, status=refusal.status)
            gone = drafts.the_draft(stage) is None
            return done(request, told, to=f"/definitions/#{stage}" if gone else _address(stage), reload=True)

        return inside

    return wrap


@verb("scoring/definition_propose.html")
def proposal(request: HttpRequest, draft: Definition, context: dict[str, Any]) -> str:
    drafts.propose(draft, **seen.by(request))
    return f"{draft} is proposed. It holds once marketing and sales have both said yes."


@verb("scoring/definition_approve.html", anybody=True)
def approval(request: HttpRequest, draft: Definition, context: dict[str, Any]) -> str:
    kept = drafts.approve(draft, side=request.POST.get("side", ""), **seen.by(request))
    if kept.state != Definition.State.PUBLISHED:
        return "Approved. The other side is still asked."
    if kept.effective_at > request.now:
        day = Organisation.get().today(kept.effective_at)
        return f"Approved: both sides agree. {kept} holds from {day:%-d %b %Y} on."
    return f"Approved: both sides agree. {kept} is in force; what became one before keeps its version."


@verb("scoring/definition_withdraw.html")
def withdrawal(request: HttpRequest, draft: Definition, context: dict[str, Any]) -> str:
    drafts.withdraw(draft, **seen.by(request))
    return f"{draft} is a draft again. Nobody is asked any more."


@verb("scoring/definition_discard.html", tone="danger")
def removal(request: HttpRequest, draft: Definition, context: dict[str, Any]) -> str:
    drafts.discard(draft, **seen.by(request))
    return f"The draft of {draft.stage.upper()} v{draft.version} is discarded. What is in force stays."


@login_required
@require_POST
def reminder(request: HttpRequest, stage: str) -> HttpResponse:
    draft = _draft(stage)
    try:
        told = drafts.remind(draft, by=request.user, at=request.now)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("/definitions/")
    people = "1 person was" if told == 1 else f"{told} people were"
    text = f"{people} reminded." if told else "Everybody who is asked was reminded today already."
    return done(request, text, to=f"/definitions/#{stage}")


# --- what they have in common ------------------------------------------------


def _draft(stage: str) -> Definition:
    found = drafts.the_draft(stage) if stage in STAGES else None
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, stage: str) -> dict[str, Any]:
    """`may`: edits. `seen`: names the state of the draft that is shown."""
    may, draft, former = access.may(request.user, "administer"), drafts.the_draft(stage), drafts.newest(stage)
    context: dict[str, Any] = {
        "stage": stage, "title": definition_words.TITLES[stage], "may": may, "draft": draft, "former": former,
    }  # fmt: skip
    if draft is None:
        return context
    seen = _seen(draft)
    proposed = draft.state == Definition.State.PROPOSED
    return context | {
        "seen": seen, "changes": definition_words.changes(former, draft), "proposed": proposed,
        "form": WordsForm(initial=WordsForm.begin(draft), stage=stage),
        "waiting": board.waiting(draft, request.user) if proposed else None,
        "asked": [] if proposed else [(side, approving.asked(side)) for side in asks.missing([])],
        "sentence": editor.render(
            draft.predicate, before=former.predicate if former else None, count=True,
            action_url=f"/definitions/{stage}/draft/condition/?seen={quote(seen)}" if may else "",
            everyone="Everybody" if stage == "mql" else "No rule: people decide", who="leads",
        ),
    }  # fmt: skip


def _seen(draft: Definition) -> str:
    return draft.edited_at.isoformat() if draft.edited_at else ""


def _address(stage: str) -> str:
    return f"/definitions/{stage}/draft/"
