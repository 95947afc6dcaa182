"""One change of the scoring model at a time, on what the person who makes it has seen."""

from datetime import datetime, timedelta
from typing import Any

from journal.models import Entry
from journal.record import Fact, record
from revops.lib import bulk
from revops.lib.errors import Refused
from scoring.models import Rule, RuleGroup, ScoringModel
from teams.models import User

SUBJECT = "model"
State = ScoringModel.State


def hold() -> None:
    """Wait for whoever is changing models, to the end of this transaction."""
    bulk.query("SELECT pg_advisory_xact_lock(hashtextextended('scoring.models', 0))")


def held(rule: Rule, *, seen: datetime | None) -> tuple[ScoringModel, Rule]:
    draft = held_model(rule.model, seen=seen)
    found = Rule.objects.select_related("group").filter(pk=rule.pk, model=draft).first()
    if found is None:
        raise Refused("Somebody has taken this rule out of the draft. Nothing was changed.", code="stale")
    found.model = draft
    return draft, found


def held_group(group: RuleGroup, *, seen: datetime | None) -> tuple[ScoringModel, RuleGroup | None]:
    """None: somebody took it out already."""
    draft = held_model(group.model, seen=seen)
    return draft, RuleGroup.objects.filter(pk=group.pk, model=draft).first()


def held_model(draft: ScoringModel, *, seen: datetime | None) -> ScoringModel:
    hold()
    return check_open(ScoringModel.objects.filter(pk=draft.pk).first(), seen=seen)


def check_open(kept: ScoringModel | None, *, seen: datetime | None, shadow: bool = False) -> ScoringModel:
    """`shadow`: one that runs in the shadow is welcome too."""
    if kept is None:
        raise Refused(f"{_last('model.discarded')} discarded this draft. Nothing was changed.", code="stale")
    if kept.state == State.SHADOW and not shadow:
        raise Refused(
            f"v{kept.version} runs in the shadow until {clock(kept.shadow_until)}: end that before you change it. "
            "Nothing was changed.",
            code="shadow",
        )
    if kept.state not in (State.DRAFT, State.SHADOW):
        raise Refused(
            f"{named(kept.published_by_id)} published v{kept.version} at {clock(kept.published_at)}: see what "
            "changed. What was published never changes. Nothing was changed.",
            code="stale",
        )
    if seen is not None and kept.edited_at is not None and kept.edited_at != seen:
        who = _last("model.changed", kept.pk)
        raise Refused(
            f"{who} changed this draft at {clock(kept.edited_at)}: see what changed. Nothing was changed.",
            code="stale",
        )
    return kept


def _last(kind: str, pk: int | None = None) -> str:
    entries = Entry.objects.filter(subject_kind=SUBJECT, kind=kind)
    entry = (entries.filter(subject_id=pk) if pk else entries).order_by("-id").first()
    return named(entry.by_id if entry else None)


def named(user_id: int | None) -> str:
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return str(user) if user else "Somebody"


def clock(at: datetime | None) -> str:
    return f"{at:%H:%M} UTC on {at.day} {at:%b}" if at else "some time"


def edited(draft: ScoringModel, *, at: datetime) -> None:
    """Strictly later each time, so that what somebody saw names one state of the draft."""
    if draft.edited_at is not None:
        at = max(at, draft.edited_at + timedelta(microseconds=1))
    draft.edited_at = at
    draft.save(update_fields=["edited_at"])


def tell(kind: str, model: ScoringModel, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    record([Fact(kind, SUBJECT, model.pk, at, by=by.pk, via=via, data={"version": model.version, **data})], now=at)
