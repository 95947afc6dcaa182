"""What clocks make of news: one pass over a batch of facts (DOMAIN 1.5, 1.6); each promise is a module of `targets`."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from leads import due
from sla import clocks, merging, unmerging, upgrades
from sla.models import Target
from sla.targets import BEGINS, HEARD, TARGETS, response
from sla.targets.news import News

FR, ASSIGN, DISPOSE = Target.FIRST_RESPONSE.value, Target.ASSIGNMENT.value, Target.DISPOSITION.value
# Which of the clocks that a decision stopped run on when it is taken back. Taking back a reassignment is a
# reassignment: its clocks begin anew, none comes back.
BROUGHT_BACK = {
    "lead.sal": (DISPOSE,),
    "lead.rejected": tuple(Target.values),
    "lead.recycled": tuple(Target.values),
    "lead.disqualified": tuple(Target.values),
}
LISTENED = HEARD | upgrades.HEARD | {"lead.undone", "deal.edited"}


def move_clocks(facts: Sequence[Fact], *, now: datetime) -> None:
    """All stops, then upgrades, what is brought back, who answers, then all starts (DOMAIN 1.5: same instant); last,
    each lead's soonest due is remembered."""
    merging.follow(facts, now=now)
    unmerging.follow(facts, now=now)
    heard = [fact for fact in facts if fact.kind in LISTENED]
    if not heard:
        return
    via = heard[0].via
    news = News(heard, begins=BEGINS | upgrades.HEARD, now=now)
    # A lead that becomes an MQL in this batch has no clocks yet: nothing to stop, nothing to look up.
    known = [fact for fact in heard if fact.subject_kind != "lead" or fact.subject_id not in news.fresh]
    stops = [stop for target in TARGETS for fact in known if fact.kind in target.HEARD for stop in target.stops(fact)]
    stops += [stop for target in TARGETS if (ends := getattr(target, "ends", None)) for stop in ends(news)]
    moved = set(clocks.stop(stops, now=now, via=via))
    moved |= upgrades.apply(news, known, now=now, via=via)
    moved |= _bring_back(known, now=now, via=via)
    owners = {f.subject_id: f.data["owner"] for f in known if f.kind == "lead.assigned" and f.data["from"]}
    clocks.charge(owners, now=now)
    deals = {f.subject_id: f.data["owner"] for f in known if f.kind == "deal.edited" and f.data.get("was_owner")}
    clocks.charge(deals, now=now, of="deal")
    kinds = {fact.kind for fact in heard}
    starts = [start for target in TARGETS if target.BEGINS & kinds for start in target.starts(news)]
    soonest = clocks.start(starts, now=now, via=via)
    if moved := moved | (soonest.keys() - news.fresh):
        soonest |= clocks.soonest(sorted(moved))
    due.remember(soonest)


def _bring_back(facts: Sequence[Fact], *, now: datetime, via: str) -> set[int]:
    """The clocks that decisions now taken back had stopped run on, unless the lead was answered in between."""
    undone = {
        fact.subject_id: (datetime.fromisoformat(fact.data["at"]), BROUGHT_BACK[fact.data["kind"]])
        for fact in facts
        if fact.kind == "lead.undone" and fact.data["kind"] in BROUGHT_BACK
    }
    back = clocks.reinstate(undone, now=now, via=via)
    if back:
        answers = clocks.answered(back)
        clocks.stop([stop for lead, at in answers.items() for stop in response.answer(lead, at)], now=now, via=via)
    return set(back)
