"""Who would get this lead, and why: the same rules and turns, nothing locked, nothing written.

`one` for a lead that is kept, `sample` for an enquiry that was never sent; `month` begins a run over past leads under a
draft (`leads.routing.month`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import rehearsal
from leads.incoming import Incoming
from leads.models import Company, Lead, Person, RoutingPlan
from leads.rehearsal import Covered
from leads.routing import because, deciding, matching, ways
from leads.routing.matching import Matched
from leads.routing.month import begin as month
from leads.routing.why import SKIPPED, WORDS, why_sentence
from revops.lib.errors import Invalid
from teams.models import User

__all__ = ["Dry", "Step", "month", "one", "sample"]


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder as it was walked. `what`: its words (`Rule “Europe”`); `note`: why it did not decide or
    what it did; `rule`: a rule's id. `state`: decided, passed (asked, and it was not theirs) or not_asked."""

    what: str
    state: str
    note: str = ""
    rule: int | None = None


@dataclass(slots=True)
class Dry:
    """`owner` None: nobody, or a claim queue (`cause` claim). `skipped`: (person, why they were passed over).
    `eligible`: people who took turns. `why`: as of a Decision; `sentence`: the same in words."""

    owner: User | None
    cause: str
    sentence: str
    version: int
    why: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    eligible: list[User] = field(default_factory=list)
    skipped: list[tuple[User, str]] = field(default_factory=list)


def one(lead: Lead, *, at: datetime, plan: RoutingPlan | None = None, as_new: bool = True) -> Dry:
    """As if it were handed over at `at`, under `plan` (None: the live one). `as_new`: who had it before is not passed
    over. Raises Invalid when it is gone."""
    asked = ways.plan(plan.pk if plan else None)
    found = matching.match([lead.pk], asked, at=at)
    if not found:
        raise Invalid("This lead is not there any more.", code="gone", field="lead")
    [matched] = found
    held = because.parts(asked, lead.pk, at=at)
    return _answer(_anew(matched) if as_new else matched, asked, held, at=at)


def sample(item: Incoming, *, at: datetime, plan: RoutingPlan | None = None) -> Dry:
    """The same of an enquiry as intake would take it in at `at`; nothing of it is kept. Raises Invalid when it would
    open no cycle."""
    asked = ways.plan(plan.pk if plan else None)
    found = rehearsal.of(item, now=at)
    if found.lead_id is None:
        raise Invalid("This would open no cycle, so nobody would get it.", code="no_cycle", field="lead")
    beside = rehearsal.beside(_whole(found.rows))
    [matched] = matching.match([found.lead_id], asked, at=at, beside=beside)
    held = because.parts(asked, found.lead_id, at=at, beside=beside)
    return _answer(_anew(matched), asked, held, at=at)


def _answer(matched: Matched, plan: ways.Plan, held: Mapping[int, because.Parts], *, at: datetime) -> Dry:
    decision = deciding.decide([matched], plan, at=at, take=False)[matched.lead_id]
    why = decision.why
    ids = {int(user) for user in why.get("skipped", {})} | set(why.get("eligible", []))
    ids |= {one.user for one in matched.candidates} | ({decision.owner_id} if decision.owner_id else set())
    people = User.objects.in_bulk(ids)
    return Dry(
        owner=people.get(decision.owner_id or 0),
        cause=decision.cause,
        sentence=why_sentence(why),
        version=plan.version,
        why=why,
        steps=list(_steps(matched, plan, held, decision, people)),
        eligible=[people[user] for user in why.get("eligible", []) if user in people],
        skipped=[
            (people[int(user)], SKIPPED.get(reason, reason))
            for user, reason in why.get("skipped", {}).items()
            if int(user) in people
        ],
    )


def _steps(
    matched: Matched, plan: ways.Plan, held: Mapping[int, because.Parts], decision: deciding.Decision,
    people: Mapping[int, User],
) -> list[Step]:  # fmt: skip
    """Top down: who comes before rules, each rule, the fallback."""
    steps = []
    there = {one.cause: one for one in matched.candidates}
    over = False
    for cause, asked in (
        ("deal_owner", plan.deal_owner), ("named_account", plan.named_accounts), ("account_owner", plan.account_owner),
        ("sticky", bool(plan.sticky_days)), ("account_sticky", plan.account_sticky),
    ):  # fmt: skip
        if not asked:
            continue
        one = there.get(cause)
        if over:
            steps.append(Step(WORDS[cause], "not_asked"))
        elif one is None:
            steps.append(Step(WORDS[cause], "passed", "nobody"))
        elif decision.cause == cause:
            steps.append(Step(WORDS[cause], "decided", str(people.get(one.user, ""))))
            over = True
        else:
            steps.append(Step(WORDS[cause], "passed", f"{people.get(one.user, '')} is away or had it before"))
    for way in plan.ways.values():
        what = "No rule" if way.rule is None else f"Rule “{way.rule_name}”"
        where = way.pool_name or {"person": "a person", "account_owner": "the account’s owner"}.get(way.to, "")
        if over:
            steps.append(Step(what, "not_asked", "", way.rule))
        elif way.rule is not None and way.rule != matched.rule:
            steps.append(Step(what, "passed", because.said(held.get(way.rule, [])), way.rule))
        elif decision.why.get("rule") == way.rule and decision.cause != "nobody":
            steps.append(Step(what, "decided", where, way.rule))
            over = True
        else:
            steps.append(Step(what, "passed", f"nobody in {where} can take it", way.rule))
    return steps


def _anew(matched: Matched) -> Matched:
    return Matched(
        matched.lead_id, matched.company, matched.rule, matched.owner, matched.candidates, frozenset()
    )  # fmt: skip


def _whole(rows: Covered) -> Covered:
    """A table that the enquiry does not touch is read as it is."""
    return {model: covering for model, covering in rows.items() if covering or model not in (Company, Person, Lead)}
