"""The history of what is promised: the first lines, those the story begins with, and a small change some months ago."""

from datetime import datetime, timedelta

from sla import drafts
from sla.draft_differences import rungs_of
from sla.models import PolicySet, Target, Tier
from teams.models import User

CHANGED_BEFORE = timedelta(days=150)
NOTE = "The monitor hears of high intent after 15 minutes, no longer 30: agreed in the review"


def found(admin: User, *, start: datetime) -> None:
    """The sets that every installation begins with are as old as this company."""
    before = start - timedelta(days=210)
    for made in PolicySet.objects.exclude(state="law").order_by("version"):
        ends = start if made.state == "retired" else None
        PolicySet.objects.filter(pk=made.pk).update(
            created_at=before, edited_at=before, published_at=before, published_by=admin, retired_at=ends
        )
        before = start


def change(admin: User, *, at: datetime) -> None:
    draft = drafts.open_draft(by=admin, at=at - timedelta(minutes=25), via="page")
    line = draft.lines.get(target=Target.FIRST_RESPONSE, tier=Tier.INTENT)
    rungs = [{**rung, "after": 15 * 60} if rung["after"] == 30 * 60 else rung for rung in rungs_of(line)]
    drafts.set_ladder(line, rungs, by=admin, at=at - timedelta(minutes=20), via="page")
    PolicySet.objects.filter(pk=draft.pk).update(note=NOTE)
    drafts.publish(draft, by=admin, at=at, via="page")
