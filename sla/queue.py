"""What a person does next: open leads and what was promised on deals, by the moment something is owed (UX 3)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from customers import owed
from customers.owed import Owed
from deals.models import Deal
from leads.models import Lead
from revops.lib import words
from sla import panels, state
from sla.models import Clock, Target
from sla.targets import discount

TITLES = {"answer": "Answer first", "decide": "Decide", "approve": "Approve", "hand_over": "Hand over",
          "keep": "Keep in touch"}  # fmt: skip
GROUP_OF = {
    Target.FIRST_RESPONSE: "answer", Target.ASSIGNMENT: "decide", Target.DISPOSITION: "decide",
    Target.HANDOFF_SCHEDULED: "hand_over", Target.HANDOFF_HELD: "hand_over",
    discount.TARGET: "approve",
}  # fmt: skip
PROMISES = {
    Target.FIRST_RESPONSE: ("answer", "answers"), Target.DISPOSITION: ("decision", "decisions"),
    Target.ASSIGNMENT: ("assignment", "assignments"), Target.TOUCH_MINIMUM: ("on touches", "on touches"),
    Target.NEXT_STEP: ("next step", "next steps"), Target.STAGE_AGE: ("to move on", "to move on"),
    Target.HANDOFF_SCHEDULED: ("call to book", "calls to book"), Target.HANDOFF_HELD: ("call to hold", "calls to hold"),
    discount.TARGET: ("discount to decide", "discounts to decide"),
}  # fmt: skip
CALLS = (Target.HANDOFF_SCHEDULED, Target.HANDOFF_HELD)
OWED = {"accept": ("handover to accept", "handovers to accept"),
        "steps": ("customer with late steps", "customers with late steps")}  # fmt: skip


@dataclass(slots=True)
class Row:
    """A lead or a deal, and the one clock its row shows; `clock` is None where nothing runs. `note`: a second, grey
    sentence. `paused`: the clocks that stand still beside the one shown. `owed`: what success owes instead of both."""

    lead: Lead | None
    clock: dict[str, Any] | None
    clocks: list[dict[str, Any]]
    note: str = ""
    deal: Deal | None = None
    paused: list[dict[str, Any]] = field(default_factory=list)
    owed: Owed | None = None

    @property
    def order(self) -> tuple[bool, datetime]:
        """Due first; what is paused after it, what has no clock last."""
        if self.owed is not None:
            return False, self.owed.since
        if self.clock is None:
            subject: Any = self.lead or self.deal
            return True, subject.stage_at if self.lead else subject.created_at
        return False, self.clock["due_at"] or panels.FAR


@dataclass(slots=True)
class Group:
    key: str
    title: str
    rows: list[Row] = field(default_factory=list)

    @property
    def promises(self) -> str:
        """3 next steps, 2 on touches."""
        counts = Counter(row.clock["target"] for row in self.rows if row.clock)
        said = [words.plural(counts[key], *PROMISES[key]) for key in PROMISES if counts[key]]
        kinds = Counter(row.owed.kind for row in self.rows if row.owed)
        said += [words.plural(kinds[key], *OWED[key]) for key in OWED if kinds[key]]
        without = sum(1 for row in self.rows if not row.clock and not row.owed)
        return ", ".join([*said, *([words.plural(without, "without a clock", "without a clock")] if without else [])])


def leads_of(user: Any) -> QuerySet[Lead]:
    """The leads of somebody's queue, due first."""
    return Lead.objects.filter(owner=user, stage__in=["mql", "sal", "sql"]).order_by("next_due_at", "id")


def promised_elsewhere(user: Any) -> QuerySet[Clock]:
    """What somebody owes beside their own leads: hand-over calls and steps of deals, steps on leads of others. The call
    of a customer is owed by whoever looks after them too."""
    own = Q(owner=user) & (Q(deal__isnull=False) | (Q(target=Target.NEXT_STEP) & ~Q(lead__owner=user)))
    calls = owed.calls(user)
    theirs = Q(target__in=CALLS, deal_id__in=calls) if calls else None
    rows = Clock.objects.filter(history=False).exclude(phase="stopped")
    return rows.filter(own if theirs is None else own | theirs).order_by("due_at", "id")


def of(user: Any, *, now: datetime, limit: int = 50) -> list[Group]:
    """Groups in order, each due first; groups without rows are left out. Four queries, whatever the length,
    and two more for who looks after customers."""
    leads = list(leads_of(user).with_names()[:limit])
    clocks = panels.clocks([lead.pk for lead in leads], now=now)
    groups = {key: Group(key, title) for key, title in TITLES.items()}
    for row in [*(_row(lead, clocks[lead.pk]) for lead in leads), *_elsewhere(user, now=now, limit=limit)]:
        groups[_group(row)].rows.append(row)
    groups["hand_over"].rows += [Row(None, None, [], owed=one) for one in owed.of(user, now=now, limit=limit)]
    for group in groups.values():
        group.rows.sort(key=lambda row: row.order)
    return [group for group in groups.values() if group.rows]


def _elsewhere(user: Any, *, now: datetime, limit: int) -> list[Row]:
    """One row a deal or lead of others; its soonest promise is shown."""
    found = list(
        promised_elsewhere(user).select_related(
            "calendar_version", "policy", "lead__person", "lead__company", "deal__company", "deal__person"
        )[:limit]
    )
    prefetch_related_objects([clock for clock in found if clock.phase == state.PAUSED], "pauses")
    rows: dict[tuple[int | None, int | None], Row] = {}
    for clock in found:
        shown = panels.shown(clock, now=now)
        key = clock.lead_id, clock.deal_id
        if key not in rows:
            rows[key] = Row(clock.lead, shown, [shown], deal=clock.deal)
        elif shown["state"] == state.PAUSED:
            rows[key].paused.append(shown)
    return list(rows.values())


def _row(lead: Lead, clocks: Sequence[dict[str, Any]]) -> Row:
    open_ones = [clock for clock in clocks if not clock["closed"]]
    running = [clock for clock in open_ones if clock["state"] != state.PAUSED]
    paused = [clock for clock in open_ones if clock["state"] == state.PAUSED]
    response = {clock["scope"]: clock for clock in running if clock["target"] == Target.FIRST_RESPONSE}
    shown, note = None, ""
    if response:
        # The lead's clock while it can still be kept, else the owner's own, and a word about the buyer (UX 16).
        shown = response.get("lead") or response["owner"]
        own = response.get("owner")
        if shown["state"] == state.OVERDUE and own and own["state"] != state.OVERDUE:
            shown, note = own, "already late for the buyer"
    elif running:
        shown = running[0]
    elif paused:
        shown = paused[0]
    # A pause of the lead's response is one of the owner's too: said once.
    beside = {clock["target"]: clock for clock in paused if shown is None or clock["target"] != shown["target"]}
    return Row(lead, shown, list(clocks), note, paused=list(beside.values()))


def _group(row: Row) -> str:
    if row.clock and row.clock["target"] in GROUP_OF:
        return GROUP_OF[row.clock["target"]]
    return "decide" if row.lead and row.lead.stage == "mql" else "keep"
