"""Bringing a plan into force: published, or gone back to. Leads that were given stay with whom they are."""

from datetime import datetime
from typing import Any

from django.db import transaction

from journal.drafting import clock, named
from leads.models import RoutingPlan
from leads.routing import draft_fields, waiting
from leads.routing.draft_checks import problems
from leads.routing.draft_differences import differences
from leads.routing.drafts import State, check_open, copied, hold, live, next_version, tell
from revops.lib.errors import Refused
from teams import access

# What makes a plan impossible to run: not even going back to it is allowed.
CANNOT_RUN = frozenset(["unreadable", "no_fallback", "gone"])


def publish(
    draft: RoutingPlan, *, by: Any, at: datetime, note: str | None = None, seen: datetime | None = None,
    via: str = "page",
) -> RoutingPlan:  # fmt: skip
    """The draft goes live and the former plan is past, all or nothing; twice is once. What is held is tried anew.

    Raises Refused (code `problems`) naming what blocks, (code `stale`) when what is live has changed since the draft
    was begun or the draft since `seen`.
    """
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = RoutingPlan.objects.filter(pk=draft.pk).first()
        if kept is not None and kept.state == State.LIVE and kept.published_by_id == by.pk:
            return kept
        kept = check_open(kept, seen=seen)
        former = live()
        if kept.based_on_id != former.pk:
            raise Refused(
                f"{named(former.published_by_id)} published v{former.version} at {clock(former.published_at)}, after "
                "this draft was begun. Discard it and start from what is live now. Nothing was changed.",
                code="stale",
            )
        wrong = [problem for problem in problems(kept) if problem.blocks]
        if wrong:
            raise Refused(f"Not published: {wrong[0].text}", code="problems")
        if note is not None:
            kept.note = draft_fields.read_options({"note": note})["note"]
        _go_live(kept, former, by=by, at=at)
        tell("routing.published", kept, by=by, at=at, via=via, former=former.pk)
        waiting.wake(at)
    return kept


def roll_back(to: RoutingPlan, *, by: Any, at: datetime, via: str = "page") -> RoutingPlan:
    """An older version goes live again, as a new one: a copy. What says the same as what is live changes nothing."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        to, former = RoutingPlan.objects.get(pk=to.pk), live()
        if to.state == State.DRAFT:
            raise Refused("A draft is published, not gone back to.", code="draft")
        if to.pk == former.pk or not differences(to, against=former):
            return former
        wrong = [problem for problem in problems(to) if problem.code in CANNOT_RUN]
        if wrong:
            raise Refused(f"v{to.version} can't be used again: {wrong[0].text}", code="problems")
        back = copied(to, based_on=former, by=by, at=at, state=State.PAST)
        back.note = f"Back to v{to.version}"
        _go_live(back, former, by=by, at=at)
        tell("routing.rolled_back", back, by=by, at=at, via=via, former=former.pk, to=to.pk, to_version=to.version)
        waiting.wake(at)
    return back


def _go_live(chosen: RoutingPlan, former: RoutingPlan, *, by: Any, at: datetime) -> None:
    RoutingPlan.objects.filter(pk=former.pk).update(state=State.PAST, retired_at=at)
    if chosen.version < former.version:  # somebody went back while it was a draft
        chosen.version = next_version()
    chosen.state, chosen.published_at, chosen.published_by = State.LIVE, at, by
    chosen.save()
