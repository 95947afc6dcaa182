"""Deals of the past: read here, written by the room that owns them (settings.PAST_DEALS), the lead following along."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from leads import arrivals
from leads.importing import lots, values, write
from leads.importing.lots import Lot, Matched
from leads.importing.maps import Map
from leads.importing.reading import Refusal
from leads.importing.rows import Reader, Row
from leads.models import Stage
from marketing import vocabulary
from revops.lib import bulk

DEAL_STAGES = {"open": Stage.OPPORTUNITY, "won": Stage.WON, "lost": Stage.LOST}
MINOR_DIGITS = 2


@dataclass(slots=True)
class PastDeal:
    """A deal as a file tells it. `external_key`: `source:id`. `amount`: minor units or None = unknown. `created_at`,
    `closed_at`: as told, or taken from the lead or the import (`undated`); `flags` names what was missing or odd.
    `stage_name`: what the file calls the stage."""

    line: int
    external_key: str
    stage: str
    name: str
    person_id: int | None
    company_id: int | None
    lead_id: int | None
    owner_id: int | None
    source: str | None
    amount: int | None
    currency: str
    created_at: datetime
    closed_at: datetime | None
    close_on: date | None
    reason: str
    competitor: str
    note: str
    next_step: str
    undated: bool
    attributes: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    stage_name: str = ""


def check(row: Row, reader: Reader) -> None:
    """Turn the texts of a deal into values; raises Refusal."""
    said: dict[str, Any] = row.deal
    # One column often holds the day it will close and the day it did.
    said.pop("closed_at" if said.get("stage", "won") == "open" else "close_on", None)
    if said.get("stage", "won") not in DEAL_STAGES:
        raise Refusal("unknown_stage", f"{said['stage'][:60]!r} is not open, won or lost.")
    if reader.chart.kind == "deals" and not said.get("external_id"):
        raise Refusal("no_identity", "No id of the deal, so a second import would double it.")
    for name in ("created_at", "closed_at"):
        if said.get(name):
            said[name] = values.moment(
                said[name], formats=reader.chart.dates, zone=reader.zone, now=reader.now, column=reader.chart.deal[name]
            )
    if said.get("close_on"):
        said["close_on"] = values.local_date(
            said["close_on"], formats=reader.chart.dates, zone=reader.zone, column=reader.chart.deal["close_on"]
        )
    if said.get("amount"):
        said["amount"] = values.minor_units(said["amount"], column=reader.chart.deal["amount"], digits=MINOR_DIGITS)
    if said.get("currency") and not (len(said["currency"]) == 3 and said["currency"].isalpha()):
        raise Refusal("wrong_currency", f"{said['currency']!r} is not a currency code of three letters.")


def of_file(rows: Sequence[Row], chart: Map, context: write.Context) -> tuple[Lot, list[str]]:
    """A file of deals: joined to people by their keys; a deal whose person nobody knows is kept without one."""
    lot = lots.recognise(
        [Row(row.lines[:1], list(row.keys), company=dict(row.company)) for row in rows], context.source,
        locking=context.locking,
    )  # fmt: skip
    ids = arrivals.Ids.draw(people=0, companies=len(rows), leads=0, submissions=0)
    codes: dict[int, int] = {}
    refused = {line for line, _ in lot.refused}
    # Deals of one person were folded to find the person once; each deal is still its own.
    by_key = {key: match for match in lot.matched for key in match.row.keys}
    deals, twice = [], 0
    pairs: list[tuple[Matched, PastDeal]] = []
    taken: set[str] = set()
    given: set[int] = set()
    for row in rows:
        if row.lines[0] in refused:
            continue
        match = next((by_key[key] for key in row.keys if key in by_key), None) or Matched(row)
        key = f"{context.source}:{row.deal['external_id']}"
        firm = write.firm_of(row, lot, ids, context) if row.company else None
        if firm:
            arrivals.learn_company(firm, write.incoming(row))
            codes[row.lines[0]] = firm.id
        if key in taken:
            twice += 1
            continue
        taken.add(key)
        deal = _deal(row, match, key, chart, context)
        deal.company_id = deal.company_id or codes.get(row.lines[0])
        if deal.lead_id in given:
            deal.lead_id = None
            deal.flags.append("second_deal_of_lead")
        elif deal.lead_id is not None:
            given.add(deal.lead_id)
            pairs.append((match, deal))
        deals.append(deal)
    bulk.run([*arrivals.writes(arrivals.Rows(), [], lot.firms.by_id.values(), now=context.now),
              write.firm_keys_written(context)])  # fmt: skip
    outcomes = _store(deals, context)
    moved = _follow(pairs, context)
    for deal in deals:
        if outcomes[deal.external_key] == "merged" and deal.lead_id in moved:
            outcomes[deal.external_key] = "updated"
    return lot, [*outcomes.values(), *["merged"] * twice]


def of_leads(lot: Lot, written: Sequence[write.Written], chart: Map, context: write.Context) -> None:
    """A file of leads whose won and lost rows are deals too."""
    cycles = lots.last_cycles([answer.lead_id for answer in written if answer.lead_id])
    deals = []
    for match, answer in zip(lot.matched, written, strict=True):
        cycle = cycles.get(answer.person_id)
        if cycle is None or not cycle.history or cycle.stage not in {Stage.WON, Stage.LOST}:
            continue
        match.cycle = cycle
        match.row.deal.setdefault("stage", cycle.stage)
        known = match.row.deal.get("external_id") or f"lead-{cycle.id}"
        deal = _deal(match.row, match, f"{context.source}:{known}", chart, context)
        deal.undated = deal.undated or cycle.undated
        deals.append(deal)
    _store(deals, context)


def _deal(row: Row, match: Matched, key: str, chart: Map, context: write.Context) -> PastDeal:
    said, cycle = row.deal, match.cycle
    flags: list[str] = []
    person_id = match.person.id if match.person else (cycle.person_id if cycle else None)
    stage = said.get("stage", "won")
    closed, created = said.get("closed_at"), said.get("created_at")
    undated = False
    if person_id is None:
        flags.append("no_person")
    if cycle is not None and not cycle.history:
        flags.append("live_lead_kept")
        cycle = None
    if stage != "open" and closed is None:
        stamped = cycle.stamps.get(DEAL_STAGES[stage]) if cycle else None
        closed, undated = stamped or context.now, stamped is None
        if undated:
            flags.append("closed_missing")
    if created is None:
        flags.append("created_missing")
        created = min(t for t in (closed, cycle.created_at if cycle else None, context.now) if t)
    elif closed is not None and closed < created:
        flags.append("closed_before_created")
    if stage == "lost" and not said.get("reason"):
        flags.append("reason_missing")
    name = said.get("name") or row.company.get("name") or f"{context.source} {key.partition(':')[2][:40]}"
    owner = context.users.get(said.get("owner", "").lower())
    return PastDeal(
        row.lines[0], key[:160], stage, name[:200], person_id,
        match.person.company_id if match.person else (cycle.company_id if cycle else None),
        cycle.id if cycle else None, owner or (cycle.owner_id if cycle else None),
        vocabulary.named(said.get("source", "")) or (cycle.source_id if cycle else None), said.get("amount"),
        said.get("currency", "").upper(), created, closed if stage != "open" else None, said.get("close_on"),
        said.get("reason", "other") if stage == "lost" else "", said.get("competitor", ""), said.get("note", ""),
        said.get("next_step", ""), undated, {**row.attributes["lead"]}, flags,
        said.get("stage_name", ""),
    )  # fmt: skip


def _store(deals: list[PastDeal], context: write.Context) -> dict[str, str]:
    if not deals:
        return {}
    outcomes: dict[str, str] = import_string(settings.PAST_DEALS)(deals, by=context.by_id, now=context.now)
    for deal in deals:
        if outcomes[deal.external_key] == "created":
            context.flags.update(deal.flags)
    return outcomes


def _follow(pairs: Sequence[tuple[Matched, PastDeal]], context: write.Context) -> set[int]:
    """The leads take on what their deals say: the stage, its date and the attributes of the line."""
    rows = []
    for match, deal in pairs:
        stage = DEAL_STAGES[deal.stage]
        at = {}
        if "created_missing" not in deal.flags:
            at[str(Stage.OPPORTUNITY)] = deal.created_at
        if deal.closed_at and not deal.undated:
            at[str(stage)] = deal.closed_at
        row = Row([deal.line], list(match.row.keys), stage=str(stage), at=at)
        row.attributes["lead"] = dict(deal.attributes)
        rows.append(Matched(row, match.person, match.cycle))
    return write.follow(rows, context)
