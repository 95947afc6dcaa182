"""News that may change a score."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from leads import heard_late
from scoring import refresh
from scoring import rescore as scores

PERSON_NEWS = {"person.touched", "person.changed"}
LEAD_NEWS = {"lead.opened", "lead.reopened", "touch.logged"}


def rescore(facts: Sequence[Fact], *, now: datetime) -> None:
    """Score everybody the facts are about, once, and hand over who crosses the line.

    Who writes such a fact holds the person's row already (intake by its keys, touches by the row): a score computed
    beside a touch not yet committed would miss it. The other people of a firm that changed are left to the pulse.
    """
    people: set[int] = set()
    since: dict[int, datetime] = {}
    firms = [fact.subject_id for fact in facts if fact.kind == "company.changed"]
    for fact in facts:
        if fact.kind in PERSON_NEWS:
            people.add(fact.subject_id)
            lead = fact.data.get("lead")
        elif fact.kind in LEAD_NEWS:
            people.add(fact.data["person"])
            lead = fact.subject_id
        else:
            continue
        if lead and (at := heard_late.of(fact.data)):
            since[lead] = at
    if people:
        scores.rescore(people, now=now, since=since)
    if firms:
        refresh.soon(firms, now=now)
