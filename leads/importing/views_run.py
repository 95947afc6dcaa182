"""Steps 3 to 5: the dry run, the import while it runs, and what came of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from leads.importing import board, rehearsing, running
from leads.importing.columns import columns_of, decisions_of
from leads.importing.views import of_run, shell
from leads.models import ImportRun
from revops.lib import words
from revops.lib.errors import DomainError

S = board.S
ENDED_WORDS = {S.DONE: "Done", S.CANCELLED: "Cancelled", S.FAILED: "Failed", S.UNDONE: "Undone"}


@of_run
@require_http_methods(["GET", "POST"])
def dry_run(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """POST: read every line and change nothing."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            rehearsing.rehearse(run, by=request.user, at=request.now)
            return redirect(board.address(run, "dry-run"))
        except DomainError as refusal:
            problem, status = refusal.detail, refusal.status
            run.refresh_from_db()
    gone_on = _polled(request, run, S.REHEARSING, step=3)
    if gone_on is not None:
        return gone_on
    problem = problem or (run.trouble if run.state == S.MATCHED else "")
    context = _context(run, request, 3, rehearsed=True) | {"problem": problem}
    return render(request, "leads/imports/dry_run.html", context, status=status)


@of_run
@require_http_methods(["GET", "POST"])
def progress(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """POST: begin."""
    if request.method == "POST":
        try:
            running.start(run, by=request.user, at=request.now)
            return redirect(board.address(run, "progress"))
        except DomainError as refusal:
            run.refresh_from_db()
            here = board.step_of(run)
            context = _context(run, request, here, rehearsed=here < 5) | {"problem": refusal.detail}
            page = "leads/imports/done.html" if here == 5 else "leads/imports/dry_run.html"
            return render(request, page, context, status=refusal.status)
    gone_on = _polled(request, run, S.RUNNING, step=4)
    if gone_on is not None:
        return gone_on
    if run.state != S.RUNNING:
        return redirect(board.address(run, board.NAMES[board.step_of(run)]))
    return render(request, "leads/imports/progress.html", _context(run, request, 4, rehearsed=True))


@of_run
@require_GET
def finished(request: HttpRequest, run: ImportRun) -> HttpResponse:
    gone_on = _polled(request, run, S.UNDOING, step=5)
    if gone_on is not None:
        return gone_on
    if run.state not in (*board.ENDED, S.UNDOING) or board.step_of(run) < 5:
        return redirect(board.address(run, board.NAMES[board.step_of(run)]))
    until = board.undo_until(run, request.now)
    context = _context(run, request, 5, rehearsed=False) | {
        "ended": ENDED_WORDS.get(S(run.state), ""),
        "said": said(run),
        "undo_until": until,
        "corrections": run.corrected_by.order_by("pk"),
        "counts_title": "What the lines became",
    }
    return render(request, "leads/imports/done.html", context)


def said(run: ImportRun) -> str:
    """What came of it, in one sentence."""
    counts = run.counts or {}
    took = words.span((run.finished_at - run.started_at).total_seconds()) if run.finished_at and run.started_at else ""
    read, total = int(counts.get("read") or 0), int(run.facts.get("rows") or 0)
    if run.state == S.UNDONE:
        return "Undone: every row is what it was before the import."
    stopped = f"Stopped after {words.number(read)} of {words.plural(total, 'line')}."
    if run.state == S.CANCELLED:
        return f"{stopped} What was in by then was kept."
    if run.state == S.FAILED:
        return f"{stopped} What is in stays, unless you undo it."
    refused = int(counts.get("refused") or 0)
    rest = f" {words.plural(refused, 'line')} wait in the error file." if refused else " No line was refused."
    return f"{words.plural(read, 'line')} read{f' in {took}' if took else ''}.{rest}"


def _polled(request: HttpRequest, run: ImportRun, state: str, *, step: int) -> HttpResponse | None:
    """The answer to the fragment that asks how far it is: again, or on to where the import stands now."""
    if not request.htmx or request.method != "GET":
        return None
    if run.state == state:
        asked = board.times_asked(request.GET.get("asked"))
        return render(request, "leads/imports/_working.html", board.working(run, request.now, asked=asked))
    to = board.address(run, board.NAMES[board.step_of(run)])
    return HttpResponse(status=204, headers={"HX-Redirect": to})


def _context(run: ImportRun, request: HttpRequest, here: int, *, rehearsed: bool) -> dict[str, Any]:
    at_work = run.state in (S.REHEARSING, S.RUNNING, S.UNDOING)
    counts = (run.rehearsal if rehearsed else run.counts) or None
    decisions = decisions_of(run) if here == 3 else []
    columns = columns_of(run, None, decisions, {})
    context = shell(run, here) | {
        "at_work": at_work,
        "counts": counts,
        "columns": columns,
        "used": [column for column in columns if not column["out"]],
        "may_save_preset": True,
        "problems": board.problems(run, rehearsed=rehearsed) if counts else [],
    }
    if at_work:
        context |= board.working(run, request.now)
    if counts:
        refused = int(counts.get("refused") or 0)
        taken = int(counts.get("read") or 0) - refused
        context |= board.counted(counts, run.mapping.get("kind", "leads")) | {
            "refused": refused,
            "taken": taken,
            "error_file": f"{board.address(run, 'errors.csv')}{'?dry' if rehearsed else ''}" if refused else "",
            "may_correct": run.state != S.UNDONE and (bool(run.started_at) or run.state == S.REHEARSED),
            "correction": board.address(run, "correction"),
            "goes_in": _goes_in(taken, refused),
            "undecided": f"{words.plural(len(decisions), 'value')} not decided." if decisions else "",
        }  # fmt: skip
    return context | {
        "may_start": run.state == S.REHEARSED and bool(counts),
        "may_rehearse": run.state in (S.ANALYSED, S.MATCHED) and here == 3,
    }


def _goes_in(taken: int, refused: int) -> str:
    if not refused:
        return f"{words.plural(taken, 'line')} would go in. No line would be refused."
    return f"{words.plural(taken, 'line')} would go in, {words.number(refused)} stay out, kept in an error file."
