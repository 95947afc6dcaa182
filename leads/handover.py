"""Nobody's leads are left behind: all open ones of a person go to others in one batch, and the journal says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from journal.record import Fact, record
from leads import ownership, routing
from leads.models.company import Company
from leads.models.lead import Lead
from leads.models.routing import Pool, PoolMember
from leads.routing import waiting


def hand_over(from_user: Any, *, by: Any, at: datetime, to: Any = None, via: str = "page") -> int:
    """Give every open lead of `from_user` to `to`, or route each anew, never to the same person; how many there were.

    Where nobody at all can own one it is left without an owner and told as `lead.unassigned`. When the person is
    inactive their accounts go to `to` or become nobody's, and `user.deactivated` is recorded. Twice is once.
    """
    with transaction.atomic():
        # Accounts before leads, as intake takes them; leads in the order of ids, as every other change of owners does.
        accounts = 0 if from_user.is_active else Company.objects.filter(owner=from_user).update(owner=to)
        ids = list(
            Lead.objects.open().filter(owner=from_user).order_by("id").select_for_update(of=("self",), no_key=True)
            .values_list("id", flat=True)
        )  # fmt: skip
        facts = _assign(ids, from_user, to, by=by, at=at, via=via) if ids else []
        if not from_user.is_active:
            data = {"to": _id(to), "leads": len(ids), "accounts": accounts}
            facts.append(Fact("user.deactivated", "user", from_user.pk, at, by=_id(by), via=via, data=data))
        record(facts, now=at)
    return len(ids)


def open_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """{user id: open leads they own}, in one query; who has none is left out."""
    rows = Lead.objects.open().filter(owner_id__in=list(user_ids)).values_list("owner_id").annotate(n=Count("id"))
    return dict(rows.order_by())


def join_fallback(user: Any, *, by: Any, at: datetime) -> None:
    """A new seller takes turns in the fallback pool, at its end; so does an administrator while nobody else is in it,
    so that the very first lead has an owner. The pool is edited freely afterwards. Twice is once."""
    pool = Pool.objects.filter(is_fallback=True).first()
    if pool is not None and (user.role == "sales" or (user.role == "admin" and not pool.members.exists())):
        PoolMember.objects.get_or_create(pool=pool, user=user, defaults={"position": pool.members.count()})


def _assign(ids: Sequence[int], from_user: Any, to: Any, *, by: Any, at: datetime, via: str) -> list[Fact]:
    decided: dict[int, routing.Decision] = {}
    if to is not None:
        wanted = {lead: (to.pk, {"from": from_user.pk}) for lead in ids}
    else:
        decided = routing.route(ids, at=at, without={from_user.pk})
        wanted = {lead: (d.owner_id, {**d.why, "from": from_user.pk}) for lead, d in decided.items()}
    facts = ownership.assign(
        [
            ownership.Assignment(lead, owner, "handover", why)
            for lead, (owner, why) in wanted.items()
            if owner is not None
        ],
        at=at, now=at, by=_id(by), via=via,
    )  # fmt: skip
    nobody = [lead for lead, (owner, _) in wanted.items() if owner is None]
    facts += ownership.release(nobody, at=at, cause="handover", by=_id(by), via=via)
    return facts + waiting.keep(decided, at=at, by=_id(by), via=via)


def _id(user: Any) -> int | None:
    return user.pk if user is not None else None
