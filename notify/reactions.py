"""Who is told what: a lead or a next step handed to somebody is news to them, a touch that waits is news to whoever
approves it. Clocks write their own notices where they fire."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from journal.record import Fact
from revops.lib import bulk
from teams.models import Role, User

COLUMNS = {
    "user_id": "bigint", "kind": "text", "subject_kind": "text", "subject_id": "bigint", "key": "text",
    "at": "timestamptz", "data": "jsonb", "how": "text",
}  # fmt: skip
# Nobody is told of what they did themselves, nor of what a story tells of the past.
SILENT = {"import", "demo"}
TOLD_TO_ASKER = frozenset({"deal.discount_approved", "deal.discount_declined", "content.answered", "content.done",
                           "content.declined"})  # fmt: skip


def tell(facts: Sequence[Fact], *, now: datetime) -> None:
    """A notice to whom each fact concerns; told once, whoever retries."""
    heard = [f for f in facts if f.via not in SILENT]
    rows = [*_given(heard), *_handed(heard), *_steps(heard), *_approvals(heard, now), *_desks(heard)]
    if not rows:
        return
    relation, params = bulk.source(COLUMNS, rows)
    names = ", ".join(COLUMNS)
    selected = bulk.selected({name: kind for name, kind in COLUMNS.items() if name != "how"})
    bulk.run([(f"INSERT INTO notify_notice ({names}) SELECT {selected}, string_to_array(v.how, ' ')::varchar[] "
               f"FROM {relation} ON CONFLICT DO NOTHING", params)])  # fmt: skip


def _given(facts: Sequence[Fact]) -> Iterator[tuple]:
    """A lead to its new owner."""
    for f in facts:
        if f.kind == "lead.assigned" and f.data["owner"] != f.by:
            key = f"lead:{f.subject_id}:owner:{f.data['ownership']}"
            yield f.data["owner"], f.kind, "lead", f.subject_id, key, f.at, f.data, "browser"


def _steps(facts: Sequence[Fact]) -> Iterator[tuple]:
    """A next step to whom somebody else gave it."""
    for f in facts:
        owner = f.data.get("owner")
        if f.kind == "step.set" and owner and owner != f.by:
            yield owner, f.kind, f.subject_kind, f.subject_id, f"step:{f.data['step']}", f.at, f.data, "browser"


def _handed(facts: Sequence[Fact]) -> Iterator[tuple]:
    """A handover to who is asked to take it over, its answer to who sold, a customer to who looks after it now."""
    for f in facts:
        if f.kind in {"deal.handover_asked", "customer.given"}:
            whom = f.data.get("csm")
        elif f.kind in {"deal.handover_accepted", "deal.handover_returned"}:
            whom = f.data.get("owner")
        else:
            continue
        if whom and whom != f.by:
            key = f"{f.subject_kind}:{f.subject_id}:{f.kind}:{f.at.isoformat()}"
            yield whom, f.kind, f.subject_kind, f.subject_id, key, f.at, f.data, "browser"


def _approvals(facts: Sequence[Fact], now: datetime) -> list[tuple]:
    """A touch dated back, to the manager of whoever recorded it; to the administrators where there is none."""
    waiting = [f for f in facts if f.kind == "touch.logged" and f.by and _waits(f, now)]
    if not waiting:
        return []
    managers = _managers({f.by for f in waiting if f.by})
    return [
        (told, "touch.to_approve", "lead", f.subject_id, f"touch:{f.data['touch']}:approve", now,
         {"touch": f.data["touch"], "by": f.by}, "email")
        for f in waiting for told in managers[f.by or 0] if told != f.by
    ]  # fmt: skip


def _desks(facts: Sequence[Fact]) -> Iterator[tuple]:
    """A discount to whoever decides on it, the decision to whoever asked; a request for content to marketing, what
    became of it to whoever asked."""
    for f in facts:
        told, key = f.data.get("asked_by"), f"{f.kind}:{f.data.get('request', f.subject_id)}"
        if f.kind == "deal.discount_asked" and f.data.get("approver"):
            yield f.data["approver"], f.kind, "deal", f.subject_id, key, f.at, {**f.data, "by": f.by}, "browser email"
        elif f.kind in TOLD_TO_ASKER and told and told != f.by:
            yield told, f.kind, f.subject_kind, f.subject_id, key, f.at, {**f.data, "by": f.by}, "browser"
        elif f.kind == "content.asked":
            marketers = User.objects.active().filter(role=Role.MARKETING).exclude(pk=f.by)
            for pk in marketers.values_list("pk", flat=True):
                yield pk, f.kind, f.subject_kind, f.subject_id, key, f.at, {"by": f.by}, "browser"


def _waits(fact: Fact, now: datetime) -> bool:
    """It doesn't count, though its moment has passed: only somebody's word can make it count."""
    occurred: Any = fact.data.get("occurred_at")
    return not fact.data.get("counts", True) and bool(occurred) and datetime.fromisoformat(occurred) < now


def _managers(user_ids: set[int]) -> dict[int, list[int]]:
    """{user id: those who answer for them}, in two queries at most."""
    direct = dict(
        User.objects.filter(pk__in=user_ids).filter(Q(team__manager__is_active=True) | Q(team=None))
        .values_list("pk", "team__manager_id")
    )  # fmt: skip
    found = {pk: [manager] if (manager := direct.get(pk)) and manager != pk else [] for pk in user_ids}
    if not all(found.values()):
        admins = list(User.objects.active().filter(role=Role.ADMIN).values_list("pk", flat=True))
        found = {pk: managers or admins for pk, managers in found.items()}
    return found
