"""A batch of facts as the targets read it: by kind, with what is promised and what has been, asked for once a batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from journal.record import Fact
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk
from sla import policies
from sla.clocks import Start
from sla.models import Policy


class Past:
    """The clocks a lead or deal has had: the highest run of each target and scope, which run now, and the line each
    running one began under. `stage` as it is now; `answered`: whether anybody ever answered the lead."""

    def __init__(self, stage: str = "mql", answered: bool = False) -> None:
        self.runs: dict[tuple[str, str], int] = {}
        self.running: set[tuple[str, str]] = set()
        self.lines: dict[tuple[str, str], int | None] = {}
        self.stage, self.answered = stage, answered

    def runs_now(self, target: str, scope: str = "lead") -> bool:
        return (target, scope) in self.running

    @property
    def handed_over(self) -> bool:
        """An open lead past inquiry: only such a lead is owed anything."""
        return self.stage in OPEN_STAGES[1:]


class News:
    """`begins`: the kinds of facts whose leads and deals `terms` and `past` know; each is one query, made when the
    first target asks. Leads that became MQLs in this batch have no past."""

    def __init__(self, facts: Sequence[Fact], *, begins: Iterable[str], now: datetime) -> None:
        self.facts, self.now, self.begins = facts, now, frozenset(begins)
        self.fresh = {f.subject_id for f in facts if f.kind == "lead.mql"}

    def of(self, kind: str) -> dict[int, Fact]:
        """{lead id: its last fact of this kind}."""
        return {f.subject_id: f for f in self.facts if f.kind == kind and f.subject_kind == "lead"}

    def deals(self, kind: str) -> dict[int, Fact]:
        """{deal id: its last fact of this kind}."""
        return {f.subject_id: f for f in self.facts if f.kind == kind and f.subject_kind == "deal"}

    @cached_property
    def leads_concerned(self) -> list[int]:
        return sorted({f.subject_id for f in self.facts if f.kind in self.begins and f.subject_kind == "lead"})

    @cached_property
    def deals_concerned(self) -> list[int]:
        return sorted({f.subject_id for f in self.facts if f.kind in self.begins and f.subject_kind == "deal"})

    @cached_property
    def terms(self) -> dict[int, policies.Terms]:
        """{lead id: what is promised for it}."""
        return policies.terms(self.leads_concerned, as_of=self.now) if self.leads_concerned else {}

    @cached_property
    def deal_terms(self) -> dict[int, policies.Terms]:
        return policies.deal_terms(self.deals_concerned, as_of=self.now) if self.deals_concerned else {}

    @cached_property
    def past(self) -> dict[int, Past]:
        """{lead id: its clocks so far}, as all stops of this batch left them."""
        known = [lead for lead in self.leads_concerned if lead not in self.fresh]
        past = _past(LEAD_PAST, known) if known else {}
        return {lead: past.get(lead) or Past() for lead in self.leads_concerned}

    @cached_property
    def deal_past(self) -> dict[int, Past]:
        past = _past(DEAL_PAST, self.deals_concerned) if self.deals_concerned else {}
        return {deal: past.get(deal) or Past("open") for deal in self.deals_concerned}

    def begin(
        self, target: str, lead_id: int, at: datetime, *, scope: str = "lead", owner_id: int | None = None,
        stopped_at: datetime | None = None, line: Policy | None = None, amount: int | None = None,
        due_at: datetime | None = None,
    ) -> list[Start]:  # fmt: skip
        """The lead's next run of this target, or nothing where no line promises it. `line`: instead of today's."""
        return self._begin(
            self.terms.get(lead_id), self.past[lead_id], target, at, lead_id=lead_id, scope=scope, owner_id=owner_id,
            stopped_at=stopped_at, line=line, amount=amount, due_at=due_at,
        )  # fmt: skip

    def begin_deal(
        self, target: str, deal_id: int, at: datetime, *, owner_id: int | None = None, line: Policy | None = None,
        amount: int | None = None, due_at: datetime | None = None,
    ) -> list[Start]:  # fmt: skip
        return self._begin(
            self.deal_terms.get(deal_id), self.deal_past[deal_id], target, at, deal_id=deal_id, owner_id=owner_id,
            line=line, amount=amount, due_at=due_at,
        )  # fmt: skip

    def _begin(
        self, terms: policies.Terms | None, past: Past, target: str, at: datetime, *, lead_id: int | None = None,
        deal_id: int | None = None, scope: str = "lead", owner_id: int | None = None,
        stopped_at: datetime | None = None, line: Policy | None = None, amount: int | None = None,
        due_at: datetime | None = None,
    ) -> list[Start]:  # fmt: skip
        line = line or (terms.lines.get(target) if terms else None)
        if terms is None or line is None:
            return []
        run = past.runs[target, scope] = past.runs.get((target, scope), 0) + 1
        return [
            Start(lead_id, line, terms.calendar(line), at, scope=scope, run=run, owner_id=owner_id or terms.owner_id,
                  stopped_at=stopped_at, amount=amount, due_at=due_at, deal_id=deal_id)
        ]  # fmt: skip

    def pinned(self, lead_id: int, target: str, scope: str = "lead") -> Policy | None:
        """The line under which the lead's running clock began: what was true at the trigger stays true."""
        pk = self.past[lead_id].lines.get((target, scope))
        return self._pinned.get(pk) if pk else None

    @cached_property
    def _pinned(self) -> dict[int, Policy]:
        return policies.pinned(pk for past in self.past.values() for pk in past.lines.values() if pk)


PAST = """SELECT s.id, s.stage, {answered}, c.target, c.scope, max(c.run), bool_or(c.phase <> 'stopped'),
                 max(c.policy_id) FILTER (WHERE c.phase <> 'stopped')
            FROM {table} s LEFT JOIN sla_clock c ON c.{column} = s.id
           WHERE s.id = ANY (%s::bigint[]) GROUP BY s.id, c.target, c.scope"""
LEAD_PAST = PAST.format(table="leads_lead", column="lead_id", answered="s.first_response_at IS NOT NULL")
DEAL_PAST = PAST.format(table="deals_deal", column="deal_id", answered="false")


def _past(query: str, ids: Sequence[int]) -> dict[int, Past]:
    found: dict[int, Past] = {}
    for pk, stage, answered, target, scope, run, running, line in bulk.query(query, [list(ids)]):
        past = found.setdefault(pk, Past(stage, answered))
        if target:
            past.runs[target, scope] = run
            if running:
                past.running.add((target, scope))
                past.lines[target, scope] = line
    return found
