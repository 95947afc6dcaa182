"""One change of the policies at a time, on what the person who makes it has seen."""

from datetime import datetime, timedelta
from typing import Any

from journal.models import Entry
from journal.record import Fact, record
from revops.lib import bulk
from revops.lib.errors import Refused
from sla.models import Policy, PolicySet, SetState
from teams.models import User


def hold() -> None:
    """Wait for whoever is changing policies, to the end of this transaction."""
    bulk.query("SELECT pg_advisory_xact_lock(hashtextextended('sla.policies', 0))")


def held(line: Policy, *, seen: datetime | None) -> tuple[PolicySet, Policy]:
    draft = held_set(line.policy_set, seen=seen)
    found = Policy.objects.filter(pk=line.pk, policy_set=draft).first()
    if found is None:
        raise Refused("Somebody has taken this line out of the draft. Nothing was changed.", code="stale")
    found.policy_set = draft
    return draft, found


def held_set(draft: PolicySet, *, seen: datetime | None) -> PolicySet:
    hold()
    return check_open(PolicySet.objects.filter(pk=draft.pk).first(), seen=seen)


def check_open(kept: PolicySet | None, *, seen: datetime | None) -> PolicySet:
    if kept is None:
        raise Refused(f"{_last('policy.discarded')} discarded this draft. Nothing was changed.", code="stale")
    if kept.state != SetState.DRAFT:
        raise Refused(
            f"{named(kept.published_by_id)} published v{kept.version} at {clock(kept.published_at)}: see what "
            "changed. What was published never changes. Nothing was changed.",
            code="stale",
        )
    if seen is not None and kept.edited_at is not None and kept.edited_at != seen:
        who = _last("policy.changed", kept.pk)
        raise Refused(
            f"{who} changed this draft at {clock(kept.edited_at)}: see what changed. Nothing was changed.",
            code="stale",
        )
    return kept


def _last(kind: str, pk: int | None = None) -> str:
    entries = Entry.objects.filter(subject_kind="policies", kind=kind)
    entry = (entries.filter(subject_id=pk) if pk else entries).order_by("-id").first()
    return named(entry.by_id if entry else None)


def named(user_id: int | None) -> str:
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return str(user) if user else "Somebody"


def clock(at: datetime | None) -> str:
    return f"{at:%H:%M} UTC on {at.day} {at:%b}" if at else "some time"


def edited(draft: PolicySet, *, at: datetime) -> None:
    """Strictly later each time, so that what somebody saw names one state of the draft."""
    if draft.edited_at is not None:
        at = max(at, draft.edited_at + timedelta(microseconds=1))
    draft.edited_at = at
    draft.save(update_fields=["edited_at"])


def tell(kind: str, policy_set: PolicySet, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    facts = [Fact(kind, "policies", policy_set.pk, at, by=by.pk, via=via, data={"version": policy_set.version, **data})]
    record(facts, now=at)
