"""Eighteen months, beat by beat: what came in, what people did about it, what fell due. Verbs only, in batches.

Between two beats some hours pass in the old days and some minutes at the end. At each beat, first what people did since
the last one (each act at its own moment), then what fell due, then what came in; whoever became an MQL gets a plan.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.utils.module_loading import import_string

from dashboards.attribution import closing
from deals.batches import Closing, Opening, close_many, open_many
from leads import bant, progress, touches
from leads.incoming import IncomingTouch, parse
from leads.intake import capture
from leads.models import Stage
from leads.progress import Move
from leads.touches import HumanTouch, ReportedTouch
from revops.demo import (
    agreed,
    cast,
    contacts,
    dealings,
    faces,
    present,
    promised_lines,
    served,
    shared,
    singly,
    sold,
    ways_in,
)
from revops.demo.habits import Act, Handed, Planner
from revops.demo.happenings import Happenings
from revops.demo.market import Enquiry, Market, touch
from revops.demo.noticing import LATELY, next_miss
from revops.demo.promises import Promises
from revops.lib import bulk
from sla import step_batches
from sla.step_batches import Done, Promise
from teams.models import Role

DAYS = 548
VIA = "demo"
DRAIN = 2_000


def tell(*, seed: int, people: int, until: datetime, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
    """Fill an empty database. `clock`: what time it is when the story has caught up; `until` itself when the caller
    fixed it. The same seed, people and until tell the same story."""
    _Story(Random(seed), people=people, until=until.astimezone(UTC), clock=clock, say=say).tell()


class _Story:
    def __init__(self, rng: Random, *, people: int, until: datetime, clock: Callable, say: Callable) -> None:
        self.rng, self.until, self.clock, self.say = rng, until, clock, say
        self.start = until - timedelta(days=DAYS)
        self.market = Market(rng, people=people)
        self.leads_wanted = people * 3 // 10
        self.planner = Planner(rng, until=until)
        self.acts: list[Act] = []
        self.worth: dict[str, float] = {}
        self.deals: dict[int, int] = {}
        self.last = self.start

    def tell(self) -> None:
        with connection.cursor() as cursor:
            # A story cut short is begun again from nothing, so no commit needs to wait for the disk.
            cursor.execute("SET synchronous_commit = off")
        self.cast = cast.gather(self.rng, start=self.start, until=self.until)
        self.users = {user.pk: user for user in self.cast.users.values()}
        self.marketers = [user for user in self.users.values() if user.role == Role.MARKETING]
        self.success = [user for user in self.users.values() if user.role == Role.SUCCESS]
        self.promises = Promises(self.cast.users, start=self.start, until=self.until)
        promised_lines.found(self.cast.admin, start=self.start)
        agreed.found(self.cast.users, start=self.start)
        ways_in.found(self.cast.users, start=self.start)
        sold.found(self.cast.users, start=self.start)
        self.present = present.Present(self.cast.midwest, until=self.until)
        self.mondays = shared.Mondays(self.cast.users, until=self.until)
        self.happenings = Happenings(self.cast.users, anchor=self.present.anchor)
        self.say("25 people, seven teams, four pools")
        contacts.bring(self.market, named=faces.FIRMS, cast=self.cast, at=self.start, by=self.cast.admin)
        self.say(f"{len(self.market.contacts):,} contacts from the old system")
        _statistics()
        # Some come twice while they are still open, so a few more enquiries than leads.
        enquiries = self.market.enquiries(int(self.leads_wanted * 1.03), start=self.start, until=self.until)
        enquiries += self.market.rush(self.leads_wanted // 40, start=self.until - timedelta(hours=60), until=self.until)
        lately = self.until - timedelta(days=20), self.until - timedelta(days=3)
        enquiries += self.market.series(self.leads_wanted // 50, start=lately[0], until=lately[1])
        enquiries += self.present.enquiries(self.market)
        enquiries.sort(key=lambda e: e.at)
        meetings = self._webinars()
        told = 0
        for number, beat in enumerate(self._beats()):
            coming = []
            while enquiries and enquiries[0].at <= beat:
                coming.append(enquiries.pop(0))
            if beat > self.until - LATELY:
                self._fall_due(beat)
            self.beat(beat, coming, [meetings.pop(0) for _ in range(len(meetings)) if meetings[0][0] <= beat])
            told += len(coming)
            if number in (40, 200, 400):
                _statistics()
                self.say(f"{beat:%B %Y}: {told:,} enquiries")
        self._catch_up()
        _statistics()
        self.say(f"{told:,} enquiries told")
        self._sold()
        agreed.measured(at=self.last)
        self.say("each rule looked at over the last 180 days")

    def _beats(self) -> Iterator[datetime]:
        """Four times a week in the old days, twice a day lately, once an hour at last."""
        rng, day = self.rng, self.start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        lately, at_last = self.until - timedelta(days=30), self.until - timedelta(days=3)
        while day < at_last:
            hours = [14, 20] if day > lately else [] if day.weekday() in (2, 5, 6) else [_hour(rng, day)]
            for hour in hours:
                moment = day + timedelta(hours=hour, seconds=rng.uniform(0, 3_000))
                if moment < at_last:
                    yield moment
            day += timedelta(days=1)
        beats, beat = self.present.beats(after=at_last), at_last
        while beat < self.until - timedelta(minutes=present.LAST_MINUTES):
            while beats and beats[0] < beat:
                yield beats.pop(0)
            yield beat
            left = self.until - beat
            beat += timedelta(minutes=60 if left > timedelta(hours=3) else 12, seconds=rng.uniform(0, 90))
        yield from beats

    def _fall_due(self, until: datetime) -> None:
        """What nobody does in time before the next beat falls due at its own moment, and is known to be late then."""
        while missed := next_miss(self.acts, since=self.last, until=until):
            self.beat(missed, [])

    def beat(self, now: datetime, coming: list[Enquiry], meetings: list[tuple] = ()) -> None:
        with transaction.atomic():
            self._act(now)
            self._drain("sla.due.drain", now)
            self._drain("sla.hops.drain", now)
            self._drain("sla.pausing.drain", now)
            if meetings:
                self._attend(meetings, now)
            if coming:
                self._enquire(coming, now)
            self.promises.at(now)
            self.happenings.at(now)
            self.mondays.at(now)
            self._plan(now)
            self._take_over(now)
        self.last = now

    def _catch_up(self) -> None:
        """The last minutes as seen from now: telling took a while, and fresh clocks must be fresh."""
        now = self.clock()
        for enquiry in self.present.enquiries(self.market, now=now):
            self._fall_due(enquiry.at)
            self.beat(enquiry.at, [enquiry])
        now = max(self.clock() - timedelta(seconds=1), self.last)
        self._fall_due(now)
        self.beat(now, [])
        with transaction.atomic():
            ways_in.lately(self.cast.users, self.rng, at=now)
        self._drain("sla.due.drain", now)
        self._drain("scoring.refresh.drain", now)
        present.read_old_notices(now)

    def _sold(self) -> None:
        served.live_on(self.success, until=self.last)
        dealings.look_back(self.users, since=self.until - timedelta(days=150), now=self.last, via=VIA)
        sold.spent(self.cast.users, start=self.start, until=self.until)
        shared.met(self.users, until=self.last)
        shared.agree(self.cast.users, until=self.last)
        shared.kept(until=self.last)
        closing.close_months(now=self.last)
        self.say("what was sold, spent and learned from it")

    # --- what came in ---------------------------------------------------------------

    def _enquire(self, coming: list[Enquiry], now: datetime) -> None:
        batch = []
        for enquiry in coming:
            item = parse(enquiry.body, now=now)
            item.occurred_at = enquiry.at
            batch.append(item)
            self.worth[item.email.lower()] = enquiry.quality
        capture(batch, by=None, via=VIA, now=now)

    def _webinars(self) -> list[tuple[datetime, str, list[ReportedTouch]]]:
        """Twice a month one for known contacts, and what they click in between."""
        rng, found = self.rng, []
        day = self.start + timedelta(days=9)
        size = max(4, len(self.market.contacts) // 60)
        while day < self.until - timedelta(days=2):
            kind, asset, channel = rng.choice([
                ("webinar", "cost-of-misalignment", "webinar"), ("webinar", "first-five-minutes", "webinar"),
                ("email_click", "lead-sla-template", "email"), ("email_click", "benchmark-report", "email"),
            ])  # fmt: skip
            people = rng.sample(self.market.contacts, min(size, len(self.market.contacts)))
            reports = []
            for contact in people:
                made = touch(day + timedelta(minutes=rng.uniform(0, 50)), kind, channel, asset=asset)
                made["occurred_at"] = datetime.fromisoformat(made["occurred_at"])
                reports.append(ReportedTouch(IncomingTouch(**made), key=("email", contact.email)))
            found.append((day + timedelta(hours=1), asset, reports))
            day += timedelta(days=rng.choice([6, 7, 8, 9]))
        return found

    def _attend(self, meetings: list[tuple], now: datetime) -> None:
        reports = [report for _, _, some in meetings for report in some]
        touches.add(reports, source="events", by=None, via=VIA, now=now)

    # --- what people did ---------------------------------------------------------------

    def _plan(self, now: datetime) -> None:
        """Whoever became an MQL since the last beat has an owner now, and the owner has habits."""
        found = bulk.query(
            """
            SELECT l.id, l.owner_id, l.assigned_at, l.cell, l.hand_raise, lower(p.email), coalesce(c.employees, 50),
                   coalesce(c.name, p.last_name), coalesce(c.industry, '')
              FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = l.company_id
             WHERE l.mql_at > %s AND l.mql_at <= %s AND l.stage = 'mql' AND l.owner_id IS NOT NULL ORDER BY l.id""",
            [self.last, now],
        )
        for lead_id, owner, at, cell, hand, email, employees, firm, industry in found:
            lead = Handed(lead_id, owner, at, cell, hand, self.worth.get(email, 0.7), employees, firm, industry)
            scene = present.is_scene(email)
            if scene:
                acts = self.present.acts(lead, scene)
            else:
                acts = self.planner.plan(lead, self.cast.habits[owner], self.cast.hours[owner])
            for act in acts:
                heapq.heappush(self.acts, act)

    def _take_over(self, now: datetime) -> None:
        """Whoever got a lead because of somebody's breach mostly calls at once."""
        moved = bulk.query(
            """SELECT o.lead_id, o.owner_id, o.from_at, lower(p.email)
                 FROM sla_hop h JOIN leads_ownership o ON o.lead_id = h.lead_id AND o.from_at = h.done_at
                 JOIN leads_lead l ON l.id = h.lead_id JOIN leads_person p ON p.id = l.person_id
                WHERE h.done_at > %s AND h.done_at <= %s AND h.outcome = 'moved' ORDER BY h.clock_id""",
            [self.last, now],
        )
        for lead, owner, at, email in moved:
            if not present.is_scene(email) and (act := self.planner.take_over(lead, owner, at)):
                heapq.heappush(self.acts, act)

    def _act(self, now: datetime) -> None:
        """Everything done up to now. A lead's acts follow each other in the order of the kinds below."""
        kinds: dict[str, list[Act]] = defaultdict(list)
        while self.acts and self.acts[0].at <= now:
            act = heapq.heappop(self.acts)
            kinds[act.kind].append(act)
        if kinds["touch"]:
            touches.log([_touch(act) for act in kinds["touch"]], by=None, at=now, via=VIA, trusted=True)
        singly.backdate(kinds["backdate"], via=VIA)
        self._advance([Move(a.lead_id, Stage.SAL, a.at, by=a.by) for a in kinds["accept"]], now)
        self._promise([a for a in kinds["step"] + kinds["done"] if not a.data.get("deal")], now)
        singly.pause(kinds["pause"], via=VIA)
        singly.give(kinds["give"], users=self.cast.users, via=VIA)
        bant.confirm_many(
            [bant.Confirmation(a.lead_id, a.by, a.at, a.data["items"]) for a in kinds["confirm"]], now=now, via=VIA
        )
        self._advance([
            Move(a.lead_id, {"reject": Stage.REJECTED, "recycle": Stage.RECYCLED, "disqualify": Stage.DISQUALIFIED}[a.kind],
                 a.at, by=a.by, **a.data)
            for kind in ("reject", "recycle", "disqualify") for a in kinds[kind]
        ], now)  # fmt: skip
        self._deal(kinds, now)

    def _advance(self, moves: list[Move], now: datetime) -> None:
        if moves:
            progress.advance(moves, now=now, via=VIA)

    def _deal(self, kinds: dict[str, list[Act]], now: datetime) -> None:
        opening = [
            Opening(
                a.lead_id,
                f"{a.data['company']} {a.data['what']}",
                a.data["amount"],
                "USD",
                a.data["close_on"],
                a.by,
                a.at,
            )
            for a in kinds["convert"]
        ]
        self.deals |= open_many(opening, now=now, via=VIA)
        singly.edit(kinds["edit"], self.deals, users=self.users, via=VIA)
        self._promise([a for a in kinds["step"] + kinds["done"] if a.data.get("deal") and a.lead_id in self.deals], now)
        dealings.make_content(self.marketers, now=now, via=VIA)
        dealings.tell(kinds, self.deals, users=self.users, now=now, via=VIA)
        served.hand_over(kinds["handover"], self.deals, users=self.users, team=self.success)
        close_many(
            [Closing(a.lead_id, kind == "win", a.by, a.at, **a.data) for kind in ("win", "lose") for a in kinds[kind]],
            now=now, via=VIA,
        )  # fmt: skip

        singly.hand_over(kinds["book"] + kinds["held"], self.deals, users=self.users, via=VIA)

    def _promise(self, acts: list[Act], now: datetime) -> None:
        """In rounds: in each, what a lead had promised is done and the next thing promised."""
        rounds: dict[int, list[Act]] = defaultdict(list)
        last: dict[int, tuple[int, str]] = {}
        for act in sorted(acts):
            number, before = last.get(act.lead_id, (0, ""))
            number += before == "step"
            last[act.lead_id] = number, act.kind
            rounds[number].append(act)
        for _, some in sorted(rounds.items()):
            done = [Done(a.by, a.at, **self._of(a)) for a in some if a.kind == "done"]
            said = [
                Promise(a.data["what"], a.data["by_when"], a.by, a.at, **self._of(a)) for a in some if a.kind == "step"
            ]
            step_batches.go_on(done, said, now=now, via=VIA)

    def _of(self, act: Act) -> dict[str, int]:
        return {"deal_id": self.deals[act.lead_id]} if act.data.get("deal") else {"lead_id": act.lead_id}

    def _drain(self, path: str, now: datetime) -> None:
        drain = import_string(path)
        while drain(now, DRAIN) >= DRAIN:
            pass


def _hour(rng: Random, day: datetime) -> float:
    """Mostly while America is awake, now and then while it sleeps, so that each shift gets its share; on Fridays in
    time for everybody's week to have hours left."""
    if day.weekday() == 4:
        return rng.uniform(7, 15)
    return rng.uniform(13, 22) if rng.random() < 0.65 else rng.uniform(0, 13)


def _touch(act: Act) -> HumanTouch:
    data: dict[str, Any] = act.data
    return HumanTouch(act.lead_id, data["kind"], act.at, outcome=data["outcome"], note=data["note"], by=act.by)


def _statistics() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
