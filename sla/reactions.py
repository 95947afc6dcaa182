"""What clocks make of news: the state machine of DOMAIN 1.5 and 1.6, one pass over a batch of facts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from journal.record import Fact
from leads import due
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk
from sla import clocks, policies, upgrades
from sla.clocks import Start, Stop
from sla.models.policy import Target

FR, ASSIGN, DISPOSE = Target.FIRST_RESPONSE.value, Target.ASSIGNMENT.value, Target.DISPOSITION.value
ALL = (FR, ASSIGN, DISPOSE)


def move_clocks(facts: Sequence[Fact], *, now: datetime) -> None:
    """Stops before starts (DOMAIN 1.5: same instant); then each lead's soonest due is remembered."""
    heard = [fact for fact in facts if fact.kind in HEARD]
    if not heard:
        return
    via = heard[0].via
    # A lead that becomes an MQL in this batch has no clocks yet: nothing to stop, nothing to look up.
    fresh = {fact.subject_id for fact in heard if fact.kind == "lead.mql"}
    known = [fact for fact in heard if fact.subject_id not in fresh]
    superseded, hotter = upgrades.of(known, now=now)
    stops = [stop for fact in known for stop in STOPS.get(fact.kind, _none)(fact)]
    moved = set(clocks.stop(stops + superseded, now=now, via=via))
    moved |= _bring_back(known, now=now, via=via)
    owners = {f.subject_id: f.data["owner"] for f in known if f.kind == "lead.assigned" and f.data["from"]}
    clocks.charge(owners, now=now)
    soonest = clocks.start(_starts(heard, fresh, now=now) + hotter, now=now, via=via)
    if moved := moved | (soonest.keys() - fresh):
        soonest |= clocks.soonest(sorted(moved))
    due.remember(soonest)


def _bring_back(facts: Sequence[Fact], *, now: datetime, via: str) -> set[int]:
    """The clocks that decisions now taken back had stopped run on, unless the lead was answered in between."""
    undone = {
        fact.subject_id: (datetime.fromisoformat(fact.data["at"]), BROUGHT_BACK[fact.data["kind"]])
        for fact in facts
        if fact.kind == "lead.undone" and fact.data["kind"] in BROUGHT_BACK
    }
    back = clocks.reinstate(undone, now=now, via=via)
    if back:
        answers = clocks.answered(back)
        clocks.stop([stop for lead, at in answers.items() for stop in _answer(lead, at, None)], now=now, via=via)
    return set(back)


# --- what ends clocks --------------------------------------------------------


def _none(fact: Fact) -> Iterable[Stop]:
    return ()


def _answered(fact: Fact) -> Iterable[Stop]:
    if fact.data.get("answers"):
        yield from _answer(fact.subject_id, fact.at, fact.by)


def _answer(lead_id: int, at: datetime, by: int | None) -> Iterable[Stop]:
    """An answer ends every response clock; one that began only later (a new owner's) has nothing left to ask for."""
    yield Stop(lead_id, (FR,), at, fulfil=True, by=by)
    yield Stop(lead_id, (FR,), at, fulfil=False, reason="answered", by=by)


def _assigned(fact: Fact) -> Iterable[Stop]:
    """The owner's clock of whoever had it ends; the lead's clocks don't notice (DOMAIN 1.6, reassigned)."""
    if fact.data.get("from"):
        yield Stop(fact.subject_id, (FR,), fact.at, fulfil=False, reason="reassigned", scope="owner", by=fact.by)
    yield Stop(fact.subject_id, (ASSIGN,), fact.at, fulfil=True, by=fact.by)


def _unassigned(fact: Fact) -> Iterable[Stop]:
    yield Stop(fact.subject_id, (FR,), fact.at, fulfil=False, reason="reassigned", scope="owner", by=fact.by)


def _accepted(fact: Fact) -> Iterable[Stop]:
    yield Stop(fact.subject_id, (DISPOSE,), fact.at, fulfil=True, by=fact.by)


def _decided_against(fact: Fact) -> Iterable[Stop]:
    yield Stop(fact.subject_id, (DISPOSE,), fact.at, fulfil=True, by=fact.by)
    yield Stop(fact.subject_id, (FR, ASSIGN), fact.at, fulfil=False, reason=fact.kind.removeprefix("lead."), by=fact.by)


def _gone(fact: Fact) -> Iterable[Stop]:
    yield Stop(fact.subject_id, ALL, fact.at, fulfil=False, reason=fact.kind.removeprefix("lead."), by=fact.by)


STOPS: dict[str, Callable[[Fact], Iterable[Stop]]] = {
    "touch.logged": _answered,
    "lead.assigned": _assigned,
    "lead.unassigned": _unassigned,
    "lead.sal": _accepted,
    "lead.rejected": _decided_against,
    "lead.recycled": _decided_against,
    "lead.disqualified": _gone,
    # A deal has its own promises: whatever the lead still owed ends here, and what was late stays late.
    "lead.opportunity": _gone,
    "lead.won": _gone,
    "lead.lost": _gone,
}
# Which of the clocks that a decision stopped run on when it is taken back. Taking back a reassignment is a
# reassignment: its clocks begin anew, none comes back.
BROUGHT_BACK = {"lead.sal": (DISPOSE,), "lead.rejected": ALL, "lead.recycled": ALL, "lead.disqualified": ALL}
HEARD = frozenset([*STOPS, "lead.mql", "lead.raised", "lead.reopened", "lead.undone"])


# --- what starts clocks ------------------------------------------------------


def _starts(heard: Sequence[Fact], fresh: set[int], *, now: datetime) -> list[Start]:
    mql = {f.subject_id: f for f in heard if f.kind == "lead.mql"}
    reopened = {f.subject_id: f for f in heard if f.kind == "lead.reopened" and f.data.get("to") == "mql"}
    assigned = {f.subject_id: f for f in heard if f.kind == "lead.assigned"}
    unassigned = {f.subject_id: f for f in heard if f.kind == "lead.unassigned"}
    concerned = sorted({*mql, *reopened, *assigned, *unassigned})
    if not concerned:
        return []
    terms = policies.terms(concerned, as_of=now)
    past = _past([lead for lead in concerned if lead not in fresh])
    starts: list[Start] = []
    for lead_id in concerned:
        if lead_id not in terms:
            continue
        wanted = _Wanted(terms[lead_id], past.get(lead_id, _Past()))
        if lead_id in mql:
            wanted.handed_over(mql[lead_id], assigned.get(lead_id))
        elif lead_id in reopened:
            wanted.reopened(reopened[lead_id])
        elif lead_id in assigned:
            wanted.assigned(assigned[lead_id])
        elif lead_id in unassigned:
            wanted.unassigned(unassigned[lead_id])
        starts += wanted.starts
    return starts


class _Past:
    """The clocks a lead has had: the highest run of each target and scope, which targets run, and its stage."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], int] = {}
        self.running: set[tuple[str, str]] = set()
        self.stage, self.answered, self.tier = "mql", False, None


def _past(lead_ids: Sequence[int]) -> dict[int, _Past]:
    if not lead_ids:
        return {}
    found: dict[int, _Past] = {}
    for lead_id, stage, answered, target, scope, run, running in bulk.query(
        """SELECT l.id, l.stage, l.first_response_at IS NOT NULL, c.target, c.scope, max(c.run),
                  bool_or(c.phase <> 'stopped')
             FROM leads_lead l LEFT JOIN sla_clock c ON c.lead_id = l.id
            WHERE l.id = ANY (%s::bigint[]) GROUP BY l.id, c.target, c.scope""",
        [list(lead_ids)],
    ):
        past = found.setdefault(lead_id, _Past())
        past.stage, past.answered = stage, answered
        if target:
            past.runs[target, scope] = run
            if running:
                past.running.add((target, scope))
    return found


class _Wanted:
    """The clocks one lead needs now."""

    def __init__(self, terms: policies.Terms, past: _Past) -> None:
        self.terms, self.past = terms, past
        self.starts: list[Start] = []

    def handed_over(self, mql: Fact, assigned: Fact | None) -> None:
        self._begin(ASSIGN, mql.at, stopped_at=assigned.at if assigned else None)
        self._begin(FR, mql.at)
        if assigned:
            self.assigned(assigned, response_runs=True)

    def assigned(self, fact: Fact, *, response_runs: bool = False) -> None:
        if self.past.stage not in OPEN_STAGES or self.past.stage == "inquiry":
            return
        owner = fact.data["owner"]
        if response_runs or (FR, "lead") in self.past.running:
            self._begin(FR, fact.at, scope="owner", owner=owner)
        if self.past.stage == "mql" and (DISPOSE, "lead") not in self.past.runs:
            self._begin(DISPOSE, fact.at, owner=owner)

    def unassigned(self, fact: Fact) -> None:
        """Its owner left and nobody can have it: finding one is owed again."""
        if self.past.stage in OPEN_STAGES[1:] and (ASSIGN, "lead") not in self.past.running:
            self._begin(ASSIGN, fact.at)

    def reopened(self, fact: Fact) -> None:
        """A new run from the reopening on; what was once answered stays answered."""
        if not self.past.answered:
            self._begin(FR, fact.at)
            if self.terms.owner_id:
                self._begin(FR, fact.at, scope="owner", owner=self.terms.owner_id)
        if self.terms.owner_id:
            self._begin(DISPOSE, fact.at, owner=self.terms.owner_id)
        else:
            self._begin(ASSIGN, fact.at)

    def _begin(
        self, target: str, at: datetime, *, scope: str = "lead", owner: int | None = None,
        stopped_at: datetime | None = None,
    ) -> None:  # fmt: skip
        line = self.terms.lines.get(target)
        if line is None:
            return
        run = self.past.runs.get((target, scope), 0) + 1
        charged = owner or self.terms.owner_id
        self.starts.append(
            Start(self.terms.lead_id, line, self.terms.calendar(line), at, scope=scope, run=run, owner_id=charged,
                  stopped_at=stopped_at)
        )  # fmt: skip
