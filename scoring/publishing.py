"""Bringing a model into force: published, gone back from, or tried silently in the shadow first.

Only RevOps administrators, and keys with the scope admin. What is published never changes; the former version retires
in the same transaction, and the statement that scores notices by itself that another one is in force. Leads handed over
before keep their snapshots; open ones are rescored in lots by `rescoring`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from journal.drafting import clock, named
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from scoring.draft_checks import problems
from scoring.draft_differences import differences
from scoring.draft_hold import check_open, edited, hold, tell
from scoring.drafts import State, copied, live, next_version, the_draft, the_shadow
from scoring.models import ScoringModel
from teams import access

SHADOW_DAYS, MOST_SHADOW_DAYS = 14, 90
# What makes a model impossible to run: not even going back to it is allowed.
CANNOT_RUN = frozenset(["no_rules", "out_of_order", "unreadable", "score_in_rule"])


def publish(
    draft: ScoringModel, *, by: Any, at: datetime, hand_over: bool = False, seen: datetime | None = None,
    via: str = "page",
) -> ScoringModel:  # fmt: skip
    """The draft, or what runs in the shadow, goes live and the former one retires, all or nothing; twice is once.

    `hand_over`: inquiries that meet the definition by the new scores are handed over at once; else they wait for
    something new to happen. Raises Refused (code `problems`) naming what blocks, (code `stale`) when what is live has
    changed since the draft was begun.
    """
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = ScoringModel.objects.filter(pk=draft.pk).first()
        if kept is not None and kept.state == State.PUBLISHED and kept.published_by_id == by.pk:
            return kept
        kept = check_open(kept, seen=seen, shadow=True)
        former = live()
        _current(kept, former)
        wrong = [problem for problem in problems(kept) if problem.blocks]
        if wrong:
            raise Refused(f"Not published: {wrong[0].text}", code="problems")
        _go_live(kept, former, by=by, at=at)
        tell("model.published", kept, by=by, at=at, via=via, former=former.pk, hand_over=hand_over)
        _rescored(kept, hand_over=hand_over, by=by, at=at)
    return kept


def roll_back(
    to: ScoringModel, *, by: Any, at: datetime, hand_over: bool = False, via: str = "page"
) -> ScoringModel:  # fmt: skip
    """An older version goes live again, as a new one: a copy. What says the same as what is live changes nothing."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        to, former = ScoringModel.objects.get(pk=to.pk), live()
        if to.state in (State.DRAFT, State.SHADOW):
            raise Refused("A draft is published, not gone back to.", code="draft")
        if to.pk == former.pk or not differences(to, against=former):
            return former
        wrong = [problem for problem in problems(to) if problem.code in CANNOT_RUN]
        if wrong:
            raise Refused(f"v{to.version} can't be used again: {wrong[0].text}", code="problems")
        back = copied(to, based_on=former, by=by, at=at, state=State.RETIRED)
        back.note = f"Back to v{to.version}"
        _go_live(back, former, by=by, at=at)
        told = {"former": former.pk, "to": to.pk, "to_version": to.version, "hand_over": hand_over}
        tell("model.rolled_back", back, by=by, at=at, via=via, **told)
        _rescored(back, hand_over=hand_over, by=by, at=at)
    return back


def shadow(
    draft: ScoringModel, *, by: Any, at: datetime, days: int = SHADOW_DAYS, seen: datetime | None = None,
    via: str = "page",
) -> ScoringModel:  # fmt: skip
    """The draft scores silently beside what is live for `days` (1–90); nobody is handed over by it. Twice is once.

    It can't be edited meanwhile; another draft may be begun. Raises Refused (code `problems`, `stale`, `shadow`).
    """
    access.require(by, "administer")
    until = at + timedelta(days=_days(days))
    with transaction.atomic():
        hold()
        kept = ScoringModel.objects.filter(pk=draft.pk).first()
        if kept is not None and kept.state == State.SHADOW:
            return kept
        kept = check_open(kept, seen=seen)
        other = the_shadow()
        if other is not None:
            raise Refused(
                f"v{other.version} runs in the shadow until {clock(other.shadow_until)}: publish it or end it first.",
                code="shadow",
            )
        _current(kept, live())
        wrong = [problem for problem in problems(kept) if problem.blocks]
        if wrong:
            raise Refused(f"Not begun: {wrong[0].text}", code="problems")
        edited(kept, at=at)  # what was compiled of it before is never mistaken for it
        kept.state, kept.shadow_from, kept.shadow_until = State.SHADOW, at, until
        kept.save(update_fields=["state", "shadow_from", "shadow_until"])
        tell("model.shadowed", kept, by=by, at=at, via=via, until=until)
    return kept


def extend_shadow(
    model: ScoringModel, *, by: Any, at: datetime, days: int = SHADOW_DAYS, via: str = "page"
) -> ScoringModel:  # fmt: skip
    """Let it run until `days` from `at`, when that is later than what was agreed: twice is once."""
    access.require(by, "administer")
    until = at + timedelta(days=_days(days))
    with transaction.atomic():
        hold()
        kept = _in_shadow(model)
        if kept.shadow_until is None or until > kept.shadow_until:
            kept.shadow_until = until
            kept.save(update_fields=["shadow_until"])
            tell("model.shadowed", kept, by=by, at=at, via=via, until=until)
    return kept


def end_shadow(model: ScoringModel, *, by: Any, at: datetime, via: str = "page") -> ScoringModel:
    """It becomes the draft again. Refused (code `draft`) while another draft is open. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = ScoringModel.objects.filter(pk=model.pk).first()
        if kept is not None and kept.state == State.DRAFT:
            return kept
        kept = _in_shadow(model)
        if (other := the_draft()) is not None:
            raise Refused(
                f"v{other.version} is being drafted, and there is one draft at a time: discard or publish it first.",
                code="draft",
            )
        kept.state, kept.shadow_from, kept.shadow_until = State.DRAFT, None, None
        kept.save(update_fields=["state", "shadow_from", "shadow_until"])
        edited(kept, at=at)
        bulk.run([("DELETE FROM scoring_shadowscore WHERE model_id = %s", [kept.pk])])
        tell("model.unshadowed", kept, by=by, at=at, via=via)
    return kept


# --- what they have in common ------------------------------------------------


def _current(kept: ScoringModel, former: ScoringModel) -> None:
    if kept.based_on_id != former.pk:
        raise Refused(
            f"{named(former.published_by_id)} published v{former.version} at {clock(former.published_at)}, after "
            "this draft was begun. Discard it and start from what is live now. Nothing was changed.",
            code="stale",
        )


def _go_live(chosen: ScoringModel, former: ScoringModel, *, by: Any, at: datetime) -> None:
    ScoringModel.objects.filter(pk=former.pk).update(state=State.RETIRED, retired_at=at)
    if chosen.version < former.version:  # somebody went back while it was a draft
        chosen.version = next_version()
    chosen.state, chosen.published_at, chosen.published_by = State.PUBLISHED, at, by
    if chosen.shadow_from is not None:
        chosen.shadow_until = at
        bulk.run([("DELETE FROM scoring_shadowscore WHERE model_id = %s", [chosen.pk])])
    chosen.save()


def _rescored(model: ScoringModel, *, hand_over: bool, by: Any, at: datetime) -> None:
    from scoring import rescoring

    rescoring.begin(model, hand_over=hand_over, by=by, at=at)


def _in_shadow(model: ScoringModel) -> ScoringModel:
    kept = ScoringModel.objects.filter(pk=model.pk, state=State.SHADOW).first()
    if kept is None:
        raise Refused("This model does not run in the shadow any more. Nothing was changed.", code="stale")
    return kept


def _days(days: Any) -> int:
    if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= MOST_SHADOW_DAYS:
        return days
    raise Invalid(
        f"Give whole days, from 1 to {MOST_SHADOW_DAYS}.", code="not_a_whole_number", field="days"
    )  # fmt: skip
