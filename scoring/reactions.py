"""News that may change a score."""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from revops.lib import bulk
from scoring import rescore as scores

PERSON_NEWS = {"person.touched", "person.changed"}
LEAD_NEWS = {"lead.opened", "touch.logged"}


def rescore(facts: Sequence[Fact], *, now: datetime) -> None:
    """Score everybody the facts are about, once, and hand over who crosses the line."""
    people: set[int] = set()
    unlocked: set[int] = set()
    for fact in facts:
        if fact.kind in PERSON_NEWS:
            people.add(fact.subject_id)
        elif fact.kind in LEAD_NEWS:
            people.add(fact.data["person"])
            if fact.kind == "touch.logged":
                unlocked.add(fact.data["person"])
    if not people:
        return
    if unlocked:
        # Intake holds its people already. A touch logged beside it must wait here, or both would count without the
        # other's touches: a statement does not see what was committed while it waited.
        lock(unlocked)
    scores.rescore(people, now=now)


def lock(people: set[int]) -> None:
    bulk.query(
        "SELECT id FROM leads_person WHERE id = ANY (%s::bigint[]) ORDER BY id FOR NO KEY UPDATE", [sorted(people)]
    )
