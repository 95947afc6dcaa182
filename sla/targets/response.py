"""First response: the lead's clock runs from the hand-over, the owner's from each assignment (DOMAIN 1.2, 1.6)."""

from collections.abc import Iterable
from datetime import datetime

from journal.record import Fact
from sla.clocks import Start, Stop
from sla.models import Target
from sla.targets.news import News

FR = Target.FIRST_RESPONSE.value
# A deal has its own promises: whatever the lead still owed ends there, and what was late stays late.
ENDINGS = frozenset([
    "lead.rejected", "lead.recycled", "lead.disqualified", "lead.opportunity", "lead.won", "lead.lost",
])  # fmt: skip
BEGINS = frozenset(["lead.mql", "lead.reopened", "lead.assigned"])
HEARD = BEGINS | ENDINGS | {"touch.logged", "touch.approved", "lead.unassigned"}


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind == "touch.logged" and fact.data.get("answers"):
        yield from answer(fact.subject_id, fact.at, by=fact.by)
    elif fact.kind == "touch.approved":
        yield from answer(fact.subject_id, datetime.fromisoformat(fact.data["occurred_at"]), by=fact.by)
    elif fact.kind == "lead.unassigned" or (fact.kind == "lead.assigned" and fact.data.get("from")):
        # The owner's clock of whoever had it ends; the lead's own doesn't notice (DOMAIN 1.6, reassigned).
        yield Stop(fact.subject_id, (FR,), fact.at, fulfil=False, reason="reassigned", scope="owner", by=fact.by)
    elif fact.kind in ENDINGS:
        reason = fact.kind.removeprefix("lead.")
        yield Stop(fact.subject_id, (FR,), fact.at, fulfil=False, reason=reason, by=fact.by)


def answer(lead_id: int, at: datetime, *, by: int | None = None) -> Iterable[Stop]:
    """An answer ends every response clock; one that began only later (a new owner's) has nothing left to ask for."""
    yield Stop(lead_id, (FR,), at, fulfil=True, by=by)
    yield Stop(lead_id, (FR,), at, fulfil=False, reason="answered", by=by)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    assigned, handed_over = news.of("lead.assigned"), news.of("lead.mql")
    for lead, mql in handed_over.items():
        if lead not in news.terms or news.terms[lead].outbound:
            continue
        begun += news.begin(FR, lead, mql.at)
        if lead in assigned:
            begun += _owners(news, assigned[lead])
    reopened = {lead: fact for lead, fact in news.of("lead.reopened").items() if fact.data.get("to") == "mql"}
    for lead, fact in reopened.items():
        # A new run from the reopening on; what was once answered stays answered.
        if not news.past[lead].answered and lead in news.terms and not news.terms[lead].outbound:
            begun += news.begin(FR, lead, fact.at)
            if owner := news.terms[lead].owner_id:
                begun += news.begin(FR, lead, fact.at, scope="owner", owner_id=owner)
    for lead, fact in assigned.items():
        past = news.past[lead]
        if lead not in handed_over and lead not in reopened and past.handed_over and past.runs_now(FR):
            begun += _owners(news, fact)
    return begun


def _owners(news: News, fact: Fact) -> list[Start]:
    """The owner has the time of the promise that was made to the lead, on the hours of their own team."""
    line = news.pinned(fact.subject_id, FR)
    return news.begin(FR, fact.subject_id, fact.at, scope="owner", owner_id=fact.data["owner"], line=line)
