"""What a merge would do, said before it is done: to the leads, the clocks, and what hangs on both records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import clock_words, upward
from leads.models import Lead, Person
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk, words

OPEN_CLOCKS = ("running", "paused", "overdue")


@dataclass(slots=True)
class Promise:
    """One promise to the lead that goes on. `due`: the earlier of both; `whose`: the record it was made to."""

    label: str
    due: datetime | None
    whose: str
    late: bool


@dataclass(slots=True)
class Effects:
    """`moves`: what goes to the survivor, as "3 touches"; `joins`: whether two open leads become one."""

    joins: bool
    kept: Lead | None
    lost: Lead | None
    moves: list[str] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    opt_out: bool = False


def of(survivor: Person, loser: Person, leads: Sequence[Lead], *, now: datetime) -> Effects:
    """For the page of a pair; three queries and those of the clocks."""
    kept, lost = _open(leads, survivor), _open(leads, loser)
    answer = Effects(kept is not None and lost is not None, kept, lost)
    [counts] = bulk.query(
        """SELECT (SELECT count(*) FROM leads_touch WHERE person_id = %s),
                  (SELECT count(*) FROM leads_submission WHERE person_id = %s),
                  (SELECT count(*) FROM leads_personkey WHERE person_id = %s AND kind IN ('email', 'phone')),
                  (SELECT count(*) FROM leads_lead WHERE person_id = %s AND stage <> 'merged')""",
        [loser.pk] * 4,
    )
    names = [("touch", "touches"), ("enquiry", "enquiries"), ("address or number", "addresses or numbers"),
             ("cycle", "cycles")]  # fmt: skip
    answer.moves = [words.plural(n, *name) for n, name in zip(counts, names, strict=True) if n]
    answer.opt_out = survivor.consent != loser.consent and bool(survivor.consent or loser.consent)
    if answer.joins and kept is not None and lost is not None:
        clocks = upward.panel("clocks")([kept.pk, lost.pk], now=now)
        answer.promises = _promises(clocks, {kept.pk: survivor, lost.pk: loser})
    return answer


def _promises(clocks: dict[int, list[dict[str, Any]]], people: dict[int, Person]) -> list[Promise]:
    best: dict[str, Promise] = {}
    for lead, rows in clocks.items():
        for clock in rows:
            if clock["state"] not in OPEN_CLOCKS or clock["scope"] != "lead":
                continue
            label = clock_words.NAMES.get(clock["target"], clock["target"].replace("_", " ").capitalize())
            found = Promise(label, clock["due_at"], str(people[lead]), clock["state"] == "overdue")
            held = best.get(clock["target"])
            if held is None or (found.due and (held.due is None or found.due < held.due)):
                best[clock["target"]] = found
    return list(best.values())


def _open(leads: Sequence[Lead], person: Person) -> Lead | None:
    return next((lead for lead in leads if lead.person_id == person.pk and lead.stage in OPEN_STAGES), None)
