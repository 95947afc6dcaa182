"""What sales sent back, read as advice: the rule behind it, and a concrete change of it to replay.

Who counts the rejected leads stands above scoring; settings.SCORING_FEEDBACK names it (`let_in`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from revops.lib import words
from revops.lib.errors import Refused
from scoring import drafts
from scoring.models import Rule, ScoringModel
from teams import access


@dataclass(frozen=True, slots=True)
class LetIn:
    """`rejected` of the month's `of_rejected` rejected leads crossed only through this rule; of the accepted too.

    `enough`: the most points with which four fifths of those rejected would not have crossed; None = unknown.
    """

    line: UUID
    name: str
    points: float
    rejected: int
    of_rejected: int
    accepted: int
    of_accepted: int
    month: str
    enough: float | None

    @property
    def sentence(self) -> str:
        part, whole = words.number(self.rejected), words.number(self.of_rejected)
        share = words.share(self.rejected / self.of_rejected, 0)
        if self.of_rejected < words.SMALL_SAMPLE:
            return f"Rule “{self.name}” alone let in {part} of {self.month}’s {whole} rejected leads, small sample"
        return f"Rule “{self.name}” alone let in {share} of {self.month}’s rejected leads ({part} of {whole})"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`fields`: of the rule, as drafts.change takes them; `said`: the change in words."""

    fields: dict[str, Any]
    said: str


def rules(now: datetime) -> list[LetIn]:
    """This month's, the one to look at first first; empty when nobody says."""
    path = getattr(settings, "SCORING_FEEDBACK", "")
    return import_string(path)(now) if path else []


def proposed(rule: Rule, found: LetIn | None) -> Proposal:
    """A frequency rule asks once more often; another gives no more than keeps it from carrying leads over alone.

    Raises Refused when there is nothing to lower.
    """
    if rule.kind != Rule.Kind.FIT and rule.at_least is not None and rule.at_least > 1:
        return Proposal(
            {"at_least": rule.at_least + 1},
            f"“{rule.name}” asks for {rule.at_least + 1} times instead of {rule.at_least}",
        )
    if rule.points <= 1:
        raise Refused("This rule gives no points to take away. Nothing was changed.", code="nothing_to_change")
    enough = found.enough if found is not None else None
    wanted = max(1.0, min(float(round(rule.points / 2)) if enough is None else enough, rule.points - 1))
    return Proposal({"points": wanted}, f"“{rule.name}” gives {wanted:+g} instead of {rule.points:+g}")


def propose(line: UUID, *, by: Any, at: datetime, via: str = "page") -> tuple[ScoringModel, Proposal]:
    """Open the draft (or use the one there is) with that rule changed. Raises Forbidden, Refused.

    A draft in which the rule differs from what is live already is left as it is: somebody thought about it.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft = drafts.open_draft(by=by, at=at, via=via)
        rule = Rule.objects.filter(model=draft, line=line).first()
        live = Rule.objects.filter(model__state=ScoringModel.State.PUBLISHED, line=line).first()
        if rule is None or live is None:
            raise Refused("The rules have no such rule any more. Nothing was changed.", code="gone")
        if (rule.points, rule.at_least) != (live.points, live.at_least):
            return draft, Proposal({}, f"“{rule.name}” is changed in the draft already")
        change = proposed(rule, next((one for one in rules(at) if one.line == line), None))
        drafts.change(rule, change.fields, by=by, at=at, via=via)
    return draft, change
