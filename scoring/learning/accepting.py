"""A suggestion taken into the draft by a person, one at a time. Nothing is published by it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from revops.lib.errors import Refused
from scoring import drafts
from scoring.models import Rule, ScoringModel, Suggestion
from teams import access


def accept(suggestion: Suggestion, *, by: Any, at: datetime, via: str = "page") -> ScoringModel:
    """Change the rule's points in the draft (opened when there is none). Twice is once; again after somebody set them
    back is a change.

    Raises Forbidden; Refused when the rule is gone or has other points than those that were judged.
    """
    access.require(by, "administer")
    with transaction.atomic():
        kept = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
        draft = drafts.open_draft(by=by, at=at, via=via)
        rule = Rule.objects.filter(model=draft, line=kept.rule).first()
        if rule is None:
            raise Refused("The draft has no such rule any more. Nothing was changed.", code="gone")
        if kept.accepted_into_id == draft.pk and rule.points == kept.points:
            return draft
        if rule.points not in (kept.points_now, kept.points):
            raise Refused(
                f"“{rule.name}” has {rule.points:+g} points in the draft, not the {kept.points_now:+g} that were "
                "judged. Learn again, or change it by hand. Nothing was changed.", code="stale",
            )  # fmt: skip
        drafts.change(rule, {"points": kept.points}, by=by, at=at, via=via)
        kept.accepted_at, kept.accepted_by, kept.accepted_into = at, by, draft
        kept.save(update_fields=["accepted_at", "accepted_by", "accepted_into"])
    return draft
