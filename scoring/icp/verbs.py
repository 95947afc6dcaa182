"""A profile from a proposal to being in force: derived, trimmed value by value, proposed, approved by both sides.

RevOps administrators (and keys with the scope admin) derive and edit; the sides approve (`scoring.approving`). One
version is open at a time, and one change at a time. Every change is a fact about ("icp", id).
"""

import calendar
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from journal import drafting
from journal.record import Fact, record
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from revops.lib.runs import RunState
from scoring import approving, rescoring
from scoring.icp import deriving, lifts, words
from scoring.models import Icp, IcpApproval, Rescoring, ScoringModel
from teams import access
from teams.models import Organisation

SUBJECT = "icp"
State = Icp.State
OPEN = [State.DRAFT, State.PROPOSED]
LONGEST = 600


def in_force() -> Icp | None:
    return Icp.objects.filter(state=State.PUBLISHED).first()


def open_one() -> Icp | None:
    """The version that is being made: a draft, or one that waits for approval."""
    return Icp.objects.filter(state__in=OPEN).select_related("created_by").order_by("-version").first()


def derive(*, by: Any, at: datetime, via: str = "page") -> Icp:
    """A draft from the deals decided until `at`, with what is clearly more common among the best as its criteria.

    An open draft is counted again from scratch. Raises Refused (code `too_few`) under 20 customers older than 90 days,
    (code `waits`) while a version waits for approval.
    """
    access.require(by, "administer")
    with transaction.atomic():
        _hold()
        icp = open_one()
        if icp is not None and icp.state == State.PROPOSED:
            raise Refused(f"v{icp.version} waits for approval. Take it back first.", code="waits")
        found = deriving.basis(at=at)
        if not found["enough"]:
            raise Refused(words.too_few(found["customers"]), code="too_few")
        if icp is None:
            newest = Icp.objects.aggregate(newest=Max("version"))["newest"] or 0
            icp = Icp(version=newest + 1, created_at=at, created_by=by, edited_at=at)
        icp.basis = found
        icp.criteria = deriving.criteria(found, {(row["attribute"], row["value"]) for row in deriving.proposed(found)})
        icp.sentence = words.sentence(icp.criteria)
        _edited(icp, at=at)
        _tell("icp.derived", icp, by=by, at=at, via=via, customers=found["customers"], criteria=len(icp.criteria))
    return icp


def keep(
    icp: Icp, attribute: str, value: str, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Icp:
    """Make one value of the table a criterion; twice is once. Raises Refused for a value too few customers have."""
    return _choose(icp, attribute, value, True, by=by, at=at, seen=seen, via=via)


def drop(
    icp: Icp, attribute: str, value: str, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Icp:
    """Take one value out of the criteria; twice is once."""
    return _choose(icp, attribute, value, False, by=by, at=at, seen=seen, via=via)


def say(
    icp: Icp, sentence: str, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Icp:  # fmt: skip
    """The profile in the company's own words, at most 600 characters; empty = as the criteria read."""
    access.require(by, "administer")
    text = " ".join(sentence.split())
    if len(text) > LONGEST or "\x00" in text:
        raise Invalid(f"Use at most {LONGEST} characters.", code="too_long", field="sentence")
    with transaction.atomic():
        icp = _draft(icp, seen=seen)
        text = text or words.sentence(icp.criteria)
        if text != icp.sentence:
            icp.sentence = text
            _edited(icp, at=at)
            _tell("icp.changed", icp, by=by, at=at, via=via, said=True)
    return icp


def propose(icp: Icp, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> Icp:
    """Ask both sides; nothing is edited until it is taken back. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        kept = _held(icp)
        if kept.state == State.PROPOSED:
            return kept
        icp = _draft(kept, seen=seen)
        if not icp.criteria:
            raise Refused("Keep at least one value: a profile without a criterion fits everybody.", code="empty")
        icp.state = State.PROPOSED
        _edited(icp, at=at)
        _tell("icp.proposed", icp, by=by, at=at, via=via)
    return icp


def withdraw(icp: Icp, *, by: Any, at: datetime, via: str = "page") -> Icp:
    """Take a proposal back into a draft; the approvals so far are gone. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        icp = _held(icp)
        if icp.state == State.PROPOSED:
            bulk.run([("DELETE FROM scoring_icpapproval WHERE icp_id = %s", [icp.pk])])
            icp.state = State.DRAFT
            _edited(icp, at=at)
            _tell("icp.withdrawn", icp, by=by, at=at, via=via)
        elif icp.state != State.DRAFT:
            raise Refused(f"v{icp.version} is in force: what was agreed never changes.", code="published")
    return icp


def discard(icp: Icp, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Throw a draft away; what is in force stays. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        _hold()
        if not Icp.objects.filter(pk=icp.pk).exists():
            return
        icp = _draft(icp, seen=seen)
        _tell("icp.discarded", icp, by=by, at=at, via=via)
        bulk.run([("DELETE FROM scoring_icp WHERE id = %s", [icp.pk])])


def approve(icp: Icp, *, side: str, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> Icp:
    """One side's yes; with the second one, of somebody else, it is in force from `at` and the former retires."""
    with transaction.atomic():
        icp = _held(icp)
        given = list(icp.approvals.all())
        if icp.state == State.PUBLISHED and any(yes.side == side and yes.by_id == by.pk for yes in given):
            return icp
        if icp.state != State.PROPOSED:
            raise Refused("It is not proposed at the moment. Nothing was changed.", code="stale")
        drafting.check_seen(icp, seen=seen, subject=SUBJECT)
        if approving.check(by, side, given):
            given.append(IcpApproval.objects.create(icp=icp, side=side, by=by, at=at))
            _tell("icp.approved", icp, by=by, at=at, via=via, side=str(side))
            if approving.complete(given):
                _publish(icp, by=by, at=at, via=via)
    return icp


def next_review(day: date) -> date:
    """The same day three months on, or the last of that month."""
    years, month = divmod(day.month - 1 + 3, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


# --- what they have in common ------------------------------------------------


def _choose(
    icp: Icp, attribute: str, value: str, keeps: bool, *, by: Any, at: datetime, seen: datetime | None, via: str
) -> Icp:
    access.require(by, "administer")
    with transaction.atomic():
        icp = _draft(icp, seen=seen)
        row = next((r for r in icp.basis["rows"] if (r["attribute"], r["value"]) == (attribute, value)), None)
        if row is None:
            raise Invalid("There is no such value in the table.", code="not_a_choice", field="value")
        if keeps and row["n"] < lifts.LEAST:
            raise Refused(f"Fewer than {lifts.LEAST} customers have it: that is too few to go by.", code="too_few")
        before = chosen(icp)
        after = before | {(attribute, value)} if keeps else before - {(attribute, value)}
        if after != before:
            own_words = icp.sentence != words.sentence(icp.criteria)
            icp.criteria = deriving.criteria(icp.basis, after)
            if not own_words:
                icp.sentence = words.sentence(icp.criteria)
            _edited(icp, at=at)
            _tell("icp.changed", icp, by=by, at=at, via=via, **{"kept" if keeps else "dropped": [attribute, value]})
    return icp


def chosen(icp: Icp) -> set[tuple[str, str]]:
    return {(one["attribute"], value) for one in icp.criteria for value in one["values"]}


def _publish(icp: Icp, *, by: Any, at: datetime, via: str) -> None:
    former = in_force()
    if former is not None:
        Icp.objects.filter(pk=former.pk).update(state=State.RETIRED)
        _tell("icp.retired", former, by=by, at=at, via=via, next=icp.version)
    icp.state, icp.effective_at = State.PUBLISHED, at
    icp.review_on = next_review(Organisation.get().today(at))
    icp.save()
    _tell("icp.published", icp, by=by, at=at, via=via, former=former.pk if former else None)
    _rescored(by=by, at=at)


def _rescored(*, by: Any, at: datetime) -> None:
    """Scores that count the match follow it. Nobody is handed over for that alone: the people did nothing new."""
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    if model is not None and any(names_it(rule.condition) for rule in model.rules.all()):
        running = Rescoring.objects.filter(state=RunState.RUNNING, model=model).select_related("definition").first()
        rescoring.begin(
            model, definition=running.definition if running else None, hand_over=running is not None and
            running.hand_over, by=by, at=at,
        )  # fmt: skip


def names_it(node: Any) -> bool:
    """Whether a condition asks for the match."""
    if isinstance(node, dict):
        return node.get("attribute") == "company.icp" or any(names_it(part) for part in node.values())
    return isinstance(node, list) and any(names_it(part) for part in node)


def _hold() -> None:
    drafting.hold("scoring.icp")


def _held(icp: Icp) -> Icp:
    _hold()
    kept = Icp.objects.filter(pk=icp.pk).first()
    if kept is None:
        raise drafting.gone(SUBJECT, "icp.discarded")
    return kept


def _draft(icp: Icp, *, seen: datetime | None) -> Icp:
    kept = _held(icp)
    if kept.state == State.PROPOSED:
        raise Refused("It waits for approval. Take it back to change it; the approvals go with that.", code="waits")
    if kept.state != State.DRAFT:
        raise Refused(f"v{kept.version} was agreed and never changes.", code="published")
    drafting.check_seen(kept, seen=seen, subject=SUBJECT)
    return kept


def _edited(icp: Icp, *, at: datetime) -> None:
    icp.edited_at = drafting.later(icp, at) if icp.pk is not None else at
    icp.save()


def _tell(kind: str, icp: Icp, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    record([Fact(kind, SUBJECT, icp.pk, at, by=by.pk, via=via, data={"version": icp.version, **data})], now=at)
