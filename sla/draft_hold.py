"""One change of the policies at a time, on what the person who makes it has seen."""

from datetime import datetime
from typing import Any

from journal import drafting
from journal.record import Fact, record
from revops.lib.errors import Refused
from sla.models import Policy, PolicySet, SetState

SUBJECT = "policies"


def hold() -> None:
    """Wait for whoever is changing policies, to the end of this transaction."""
    drafting.hold("sla.policies")


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
        raise drafting.gone(SUBJECT, "policy.discarded")
    if kept.state != SetState.DRAFT:
        raise drafting.published(kept)
    drafting.check_seen(kept, seen=seen, subject=SUBJECT)
    return kept


def edited(draft: PolicySet, *, at: datetime) -> None:
    draft.edited_at = drafting.later(draft, at)
    draft.save(update_fields=["edited_at"])


def tell(kind: str, policy_set: PolicySet, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    facts = [Fact(kind, SUBJECT, policy_set.pk, at, by=by.pk, via=via, data={"version": policy_set.version, **data})]
    record(facts, now=at)
