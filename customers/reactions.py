"""What customers hear: deals won and taken back, hand-over calls held."""

from collections.abc import Sequence
from datetime import datetime

from customers import activation, beginnings, contracts, terms
from journal.record import Fact


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """`deal.won`: a customer, its onboarding, its revenue, its next term. `deal.reopened`: taken back if nothing was
    done. `deal.handover_held`: onboarding may be over."""
    won = [fact for fact in facts if fact.kind == "deal.won"]
    back = [fact for fact in facts if fact.kind == "deal.reopened"]
    held = [fact.subject_id for fact in facts if fact.kind == "deal.handover_held"]
    if won:
        deals = [fact.subject_id for fact in won]
        beginnings.begin(deals, by=won[0].by if len(won) == 1 else None, now=now)
        recurring = contracts.recurring(deals)
        if recurring:
            contracts.won(recurring, now=now)
            terms.won(recurring)
    if back:
        deals = [fact.subject_id for fact in back]
        contracts.taken_back(deals, at=max(fact.at for fact in back), now=now)
        terms.taken_back(deals)
        beginnings.take_back(deals, by=back[0].by, at=max(fact.at for fact in back), now=now)
    if held:
        activation.held(held, now=now)
