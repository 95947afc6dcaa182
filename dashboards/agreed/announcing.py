"""Shared wins: a goal reached, and a deal won that marketing brought and sales accepted, told to both sides once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from dashboards.agreed import goals
from dashboards.agreed.models import Goal
from deals.models import Deal
from journal.record import Fact, record
from notify.models import Notice
from teams.models import TeamKind, User

SIDES = [TeamKind.SALES.value, TeamKind.MARKETING.value]
# Nobody is told what a story or an import tells of the past.
SILENT = {"import", "demo"}


def look(now: datetime) -> int:
    """Goals reached since the last look: dated, recorded and told. Answers how many."""
    reached = [s.goal for s in goals.standing(now) if s.agreed and s.reached and s.goal.reached_at is None]
    told = 0
    for goal in reached:
        with transaction.atomic():
            if not Goal.objects.filter(pk=goal.pk, reached_at=None).update(reached_at=now):
                continue  # another process saw it first
            record([Fact("goal.reached", "goal", goal.pk, now, via="task")], now=now)
            _tell("goal.reached", "goal", goal.pk, f"goal:{goal.pk}:reached", {"name": goal.name}, now, how=["email"])
        told += 1
    return told


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """A reaction: a win that counts for both sides is news to both, in the app."""
    won = {f.subject_id: f for f in facts if f.kind == "deal.won" and f.via not in SILENT}
    if not won:
        return
    shared = Deal.objects.filter(
        pk__in=list(won), kind="new", lead__isnull=False, lead__rejected_at=None, source__side="marketing", stage="won"
    ).values_list("pk", "owner_id")
    for pk, owner in shared:
        fact = won[pk]
        data = {"amount": fact.data.get("amount"), "currency": fact.data.get("currency"), "owner": owner}
        _tell("deal.shared_win", "deal", pk, f"deal:{pk}:won:{fact.at.isoformat()}", data, now, but=fact.by)


def _tell(
    kind: str, subject: str, pk: int, key: str, data: dict, now: datetime, *, how: Sequence[str] = (),
    but: int | None = None,
) -> None:  # fmt: skip
    people = User.objects.active().filter(team__kind__in=SIDES).exclude(pk=but).values_list("pk", flat=True)
    Notice.objects.bulk_create(
        [Notice(user_id=user, kind=kind, subject_kind=subject, subject_id=pk, key=key, at=now, data=data, how=list(how))
         for user in people],
        ignore_conflicts=True,
    )  # fmt: skip


def names(goal_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """For notices: {goal id: (its name, its page)}."""
    return {goal.pk: (goal.name, "/goals/") for goal in Goal.objects.filter(pk__in=list(goal_ids))}
