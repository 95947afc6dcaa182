"""/intake/imports/: what was moved in, the upload of a new file, and on to the step where an import stands."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from leads.importing import board, presets, uploading, uploads
from leads.importing.forms import ModeForm
from leads.intake_tabs import tabs
from leads.models import ImportMode, ImportPreset, ImportRun
from revops.lib.errors import DomainError
from teams.doors import for_roles
from teams.models import Role

PAGE = 50
movers = for_roles(Role.MARKETING)
TOO_BIG = (
    f"The file has more than {uploading.MOST_BYTES // 1_000_000} MB. Nothing was kept. Split it, each part with the "
    "header line."
)
NO_FILE = "Choose a file first. Nothing was kept."


def of_run(view: Callable) -> Callable:
    """The import of the address, for marketing and administrators."""

    @movers
    @wraps(view)
    def inside(request: HttpRequest, pk: int, **rest: Any) -> HttpResponse:
        run = get_object_or_404(ImportRun.objects.select_related("by", "work", "corrects"), pk=pk)
        return view(request, run, **rest)

    return inside


def shell(run: ImportRun, here: int) -> dict[str, Any]:
    """What each step's page has around it."""
    return {
        "run": run,
        "about": board.about(run),
        "steps": board.steps(run, here),
        "may_cancel": run.state not in (*board.ENDED, board.S.UNDOING) and not run.stop,
        "address": board.address(run),
    }


@movers
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The imports there were, newest first, in pages by id."""
    runs = ImportRun.objects.select_related("by", "work").order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 16:
        runs = runs.filter(pk__lt=int(before))
    found = list(runs[: PAGE + 1])
    rows = [{"run": run, **board.row(run, request.now)} for run in found[:PAGE]]
    older = f"/intake/imports/?before={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return render(request, "leads/imports/list.html", {"rows": rows, "older": older,
                                                       "tabs": tabs("imports", request.user),
                                                       "newest": not before})  # fmt: skip


@of_run
@require_GET
def one(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """The bare address opens the step where it stands."""
    return redirect(board.address(run, board.NAMES[board.step_of(run)]))


def taking_a_file(view: Callable) -> Callable:
    """Reads the body only for those who may, straight to the disk, up to the cap; and only then looks for the token."""
    inner = csrf_protect(view)

    @csrf_exempt
    @movers
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            request.upload_handlers = [uploads.CappedUploadHandler(request, most=uploading.MOST_BYTES)]
        return inner(request, *args, **kwargs)

    return inside


@taking_a_file
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return take(request, None)
    return _form(request)


@taking_a_file
@require_http_methods(["POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The error file of an import, fixed: another import that starts with the same mapping."""
    return take(request, get_object_or_404(ImportRun, pk=pk))


def take(request: HttpRequest, corrects: ImportRun | None) -> HttpResponse:
    file = request.FILES.get("file")
    if getattr(request, uploads.TOO_BIG, False):
        return _form(request, TOO_BIG, corrects, status=413)
    if file is None:
        return _form(request, NO_FILE, corrects, status=422)
    form = ModeForm(request.POST)
    mode = corrects.mode if corrects else form.cleaned_data["mode"] if form.is_valid() else ImportMode.HISTORY
    try:
        run = uploading.upload(
            file, name=file.name or "file", by=request.user, at=request.now, mode=mode, corrects=corrects
        )
    except DomainError as refusal:
        return _form(request, refusal.detail, corrects, status=refusal.status)
    to = board.address(run)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return redirect(to)


def _form(
    request: HttpRequest, problem: str = "", corrects: ImportRun | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "steps": board.steps(None, 1),
        "presets": [*ImportPreset.objects.all(), *presets.known()],
        "problem": problem,
        "corrects": corrects,
        "form": ModeForm(request.POST or None),
    }
    return render(request, "leads/imports/new.html", context, status=status)
