"""Changing what a stage means: a draft is edited, proposed, agreed by marketing and by sales, and then it is in force.

RevOps administrators (and keys with the scope admin) edit and propose; who approves is decided in `approving`. One open
definition a stage; one change at a time (a lock held to the end of the transaction). Who says what they saw (`seen`,
the draft's `edited_at`) is refused with code `stale` when somebody else was faster. Every change is a fact about the
definition. What is published never changes; later stage entries alone keep the new version.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from journal import drafting
from journal.drafting import clock
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from scoring import approving
from scoring.definitions import STAGES, asks, coming_into_force
from scoring.definitions import fields as definition_fields
from scoring.definitions import scores as definition_scores
from scoring.definitions.scores import By, Cells, Threshold, Top, mql_by
from scoring.models import Approval, Definition
from teams import access
from teams.models import Organisation

__all__ = [
    "By", "Cells", "Threshold", "Top", "approve", "change", "discard", "mql_by", "newest", "open_draft", "propose",
    "remind", "review", "set_mql_cells", "set_threshold", "set_top", "the_draft", "withdraw",
]  # fmt: skip

SUBJECT = "definition"
State = Definition.State
# A definition is looked at again after a quarter, if nobody asks for another day.
QUARTER = timedelta(days=91)


def newest(stage: str) -> Definition | None:
    """What was agreed last, in force or waiting for its day: what a draft begins from and is compared with."""
    return Definition.objects.filter(stage=stage, state=State.PUBLISHED).order_by("-version").first()


def the_draft(stage: str) -> Definition | None:
    """The one that is edited or waits for approval."""
    return Definition.objects.filter(stage=stage).exclude(state=State.PUBLISHED).first()


def open_draft(stage: str, *, by: Any, at: datetime, via: str = "page") -> Definition:
    """The draft that is open, or a new one: a copy of what was agreed last."""
    access.require(by, "administer")
    if stage not in STAGES:
        raise Invalid(f"There are definitions of {', '.join(STAGES)}.", code="not_a_choice", field="stage")
    with transaction.atomic():
        hold()
        draft = the_draft(stage)
        if draft is None:
            former = newest(stage)
            draft = Definition.objects.create(
                stage=stage, version=former.version + 1 if former else 1, state=State.DRAFT, effective_at=at,
                edited_at=at, created_by=by, items_needed=former.items_needed if former else 4,
                **({name: getattr(former, name) for name in ("sentence", "predicate", "items")} if former else {}),
            )  # fmt: skip
            _tell("definition.drafted", draft, by=by, at=at, via=via)
    return draft


def change(
    definition: Definition, fields: Mapping[str, Any], *, by: Any, at: datetime, seen: datetime | None = None,
    via: str = "page",
) -> Definition:  # fmt: skip
    """Set some of `definition_fields.EDITABLE`; what is as it was is no change. A proposed one is a draft again, and
    the approvals it had are taken away. Raises Invalid naming each field."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held(definition, seen=seen)
        said = definition_fields.read(fields, stage=draft.stage, today=Organisation.get().today(at))
        before = {name: getattr(draft, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(draft, name, value)
            _unsaid(draft)
            _edited(draft, at=at)
            told = {name: [_plain(before[name]), _plain(value)] for name, value in changed.items()}
            _tell("definition.changed", draft, by=by, at=at, via=via, fields=told)
    return draft


def propose(
    definition: Definition, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Definition:
    """Ask both sides for their yes; those who are asked hear of it. Twice is once.

    Raises Refused when it says nothing else than what was agreed last, or would hand over everybody.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft = held(definition, seen=seen)
        if draft.state == State.PROPOSED:
            return draft
        former = newest(draft.stage)
        if former and not any(getattr(draft, name) != getattr(former, name) for name in definition_fields.SAID):
            raise Refused(f"It says what v{former.version} says: there is nothing to agree on.", code="same")
        if not draft.sentence:
            raise Refused("Say in a sentence what it is, so that people know what they agree to.", code="no_sentence")
        if draft.stage == "mql" and draft.predicate == {}:
            raise Refused("This would hand over everybody: the rule has no condition.", code="everybody")
        # What it names may have been taken away since it was written.
        definition_fields.read({"predicate": draft.predicate}, stage=draft.stage, today=date.min)
        draft.state, draft.proposed_at, draft.proposed_by = State.PROPOSED, at, by
        _edited(draft, at=at)
        _tell("definition.proposed", draft, by=by, at=at, via=via)
        asks.ask(draft, at=at, by=by)
    return draft


def approve(
    definition: Definition, *, side: str, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Definition:
    """One side's yes to what was proposed; the second, by another person, publishes it. The same yes twice is once."""
    with transaction.atomic():
        hold()
        kept = Definition.objects.filter(pk=definition.pk).first()
        given = list(Approval.objects.filter(definition=kept)) if kept else []
        if (
            kept is not None
            and kept.state == State.PUBLISHED
            and any(y.side == side and y.by_id == by.pk for y in given)
        ):
            return kept
        draft = check_open(kept, seen=seen)
        if draft.state != State.PROPOSED:
            raise Refused("It is still a draft: nothing is proposed to agree on. Nothing was changed.", code="draft")
        if approving.check(by, side, given):
            given.append(Approval.objects.create(definition=draft, side=side, by=by, at=at))
            _tell("definition.approved", draft, by=by, at=at, via=via, side=side)
        if approving.complete(given):
            _publish(draft, by=by, at=at, via=via)
    return draft


def withdraw(
    definition: Definition, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Definition:
    """A proposal is a draft again; what was approved of it is taken away. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held(definition, seen=seen)
        if draft.state == State.PROPOSED:
            _unsaid(draft)
            _edited(draft, at=at)
            _tell("definition.withdrawn", draft, by=by, at=at, via=via)
    return draft


def discard(definition: Definition, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Throw the draft away; nothing in force changes. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = Definition.objects.filter(pk=definition.pk).first()
        if kept is None:
            return
        check_open(kept, seen=seen)
        _tell("definition.discarded", kept, by=by, at=at, via=via)
        kept.delete()


def remind(definition: Definition, *, by: Any, at: datetime, via: str = "page") -> int:
    """Ask those again whose side has not said yes, at most once a day each; how many were told. Administrators, and
    whoever has approved for the other side."""
    with transaction.atomic():
        draft = held(definition, seen=None)
        given = list(Approval.objects.filter(definition=draft))
        if draft.state != State.PROPOSED:
            raise Refused("Nothing waits for an approval.", code="draft")
        if not any(yes.by_id == by.pk for yes in given):
            access.require(by, "administer")
        told = asks.remind(draft, given, at=at, by=by)
        if told:
            _tell("definition.reminded", draft, by=by, at=at, via=via, people=told)
    return len(told)


def review(definition: Definition, *, next_on: Any, by: Any, at: datetime, via: str = "page") -> Definition:
    """It was looked at and stays as it is; `next_on`: the day it is looked at again. The definition itself is as it
    was. The same day twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = Definition.objects.get(pk=definition.pk)
        if kept.state != State.PUBLISHED:
            raise Refused("A draft is proposed, not reviewed.", code="draft")
        said = definition_fields.read(
            {"review_on": next_on}, stage=kept.stage, today=Organisation.get().today(at)
        )["review_on"]  # fmt: skip
        if said is None:
            raise Invalid("Say when it is looked at again.", code="required", field="review_on")
        if said != kept.review_on:
            before, kept.review_on = kept.review_on, said
            kept.save(update_fields=["review_on"])
            _tell(
                "definition.reviewed", kept, by=by, at=at, via=via, fields={"review_on": [_plain(before), _plain(said)]}
            )
    return kept


# --- the studio's grid -------------------------------------------------------


def set_mql_cells(
    cells: Collection[str], *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Definition:
    """An MQL by score is whoever stands in one of these cells. Opens the MQL draft if there is none."""
    return _set_score(definition_scores.cells(cells), by=by, at=at, seen=seen, via=via)


def set_threshold(
    points: float, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Definition:
    """An MQL by score is whoever has this priority (0–200) or more."""
    return _set_score(definition_scores.threshold(points), by=by, at=at, seen=seen, via=via)


def set_top(*, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> Definition:
    """An MQL by score is whoever belongs to the top share of the pool (the model's `top_share`)."""
    return _set_score(definition_scores.TOP, by=by, at=at, seen=seen, via=via)


def _set_score(leaf: dict[str, Any], *, by: Any, at: datetime, seen: datetime | None, via: str) -> Definition:
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        present = the_draft("mql") or newest("mql")
        if present is not None and mql_by(present) == definition_scores.read(leaf):
            return present
        draft = open_draft("mql", by=by, at=at, via=via)
        predicate = definition_scores.put(draft.predicate, leaf)
        return change(draft, {"predicate": predicate}, by=by, at=at, seen=seen, via=via)


# --- what they have in common ------------------------------------------------


def hold() -> None:
    """Wait for whoever is changing definitions, to the end of this transaction."""
    drafting.hold("scoring.definitions")


def held(definition: Definition, *, seen: datetime | None) -> Definition:
    hold()
    return check_open(Definition.objects.filter(pk=definition.pk).first(), seen=seen)


def check_open(kept: Definition | None, *, seen: datetime | None) -> Definition:
    if kept is None:
        raise drafting.gone(SUBJECT, "definition.discarded")
    if kept.state == State.PUBLISHED:
        raise Refused(
            f"{kept} was agreed at {clock(kept.published_at)}. What was agreed never changes. Nothing was changed.",
            code="stale",
        )
    drafting.check_seen(kept, seen=seen, subject=SUBJECT, but=("definition.approved",))
    return kept


def _publish(draft: Definition, *, by: Any, at: datetime, via: str) -> None:
    organisation = Organisation.get()
    zone = ZoneInfo(organisation.timezone)
    asked = datetime.combine(draft.asked_on, time(), zone).astimezone(UTC) if draft.asked_on else at
    draft.effective_at, draft.published_at, draft.state = max(asked, at), at, State.PUBLISHED
    if draft.review_on is None or draft.review_on <= organisation.today(draft.effective_at):
        draft.review_on = organisation.today(draft.effective_at) + QUARTER
    draft.save()
    _tell("definition.published", draft, by=by, at=at, via=via, effective_at=draft.effective_at.isoformat())
    coming_into_force.begin(now=at)


def _unsaid(draft: Definition) -> None:
    draft.state, draft.proposed_at, draft.proposed_by = State.DRAFT, None, None
    Approval.objects.filter(definition=draft).delete()


def _edited(draft: Definition, *, at: datetime) -> None:
    draft.edited_at = drafting.later(draft, at)
    draft.save()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _tell(kind: str, definition: Definition, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    data = {"stage": definition.stage, "version": definition.version, **data}
    record([Fact(kind, SUBJECT, definition.pk, at, by=by.pk, via=via, data=data)], now=at)
