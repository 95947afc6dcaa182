"""The ways deals go, kept by administrators: pipelines, their stages, and what must be true to leave one.

Deals point to stages by their number, so a stage may be called anything, at any time. Each verb records
`pipeline.changed` with what it was (codes and numbers).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from deals.batches import Stride, move_many
from deals.models import Deal, ExitCriterion, Pipeline, PipelineStage
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams.access import require

MOST_STAGES = 20
KEEP = object()  # "this was not sent"


def add(*, name: str, stages: Sequence[str], by, at: datetime, via: str = "page") -> Pipeline:
    """A new way, with the names of its stages in order; at least one. Probabilities rise evenly until they are said."""
    require(by, "administer")
    name, names = _name(name, "name"), [_name(one, "stages") for one in stages if one.strip()]
    if not names:
        raise Invalid("Name at least one stage.", code="required", field="stages")
    if len(names) > MOST_STAGES or len({one.casefold() for one in names}) < len(names):
        raise Invalid(f"Give up to {MOST_STAGES} stages, each a name of its own.", code="bad_stages", field="stages")
    with transaction.atomic():
        _one_at_a_time()
        _unused(name, Pipeline.objects.all())
        last = Pipeline.objects.aggregate(n=Max("position"))["n"] or 0
        made = Pipeline.objects.create(name=name, position=last + 1)
        PipelineStage.objects.bulk_create(
            PipelineStage(pipeline=made, name=one, position=n, probability=round(100 * n / (len(names) + 1)))
            for n, one in enumerate(names, 1)
        )
        _tell(made, "added", by=by, at=at, via=via)
    return made


def edit(
    pipeline: Pipeline, *, name: Any = KEEP, is_default: Any = KEEP, is_active: Any = KEEP, by, at: datetime,
    via: str = "page",
) -> Pipeline:  # fmt: skip
    """Rename it, make it the one deals of leads begin in, or put it away, which needs it empty and not the default."""
    require(by, "administer")
    with transaction.atomic():
        _one_at_a_time()
        row = Pipeline.objects.get(pk=pipeline.pk)
        if name is not KEEP and _name(name, "name") != row.name:
            _unused(_name(name, "name"), Pipeline.objects.exclude(pk=row.pk))
            row.name = _name(name, "name")
            _tell(row, "renamed", by=by, at=at, via=via)
        if is_active is not KEEP and is_active != row.is_active:
            if not is_active:
                _empty(row)
            row.is_active = bool(is_active)
            _tell(row, "back" if is_active else "put_away", by=by, at=at, via=via)
        if is_default is True and not row.is_default:
            if not row.is_active:
                raise Refused("Not changed: this pipeline is put away.", code="inactive")
            Pipeline.objects.filter(is_default=True).update(is_default=False)
            row.is_default = True
            _tell(row, "default", by=by, at=at, via=via)
        row.save()
    return row


def add_stage(
    pipeline: Pipeline, *, name: str, probability: int = 10, limit_days: int = 14, next_step: str = "", by,
    at: datetime, via: str = "page",
) -> PipelineStage:  # fmt: skip
    """At the end of the pipeline."""
    require(by, "administer")
    _numbers(probability, limit_days)
    with transaction.atomic():
        _one_at_a_time()
        there = PipelineStage.objects.filter(pipeline=pipeline, retired_at=None)
        name = _name(name, "name")
        _unused(name, there)
        if len(there) >= MOST_STAGES:
            raise Refused(f"Not added: a pipeline has at most {MOST_STAGES} stages.", code="too_many")
        made = PipelineStage.objects.create(
            pipeline=pipeline, name=name, position=max((one.position for one in there), default=0) + 1,
            probability=probability, limit_days=limit_days, next_step=next_step.strip()[:200],
        )  # fmt: skip
        _tell(pipeline, "stage_added", stage=made.pk, by=by, at=at, via=via)
    return made


def edit_stage(
    stage: PipelineStage, *, name: Any = KEEP, probability: Any = KEEP, limit_days: Any = KEEP, next_step: Any = KEEP,
    by, at: datetime, via: str = "page",
) -> PipelineStage:  # fmt: skip
    """What was not sent stays."""
    require(by, "administer")
    with transaction.atomic():
        row = _standing(stage)
        sent = {"name": name, "probability": probability, "limit_days": limit_days, "next_step": next_step}
        wanted = {field: value for field, value in sent.items() if value is not KEEP}
        if "name" in wanted:
            wanted["name"] = _name(wanted["name"], "name")
            _unused(wanted["name"], row.pipeline.stages.filter(retired_at=None).exclude(pk=row.pk))
        if "next_step" in wanted:
            wanted["next_step"] = wanted["next_step"].strip()[:200]
        _numbers(wanted.get("probability", row.probability), wanted.get("limit_days", row.limit_days))
        changed = sorted(field for field, value in wanted.items() if getattr(row, field) != value)
        for field in changed:
            setattr(row, field, wanted[field])
        if changed:
            row.save(update_fields=changed)
            _tell(row.pipeline, "stage_changed", stage=row.pk, fields=changed, by=by, at=at, via=via)
    return row


def shift_stage(stage: PipelineStage, *, earlier: bool, by, at: datetime, via: str = "page") -> PipelineStage:
    """Change places with the one before, or after. At the end of the row nothing happens."""
    require(by, "administer")
    with transaction.atomic():
        row = _standing(stage)
        others = row.pipeline.stages.filter(retired_at=None).exclude(pk=row.pk)
        beside = (
            others.filter(position__lte=row.position).order_by("-position", "-id")
            if earlier
            else others.filter(position__gte=row.position).order_by("position", "id")
        ).first()
        if beside is not None:
            row.position, beside.position = beside.position, row.position
            PipelineStage.objects.bulk_update([row, beside], ["position"])
            _tell(row.pipeline, "stage_shifted", stage=row.pk, by=by, at=at, via=via)
    return row


def retire_stage(stage: PipelineStage, *, to: PipelineStage, by, at: datetime, via: str = "page") -> int:
    """No deal goes there any more; the open ones in it go on in `to`, of the same pipeline. Answers with how many."""
    require(by, "administer")
    with transaction.atomic():
        row = _standing(stage)
        to.refresh_from_db()
        if to.pk == row.pk or to.pipeline_id != row.pipeline_id or to.retired_at is not None:
            raise Invalid("Choose another stage of this pipeline for its deals.", code="bad_stage", field="to")
        inside = list(Deal.objects.open().filter(pipeline_stage=row).values_list("pk", flat=True))
        row.retired_at = at
        row.save(update_fields=["retired_at"])
        move_many([Stride(deal, to.pk, by.pk, at) for deal in inside], now=at, via=via)
        _tell(row.pipeline, "stage_retired", stage=row.pk, to=to.pk, deals=len(inside), by=by, at=at, via=via)
    return len(inside)


def add_criterion(stage: PipelineStage, *, text: str, by, at: datetime, via: str = "page") -> ExitCriterion:
    """Asked of every deal that leaves the stage from now on. The same words again are the same criterion."""
    require(by, "administer")
    text = " ".join(text.split())
    if not text or len(text) > 200:
        raise Invalid("Say in up to 200 characters what must be true.", code="bad_text", field="text")
    with transaction.atomic():
        row = _standing(stage)
        there = ExitCriterion.objects.filter(stage=row, retired_at=None)
        same = there.filter(text__iexact=text).first()
        if same is not None:
            return same
        last = there.aggregate(n=Max("position"))["n"] or 0
        made = ExitCriterion.objects.create(stage=row, text=text, position=last + 1)
        _tell(row.pipeline, "criterion_added", stage=row.pk, criterion=made.pk, by=by, at=at, via=via)
    return made


def retire_criterion(criterion: ExitCriterion, *, by, at: datetime, via: str = "page") -> None:
    """Not asked any more; who met it, did."""
    require(by, "administer")
    with transaction.atomic():
        if ExitCriterion.objects.filter(pk=criterion.pk, retired_at=None).update(retired_at=at):
            stage = criterion.stage
            _tell(stage.pipeline, "criterion_retired", stage=stage.pk, criterion=criterion.pk, by=by, at=at, via=via)


def _one_at_a_time() -> None:
    """Whoever changes pipelines waits for the one before, and finds what they made; deals go on meanwhile."""
    list(Pipeline.objects.select_for_update(no_key=True).order_by("pk"))


def _standing(stage: PipelineStage) -> PipelineStage:
    _one_at_a_time()
    row = PipelineStage.objects.select_for_update(of=("self",)).select_related("pipeline").get(pk=stage.pk)
    if row.retired_at is not None:
        raise Refused("Not changed: this stage is not used any more.", code="retired")
    return row


def _empty(row: Pipeline) -> None:
    if row.is_default:
        raise Refused("Not put away: deals begin here. Make another pipeline the default first.", code="default")
    inside = Deal.objects.open().filter(pipeline=row).count()
    if inside:
        raise Refused(f"Not put away: {inside} open deals are in it. Move them first.", code="in_use")


def _name(text: str, field: str) -> str:
    name = " ".join(str(text).replace("\0", "").split())
    if not name or len(name) > 60:
        raise Invalid("A name has 1 to 60 characters.", code="bad_name", field=field)
    return name


def _unused(name: str, among: Any) -> None:
    if among.filter(name__iexact=name).exists():
        raise Invalid(f"There is one called {name} already.", code="taken", field="name")


def _numbers(probability: Any, limit_days: Any) -> None:
    if not isinstance(probability, int) or not 0 <= probability <= 100:
        raise Invalid("The probability is a percentage, 0 to 100.", code="out_of_range", field="probability")
    if not isinstance(limit_days, int) or not 1 <= limit_days <= 3650:
        raise Invalid("The limit is 1 to 3,650 days.", code="out_of_range", field="limit_days")


def _tell(pipeline: Pipeline, what: str, *, by, at: datetime, via: str, **data: Any) -> None:
    record([Fact("pipeline.changed", "pipeline", pipeline.pk, at, by=by.pk, via=via, data={"what": what, **data})],
           now=at)  # fmt: skip
