"""Files that say when a stage changed: lead and opportunity histories rebuild cycles and dates."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from journal import record
from journal.record import Fact
from leads import arrivals, recognition
from leads.importing import cycles, reading, stages, values, write
from leads.importing import lots as found_lots
from leads.importing.reading import Refusal
from leads.importing.rows import Reader
from leads.models import ImportRun, Lead, Stage
from revops.lib import bulk

if TYPE_CHECKING:
    from leads.importing.taking import Tally

DEAL_CODES = {"open", "won", "lost"}


@dataclass(slots=True)
class Event:
    """One line of a history. `refusal`: why it is none; `of` is "" then. `stage`: "" when it tells of another field."""

    line: int
    of: str
    at: datetime | None
    stage: str
    amount: str
    refusal: Refusal | None = None

    def __getitem__(self, _: int) -> int:
        return self.line  # like the pairs that other files come in


def lots(run: ImportRun, reader: Reader, names: Sequence[str], *, skip: int, size: int) -> Iterator[list[Event]]:
    """All lines in the order of whom they are about, so that nobody's history is torn between two lots."""
    told = reading.lines(run, names)
    with closing(told):
        events = [_event(line, cells, reader) for line, cells in told]
    events.sort(key=lambda event: (event.of, event.at.timestamp() if event.at else 0.0, event.line))
    start = skip
    while start < len(events):
        end = min(start + size, len(events))
        while end < len(events) and events[end].of and events[end].of == events[end - 1].of:
            end += 1
        yield events[start:end]
        start = end


def _event(line: int, cells: Mapping[str, str] | Refusal, reader: Reader) -> Event:
    try:
        if isinstance(cells, Refusal):
            raise cells
        chart = reader.chart
        for column in chart.skip:
            if values.yes_no(cells[column]):
                raise Refusal("deleted", "It was deleted in the system it comes from.")
        said = {name: reader._text(column, cells) for name, column in chart.history.items()}
        if not said.get("of"):
            raise Refusal("no_identity", "No id, so nobody can tell whose history this is.")
        if not said.get("at"):
            raise Refusal("wrong_date", "No date.")
        at = values.moment(
            said["at"], formats=chart.dates, zone=reader.zone, now=reader.now, column=chart.history["at"]
        )
        stage = said.get("stage", "")
        if said.get("field") and said.get("is") and said["field"].casefold() != said["is"].casefold():
            stage = ""
        known = DEAL_CODES if chart.kind == "deal_history" else set(stages.RANK) - {stages.NO_LEAD}
        if stage and stage not in known:
            raise Refusal("unknown_stage", f"{stage[:60]!r} is not a stage the map knows.")
        return Event(line, said["of"][:120], at, stage, said.get("amount", ""))
    except Refusal as refusal:
        return Event(line, "", None, "", "", refusal)


def take_leads(lot: Sequence[Event], context: write.Context, tally: "Tally") -> None:
    """Cycles of people who came with an earlier file of the same source. The first known cycle stays what it is and
    takes on its dates; the later ones are added. Each person's first line has the outcome, the others are merged."""
    groups = _groups(lot, tally)
    known = recognition.people(
        [("external", f"{context.source}:{of}") for of in groups], [], holding=context.locking, locking=context.locking
    )
    people = {of: known.get(("external", f"{context.source}:{of}")) for of in groups}
    there = _cycles([person.id for person in people.values() if person])
    ids = arrivals.Ids.draw(people=0, companies=0, leads=len(lot), submissions=0)
    fresh: list[tuple] = []
    changed: list[tuple] = []
    facts: list[Fact] = []
    for of, events in groups.items():
        person = people[of]
        if person is None:
            for event in events:
                tally.refuse(event.line, Refusal("unknown_lead", f"Nobody has the id {of[:40]}. Import leads first."))
            continue
        dated = [(event.at, event.stage) for event in events if event.stage and event.at]
        old = there.get(person.id, [])
        if any(not cycle.history for cycle in old):
            tally.flags["live_lead_kept"] += 1
            dated = []
        outcome = "merged"
        for n, way in enumerate(cycles.split(dated)):
            before = old[n] if n < len(old) else None
            base = before or (old[-1] if old else None)
            # What had no date got the import's, which lies after all of these.
            opened = min(before.created_at, way.opened) if before else way.opened
            settled = stages.settle(way.stage, way.at, opened, otherwise=context.now)
            if before and (before.stage, before.stamps, before.created_at) == (
                settled.stage, settled.stamps, settled.created_at,
            ):  # fmt: skip
                continue
            made = _values(person, before, base, before.cycle if before else n + 1, settled, ids, context)
            if before:
                changed.append(made)
                outcome = "updated" if outcome == "merged" else outcome
            else:
                fresh.append((*made, context.run_id, *write.NEW.values()))
                outcome = "created"
            data_of = before.cycle if before else n + 1
            facts += write.facts_of(made[0], person.id, before, settled, data_of, context)
        tally.counts[outcome] += 1
        tally.counts["merged"] += len(events) - 1
    # The earlier cycle is ended before the next one opens: a person has one open lead.
    bulk.run([write._update(changed), write._insert(fresh)])
    record.append(facts, now=context.now)


def take_deals(lot: Sequence[Event], context: write.Context, tally: "Tally") -> None:
    """When deals of the past were opened and closed, told to the room that owns them; their leads follow."""
    groups = _groups(lot, tally)
    told = {}
    for of, events in groups.items():
        steps = [(event.at, event.stage) for event in events if event.stage]
        told[f"{context.source}:{of}"] = steps
    outcomes, leads = import_string(settings.PAST_DEAL_STEPS)(told, by=context.by_id, now=context.now)
    for of, events in groups.items():
        outcome = outcomes.get(f"{context.source}:{of}")
        if outcome is None:
            for event in events:
                tally.refuse(event.line, Refusal("unknown_deal", f"No deal has the id {of[:40]}. Import deals first."))
            continue
        tally.counts[outcome] += 1
        tally.counts["merged"] += len(events) - 1
    if leads:
        kept = {cycle.id: cycle for cycle in found_lots.last_cycles(list(leads)).values()}
        matched = []
        for lead_id, (stage, at) in leads.items():
            cycle = kept.get(lead_id)
            if cycle is None or not cycle.history:
                continue
            row = found_lots.Row([0], stage=stage, at=at)
            person = recognition.KnownPerson(cycle.person_id, company_id=cycle.company_id)
            matched.append(found_lots.Matched(row, person, cycle))
        write.follow(matched, context)


def _groups(lot: Sequence[Event], tally: "Tally") -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = {}
    for event in lot:
        tally.counts["read"] += 1
        if event.refusal:
            tally.refuse(event.line, event.refusal)
        else:
            groups.setdefault(event.of, []).append(event)
    return groups


def _cycles(person_ids: Sequence[int]) -> dict[int, list[found_lots.Cycle]]:
    """Every cycle of these people, the first one first."""
    theirs = Lead.objects.filter(person__in=list(person_ids)).exclude(stage=Stage.MERGED)
    ids = list(theirs.values_list("id", flat=True))
    found: dict[int, list[found_lots.Cycle]] = {}
    for cycle in found_lots.cycles_of(ids):
        found.setdefault(cycle.person_id, []).append(cycle)
    for several in found.values():
        several.sort(key=lambda cycle: cycle.cycle)
    return found


def _values(
    person: recognition.KnownPerson, before: found_lots.Cycle | None, base: found_lots.Cycle | None, number: int,
    settled: stages.Settled, ids: arrivals.Ids, context: write.Context,
) -> tuple[Any, ...]:  # fmt: skip
    """A row of leads_lead: what the cycle had stays, a new one takes over who worked on the one before."""
    answered = before.first_response_at if before else None
    owner = base.owner_id if base else None
    assigned = (settled.stamps.get(Stage.MQL) or settled.created_at) if owner else None
    ended = settled.stage in (Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED, Stage.LOST)
    return (
        before.id if before else ids.lead(), person.id, person.company_id, number, settled.stage, owner,
        base.source_id if base else None, base.campaign_id if base else None,
        before.product_interest if before else "", before.hand_raise if before else "",
        before.message if before else "", before.attributes if before else {}, settled.created_at, context.now,
        assigned, settled.stage_at, person.first_touch_at, answered, (before.reason if before and ended else ""),
        before.track if before else "", settled.undated, settled.flags,
        *(settled.stamps.get(stage) for stage in found_lots.STAMPED),
    )  # fmt: skip
