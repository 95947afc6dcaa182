"""What was held as suspected spam, judged by people: let in as of when it was sent, or buried. Each is judged once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from leads import intake
from leads.models import Outcome, Submission
from leads.webforms import reading
from revops.lib.errors import DomainError, Forbidden, Invalid
from teams import access

if TYPE_CHECKING:
    from teams.models import User

MOST_AT_ONCE = 200


@dataclass(slots=True)
class Released:
    """`leads`: of those let in, in order; `refused`: {submission: why} of those whose data allow no lead."""

    leads: list[int]
    refused: dict[int, str]


def waiting() -> QuerySet[Submission]:
    """Held and not judged yet, the newest first."""
    return Submission.objects.filter(outcome=Outcome.SUSPECT, judged_at=None).order_by("-id")


def release(ids: Sequence[int], *, by: "User", at: datetime) -> Released:
    """Take them in as of when they were sent, through the same door as all others. Judged already: left out."""
    _may(by)
    with transaction.atomic():
        rows = _judge(ids, to=Outcome.SUSPECT, by=by, at=at)
        good, refused = [], {}
        for row in rows:
            try:
                good.append(reading.again(row, now=at, occurred_at=row.received_at))
            except DomainError as wrong:
                refused[row.pk] = wrong.detail
                row.outcome = Outcome.REFUSED
                row.errors = wrong.errors if isinstance(wrong, Invalid) else [
                    {"field": "", "code": wrong.code, "detail": wrong.detail}
                ]  # fmt: skip
                row.save(update_fields=["outcome", "errors"])
        outcomes = intake.capture(good, by=by, via="form", now=at)
    return Released([one.lead_id for one in outcomes if one.lead_id], refused)


def bury(ids: Sequence[int], *, by: "User", at: datetime) -> list[int]:
    """Spam for good: kept, and nobody's lead. Answers which were waiting still."""
    _may(by)
    with transaction.atomic():
        return [row.pk for row in _judge(ids, to=Outcome.SPAM, by=by, at=at)]


def put_back(ids: Sequence[int], *, by: "User") -> int:
    """Buried by mistake: back among those that wait. Answers how many."""
    _may(by)
    spam = Submission.objects.filter(pk__in=_few(ids), outcome=Outcome.SPAM)
    return spam.update(outcome=Outcome.SUSPECT, judged_at=None, judged_by=None)


def _judge(ids: Sequence[int], *, to: Outcome, by: "User", at: datetime) -> list[Submission]:
    """Those of `ids` that nobody has judged, now judged and held until the transaction ends."""
    rows = list(waiting().filter(pk__in=_few(ids)).select_for_update().order_by("id"))
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(outcome=to, judged_at=at, judged_by=by)
    return rows


def _few(ids: Sequence[int]) -> list[int]:
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(f"Judge at most {MOST_AT_ONCE} at once.", code="too_many")
    return list(ids)


def _may(by: "User") -> None:
    if not access.may(by, "import"):
        raise Forbidden("Marketing and administrators review what was held.", code="not_yours")
