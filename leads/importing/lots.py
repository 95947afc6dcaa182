"""Who is behind the rows of a lot: one look, rows of one person folded into one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import identity, recognition
from leads.importing.reading import Refusal
from leads.importing.rows import Row
from leads.models import OPEN_STAGES, Stage
from revops.lib import bulk

STAMPED = [stage for stage in Stage.values if stage not in (Stage.INQUIRY, Stage.MERGED)]


@dataclass(slots=True)
class Cycle:
    """The last lead of a person, as stored."""

    id: int
    person_id: int
    cycle: int
    stage: str
    history: bool
    undated: bool
    created_at: datetime
    stage_at: datetime
    first_response_at: datetime | None
    owner_id: int | None
    source_id: str | None
    campaign_id: int | None
    company_id: int | None
    product_interest: str
    hand_raise: str
    message: str
    reason: str
    track: str
    flags: list[str]
    attributes: dict[str, Any]
    stamps: dict[str, datetime]

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES


@dataclass(slots=True)
class Matched:
    """A row and the person it is about; `cycle`: their last lead. Both None for somebody new."""

    row: Row
    person: recognition.KnownPerson | None = None
    cycle: Cycle | None = None


@dataclass(slots=True)
class Lot:
    matched: list[Matched] = field(default_factory=list)
    folded: list[int] = field(default_factory=list)
    refused: list[tuple[int, Refusal]] = field(default_factory=list)
    firms: recognition.Firms = field(default_factory=recognition.Firms)
    known: dict[tuple[str, str], recognition.KnownPerson] = field(default_factory=dict)


def recognise(rows: Sequence[Row]) -> Lot:
    """Three statements whatever the number of rows. Locks the keys until commit, so live intake waits its turn."""
    lot = Lot()
    firm_locks = {f"firm:{key}" for row in rows for key in firm_keys(row) if key}
    lot.known = known = recognition.people((key for row in rows for key in row.keys), firm_locks)
    groups: dict[Any, Matched] = {}
    for row in rows:
        people = {known[key].id: known[key] for key in row.keys if key in known}
        earlier = {id(groups[key]): groups[key] for key in row.keys if key in groups}
        for found in people.values():
            if ("person", found.id) in groups:
                group = groups["person", found.id]
                earlier[id(group)] = group
        if len(people) > 1 or len(earlier) > 1:
            lot.refused.append((row.lines[0], Refusal("two_people", "Its keys belong to two different people.")))
            continue
        person = next(iter(people.values()), None)
        if earlier:
            group = next(iter(earlier.values()))
            if person and group.person and group.person.id != person.id:
                lot.refused.append((row.lines[0], Refusal("two_people", "Its keys belong to two different people.")))
                continue
            group.person = group.person or person
            group.row.fold(row)
            lot.folded.append(row.lines[0])
        else:
            group = Matched(row, person)
            lot.matched.append(group)
        for key in row.keys:
            groups[key] = group
        if group.person:
            groups["person", group.person.id] = group
    found_people = [m.person for m in lot.matched if m.person]
    cycles = last_cycles([p.lead_id for p in found_people if p.lead_id])
    for match in lot.matched:
        match.cycle = cycles.get(match.person.id) if match.person else None
    firms = [firm_keys(row) for row in rows]
    lot.firms = recognition.companies(
        (domain for domain, _ in firms if domain),
        (name for _, name in firms if name),
        (p.company_id for p in found_people if p.company_id),
    )
    return lot


def firm_keys(row: Row) -> tuple[str, str]:
    """(domain, normalised name) of the row's firm, "" where it says nothing; free mailboxes are no firm."""
    domain = row.company.get("domain") or identity.company_domain(row.person.get("email", "")) or ""
    return domain, identity.name_key(row.company["name"]) if row.company.get("name") else ""


def last_cycles(lead_ids: Sequence[int]) -> dict[int, Cycle]:
    """{person id: the lead}."""
    stamps = ", ".join(f"{stage}_at" for stage in STAMPED)
    found = bulk.query(
        f"""
        SELECT id, person_id, cycle, stage, history, undated, created_at, stage_at, first_response_at, owner_id,
               source_id, campaign_id, company_id, product_interest, hand_raise, message, reason, track, flags::text,
               attributes::text, {stamps}
          FROM leads_lead WHERE id = ANY (%s::bigint[]) ORDER BY id FOR NO KEY UPDATE""",
        [list(lead_ids)],
    )
    cycles = {}
    for row in found:
        *plain, flags, attributes = row[:20]
        dated = {stage: at for stage, at in zip(STAMPED, row[20:], strict=True) if at is not None}
        cycles[row[1]] = Cycle(*plain, flags=bulk.loads(flags) or [], attributes=bulk.loads(attributes), stamps=dated)
    return cycles
