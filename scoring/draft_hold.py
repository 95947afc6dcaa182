"""One change of the scoring model at a time, on what the person who makes it has seen."""

from datetime import datetime
from typing import Any

from journal import drafting
from journal.drafting import clock
from journal.record import Fact, record
from revops.lib.errors import Refused
from scoring.models import Rule, RuleGroup, ScoringModel

SUBJECT = "model"
State = ScoringModel.State


def hold() -> None:
    """Wait for whoever is changing models, to the end of this transaction."""
    drafting.hold("scoring.models")


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
        raise drafting.gone(SUBJECT, "model.discarded")
    if kept.state == State.SHADOW and not shadow:
        raise Refused(
            f"v{kept.version} runs in the shadow until {clock(kept.shadow_until)}: end that before you change it. "
            "Nothing was changed.",
            code="shadow",
        )
    if kept.state not in (State.DRAFT, State.SHADOW):
        raise drafting.published(kept)
    drafting.check_seen(kept, seen=seen, subject=SUBJECT)
    return kept


def edited(draft: ScoringModel, *, at: datetime) -> None:
    draft.edited_at = drafting.later(draft, at)
    draft.save(update_fields=["edited_at"])


def tell(kind: str, model: ScoringModel, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    record([Fact(kind, SUBJECT, model.pk, at, by=by.pk, via=via, data={"version": model.version, **data})], now=at)
