"""The handover of a deal before it is won: the checklist, the promises, who takes over and whether they accept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.models import Handover, HandoverAnswer, HandoverItem, PromiseMade
from customers.rights import takers
from deals.models import Deal
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid, Refused
from teams.access import require_work


@dataclass(slots=True)
class Line:
    """An item of the checklist with its answer, "" when it has none."""

    item: HandoverItem
    text: str
    by: Any = None
    at: datetime | None = None


@dataclass(slots=True)
class State:
    """The handover as the page shows it; `row` is None until somebody begins it. Completeness = filled ÷ required."""

    row: Handover | None
    lines: list[Line]
    promises: list[PromiseMade]

    @property
    def required(self) -> list[Line]:
        return [line for line in self.lines if line.item.required]

    @property
    def missing(self) -> list[str]:
        return [line.item.label for line in self.required if not line.text]

    @property
    def filled(self) -> int:
        return len(self.required) - len(self.missing)


def state(deal: Deal) -> State:
    """Four queries. Retired items show only where they were answered."""
    row = Handover.objects.select_related("csm__team", "decided_by").filter(deal=deal).first()
    answers = {a.item_id: a for a in row.answers.select_related("by")} if row else {}
    lines = [
        Line(item, answers[item.pk].text, answers[item.pk].by, answers[item.pk].at) if item.pk in answers
        else Line(item, "")
        for item in HandoverItem.objects.all() if item.is_active or item.pk in answers
    ]  # fmt: skip
    return State(row, lines, list(deal.promises.filter(dropped_at=None).select_related("made_by", "kept_by")))


def fill(deal: Deal, answers: Mapping[str, str], *, by: Any, at: datetime, via: str = "page") -> Handover:
    """Set the answers that were sent ({key of the item: text}; "" takes one away) and leave the rest. What was accepted
    and is changed waits for the success manager again. Raises Forbidden, Invalid for an unknown key, Refused unless the
    deal is open new business. Records `deal.handover_filled` with the keys."""
    require_work(by, deal, "hand_over")
    items = {item.key: item for item in HandoverItem.objects.filter(is_active=True)}
    for key in answers:
        if key not in items:
            raise Invalid(f"There is no item {key[:40]!r}. Items: {', '.join(items)}.", code="unknown", field=key[:40])
    with transaction.atomic():
        row = _opened(deal, at)
        old = {a.item_id: a.text for a in row.answers.all()}
        wanted = {items[key]: " ".join(text.split("\0")).strip()[:4_000] for key, text in answers.items()}
        changed = {item: text for item, text in wanted.items() if old.get(item.pk, "") != text}
        if not changed:
            return row
        for item, text in changed.items():
            if text:
                HandoverAnswer.objects.update_or_create(
                    handover=row, item=item, defaults={"text": text, "at": at, "by": by}
                )
            else:
                HandoverAnswer.objects.filter(handover=row, item=item).delete()
        again = row.state == Handover.State.ACCEPTED
        if again:
            row.state, row.decided_at, row.decided_by = Handover.State.OPEN, None, None
            row.save(update_fields=["state", "decided_at", "decided_by"])
        data: dict[str, Any] = {"items": [item.key for item in changed]} | ({"again": True} if again else {})
        _tell("filled", deal, data, by=by, at=at, via=via)
    return row


def name_csm(deal: Deal, csm: Any, *, by: Any, at: datetime, via: str = "page") -> Handover:
    """Say who takes the customer over; another one has to accept anew. Records `deal.handover_asked`."""
    require_work(by, deal, "hand_over")
    if not takers().filter(pk=getattr(csm, "pk", None)).exists():
        raise Invalid("Choose somebody of customer success.", code="not_success", field="csm")
    with transaction.atomic():
        row = _opened(deal, at)
        if row.csm_id == csm.pk:
            return row
        row.csm, row.state, row.gaps, row.decided_at, row.decided_by = csm, Handover.State.OPEN, "", None, None
        row.save()
        _tell("asked", deal, {"csm": csm.pk}, by=by, at=at, via=via)
    return row


def accept(deal: Deal, *, by: Any, at: datetime, via: str = "page") -> Handover:
    """The success manager takes the customer over. Raises Forbidden for anybody but them, their manager and an
    administrator; Refused while something required is empty. Records `deal.handover_accepted`."""
    with transaction.atomic():
        row = _asked(deal, by)
        if row.state == Handover.State.ACCEPTED:
            return row
        missing = state(deal).missing
        if missing:
            named = ", ".join(label.lower() for label in missing)
            raise Refused(f"Not accepted: {named} still missing.", code="incomplete")
        return _decided(row, deal, Handover.State.ACCEPTED, "", by=by, at=at, via=via)


def give_back(deal: Deal, *, gaps: str, by: Any, at: datetime, via: str = "page") -> Handover:
    """The success manager returns it and says what is missing. Records `deal.handover_returned`."""
    if not gaps.strip():
        raise Invalid("Say what is missing.", code="required", field="gaps")
    with transaction.atomic():
        row = _asked(deal, by)
        if (row.state, row.gaps) == (Handover.State.RETURNED, gaps.strip()[:400]):
            return row
        return _decided(row, deal, Handover.State.RETURNED, gaps.strip()[:400], by=by, at=at, via=via)


def _opened(deal: Deal, at: datetime) -> Handover:
    """The row, locked and made when there is none; Refused unless there is something to hand over."""
    now = Deal.objects.select_for_update(of=("self",), no_key=True).get(pk=deal.pk)
    if now.kind != "new":
        raise Refused("Only new business is handed over; this customer is one already.", code="not_new")
    if now.stage != "open":
        raise Refused(f"Not changed: this deal is {now.stage}. What was handed over stays as it was.", code="closed")
    row, _ = Handover.objects.select_related("csm__team").get_or_create(deal=deal, defaults={"opened_at": at})
    return row


def _asked(deal: Deal, by: Any) -> Handover:
    Deal.objects.select_for_update(of=("self",), no_key=True).get(pk=deal.pk)
    row = Handover.objects.select_related("csm__team").filter(deal=deal).first()
    if row is None or row.csm is None:
        # Rights before news: a stranger isn't told how far the deal is.
        require_work(by, deal, "hand_over")
        raise Refused("Nobody was asked to take this customer over yet.", code="nobody")
    if by is not None and getattr(by, "pk", None) == deal.owner_id and row.csm_id != deal.owner_id:
        raise Forbidden(f"Only {row.csm} decides whether this is complete.", code="not_yours")
    require_work(by, row, "take_over")
    if deal.stage != "open":
        raise Refused(f"Not changed: this deal is {deal.stage}.", code="closed")
    return row


def _decided(row: Handover, deal: Deal, to: str, gaps: str, *, by: Any, at: datetime, via: str) -> Handover:
    row.state, row.gaps, row.decided_at, row.decided_by = to, gaps, at, by
    row.save(update_fields=["state", "gaps", "decided_at", "decided_by"])
    _tell(str(to), deal, {"owner": deal.owner_id}, by=by, at=at, via=via)
    return row


def _tell(what: str, deal: Deal, data: dict, *, by: Any, at: datetime, via: str) -> None:
    record([Fact(f"deal.handover_{what}", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
