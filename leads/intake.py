"""The only way in. One enquiry or a hundred thousand take the same path and the same number of statements:

recognise people and firms → write what is new or changed, the submission, its touches and a new cycle where none is
open → record the news; scoring, hand-off and clocks follow as reactions in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from journal.record import Fact, record
from leads import arrivals, heard_late, recognition, touches
from leads.arrivals import Arrival
from leads.consent import giving
from leads.incoming import Incoming
from leads.models.stage import OPEN_STAGES, RETURNING_STAGES, Stage
from leads.models.submission import Door
from leads.recognition import Firms, KnownCompany, KnownPerson
from leads.visits import stitching
from marketing import campaigns
from revops.lib import bulk

if TYPE_CHECKING:
    from teams.models import User

SAME_WITHIN = timedelta(minutes=10)
Seen = bytes | tuple[str, str]


@dataclass(slots=True)
class Outcome:
    """What became of one enquiry. `status`: created (a new cycle), existing (joined the open one), touched (kept, but
    the person's last cycle allows no new one), duplicate (the same body a moment ago: the earlier answer)."""

    status: str
    lead_id: int | None = None
    person_id: int | None = None
    company_id: int | None = None
    submission_id: int | None = None
    cycle: int | None = None
    errors: list[dict] = field(default_factory=list)


def capture(batch: Sequence[Incoming], *, by: "User | None", via: str, now: datetime) -> list[Outcome]:
    """Take enquiries in; answers one Outcome each, in order. All or nothing, in one transaction."""
    if not batch:
        return []
    with transaction.atomic(savepoint=False):
        return _Capture(batch, by_id=by.pk if by else None, via=via, now=now).run()


def learn(
    batch: Sequence[Incoming], *, may_make: Sequence[bool], by: "User | None", via: str, now: datetime
) -> list[Outcome]:
    """What is told of people and firms beside enquiries: recognised and learnt by the same steps, but it is no
    submission and no touch, and opens no cycle. `may_make`, one for each: whether it may make somebody new.

    One Outcome each, in order, `learnt` or (nobody is known by it) `unknown`.
    """
    if not batch:
        return []
    with transaction.atomic(savepoint=False):
        return _Capture(batch, by_id=by.pk if by else None, via=via, now=now).learn(may_make)


def rehearse(item: Incoming, *, now: datetime) -> tuple[Outcome, KnownPerson, Firms, arrivals.Rows]:
    """What `capture` would make of it, by the same steps, without writing, drawing ids or holding anybody up.

    (outcome, the person, the firms, the rows); what is new has the id 0.
    """
    return _Capture([item], by_id=None, via="api", now=now).rehearse()


class _Capture:
    """The working state of one batch."""

    def __init__(self, batch: Sequence[Incoming], *, by_id: int | None, via: str, now: datetime) -> None:
        self.batch = [arrivals.Arrival.of(item, now=now) for item in batch]
        self.by_id, self.via, self.now = by_id, via, now
        self.door = via if via in Door.values else Door.API.value
        self.rows = arrivals.Rows()
        # {lead: (a hand was raised, when)} of what a provider tells late.
        self.late: dict[int, tuple[bool, datetime]] = {}

    def run(self) -> list[Outcome]:
        batch = self.batch
        self.known = recognition.people(
            (key for a in batch for key in a.keys), (lock for a in batch for lock in a.company_locks)
        )
        giving.name_texts([a.item for a in batch])
        self.firms = self._firms()
        seen = self._seen()
        self.ids = arrivals.Ids.draw(
            people=sum(1 for a in batch if not any(key in self.known for key in a.keys)),
            companies=sum(1 for a in batch if a.domain or a.name_key),
            leads=len(batch),
            submissions=len(batch),
        )
        self.campaigns = campaigns.ids(name for a in batch for name in a.campaigns)
        self.people: dict[int, KnownPerson] = {}
        outcomes = [self._take(arrival, seen) for arrival in batch]
        writes = arrivals.writes(self.rows, self.people.values(), self.firms.by_id.values(), now=self.now)
        writes += stitching.statements(self._visitors(outcomes), now=self.now)
        record(self._news(), now=self.now, after=writes)
        if self.rows.answering:
            # After the news: scoring has the people then, and a hand-off that these touches made has its clocks.
            touches.answer_with(sorted(self.rows.answering), by=self.by_id, via=self.via, now=self.now)
        return outcomes

    def _visitors(self, outcomes: Sequence[Outcome]) -> list[tuple[str, int]]:
        """Which browsers these people came with; what they did there before becomes theirs."""
        return [
            (stitching.browser_id(arrival.item.visitor), outcome.person_id)
            for arrival, outcome in zip(self.batch, outcomes, strict=True)
            if arrival.item.visitor and outcome.person_id and outcome.status != "duplicate"
        ]

    def learn(self, may_make: Sequence[bool]) -> list[Outcome]:
        batch = self.batch
        self.known = recognition.people(
            (key for a in batch for key in a.keys), (lock for a in batch for lock in a.company_locks)
        )
        self.firms, self.people = self._firms(), {}
        self.ids = arrivals.Ids.draw(people=len(batch), companies=len(batch), leads=0, submissions=0)
        outcomes = []
        for arrival, may in zip(batch, may_make, strict=True):
            if arrival.keys and (may or any(key in self.known for key in arrival.keys)):
                person = self._person(arrival)
                outcomes.append(Outcome("learnt", person.lead_id, person.id, person.company_id))
                continue
            firm = self.firms.match(arrival.domain, arrival.name_key)
            if firm is not None:
                arrivals.learn_company(firm, arrival.item)
            outcomes.append(Outcome("learnt" if firm else "unknown", company_id=firm.id if firm else None))
        # Only those of whom there is news: most reports tell again what is known.
        self.people = {pk: p for pk, p in self.people.items() if p.is_new or p.changed or p.new_keys}
        writes = arrivals.writes(self.rows, self.people.values(), self.firms.by_id.values(), now=self.now)
        record(self._news(), now=self.now, after=writes)
        return outcomes

    def rehearse(self) -> tuple[Outcome, KnownPerson, Firms, arrivals.Rows]:
        [arrival] = self.batch
        self.known = recognition.people(arrival.keys, [], holding=False)
        self.firms = self._firms()
        self.ids = arrivals.Ids([0], [0], [0], [0])
        self.campaigns = campaigns.known(campaigns.code_of(name) for name in arrival.campaigns if name)
        self.people = {}
        outcome = self._take(arrival, {})
        [person] = self.people.values()
        return outcome, person, self.firms, self.rows

    def _firms(self) -> Firms:
        domains = [a.domain for a in self.batch if a.domain]
        names = [a.name_key for a in self.batch if a.name_key]
        ids = [person.company_id for person in self.known.values() if person.company_id]
        return recognition.companies(domains, names, ids) if domains or names or ids else Firms()

    def _seen(self) -> dict[Seen, tuple]:
        """Submissions with these fingerprints in the last ten minutes, and those with these delivery keys whenever:
        {fingerprint or (source, key): (id, person, lead, company, cycle)}."""
        return self._printed() | self._delivered()

    def _delivered(self) -> dict[Seen, tuple]:
        keyed = [(a.item.source, a.item.delivery_key) for a in self.batch if a.item.delivery_key]
        if not keyed:
            return {}
        relation, params = bulk.source({"source": "text", "key": "text"}, keyed, "q")
        found = bulk.query(
            f"""
            SELECT s.source, s.delivery_key, s.id, s.person_id, s.lead_id, p.company_id, l.cycle
              FROM {relation} JOIN leads_submission s ON s.source = q.source AND s.delivery_key = q.key
              LEFT JOIN leads_person p ON p.id = s.person_id LEFT JOIN leads_lead l ON l.id = s.lead_id""",
            params,
        )
        return {(source, key): tuple(rest) for source, key, *rest in found}

    def _printed(self) -> dict[Seen, tuple]:
        prints = [a.item.fingerprint.hex() for a in self.batch if a.item.fingerprint]
        if not prints:
            return {}
        found = bulk.query(
            """
            SELECT s.fingerprint, s.id, s.person_id, s.lead_id, p.company_id, l.cycle
              FROM leads_submission s LEFT JOIN leads_person p ON p.id = s.person_id
              LEFT JOIN leads_lead l ON l.id = s.lead_id
             WHERE s.fingerprint IN (SELECT decode(x, 'hex') FROM unnest(%s::text[]) x)
               AND s.received_at > %s AND s.outcome IN ('created', 'existing', 'touched') ORDER BY s.received_at""",
            [prints, self.now - SAME_WITHIN],
        )
        return {bytes(fingerprint): tuple(rest) for fingerprint, *rest in found}

    def _take(self, arrival: Arrival, seen: dict[Seen, tuple]) -> Outcome:
        item = arrival.item
        known_by = [key for key in (item.fingerprint, item.delivery_key and (item.source, item.delivery_key)) if key]
        if earlier := next((seen[key] for key in known_by if key in seen), None):
            submission, person_id, lead_id, company_id, cycle = earlier
            return Outcome("duplicate", lead_id, person_id, company_id, submission, cycle)
        person = self._person(arrival)
        arrivals.note_touches(person, arrival.touches)
        lead_id, status = self._cycle(arrival, person)
        self.rows.add_touches(arrival, person, None if status == "touched" else lead_id, self.campaigns, self.now)
        submission = self.ids.submission()
        self.rows.submissions.append(
            (submission, item.source, item.fingerprint, item.payload, status, person.id, lead_id, self.by_id,
             item.occurred_at or self.now, self.now, self.door, item.delivery_key, item.context, item.replay_of)
        )  # fmt: skip
        if item.consent or item.consents:
            self.rows.consents += giving.rows(
                item, person=person.id, submission=submission, door=self.door, by=self.by_id, now=self.now
            )
        if self.door == Door.HOOK and lead_id is not None:
            self._note_late(lead_id, item)
        if status == "created":
            self.rows.opened.append((lead_id, person.id, person.lead_cycle, submission, arrival.channel))
        outcome = Outcome(status, lead_id, person.id, person.company_id, submission, person.lead_cycle or None)
        for key in known_by:
            seen[key] = (submission, person.id, lead_id, person.company_id, outcome.cycle)
        return outcome

    def _note_late(self, lead_id: int, item: Incoming) -> None:
        """Of several in one batch the first that raised a hand counts, else the last: all of it was there only then."""
        at, hand = heard_late.since(item.occurred_at, now=self.now) or self.now, bool(item.hand_raise)
        raised, known = self.late.get(lead_id, (False, None))
        if known is None or hand > raised:
            self.late[lead_id] = (hand, at)
        elif hand == raised:
            self.late[lead_id] = (hand, min(at, known) if hand else max(at, known))

    def _since(self, lead_id: int | None) -> datetime | None:
        _, at = self.late.get(lead_id or 0, (False, None))
        return at if at is not None and at < self.now else None

    def _person(self, arrival: Arrival) -> KnownPerson:
        """The person known by the strongest key; keys that lead nowhere become theirs."""
        person = next((self.known[key] for key in arrival.keys if key in self.known), None)
        if person is None:
            person = KnownPerson(self.ids.person(), is_new=True)
        for key in arrival.keys:
            if key not in self.known:
                self.known[key] = person
                person.new_keys.append(key)
        self.people[person.id] = person
        firm = self._firm(arrival) if person.company_id is None else self.firms.by_id.get(person.company_id)
        if firm and arrival.speaks_of(firm):
            arrivals.learn_company(firm, arrival.item)
        arrivals.learn_person(person, arrival.item, firm, at=self.now)
        return person

    def _firm(self, arrival: Arrival) -> KnownCompany | None:
        if not (arrival.domain or arrival.name_key):
            return None
        said = arrival.item.company
        firm = self.firms.match(arrival.domain, arrival.name_key, said=bool(said and said.name))
        if firm is None:
            firm = KnownCompany(self.ids.company(), arrival.company_name, arrival.name_key, arrival.domain, is_new=True)
            self.firms.add(firm)
        elif arrival.domain and not firm.domain and arrival.domain not in self.firms.by_domain:
            firm.domain = firm.changed["domain"] = arrival.domain
            self.firms.add(firm)
        return firm

    def _cycle(self, arrival: Arrival, person: KnownPerson) -> tuple[int | None, str]:
        """Join the open cycle, open the next one, or only keep what was said (DOMAIN 2.2)."""
        item = arrival.item
        if person.lead_stage in OPEN_STAGES:
            self.rows.join(
                person.lead_id, person.company_id, item.hand_raise, item.message, item.product_interest,
                item.lead_attributes,
            )  # fmt: skip
            if item.hand_raise and person.lead_stage != Stage.INQUIRY:
                self.rows.raised[person.lead_id] = item.hand_raise
            return person.lead_id, "existing"
        returning = person.lead_stage in RETURNING_STAGES or (person.lead_stage == Stage.WON and item.hand_raise)
        if not item.opens or (person.lead_stage and not returning):
            return person.lead_id, "touched"
        person.lead_id, person.lead_stage = self.ids.lead(), Stage.INQUIRY
        person.lead_cycle += 1
        opened_at = item.occurred_at or self.now
        self.rows.leads.append(
            (person.lead_id, person.id, person.company_id, person.lead_cycle, str(Stage.INQUIRY), opened_at, self.now,
             opened_at, arrival.channel, self.campaigns.get(arrival.campaign), item.product_interest, item.hand_raise,
             item.message, item.lead_attributes, person.first_touch_at)
        )  # fmt: skip
        return person.lead_id, "created"

    def _news(self) -> list[Fact]:
        opened = [
            Fact("lead.opened", "lead", lead, self._since(lead) or self.now, by=self.by_id, via=self.via,
                 data={"person": person, "cycle": cycle, "submission": submission, "source": source,
                       **heard_late.told(self._since(lead))})
            for lead, person, cycle, submission, source in self.rows.opened
        ]  # fmt: skip
        told = {fact.data["person"] for fact in opened}
        raised = [
            Fact("lead.raised", "lead", lead, self._since(lead) or self.now, by=self.by_id, via=self.via,
                 data={"hand_raise": hand, **heard_late.told(self._since(lead))})
            for lead, hand in self.rows.raised.items()
        ]  # fmt: skip
        learnt = [
            Fact("company.changed", "company", firm.id, self.now, by=self.by_id, via=self.via,
                 data={"fields": sorted(firm.changed)})
            for firm in self.firms.by_id.values() if firm.changed and not firm.is_new
        ]  # fmt: skip
        facts = opened + raised + learnt
        for person in self.people.values():
            if person.id in told:
                continue
            facts.append(
                Fact("person.touched", "person", person.id, self.now, by=self.by_id, via=self.via,
                     data={"touches": person.touched, "lead": person.lead_id, "fields": sorted(person.changed),
                           **heard_late.told(self._since(person.lead_id))})
            )  # fmt: skip
        return facts
