"""Disposition: whoever gets a lead accepts, rejects or recycles it; once a lead, whoever has it then."""

from collections.abc import Iterable

from journal.record import Fact
from sla.clocks import Start, Stop
from sla.models import Target
from sla.targets.news import News

DISPOSE = Target.DISPOSITION.value
DECISIONS = frozenset(["lead.sal", "lead.rejected", "lead.recycled"])
GONE = frozenset(["lead.disqualified", "lead.opportunity", "lead.won", "lead.lost"])
BEGINS = frozenset(["lead.assigned", "lead.reopened"])
HEARD = BEGINS | DECISIONS | GONE


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind in DECISIONS:
        yield Stop(fact.subject_id, (DISPOSE,), fact.at, fulfil=True, by=fact.by)
    elif fact.kind in GONE:
        reason = fact.kind.removeprefix("lead.")
        yield Stop(fact.subject_id, (DISPOSE,), fact.at, fulfil=False, reason=reason, by=fact.by)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    reopened = {lead: fact for lead, fact in news.of("lead.reopened").items() if fact.data.get("to") == "mql"}
    for lead, fact in reopened.items():
        if lead in news.terms and (owner := news.terms[lead].owner_id):
            begun += news.begin(DISPOSE, lead, fact.at, owner_id=owner)
    for lead, fact in news.of("lead.assigned").items():
        past = news.past[lead]
        if lead not in reopened and past.stage == "mql" and (DISPOSE, "lead") not in past.runs:
            begun += news.begin(DISPOSE, lead, fact.at, owner_id=fact.data["owner"])
    return begun
