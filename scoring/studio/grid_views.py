"""The studio's grid and groups: where A, B, 1 and 2 begin, which cells make an MQL, how much a group adds at most.

Cut-offs and caps belong to the model's draft; which cells make an MQL belongs to the definition, which both sides
approve, so marking one changes (or begins) its proposal.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from revops.lib import seen
from revops.lib.errors import DomainError
from scoring import drafts
from scoring.definitions import current
from scoring.definitions import drafts as definition_drafts
from scoring.models import RuleGroup
from scoring.studio import board
from scoring.studio.draft import my_draft, since
from scoring.studio.forms import CapForm, CutsForm, ModeForm
from scoring.studio.views import beside, kept_page, refused_beside
from teams.doors import for_roles

only_admins = for_roles()
CELLS = [f"{letter}{digit}" for letter in "ABC" for digit in "123"]
PROPOSED = "It waits for both sides’ approval on the page of definitions."


def in_place(view: Callable) -> Callable:
    """For administrators; refusals are said where they were caused."""

    @only_admins
    @wraps(view)
    def inside(request: HttpRequest, **rest: Any) -> HttpResponse:
        try:
            return view(request, **rest)
        except DomainError as refusal:
            return refused_beside(request, refusal, back="/scoring/")

    return inside


@in_place
def cuts(request: HttpRequest) -> HttpResponse:
    """The four numbers of the grid, and whether all usage rules must hold."""
    if request.method != "POST":
        raise Http404
    if "pql_all" in request.POST:
        wanted = request.POST["pql_all"] == "all"
        drafts.set_cuts(my_draft(request), pql_all=wanted, **seen.by(request))
        said = "All usage rules must hold." if wanted else "One usage rule is enough."
        return kept_page(request, None, focus="pql", said=said)
    form = CutsForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "title": "Cut-offs", "back": "/scoring/", "action": request.get_full_path()}
        return beside(render(request, "scoring/studio_slot.html", context, status=422))
    drafts.set_cuts(my_draft(request), **form.cleaned_data, **seen.by(request))
    return kept_page(request, None, focus="cells", said="The cut-offs are kept in the draft.")


@in_place
def cells(request: HttpRequest) -> HttpResponse:
    """Mark a cell, or take its mark away, in the proposal of the MQL definition."""
    cell = request.POST.get("cell", "")
    if request.method != "POST" or cell not in CELLS:
        raise Http404
    by = definition_drafts.mql_by(definition_drafts.the_draft("mql") or current("mql", at=request.now))
    marked = set(by.names) if isinstance(by, definition_drafts.Cells) else set()
    definition_drafts.set_mql_cells(sorted(marked ^ {cell}), by=request.user, at=request.now)
    does = "no longer makes" if cell in marked else "makes"
    return kept_page(request, None, focus=f"cell-{cell}", said=f"Proposed: {cell} {does} an MQL. {PROPOSED}")


@in_place
def mode(request: HttpRequest) -> HttpResponse:
    """By cells, by a priority from a number on, or by the best share."""
    state = board.state_of(request.user)
    if state is None:
        raise Http404
    grid = board.grid(state, now=request.now)
    form = ModeForm(request.POST or None, initial=ModeForm.begin(grid["by"], state.shown))
    context = {"form": form, "title": "What makes an MQL by score?", "back": "/scoring/",
               "note": "One way, never two on a pool. Both sides approve it on the page of definitions."}  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/studio_slot.html", context)
    if not form.is_valid():
        return beside(render(request, "scoring/studio_slot.html", context, status=422))
    given, who = form.cleaned_data, {"by": request.user, "at": request.now}
    try:
        if given["mode"] == "threshold":
            definition_drafts.set_threshold(given["points"], **who)
        elif given["mode"] == "top":
            if given["top_share"] != state.shown.top_share:
                drafts.set_cuts(my_draft(request), top_share=given["top_share"], **seen.by(request))
            definition_drafts.set_top(**who)
        else:
            definition_drafts.set_mql_cells(sorted(_marked(state, request)), **who)
    except DomainError as refusal:
        context |= {"problem": refusal.detail, "stale": since(request, refusal)}
        return beside(render(request, "scoring/studio_slot.html", context, status=refusal.status))
    return kept_page(request, None, focus="slot-mode", said=f"Proposed. {PROPOSED}")


@in_place
def group(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One group's name and cap; 0 is a new one. `remove` takes it away, its rules stay."""
    draft = drafts.the_draft()
    shown = draft or drafts.live()
    found = RuleGroup.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Http404
    if found is not None and found.model_id != shown.pk:  # of the live model, while the draft has its own
        found = shown.groups.filter(name=found.name).first()
    form = CapForm(request.POST or None, initial=CapForm.begin(found))
    context = {
        "form": form,
        "title": f"Group {found.name}" if found else "A new group",
        "back": "/scoring/",
        "group": found,
    }
    removing = bool(request.POST.get("remove"))
    if request.method != "POST":
        return render(request, "scoring/studio_group.html", context)
    if not removing and not form.is_valid():
        return beside(render(request, "scoring/studio_group.html", context, status=422))
    try:
        model = my_draft(request)
        mine = model.groups.filter(name=found.name).first() if found else None
        if removing and mine is not None:
            drafts.remove_group(mine, **seen.by(request))
            return kept_page(request, None, focus="lines", said=f"{mine.name} is dissolved; its rules stay.")
        kept = drafts.set_group(model, group=mine, **form.cleaned_data, **seen.by(request))
    except DomainError as refusal:
        context |= {"problem": refusal.detail, "stale": since(request, refusal)}
        return beside(render(request, "scoring/studio_group.html", context, status=refusal.status))
    return kept_page(request, None, focus=f"group-{kept.pk}", said=f"{kept.name} is kept in the draft.")


def _marked(state: board.State, request: HttpRequest) -> set[str]:
    """The cells to go back to: those in force, else A1, A2 and B1."""
    by = definition_drafts.mql_by(current("mql", at=request.now))
    return set(by.names) if isinstance(by, definition_drafts.Cells) else {"A1", "A2", "B1"}
