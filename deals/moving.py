"""Moving through the pipeline: exit criteria, and from stage to stage."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from deals import stages_of
from deals.models.pipeline import CriterionMet, ExitCriterion, PipelineStage
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused

if TYPE_CHECKING:
    from deals.models import Deal


def open_criteria(deal: "Deal", stage_id: int | None = None) -> list[ExitCriterion]:
    """What still has to be true before the deal leaves its stage, or that one, in order."""
    stage_id = stage_id or deal.pipeline_stage_id
    if stage_id is None:
        return []
    asked = ExitCriterion.objects.filter(stage_id=stage_id, retired_at=None)
    return list(asked.exclude(pk__in=CriterionMet.objects.filter(deal=deal).values("criterion")))


def require_criteria(deal: "Deal", verb: str, *, of: PipelineStage | None = None) -> None:
    """Raises Refused naming what is missing of its stage, or of that one."""
    missing = open_criteria(deal, of.pk if of else None)
    if missing:
        stage = of or PipelineStage.objects.get(pk=deal.pipeline_stage_id)
        named = "; ".join(one.text.rstrip(".") for one in missing)
        raise Refused(f"Not {verb}: {stage} is not done. Missing: {named}.", code="criteria", field="criteria")


def _left(deal: "Deal", pipeline_id: int) -> PipelineStage | None:
    """The stage in which the deal last stood in that pipeline."""
    stays = deal.stints.filter(stage__pipeline=pipeline_id, skipped=False).select_related("stage")
    last = stays.order_by("-entered_at", "-id").first()
    return last.stage if last else None


def move(deal: "Deal", *, to: PipelineStage, by, at: datetime, via: str) -> None:
    """Of the locked deal, inside a transaction; see `Deal.move`."""
    if deal.stage != "open":
        raise Refused(f"Not moved: this deal is {deal.stage}. Reopen it first.", code="closed")
    if to.pk == deal.pipeline_stage_id:
        return
    if not stages_of.hold(to.pk):
        raise Refused(f"Not moved: {to} is not used any more.", code="retired", field="to")
    stages = list(PipelineStage.objects.filter(pipeline_id=to.pipeline_id, retired_at=None))
    was = PipelineStage.objects.filter(pk=deal.pipeline_stage_id).first()
    passed: list[PipelineStage] = []
    if was is not None and was.pipeline_id == to.pipeline_id:
        if to.position > was.position:
            require_criteria(deal, "moved")
            passed = [stage for stage in stages if was.position < stage.position < to.position]
    elif was is not None and to != stages[0]:
        # Into another pipeline is no way around the criteria, unless it starts anew there; nor is the way back.
        require_criteria(deal, "moved")
        left = _left(deal, to.pipeline_id)
        if left is not None and to.position > left.position:
            require_criteria(deal, "moved", of=left)
    skipped = [stage.pk for stage in passed]
    stages_of.put([stages_of.Stand(deal.pk, at, by.pk, to.pk, skipped)])
    deal.pipeline_id, deal.pipeline_stage_id, deal.stage_at, deal.updated_at = to.pipeline_id, to.pk, at, at
    deal.save(update_fields=["updated_at"])
    data: dict[str, Any] = {"from": was.pk if was else None, "to": to.pk, "skipped": skipped}
    record([Fact("deal.moved", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)


class MovingVerbs:
    """Mixed into Deal."""

    def move(self, *, to: PipelineStage, by, at: datetime, via: str = "page") -> "Deal":
        """To a stage of this or another pipeline. Forward only when the exit criteria of the stage it leaves are met;
        stages between are kept as skipped. Backwards always. Where it stands already, nothing happens.

        Raises Forbidden; Refused (`criteria`, naming what is missing; `closed`; `retired`).
        """
        with transaction.atomic():
            deal = self._locked(by, "move")  # type: ignore[attr-defined]
            move(deal, to=to, by=by, at=at, via=via)
        return self._copy(deal)  # type: ignore[attr-defined]

    def meet(self, criterion: ExitCriterion, *, evidence: str, by, at: datetime, via: str = "page") -> "Deal":
        """The criterion is met, and how one knows; again with other words changes the words. Raises Invalid, Forbidden,
        Refused."""
        if not evidence.strip():
            raise Invalid("Say how you know, in a few words.", code="required", field="evidence")
        with transaction.atomic():
            deal = self._criterion(criterion, by, at)
            _, new = CriterionMet.objects.update_or_create(
                deal=deal, criterion=criterion,
                defaults={"evidence": evidence.strip()[:300]},
                create_defaults={"evidence": evidence.strip()[:300], "met_at": at, "by": by},
            )  # fmt: skip
            if new:
                self._met(deal, criterion, True, by=by, at=at, via=via)
        return self._copy(deal)  # type: ignore[attr-defined]

    def unmeet(self, criterion: ExitCriterion, *, by, at: datetime, via: str = "page") -> "Deal":
        """It turned out not to be so. The deal stays where it is."""
        with transaction.atomic():
            deal = self._criterion(criterion, by, at)
            gone, _ = CriterionMet.objects.filter(deal=deal, criterion=criterion).delete()
            if gone:
                self._met(deal, criterion, False, by=by, at=at, via=via)
        return self._copy(deal)  # type: ignore[attr-defined]

    def _criterion(self, criterion: ExitCriterion, by, at: datetime) -> "Deal":
        deal = self._locked(by, "move")  # type: ignore[attr-defined]
        if deal.stage != "open":
            raise Refused(f"Not changed: this deal is {deal.stage}. Reopen it first.", code="closed")
        if criterion.stage.pipeline_id != deal.pipeline_id:
            raise Refused("Not changed: that criterion is of another pipeline.", code="other_pipeline")
        deal.updated_at = at
        deal.save(update_fields=["updated_at"])
        return deal

    @staticmethod
    def _met(deal: "Deal", criterion: ExitCriterion, met: bool, *, by, at: datetime, via: str) -> None:
        data = {"criterion": criterion.pk, "met": met}
        record([Fact("deal.criterion", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
