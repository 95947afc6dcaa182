"""What is done about an import as a whole: cancel, undo, its error file, its lines of one kind."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from leads.importing import board, changed, problem_words, problems, running, undoing
from leads.importing.forms import CancelForm
from leads.importing.views import of_run
from leads.models import ImportProblem, ImportRun, ImportState
from revops.lib import csv_file, words
from revops.lib.answers import done
from revops.lib.errors import DomainError

S = board.S
FIRST = 100


@of_run
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Before anything is in there is nothing to keep or undo, and nothing is asked."""
    asks = run.state == S.RUNNING
    form = CancelForm(request.POST or None, initial={"what": "keep"}) if asks else None
    context: dict[str, Any] = {"form": form, "run": run, "back": board.address(run), "note": _said_of_cancel(run)}
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and (form is None or form.is_valid()):
        keep = form is None or form.cleaned_data["what"] == "keep"
        try:
            running.cancel(run, keep, by=request.user, at=request.now)
            said = "Cancelling after the present lot." if asks else f"The import of {run.name} is cancelled."
            return done(request, said, to=board.address(run) if asks else "/intake/imports/", reload=True)
        except DomainError as refusal:
            context["problem"], status = refusal.detail, refusal.status
    return render(request, "leads/imports/cancel.html", context, status=status)


@of_run
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Says first what would go, or what keeps it from being undone."""
    context: dict[str, Any] = {"run": run, "back": board.address(run), "verb_tone": "danger", "may": True}
    context["takes_back"] = _takes_back(run)
    status = 200
    if request.method == "POST":
        try:
            undone = undoing.undo(run, by=request.user, at=request.now).state == ImportState.UNDONE
            said = f"The import of {run.name} is {'undone' if undone else 'being undone'}."
            return done(request, said, to=board.address(run, "done"), reload=True)
        except DomainError as refusal:
            context["problem"], status = refusal.detail, refusal.status
            context["may"] = refusal.code != "changed"
    if board.undo_until(run, request.now) is None:
        context |= {"may": False, "why": _why_not(run)}
        return render(request, "leads/imports/undo.html", context, status=status)
    blockers = changed.told(undoing.blocked_by(run, limit=FIRST))
    if blockers:
        count = words.plural(len(blockers), "row")
        more = " or more" if len(blockers) >= FIRST else ""
        why = f"{count}{more} of this import were changed since, and that work would be lost."
        context |= {"blockers": blockers, "may": False, "why": why}
    return render(request, "leads/imports/undo.html", context, status=status)


@of_run
@require_GET
def problem(request: HttpRequest, run: ImportRun, code: str) -> HttpResponse:
    """The first lines of one kind."""
    rehearsed = request.GET.get("of") != "import"
    found = ImportProblem.objects.filter(run=run, rehearsed=rehearsed, code=code)
    rows = list(found.order_by("line").values_list("line", "detail")[:FIRST])
    if not rows:
        raise Http404
    context = {"title": problem_words.title(code), "rows": rows, "count": found.count(), "run": run,
               "back": board.address(run)}  # fmt: skip
    return render(request, "leads/imports/lines.html", context)


@of_run
@require_GET
def errors(request: HttpRequest, run: ImportRun) -> StreamingHttpResponse:
    """The refused lines as they came, and why; fixed, it can be uploaded here again."""
    head, rows = problems.error_file(run, rehearsed="dry" in request.GET)
    return csv_file.answer(f"errors-{slugify(run.name.rsplit('.', 1)[0])[:80] or run.pk}", head, rows)


def _said_of_cancel(run: ImportRun) -> str:
    if run.state == S.RUNNING:
        return f"{words.number(run.done)} of {words.plural(run.total, 'line')} are in. It stops after the present lot."
    return "Nothing of the file is in yet, so nothing is changed. The file is thrown away."


def _takes_back(run: ImportRun) -> str:
    """The counts of what goes."""
    counts = run.counts or {}
    kind = run.mapping.get("kind", "leads")
    names = [("created", *board.CREATED.get(kind, board.CREATED["leads"])), ("touches", "touch", "touches")]
    names += [("companies_new", "new company", "new companies")] if kind != "companies" else []
    names += [("deals", "deal", "deals")] if kind != "deals" else []
    gone = [words.plural(int(counts[key]), one, many) for key, one, many in names if counts.get(key)]
    updated = int(counts.get("updated") or 0)
    first = f"{', '.join(gone)} go." if gone else "Nothing was created, so nothing goes."
    return f"{first} {words.plural(updated, 'updated one')} become what they were." if updated else first


def _why_not(run: ImportRun) -> str:
    if run.state == S.UNDONE:
        return "This import was undone already."
    if run.state in (S.RUNNING, S.UNDOING):
        return "The import is at work. Cancel it first."
    if run.work_id is None:
        return "Nothing was kept about what this import changed, so it cannot be undone."
    return "This was too long ago: an import can be undone for 30 days."
