"""What happens next on a lead or a deal, by when, by whom: set, change, finish, drop; one open step a subject.

Each is a fact; the clock of a step begins and ends with it (`sla.targets.next_step`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from deals.models import Deal
from journal import record
from journal.record import Fact
from leads.models import Lead
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from sla.models import NextStep
from teams import access
from teams.models import User

Subject = Lead | Deal
FURTHEST = timedelta(days=5 * 365)  # ahead; a moment typed wrong is further
WORKED = {"lead": ("mql", "sal", "sql"), "deal": ("open",)}


def set_step(
    subject: Subject, *, what: str, by_when: datetime, owner: User | None = None, by: Any, at: datetime,
    via: str = "page",
) -> NextStep:  # fmt: skip
    """Promise a step; it takes the place of an open one, whose clock ends (late stays late). `owner`: default the
    subject's, else `by`.

    Only other words for the same moment and owner change the step in place. Raises Forbidden, Invalid, Refused.
    """
    access.require_work(by, subject, "plan")
    what = " ".join((what or "").split())
    if not what:
        raise Invalid("Say what happens next.", code="required", field="what")
    if len(what) > 200:
        raise Invalid("Say it in 200 characters.", code="too_long", field="what")
    if by_when <= at:
        raise Invalid("This must be after now.", code="past", field="by_when")
    if by_when - at > FURTHEST:
        raise Invalid("This must be within five years.", code="too_far", field="by_when")
    kind = subject._meta.model_name
    with transaction.atomic():
        held = type(subject).objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)
        if held.stage not in WORKED[kind]:
            raise Refused(f"Not set: this {kind} is {held.get_stage_display().lower()}.", code="stage")
        doer = owner or held.owner or by
        if not doer.is_active or doer.is_service or doer.role not in access.SELLERS:
            raise Invalid(f"{doer} can't promise this: choose somebody of sales or success.", code="role",
                          field="owner")  # fmt: skip
        old = NextStep.objects.select_for_update().filter(**{kind: held}, state="open").first()
        if old is not None and (old.by_when, old.owner_id) == (by_when, doer.pk):
            if old.what != what:
                old.what = what
                old.save(update_fields=["what"])
                record.append([fact_of("step.reworded", old, at, by.pk, via)], now=at)
            return old
        if old is not None:
            _close(old, "dropped", by=by, at=at)
        step = NextStep.objects.create(
            what=what, by_when=by_when, owner=doer, created_at=at, created_by=by, **{kind: held}
        )
        record.record([fact_of("step.set", step, at, by.pk, via, replaced=old.pk if old else None)], now=at)
        tie([step.pk])
        step.refresh_from_db()
    return step


def finish(step: NextStep, *, by: Any, at: datetime, via: str = "page") -> NextStep:
    """It is done. Twice is once. Raises Forbidden; Refused for one that was dropped."""
    return _end(step, "done", by=by, at=at, via=via)


def drop(step: NextStep, *, by: Any, at: datetime, via: str = "page") -> NextStep:
    """It won't be done; nothing else takes its place. Raises Forbidden; Refused for one that is done."""
    return _end(step, "dropped", by=by, at=at, via=via)


def _end(step: NextStep, state: str, *, by: Any, at: datetime, via: str) -> NextStep:
    access.require_work(by, step.lead or step.deal, "plan")
    with transaction.atomic():
        subject = step.lead or step.deal
        # What it hangs on before the step, as `set_step` and everybody who moves clocks do.
        type(subject).objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)
        held = NextStep.objects.select_for_update(of=("self",)).get(pk=step.pk)
        if held.state != state:
            if held.state != "open":
                raise Refused(f"Not {state}: this step was {held.state} before. Nothing was changed.", code="closed")
            _close(held, state, by=by, at=at)
            record.record([fact_of(f"step.{state}", held, at, by.pk, via)], now=at)
    step.refresh_from_db()
    return step


def _close(step: NextStep, state: str, *, by: Any, at: datetime) -> None:
    step.state, step.closed_at, step.closed_by = state, at, by
    step.save(update_fields=["state", "closed_at", "closed_by"])


def fact_of(kind: str, step: NextStep, at: datetime, by: int | None, via: str, **more: Any) -> Fact:
    """The news of a step, for whoever writes steps: one here, many in `step_batches`."""
    subject = ("deal", step.deal_id) if step.deal_id else ("lead", step.lead_id or 0)
    # Its words stay in the row, which can be erased; the journal can't.
    data = {"step": step.pk, "owner": step.owner_id, "by_when": step.by_when.isoformat()}
    return Fact(kind, *subject, at, by=by, via=via, data={**data, **{k: v for k, v in more.items() if v is not None}})


def tie(step_ids: Sequence[int]) -> None:
    """After its fact: each open step knows its clock, which the news of it has begun."""
    bulk.run([(
        """UPDATE sla_nextstep s SET clock_id = c.id FROM sla_clock c
            WHERE s.id = ANY (%s) AND c.target = 'next_step' AND c.phase <> 'stopped'
              AND (c.lead_id = s.lead_id OR c.deal_id = s.deal_id)""",
        [list(step_ids)],
    )])  # fmt: skip


# --- questions ----------------------------------------------------------------


def open_step(lead_ids: Sequence[int]) -> dict[int, NextStep]:
    """{lead id: its open step}; leads without one are left out. One query."""
    found = NextStep.objects.filter(lead_id__in=list(lead_ids), state="open").select_related("owner", "clock")
    return {step.lead_id: step for step in found if step.lead_id is not None}


def open_steps_of_deals(deal_ids: Sequence[int]) -> dict[int, NextStep]:
    found = NextStep.objects.filter(deal_id__in=list(deal_ids), state="open").select_related("owner", "clock")
    return {step.deal_id: step for step in found if step.deal_id is not None}


def without_step():
    """SAL and SQL leads of which nobody said what happens next: limbo."""
    has = NextStep.objects.filter(lead=OuterRef("pk"), state="open")
    return Lead.objects.filter(~Exists(has), stage__in=["sal", "sql"])


# --- what becomes of steps when the lead or deal moves ---------------------------

CLOSING = frozenset(["lead.rejected", "lead.recycled", "lead.disqualified", "lead.won", "lead.lost"])
DEAL_CLOSING = frozenset(["deal.won", "deal.lost"])


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """A reaction: a step goes with its lead to a new owner and into the deal; what closes the subject drops it; taking
    that back brings it back. Set-based; after `sla.reactions.move_clocks`, which ends the clocks."""
    _hand_over(facts, now=now)
    closed = [f for f in facts if f.kind in CLOSING or f.kind in DEAL_CLOSING]
    if closed:
        _drop_all(closed, now=now)
    undone = [f for f in facts if f.kind == "lead.undone" and f"{f.data.get('kind')}" in CLOSING]
    if undone:
        _bring_back(undone)
    into = {f.subject_id: f for f in facts if f.kind == "lead.opportunity" and f.data.get("deal")}
    if into:
        _into_deals(into, now=now)


def _hand_over(facts: Sequence[Fact], *, now: datetime) -> None:
    """The clock goes along while it can still be kept; a late one stays with whoever had promised."""
    rows = [("lead", f.subject_id, f.data["owner"]) for f in facts if f.kind == "lead.assigned" and f.data.get("from")]
    rows += [
        ("deal", f.subject_id, f.data["owner"]) for f in facts if f.kind == "deal.edited" and f.data.get("was_owner")
    ]
    if not rows:
        return
    relation, params = bulk.source({"kind": "text", "subject_id": "bigint", "owner_id": "bigint"}, rows)
    bulk.run([(
        f"""WITH moved AS (
                UPDATE sla_nextstep s SET owner_id = v.owner_id FROM {relation}
                 WHERE s.state = 'open' AND (v.kind = 'lead' AND s.lead_id = v.subject_id
                                             OR v.kind = 'deal' AND s.deal_id = v.subject_id)
                RETURNING s.clock_id, s.owner_id)
            UPDATE sla_clock c SET owner_id = m.owner_id FROM moved m
             WHERE c.id = m.clock_id AND c.phase <> 'stopped' AND (c.due_at >= %s OR c.due_at IS NULL)""",
        [*params, now],
    )])  # fmt: skip


def _drop_all(closed: Sequence[Fact], *, now: datetime) -> None:
    rows = [(f.subject_kind, f.subject_id, f.at, f.by) for f in closed]
    types = {"kind": "text", "subject_id": "bigint", "at": "timestamptz", "by_id": "bigint"}
    relation, params = bulk.source(types, rows)
    ids = bulk.query(
        f"""UPDATE sla_nextstep s SET state = 'dropped', closed_at = v.at, closed_by_id = v.by_id FROM {relation}
             WHERE s.state = 'open' AND (v.kind = 'lead' AND s.lead_id = v.subject_id
                                         OR v.kind = 'deal' AND s.deal_id = v.subject_id)
            RETURNING s.id, v.at, v.by_id""",
        params,
    )
    dropped = {pk: (at, by) for pk, at, by in ids}
    steps = NextStep.objects.in_bulk(list(dropped)) if dropped else {}
    record.append([fact_of("step.dropped", step, *dropped[pk], closed[0].via) for pk, step in steps.items()], now=now)


def _bring_back(undone: Sequence[Fact]) -> None:
    """The step that a decision dropped is open again, unless there is a new one; its clock came back too."""
    rows = [(f.subject_id, datetime.fromisoformat(f.data["at"])) for f in undone]
    relation, params = bulk.source({"lead_id": "bigint", "at": "timestamptz"}, rows)
    bulk.run([(
        f"""UPDATE sla_nextstep s SET state = 'open', closed_at = NULL, closed_by_id = NULL FROM {relation}
             WHERE s.lead_id = v.lead_id AND s.state = 'dropped' AND s.closed_at = v.at
               AND s.clock_id IN (SELECT id FROM sla_clock WHERE phase <> 'stopped')
               AND NOT EXISTS (SELECT 1 FROM sla_nextstep o WHERE o.lead_id = s.lead_id AND o.state = 'open')""",
        params,
    )])  # fmt: skip


def _into_deals(into: dict[int, Fact], *, now: datetime) -> None:
    """The lead's step is the deal's now, with a clock of its own: what was promised to the buyer is still promised.

    One that is late already ends with the lead, where it stays a miss."""
    steps = NextStep.objects.filter(lead_id__in=list(into), state="open").select_related("owner")
    facts: list[Fact] = []
    for step in steps:
        fact = into[step.lead_id or 0]
        _close(step, "dropped", by=None, at=fact.at)
        if step.by_when > fact.at:
            moved = NextStep.objects.create(
                what=step.what, by_when=step.by_when, owner=step.owner, created_at=fact.at,
                created_by_id=fact.by, deal_id=fact.data["deal"],
            )  # fmt: skip
            facts.append(fact_of("step.set", moved, fact.at, fact.by, fact.via, carried=step.pk))
    record.record(facts, now=now)
    tie([fact.data["step"] for fact in facts])
