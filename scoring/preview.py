"""What a model would make of one lead: scores, receipt, and whether it would be an MQL and why. Nothing is written.

Of a lead that is kept, the model's own SQL runs over its rows. Of an enquiry in the shape that REST takes in, the same
SQL runs over the rows that intake would leave behind (leads.rehearsal), a known person's earlier touches among them.
The definition is then asked of those rows with the model's scores in place of the ones that are kept. The cut of the
top-share mode is the day's: that of the model in force.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads import rehearsal
from leads.incoming import Incoming
from leads.models import Lead, Person
from leads.models.stage import OPEN_STAGES, Stage
from leads.rehearsal import Beside, Covered, beside
from revops.lib import bulk
from scoring import definitions, receipt
from scoring.models import Definition, ScoringModel
from scoring.receipt import Receipt
from scoring.rescore import cool_down_ends


@dataclass(frozen=True, slots=True)
class Preview:
    """`would_be_mql`: it meets the definition and nothing keeps it back. `meets`: True, False, or None = unknown.

    `why`: a sentence; `failing`: the first leaf that fails or is unknown, "" when all holds. `stage`: of the cycle that
    is looked at, "" when none is open and none would be opened; `lead_id`, `person_id`, `company_id`: None when new.
    """

    receipt: Receipt
    definition: Definition | None
    would_be_mql: bool
    meets: bool | None
    failing: str
    why: str
    stage: str
    lead_id: int | None
    person_id: int | None
    company_id: int | None


def preview(
    what: Lead | Incoming, *, model: ScoringModel, now: datetime, definition: Definition | None = None
) -> Preview:  # fmt: skip
    """`definition`: by itself the MQL definition in force at `now`."""
    definition = definition or definitions.current("mql", at=now)
    if isinstance(what, Lead):
        rows: Covered = {Person: [rehearsal.stored(Person, what.person_id)]}
        found = receipt.of(what.person_id, as_of=now, model=model)
        person_id, company_id, lead_id = what.person_id, what.company_id, what.pk
        stage = str(what.stage)
    else:
        taken = rehearsal.of(what, now=now)
        rows = taken.rows
        found = receipt.of(taken.person_id, as_of=now, model=model, beside=beside(rows))
        person_id, company_id, lead_id = taken.person_id, taken.company_id, taken.lead_id
        stage = str(rows[Lead][0]["stage"]) if lead_id is not None else ""
    assert found is not None, "the person was found a moment ago"
    rows[Person] = [rows[Person][0] | _scores(found)]
    over = beside(rows)
    meets, failing, why = _decided(definition, lead_id, stage, over, now=now)
    return Preview(
        found, definition, meets is True and not why, meets, failing, why or "Meets the definition.", stage,
        lead_id or None, person_id or None, company_id or None,
    )  # fmt: skip


def _scores(found: Receipt) -> dict[str, Any]:
    numbers = {part: float(getattr(found, part)) for part in receipt.PARTS}
    return {**numbers, "pql": found.pql, "cell": found.cell}


def _decided(
    definition: Definition | None, lead_id: int | None, stage: str, over: Beside, *, now: datetime
) -> tuple[bool | None, str, str]:
    """(meets, first failing leaf, why not an MQL or "")."""
    if definition is None:
        return None, "", "No definition of an MQL is in force."
    if lead_id is None:
        return None, "", "Their last cycle allows no new one."
    found = definitions.findings(definition.predicate, [lead_id], as_of=now, beside=over)[lead_id]
    if found.meets is not True:
        return found.meets, found.failing, str(found)
    return True, "", _kept_back(lead_id, stage, over, now=now)


def _kept_back(lead_id: int, stage: str, over: Beside, *, now: datetime) -> str:
    """What else an inquiry waits for, as the statement that scores asks it (rescore)."""
    [(suppressed, until)] = bulk.query(
        f"""{over.text} SELECT p.suppressed, CASE WHEN l.hand_raise = '' THEN (
                SELECT {cool_down_ends()} FROM leads_lead prev WHERE prev.person_id = l.person_id
                   AND prev.cycle = l.cycle - 1 AND prev.stage = '{Stage.RECYCLED.value}') END
              FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = %(lead)s""",
        over.params | {"lead": lead_id},
    )
    if suppressed:
        return "They don't want to be contacted."
    if stage == Stage.INQUIRY and until is not None and until > now:
        return f"They were recycled and wait until {until.day} {until:%b %Y}, unless they raise a hand."
    if stage not in OPEN_STAGES:
        return "This cycle has ended."
    return ""
