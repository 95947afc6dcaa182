"""A lot becomes people, firms, cycles and journal entries: a fixed number of statements, told to nobody."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from journal import record
from journal.record import Fact
from leads import arrivals
from leads.importing import stages
from leads.importing.lots import STAMPED, Cycle, Lot, Matched, firm_key, firm_keys
from leads.importing.rows import Row
from leads.incoming import Incoming, IncomingCompany, IncomingTouch
from leads.models import Door, Stage
from leads.recognition import KnownCompany, KnownPerson
from leads.seniority import ORDER, seniority_of
from marketing import campaigns, vocabulary
from revops.lib import bulk

if TYPE_CHECKING:
    from teams.models import User


@dataclass(slots=True)
class Context:
    """What a run knows throughout. `users`: {mail: id}. `seen`: people of this run, so that later lines merge."""

    run_id: int
    source: str
    by_id: int | None
    now: datetime
    users: Mapping[str, int]
    seen: set[int] = field(default_factory=set)
    flags: Counter = field(default_factory=Counter)
    lead_ids: list[int] = field(default_factory=list)
    person_ids: set[int] = field(default_factory=set)
    # False in a rehearsal: what is rolled back must keep nobody waiting.
    locking: bool = True
    by: "User | None" = None
    # Ids of firms in the other system that this lot learnt: (company, key).
    firm_keys: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """What became of a matched row. `outcome`: created, updated or merged (it said nothing new)."""

    outcome: str
    person_id: int
    lead_id: int | None


def write(lot: Lot, context: Context) -> list[Written]:
    """One Written for each of lot.matched, in order. Must run in the transaction that recognised the lot."""
    ids = arrivals.Ids.draw(
        people=len(lot.matched), companies=len(lot.matched), leads=len(lot.matched), submissions=len(lot.matched)
    )
    codes = campaigns.ids(m.row.lead.get("campaign", "") for m in lot.matched)
    rows, facts = arrivals.Rows(), []
    people: dict[int, KnownPerson] = {}
    fresh: list[tuple] = []
    changed: list[tuple] = []
    owned: list[tuple] = []
    answers: list[Written] = []
    for match in lot.matched:
        person, news = _learn(match, lot, ids, context)
        people[person.id] = person
        again = person.id in context.seen
        context.seen.add(person.id)
        context.person_ids.add(person.id)
        made = _cycle(match, person, codes, context, ids)
        if made is not None:
            values, settled, cycle_is_new, lead_facts = made
            lead_id = values[0]
            facts += lead_facts
            context.lead_ids.append(lead_id)
            owner = values[OWNER]
            if owner is not None and (match.cycle is None or match.cycle.owner_id is None):
                owned.append((lead_id, owner, values[ASSIGNED], "import", {"run": context.run_id}, context.by_id))
            context.flags.update(set(values[FLAGS]) - set(match.cycle.flags if match.cycle else ()))
            if cycle_is_new:
                fresh.append((*values, context.run_id, *NEW.values()))
                _keep(match, person, lead_id, settled, rows, ids, context)
                outcome = "created"
            else:
                changed.append(values)
                outcome = "updated"
        else:
            lead_id = match.cycle.id if match.cycle else None
            outcome = "created" if person.is_new else "updated" if news else "merged"
            if match.cycle and not match.cycle.history and match.row.stage != stages.NO_LEAD:
                context.flags["live_lead_kept"] += 1
        answers.append(Written("merged" if again and outcome == "updated" else outcome, person.id, lead_id))
    learned = arrivals.writes(rows, people.values(), lot.firms.by_id.values(), now=context.now)
    bulk.run([*learned, _insert(fresh), _update(changed), _ownerships(owned), firm_keys_written(context)])
    record.append(facts, now=context.now)
    return answers


def firm_keys_written(context: Context) -> tuple[str, list] | None:
    rows, context.firm_keys = context.firm_keys, []
    types = {"company_id": "bigint", "key": "text"}
    return bulk.insert("leads_companykey", types, rows, "ON CONFLICT DO NOTHING") if rows else None


def follow(matched: Sequence[Matched], context: Context) -> set[int]:
    """Cycles only: what deals say of the leads they came from. The ids of the leads it changed."""
    changed, facts = [], []
    for match in matched:
        if match.person is None or match.cycle is None:
            continue
        made = _cycle(match, match.person, {}, context, None)
        if made is not None:
            values, _, _, news = made
            changed.append(values)
            facts += news
            context.flags.update(set(values[FLAGS]) - set(match.cycle.flags))
            context.lead_ids.append(values[0])
    bulk.run([_update(changed)])
    record.append(facts, now=context.now)
    return {values[0] for values in changed}


def _learn(match: Matched, lot: Lot, ids: arrivals.Ids, context: Context) -> tuple[KnownPerson, bool]:
    """The person with everything the row says of them, and whether any of it is news."""
    row = match.row
    item = incoming(row)
    person = match.person or KnownPerson(ids.person(), is_new=True)
    for key in row.keys:
        if key not in lot.known:
            lot.known[key] = person
            person.new_keys.append(key)
    firm = lot.firms.by_id.get(person.company_id) if person.company_id else firm_of(row, lot, ids, context)
    if firm:
        arrivals.learn_company(firm, item)
    arrivals.learn_person(person, item, firm)
    seniority = row.person.get("seniority", "") or seniority_of(row.person.get("title", ""))
    if seniority in ORDER and seniority != person.seniority:
        person.seniority = person.changed["seniority"] = seniority
    if row.opened and (person.first_touch_at is None or row.opened < person.first_touch_at):
        person.first_touch_at, person.changed["first_touch_at"] = row.opened, row.opened.isoformat()
        person.first_channel = vocabulary.named(row.lead.get("source", "")) or person.first_channel
    return person, bool(person.changed or person.new_keys or (firm and firm.changed))


def firm_of(row: Row, lot: Lot, ids: arrivals.Ids, context: Context) -> KnownCompany | None:
    """The firm a row names: by its id in the other system, its name or domain; a new one when it has one of the last
    two. None when it says nothing, or only an id that no file of companies has told yet."""
    domain, name_key = firm_keys(row)
    key = firm_key(row, context.source)
    firm = lot.firms.by_id.get(lot.firm_ids[key]) if key in lot.firm_ids else None
    if firm is None and not (domain or name_key):
        return None
    firm = firm or lot.firms.match(domain or None, name_key)
    if firm is None:
        name = row.company.get("name") or domain.partition(".")[0].replace("-", " ").title()
        firm = KnownCompany(ids.company(), name, name_key or name.lower(), domain or None, is_new=True)
        lot.firms.add(firm)
    elif domain and not firm.domain and domain not in lot.firms.by_domain:
        firm.domain = firm.changed["domain"] = domain
        lot.firms.add(firm)
    if key and key not in lot.firm_ids:
        lot.firm_ids[key] = firm.id
        context.firm_keys.append((firm.id, key))
    return firm


def incoming(row: Row) -> Incoming:
    """The row in the shape intake learns from, so that an import fills a person by the same rules as a form."""
    person = {name: text for name, text in row.person.items() if name not in {"external_id", "seniority"}}
    company = {name: value for name, value in row.company.items() if name not in {"region", "external_id"}}
    return Incoming(
        **person, company=IncomingCompany(**company) if company else None,
        person_attributes=row.attributes["person"], company_attributes=row.attributes["company"],
    )  # fmt: skip


# --- the cycle ---------------------------------------------------------------

STAMPS = {f"{stage}_at": "timestamptz" for stage in STAMPED}
LEAD = {
    "id": "bigint", "person_id": "bigint", "company_id": "bigint", "cycle": "int", "stage": "text",
    "owner_id": "bigint", "source_id": "text", "campaign_id": "bigint", "product_interest": "text",
    "hand_raise": "text", "message": "text",
    "attributes": "jsonb", "created_at": "timestamptz", "updated_at": "timestamptz", "assigned_at": "timestamptz",
    "stage_at": "timestamptz", "first_touch_at": "timestamptz", "first_response_at": "timestamptz", "reason": "text",
    "track": "text", "undated": "bool", "flags": "jsonb", **STAMPS,
}  # fmt: skip
OWNER, ASSIGNED, FLAGS = (list(LEAD).index(name) for name in ("owner_id", "assigned_at", "flags"))
# What a lead of the past starts with; scores follow when the file is in.
NEW = {"history": True, "fit": 0.0, "engagement": 0.0, "usage": 0.0, "pql": False, "cell": "C3", "reason_note": ""}
NEW_TYPES = {"history": "bool", "fit": "float8", "engagement": "float8", "usage": "float8", "pql": "bool",
             "cell": "text", "reason_note": "text"}  # fmt: skip


def _cycle(match: Matched, person: KnownPerson, codes: Mapping[str, int], context: Context, ids: arrivals.Ids):
    """(row of leads_lead, settled way, is new, facts); None when the row adds nothing to the cycle there is.

    A lead that is being worked is left to the people who work it: a file of the past only adds to its person.
    """
    row, old = match.row, match.cycle
    if row.stage == stages.NO_LEAD or (old is not None and not old.history):
        return None
    stage, at, opened, first_response = row.stage, dict(row.at), row.opened, row.first_response
    kept_flags: list[str] = []
    otherwise = context.now
    if old is not None:
        stage = max(old.stage, stage, key=lambda code: stages.RANK[code])
        first_response = min((t for t in (first_response, old.first_response_at) if t), default=None)
        kept_flags = [flag for flag in old.flags if flag == "owner_unknown"]
        if not old.undated:
            opened = min(t for t in (opened, old.created_at) if t)
            at = {s: min(t for t in (at.get(s), old.stamps.get(s)) if t) for s in at | old.stamps}
        # Two rows without dates: the first import's date stands. A row with dates replaces what was guessed.
        otherwise = old.stage_at if old.undated else context.now
    settled = stages.settle(stage, at, opened, otherwise=otherwise)
    said = row.lead
    owner = context.users.get(said.get("owner", "").lower()) or (old.owner_id if old else None)
    if said.get("owner") and owner is None and "owner_unknown" not in kept_flags:
        kept_flags.append("owner_unknown")
    flags = settled.flags + kept_flags
    attributes = {**(old.attributes if old else {}), **row.attributes["lead"]}
    assigned = (settled.stamps.get(Stage.MQL) or settled.created_at) if owner else None
    values = (
        old.id if old else ids.lead(), person.id, person.company_id, old.cycle if old else 1, settled.stage, owner,
        vocabulary.named(said.get("source", "")) or (old.source_id if old else None),
        codes.get(campaigns.code_of(said.get("campaign", ""))) or (old.campaign_id if old else None),
        said.get("product_interest") or (old.product_interest if old else ""),
        said.get("hand_raise") or (old.hand_raise if old else ""), said.get("message") or (old.message if old else ""),
        attributes, settled.created_at, context.now, assigned, settled.stage_at,
        person.first_touch_at, first_response,
        said.get("reason") or (old.reason if old else ""), said.get("track") or (old.track if old else ""),
        settled.undated, flags, *(settled.stamps.get(stage) for stage in STAMPED),
    )  # fmt: skip
    if old is not None and values[4:] == _as_row(old, values):
        return None
    return values, settled, old is None, _facts(values[0], person, old, settled, context)


def _as_row(old: Cycle, values: tuple) -> tuple:
    """What the stored cycle looks like as a row from `stage` on; columns derived from others are taken as they are."""
    return (
        old.stage, old.owner_id, old.source_id, old.campaign_id, old.product_interest, old.hand_raise, old.message,
        old.attributes, old.created_at, *values[13:15], old.stage_at, values[16], old.first_response_at, old.reason,
        old.track, old.undated, old.flags, *(old.stamps.get(stage) for stage in STAMPED),
    )  # fmt: skip


def _facts(
    lead_id: int, person: KnownPerson, old: Cycle | None, settled: stages.Settled, context: Context
) -> list[Fact]:
    return facts_of(lead_id, person.id, old, settled, old.cycle if old else 1, context)


def facts_of(
    lead_id: int, person_id: int, old: Cycle | None, settled: stages.Settled, cycle: int, context: Context
) -> list[Fact]:
    """What the journal did not know yet. A date that was guessed is told as `undated`."""
    data: dict[str, Any] = {"cycle": cycle, "import": context.run_id}
    if settled.undated:
        data["undated"] = True
    facts = []
    if old is None:
        opened = {**data, "person": person_id}
        facts.append(Fact("lead.opened", "lead", lead_id, settled.created_at, context.by_id, "import", opened))
    known = old.stamps if old else {}
    passed = str(Stage.INQUIRY)
    for stage in sorted(settled.stamps, key=lambda code: (stages.RANK[code], settled.stamps[code])):
        at = settled.stamps[stage]
        if known.get(stage) != at:
            facts.append(Fact(f"lead.{stage}", "lead", lead_id, at, context.by_id, "import", {**data, "from": passed}))
        passed = str(stage)
    return facts


def _keep(
    match: Matched, person: KnownPerson, lead_id: int, settled: stages.Settled, rows: arrivals.Rows, ids: arrivals.Ids,
    context: Context,
) -> None:  # fmt: skip
    """The line itself, and the enquiry as a touch when the map says what kind it was and the row when."""
    row = match.row
    rows.submissions.append(
        (ids.submission(), context.source, None, row.raw, "created", person.id, lead_id, context.by_id,
         settled.created_at, context.now, Door.IMPORT.value, None, {}, None)
    )  # fmt: skip
    if row.touch.get("kind") and row.opened:
        touch = IncomingTouch(
            kind=row.touch["kind"], occurred_at=row.opened, channel=vocabulary.named(row.lead.get("source", "")) or "",
            asset=row.touch.get("asset", ""), url=row.touch.get("url", ""),
        )  # fmt: skip
        rows.touches.append(
            (person.id, lead_id, touch.kind, arrivals.side_of(touch), touch.channel or None, None, touch.asset,
             touch.url, "in", True, "", None, context.source, None, touch.occurred_at, row.opened, context.now,
             None, False)
        )  # fmt: skip
        person.last_touch_at = max(t for t in (person.last_touch_at, row.opened) if t)


def _insert(rows: Sequence[tuple]) -> tuple[str, list] | None:
    if not rows:
        return None
    return bulk.insert("leads_lead", {**LEAD, "import_run_id": "bigint", **NEW_TYPES}, rows)


def _update(rows: Sequence[tuple]) -> tuple[str, list] | None:
    if not rows:
        return None
    relation, params = bulk.source(LEAD, rows)
    fixed = {"id", "person_id", "cycle"}
    sets = ", ".join(f"{c} = v.{c}{'::jsonb' if LEAD[c] == 'jsonb' else ''}" for c in LEAD if c not in fixed)
    return f"UPDATE leads_lead l SET {sets} FROM {relation} WHERE l.id = v.id AND l.history", params


def _ownerships(rows: Sequence[tuple]) -> tuple[str, list] | None:
    if not rows:
        return None
    types = {"lead_id": "bigint", "owner_id": "bigint", "from_at": "timestamptz", "cause": "text", "why": "jsonb",
             "by_id": "bigint"}  # fmt: skip
    return bulk.insert("leads_ownership", types, rows)
