"""Next step: what somebody said would happen on a lead or a deal happens when they said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from journal.record import Fact
from sla.clocks import Start, Stop
from sla.models import Target
from sla.targets.news import News

STEP = Target.NEXT_STEP.value
CLOSING = frozenset([
    "lead.rejected", "lead.recycled", "lead.disqualified", "lead.opportunity", "lead.won", "lead.lost",
    "deal.won", "deal.lost",
])  # fmt: skip
BEGINS = frozenset(["step.set"])
HEARD = BEGINS | CLOSING | {"step.done", "step.dropped"}


def stops(fact: Fact) -> Iterable[Stop]:
    subject: dict[str, Any] = (
        {"lead_id": None, "deal_id": fact.subject_id} if fact.subject_kind == "deal" else {"lead_id": fact.subject_id}
    )
    if fact.kind == "step.done":
        yield Stop(targets=(STEP,), at=fact.at, fulfil=True, by=fact.by, **subject)
    else:
        # A new step takes the place of the old one; what was late by then stays late.
        reason = "replaced" if fact.kind == "step.set" else fact.kind.partition(".")[2]
        yield Stop(targets=(STEP,), at=fact.at, fulfil=False, reason=reason, by=fact.by, **subject)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    for lead, fact in news.of("step.set").items():
        begun += news.begin(STEP, lead, fact.at, owner_id=fact.data["owner"], due_at=_due(fact))
    for deal, fact in news.deals("step.set").items():
        begun += news.begin_deal(STEP, deal, fact.at, owner_id=fact.data["owner"], due_at=_due(fact))
    return begun


def _due(fact: Fact) -> datetime:
    return datetime.fromisoformat(fact.data["by_when"])
