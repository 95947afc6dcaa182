"""The page where administrators keep pipelines, and the verbs of its rows: each a form, then back to the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from deals import pipelines
from deals.models import Deal, ExitCriterion, Pipeline, PipelineStage
from leads.forms import blame
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams import access

PAGE = "/deals/pipelines/"


class NewPipeline(forms.Form):
    name = forms.CharField(max_length=60)
    stages = forms.CharField(widget=forms.Textarea({"rows": 4}), help_text="One a line, in the order deals go.")


class StageForm(forms.Form):
    name = forms.CharField(max_length=60)
    probability = forms.IntegerField(
        min_value=0, max_value=100, initial=10, help_text="Percent won from here, until enough deals are measured."
    )
    limit_days = forms.IntegerField(
        label="Days a deal may stand", min_value=1, max_value=3650, initial=14,
        help_text="Until ten deals were won to judge by.",
    )  # fmt: skip
    next_step = forms.CharField(
        label="Proposed when one is stuck", required=False, max_length=200, help_text="Such as: send the security pack."
    )


class RetireForm(forms.Form):
    to = forms.ModelChoiceField(PipelineStage.objects.none(), label="Its deals go on in", empty_label="Choose…")


def for_admins(view: Callable) -> Callable:
    """Signed in, allowed; a refusal is answered in words."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, **of: int) -> HttpResponse:
        try:
            access.require(request.user, "administer")
            return view(request, **of)
        except DomainError as refusal:
            context = {"problem": refusal.detail, "back": PAGE, "status": refusal.status}
            return render(request, "leads/refused.html", context, status=refusal.status)

    return inside


@for_admins
def page(request: HttpRequest) -> HttpResponse:
    form = NewPipeline(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = pipelines.add(
                name=form.cleaned_data["name"], stages=form.cleaned_data["stages"].splitlines(), by=request.user,
                at=request.now,
            )  # fmt: skip
            return done(request, f"{made} begins.", to=PAGE, reload=True)
        except Invalid as refusal:
            blame(form, refusal)
    counts = dict(
        Deal.objects.open().order_by().values_list("pipeline_stage").annotate(n=Count("id")).filter(n__gt=0)
    )
    asked: dict[int, list[ExitCriterion]] = {}
    for one in ExitCriterion.objects.filter(retired_at=None):
        asked.setdefault(one.stage_id, []).append(one)
    stages = PipelineStage.objects.filter(retired_at=None)
    by_pipeline: dict[int, list[tuple[PipelineStage, int, list[ExitCriterion]]]] = {}
    for stage in stages:
        row = (stage, counts.get(stage.pk, 0), asked.get(stage.pk, []))
        by_pipeline.setdefault(stage.pipeline_id, []).append(row)
    rows = [(one, by_pipeline.get(one.pk, [])) for one in Pipeline.objects.order_by("-is_active", "position", "id")]
    status = 422 if request.method == "POST" else 200
    return render(request, "deals/pipelines.html", {"pipelines": rows, "form": form}, status=status)


@for_admins
@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`name`, or `be` with default, away or back."""
    row = _one(Pipeline, pk)
    wanted: dict[str, Any] = {"name": request.POST["name"]} if "name" in request.POST else {}
    be = request.POST.get("be")
    if be == "default":
        wanted["is_default"] = True
    elif be in ("away", "back"):
        wanted["is_active"] = be == "back"
    row = pipelines.edit(row, by=request.user, at=request.now, **wanted)
    return done(request, f"{row} saved.", to=PAGE, reload=True)


@for_admins
def add_stage(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(Pipeline, pk)
    return _ask(
        request, StageForm, f"Add a stage to {row}", "Add stage",
        lambda given: f"{pipelines.add_stage(row, by=request.user, at=request.now, **given)} added.",
    )  # fmt: skip


@for_admins
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(PipelineStage, pk)
    initial = {name: getattr(row, name) for name in StageForm.base_fields}
    return _ask(
        request, StageForm, f"Change {row}", "Save stage",
        lambda given: f"{pipelines.edit_stage(row, by=request.user, at=request.now, **given)} saved.", initial=initial,
    )  # fmt: skip


@for_admins
@require_POST
def shift(request: HttpRequest, pk: int) -> HttpResponse:
    earlier = request.POST.get("to") == "earlier"
    row = pipelines.shift_stage(_one(PipelineStage, pk), earlier=earlier, by=request.user, at=request.now)
    return done(request, f"{row} moved {'up' if earlier else 'down'}.", to=PAGE, reload=True)


@for_admins
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(PipelineStage, pk)
    others = PipelineStage.objects.filter(Q(pipeline=row.pipeline, retired_at=None) & ~Q(pk=row.pk))

    def act(given: dict[str, Any]) -> str:
        n = pipelines.retire_stage(row, to=given["to"], by=request.user, at=request.now)
        return f"{row} retired, {n} deals went on in {given['to']}." if n else f"{row} retired."

    return _ask(request, RetireForm, f"Retire {row}", "Retire stage", act, choices=others)


@for_admins
def add_criterion(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(PipelineStage, pk)

    def act(given: dict[str, Any]) -> str:
        pipelines.add_criterion(row, text=given["text"], by=request.user, at=request.now)
        return f"Asked before a deal leaves {row}."

    return _ask(request, CriterionForm, f"What must be true before a deal leaves {row}", "Add criterion", act)


class CriterionForm(forms.Form):
    text = forms.CharField(label="It must be true that", max_length=200, help_text="Such as: the buyer named a date.")


@for_admins
@require_POST
def retire_criterion(request: HttpRequest, pk: int) -> HttpResponse:
    pipelines.retire_criterion(_one(ExitCriterion, pk), by=request.user, at=request.now)
    return done(request, "Not asked any more.", to=PAGE, reload=True)


def _one(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _ask(
    request: HttpRequest, kind: Any, title: str, words: str, act: Callable[[dict[str, Any]], str], *,
    initial: dict[str, Any] | None = None, choices: Any = None,
) -> HttpResponse:  # fmt: skip
    """A dialog: what was typed stays when it is refused."""
    form = kind(request.POST if request.method == "POST" else None, initial=initial)
    if choices is not None:
        form.fields["to"].queryset = choices
    if request.method == "POST" and form.is_valid():
        try:
            return done(request, act(form.cleaned_data), to=PAGE, reload=True)
        except Invalid as refusal:
            blame(form, refusal)
    context = {"title": title, "words": words, "form": form, "back": PAGE, "action": request.path}
    return render(request, "deals/pipeline_form.html", context, status=422 if request.method == "POST" else 200)
