"""Step 2: what each column becomes, the values somebody has to decide, presets."""

from typing import Any
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from leads.importing import board, choices, mapping, presets, rehearsing
from leads.importing.columns import columns_of, decisions_of
from leads.importing.forms import PresetForm, ReadingForm
from leads.importing.views import of_run, shell
from leads.models import ImportRun
from revops.lib import seen
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid

OPEN = (board.S.ANALYSED, board.S.MATCHED, board.S.REHEARSED)
OVER = {board.S.FAILED: "Not a file we can read", board.S.CANCELLED: "Cancelled"}
FIRST = 60  # of columns that are not imported, those after it are folded away: each has a long list to choose from
CLOSED = "The import has begun, so its columns stay as they are. Nothing was changed."


@of_run
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """GET: the columns. POST: `c<n>` the target of the n-th column, `d<n>` the choice for the n-th value to decide,
    `go` on to the dry run."""
    if run.state == board.S.UPLOADED:
        return _reading(request, run)
    if request.method == "POST":
        return _keep(request, run)
    return render(request, "leads/imports/columns.html", _context(run, everything="all" in request.GET))


def _keep(request: HttpRequest, run: ImportRun) -> HttpResponse:
    if run.state not in OPEN:
        return render(request, "leads/imports/columns.html", _context(run, problem=CLOSED), status=409)
    form = ReadingForm(request.POST)
    columns = run.facts.get("columns") or []
    asked = {column["name"]: request.POST.get(f"c{n}") for n, column in enumerate(columns)}
    before = choices.by_column(run.mapping, list(asked))
    chosen = {name: before[name] if target is None else target for name, target in asked.items()}
    if not form.is_valid():
        return render(request, "leads/imports/columns.html", _context(run, chosen=chosen, form=form), status=422)
    try:
        kept = _with(choices.from_columns(chosen, run.mapping), form.cleaned_data)
        said = {"by": request.user, "at": request.now}
        stale = seen.of(request)
        if kept != run.mapping or run.state == board.S.ANALYSED:
            run = mapping.set_mapping(run, kept, seen=stale, **said)
        answers = _answers(request, run)
        if answers:
            run = mapping.decide(run, answers, **said)
        if "go" in request.POST:
            rehearsing.rehearse(run, **said)
            return redirect(board.address(run, "dry-run"))
    except DomainError as refusal:
        run.refresh_from_db()
        errors = _errors(refusal, chosen)
        context = _context(run, chosen=chosen, form=form, problem=refusal.detail if not errors else "", errors=errors)
        return render(request, "leads/imports/columns.html", context, status=refusal.status)
    return done(request, "Columns kept.", to=board.address(run, "columns"), reload=True)


@of_run
@require_http_methods(["POST"])
def use_preset(request: HttpRequest, run: ImportRun) -> HttpResponse:
    try:
        presets.apply(run, request.POST.get("preset", ""), by=request.user, at=request.now)
    except DomainError as refusal:
        return render(
            request, "leads/imports/columns.html", _context(run, problem=refusal.detail), status=refusal.status
        )
    return done(request, "The preset’s columns are matched.", to=board.address(run, "columns"), reload=True)


@of_run
@require_http_methods(["GET", "POST"])
def save_preset(request: HttpRequest, run: ImportRun) -> HttpResponse:
    form = PresetForm(request.POST or None)
    back = board.address(run, "columns")
    context: dict[str, Any] = {"form": form, "run": run, "back": back}
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            presets.save(run, form.cleaned_data["name"], by=request.user, at=request.now)
            said = f"Saved as preset “{form.cleaned_data['name']}”."
            return done(request, said, to=back, reload=True)
        except DomainError as refusal:
            context["problem"], status = refusal.detail, refusal.status
    return render(request, "leads/imports/preset.html", context, status=status)


def _reading(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """A big file is looked through by a worker first."""
    context = shell(run, 2) | board.working(run, request.now, asked=board.times_asked(request.GET.get("asked")))
    name = "leads/imports/_working.html" if request.htmx else "leads/imports/reading.html"
    return render(request, name, context)


def _context(
    run: ImportRun,
    *,
    everything: bool = False,
    chosen: dict[str, str] | None = None,
    form: ReadingForm | None = None,
    problem: str = "",
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    asked = {
        "kind": run.mapping.get("kind", "leads"),
        "source": run.mapping.get("source", ""),
        "zone": run.mapping.get("zone", ""),
    }
    decisions = decisions_of(run)
    columns = columns_of(run, chosen, decisions, {error["field"]: error["text"] for error in errors or []})
    folded = [column for n, column in enumerate(columns) if n >= FIRST and column["out"] and not everything]
    return shell(run, 2) | {
        "columns": [column for column in columns if column not in folded],
        "folded": folded,
        "decisions": decisions,
        "form": form or ReadingForm(initial=asked),
        "groups": choices.targets(run.mapping.get("kind", "leads")),
        "zones": sorted(available_timezones()),
        "presets": presets.available(run),
        "suggestions": presets.suggest(run),
        "may": run.state in OPEN,
        "over": OVER.get(run.state, "") if not run.started_at else "",
        "problem": problem or (run.trouble if run.state == board.S.MATCHED else ""),
        "errors": errors,
        "seen": run.changed_at.isoformat() if run.changed_at else "",
    }


def _with(kept: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    kept = kept | {"kind": fields["kind"], "source": fields["source"].strip()}
    if fields["zone"]:
        return kept | {"zone": fields["zone"]}
    return {key: value for key, value in kept.items() if key != "zone"}


def _answers(request: HttpRequest, run: ImportRun) -> dict[tuple[str, str], str]:
    """The form names what it asked beside each answer, so that what the page did not show is not decided."""
    answers = {}
    for name in request.POST:
        if name.startswith("d") and name[1:].isdigit() and request.POST[name]:
            column, value = request.POST.get(f"{name}-column", ""), request.POST.get(f"{name}-value", "")
            answers[column, value] = request.POST[name]
    return answers


def _errors(refusal: DomainError, chosen: dict[str, str]) -> list[dict[str, str]]:
    """[{field, text, href}]: the mistakes of a mapping, each with the way to its column: named itself, or by what it
    becomes."""
    if not isinstance(refusal, Invalid):
        return []
    places = {target: n for n, target in enumerate(chosen.values()) if target}
    places |= {name: n for n, name in enumerate(chosen)}
    return [
        {
            "field": error["field"],
            "text": error["detail"],
            "href": f"#c{places[error['field']]}" if error["field"] in places else "#columns",
        }
        for error in getattr(refusal, "errors", None) or []
    ]
