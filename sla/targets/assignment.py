"""Assignment: a lead that is handed over, or whose owner is gone, has one soon."""

from collections.abc import Iterable
from datetime import datetime

from journal.record import Fact
from sla.clocks import Start, Stop
from sla.models import Target
from sla.targets.news import News
from sla.targets.response import ENDINGS

ASSIGN = Target.ASSIGNMENT.value
BEGINS = frozenset(["lead.mql", "lead.reopened", "lead.unassigned"])
HEARD = BEGINS | ENDINGS | {"lead.assigned"}


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind == "lead.assigned":
        yield Stop(fact.subject_id, (ASSIGN,), fact.at, fulfil=True, by=fact.by)
    elif fact.kind in ENDINGS:
        reason = fact.kind.removeprefix("lead.")
        yield Stop(fact.subject_id, (ASSIGN,), fact.at, fulfil=False, reason=reason, by=fact.by)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    assigned = news.of("lead.assigned")
    for lead, mql in news.of("lead.mql").items():
        owned = assigned.get(lead)
        # Nobody can be given what was not heard of: a provider that tells late isn't routing's delay.
        heard = datetime.fromisoformat(mql.data["heard"]) if "heard" in mql.data else mql.at
        begun += news.begin(ASSIGN, lead, heard, stopped_at=owned.at if owned else None)
    for lead, fact in news.of("lead.reopened").items():
        if fact.data.get("to") == "mql" and lead in news.terms and not news.terms[lead].owner_id:
            begun += news.begin(ASSIGN, lead, fact.at)
    owed = {start.lead_id for start in begun} | assigned.keys()
    for lead, fact in news.of("lead.unassigned").items():
        # Its owner left and nobody can have it: finding one is owed again.
        if lead not in owed and news.past[lead].handed_over and not news.past[lead].runs_now(ASSIGN):
            begun += news.begin(ASSIGN, lead, fact.at)
    return begun
