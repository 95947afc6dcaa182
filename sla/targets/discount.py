"""A decision on an asked discount within a day: owed by whoever may give it, not by the deal's owner (DOMAIN 6)."""

from collections.abc import Iterable

from journal.record import Fact
from sla import given
from sla.clocks import Start, Stop
from sla.targets.news import News

TARGET = "discount"
BEGINS = frozenset(["deal.discount_asked"])
DECIDED = frozenset(["deal.discount_approved", "deal.discount_declined"])
HEARD = BEGINS | DECIDED | {"deal.discount_withdrawn"}


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind in DECIDED:
        yield Stop(None, (TARGET,), fact.at, fulfil=True, by=fact.by, deal_id=fact.subject_id)
    elif fact.kind == "deal.discount_withdrawn":
        yield Stop(None, (TARGET,), fact.at, fulfil=False, reason="withdrawn", by=fact.by, deal_id=fact.subject_id)


def starts(news: News) -> list[Start]:
    """`approver` null: whoever asked may give it themselves, and nothing waits."""
    waiting = {deal: fact for deal, fact in news.deals("deal.discount_asked").items() if fact.data.get("approver")}
    if not waiting:
        return []
    line = given.line(TARGET)
    return [
        start for deal, fact in waiting.items()
        for start in news.begin_deal(TARGET, deal, fact.at, owner_id=fact.data["approver"], line=line)
    ]  # fmt: skip
