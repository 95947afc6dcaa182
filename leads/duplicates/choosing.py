"""Which of two records stays, and whose value of each field: suggested, and every choice is the reviewer's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import Lead, Person, Stage
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk

# Name → what it is called, in the order shown. A firm goes with its id; the region with its country.
FIELDS = {
    "first_name": "First name", "last_name": "Last name", "email": "Main e-mail", "phone": "Main phone",
    "title": "Job title", "company": "Company", "country": "Country", "region": "Region",
}  # fmt: skip
LATEST_WINS = ("title", "country", "region")
SURVIVOR, LOSER = "survivor", "loser"
# How far a cycle has come: the most advanced record stays (DOMAIN 7.1).
PROGRESS = [
    Stage.MERGED, Stage.DISQUALIFIED, Stage.REJECTED, Stage.RECYCLED, Stage.INQUIRY, Stage.MQL, Stage.SAL, Stage.SQL,
    Stage.LOST, Stage.OPPORTUNITY, Stage.WON,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A field in which the two differ. `side`: whose value is suggested."""

    field: str
    label: str
    survivor: Any
    loser: Any
    side: str


def in_order(one: Person, other: Person, leads: Sequence[Lead]) -> tuple[Person, Person]:
    """(who stays, who goes): the further lifecycle, then the older record."""

    def rank(person: Person) -> tuple[int, float, int]:
        stages = [PROGRESS.index(Stage(lead.stage)) for lead in leads if lead.person_id == person.pk]
        return -max(stages, default=-1), person.created_at.timestamp(), person.pk

    first, second = sorted((one, other), key=rank)
    return first, second


def choices(survivor: Person, loser: Person) -> list[Choice]:
    """The fields that differ, custom ones too; one query."""
    latest = _latest(survivor.pk, loser.pk)
    found = []
    for field, label in FIELDS.items():
        values = value(survivor, field), value(loser, field)
        if values[0] != values[1]:
            found.append(Choice(field, label, *values, _side(field, values, latest)))
    for name in sorted(survivor.attributes.keys() | loser.attributes.keys()):
        values = survivor.attributes.get(name), loser.attributes.get(name)
        if values[0] != values[1]:
            field = f"custom.{name}"
            label = name.replace("_", " ").capitalize()
            found.append(Choice(field, label, *values, _side(field, values, latest)))
    return found


def value(person: Person, field: str) -> Any:
    return person.company_id if field == "company" else getattr(person, field)


def settle(survivor: Person, loser: Person, chosen: Mapping[str, str]) -> dict[str, str]:
    """{field: side} for every field that differs: as chosen, else as suggested. What is not on offer is ignored."""
    return {
        one.field: chosen[one.field] if chosen.get(one.field) in (SURVIVOR, LOSER) else one.side
        for one in choices(survivor, loser)
    }


def open_one(leads: Sequence[Lead], person: Person) -> Lead | None:
    return next((lead for lead in leads if lead.person_id == person.pk and lead.stage in OPEN_STAGES), None)


def _side(field: str, values: tuple[Any, Any], latest: Mapping[tuple[int, str], datetime]) -> str:
    """The only one known; of what changes in a working life the latest said; else the survivor's."""
    empty = (None, "", [], {})
    if values[0] in empty or values[1] in empty:
        return LOSER if values[0] in empty else SURVIVOR
    if field not in LATEST_WINS and not field.startswith("custom."):
        return SURVIVOR
    mine, theirs = latest.get((0, field)), latest.get((1, field))
    return LOSER if theirs and (mine is None or theirs > mine) else SURVIVOR


def _latest(survivor: int, loser: int) -> dict[tuple[int, str], datetime]:
    """{(0 = survivor or 1 = loser, field): when it was last said}."""
    rows = bulk.query(
        """SELECT subject_id, f.key, max(at)
             FROM leads_attributefact CROSS JOIN LATERAL jsonb_object_keys("values") f(key)
            WHERE subject_kind = 'person' AND subject_id IN (%s, %s) GROUP BY 1, 2""",
        [survivor, loser],
    )
    return {(int(pk == loser), key): at for pk, key, at in rows}
