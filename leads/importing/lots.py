"""Who is behind the rows of a lot: one look, rows of one person folded into one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import identity, recognition
from leads.importing.reading import Refusal
from leads.importing.rows import Row
from leads.models import OPEN_STAGES, CompanyKey, Stage
from leads.rights import hashes
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
    # {id of a firm in the other system, `source:id`: ours}
    firm_ids: dict[str, int] = field(default_factory=dict)


def recognise(rows: Sequence[Row], source: str = "", *, locking: bool = True) -> Lot:
    """Four statements whatever the number of rows. Locks the keys until commit, so live intake waits its turn."""
    lot = Lot()
    firm_locks = {f"firm:{key}" for row in rows for key in firm_keys(row) if key}
    lot.known = known = recognition.people(
        (key for row in rows for key in row.keys), firm_locks, holding=locking, locking=locking
    )
    lot.firm_ids = firm_ids(rows, source)
    groups: dict[Any, Matched] = {}
    # Whoever was erased is not brought back by an old file; who came back by themselves since is known again.
    erased = hashes.known(key for row in rows for key in row.keys if key not in known)
    for row in rows:
        if erased and any(key in erased for key in row.keys) and not any(key in known for key in row.keys):
            lot.refused.append((row.lines[0], Refusal("erased", "This person asked to be erased.")))
            continue
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
        [*(p.company_id for p in found_people if p.company_id), *lot.firm_ids.values()],
    )
    return lot


def without_erased(rows: Sequence[Row]) -> tuple[list[Row], list[tuple[int, Refusal]]]:
    """The rows that may come in, and those of somebody who was erased and did not come back by themselves since."""
    erased = hashes.known(key for row in rows for key in row.keys)
    if not erased:
        return list(rows), []
    known = recognition.people((key for row in rows for key in row.keys), [], holding=False, locking=False)
    kept, refused = [], []
    for row in rows:
        if any(key in erased for key in row.keys) and not any(key in known for key in row.keys):
            refused.append((row.lines[0], Refusal("erased", "This person asked to be erased.")))
        else:
            kept.append(row)
    return kept, refused


def firm_ids(rows: Sequence[Row], source: str) -> dict[str, int]:
    keys = {firm_key(row, source) for row in rows} - {""}
    if not keys:
        return {}
    return dict(CompanyKey.objects.filter(key__in=list(keys)).values_list("key", "company_id"))


def firm_key(row: Row, source: str) -> str:
    """What the other system calls the row's firm: `source:id`, or "" when it does not say."""
    theirs = row.company.get("external_id")
    return f"{source}:{theirs}"[:160] if theirs else ""


def firm_keys(row: Row) -> tuple[str, str]:
    """(domain, normalised name) of the row's firm, "" where it says nothing; free mailboxes are no firm."""
    domain = row.company.get("domain") or identity.company_domain(row.person.get("email", "")) or ""
    return domain, identity.name_key(row.company["name"]) if row.company.get("name") else ""


def last_cycles(lead_ids: Sequence[int]) -> dict[int, Cycle]:
    """{person id: the lead}."""
    return {cycle.person_id: cycle for cycle in cycles_of(lead_ids)}


def cycles_of(lead_ids: Sequence[int]) -> list[Cycle]:
    """These leads as stored, held until commit."""
    stamps = ", ".join(f"{stage}_at" for stage in STAMPED)
    found = bulk.query(
        f"""
        SELECT id, person_id, cycle, stage, history, undated, created_at, stage_at, first_response_at, owner_id,
               source_id, campaign_id, company_id, product_interest, hand_raise, message, reason, track, flags::text,
               attributes::text, {stamps}
          FROM leads_lead WHERE id = ANY (%s::bigint[]) ORDER BY id FOR NO KEY UPDATE""",
        [list(lead_ids)],
    )
    cycles = []
    for row in found:
        *plain, flags, attributes = row[:20]
        dated = {stage: at for stage, at in zip(STAMPED, row[20:], strict=True) if at is not None}
        cycles.append(Cycle(*plain, flags=bulk.loads(flags) or [], attributes=bulk.loads(attributes), stamps=dated))
    return cycles
