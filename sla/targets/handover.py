"""Hand-over of a won deal: the three-way call is booked soon, and held (DOMAIN 1.3, HANDOFF_*)."""

from collections.abc import Iterable

from journal.record import Fact
from sla.clocks import Start, Stop
from sla.models import Target
from sla.targets.news import News

BOOKED, HELD = Target.HANDOFF_SCHEDULED.value, Target.HANDOFF_HELD.value
BEGINS = frozenset(["deal.won"])
HEARD = BEGINS | {"deal.handover_booked", "deal.handover_held", "deal.reopened"}


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind == "deal.handover_booked":
        yield Stop(None, (BOOKED,), fact.at, fulfil=True, by=fact.by, deal_id=fact.subject_id)
    elif fact.kind == "deal.handover_held":
        # A call that took place needed no booking.
        yield Stop(None, (BOOKED, HELD), fact.at, fulfil=True, by=fact.by, deal_id=fact.subject_id)
    elif fact.kind == "deal.reopened":
        yield Stop(None, (BOOKED, HELD), fact.at, fulfil=False, reason="reopened", by=fact.by, deal_id=fact.subject_id)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    reopened = news.deals("deal.reopened")
    for deal, fact in news.deals("deal.won").items():
        if deal not in reopened:
            begun += news.begin_deal(BOOKED, deal, fact.at) + news.begin_deal(HELD, deal, fact.at)
    return begun
