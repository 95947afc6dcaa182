"""What the pages of the definitions show: what is in force, what waits, who violates it, what became of whom."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from leads import conditions
from revops.lib.errors import Invalid
from scoring import approving
from scoring.definitions import STAGES, asks, violators, words
from scoring.definitions import outcomes as definition_outcomes
from scoring.definitions.outcomes import Outcome
from scoring.models import Approval, Definition, Side
from teams import access
from teams.models import Organisation, User

State = Definition.State
# Nobody counts what was agreed ten years ago on a page that is opened daily.
VERSIONS = 12


@dataclass(slots=True)
class Waiting:
    """A proposed definition: who has said yes, whose yes is missing with the people asked, what the reader may do."""

    given: list[Approval]
    missing: list[tuple[Side, list[User]]]
    may: list[Side]
    may_remind: bool


@dataclass(slots=True)
class Entry:
    """One stage. `versions`: what was agreed, newest first; `current`: in force; `coming`: waits for its day."""

    stage: str
    title: str
    versions: list[Definition]
    current: Definition | None
    coming: Definition | None
    draft: Definition | None
    today: date
    rule: dict[str, Any] | None = None
    broken: str = ""
    waiting: Waiting | None = None
    violations: violators.Counted | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @property
    def approvals(self) -> list[Approval]:
        return list(self.current.approvals.all()) if self.current else []

    @property
    def from_the_beginning(self) -> bool:
        """The first one holds for all that came before it too, so its day says nothing."""
        return bool(self.current and self.current == self.versions[-1])

    @property
    def review_due(self) -> bool:
        return bool(self.current and self.current.review_on and self.current.review_on <= self.today)

    @property
    def outcome(self) -> Outcome | None:
        return self.outcomes.get(self.current.version) if self.current else None


def entries(user: Any, *, now: datetime, stages: Sequence[str] = STAGES, all_versions: bool = False) -> list[Entry]:
    """Those stages that are defined, in order. `all_versions`: outcomes of each version, else of the one in force.

    Two queries, and at most three a stage.
    """
    yes = Prefetch("approvals", Approval.objects.select_related("by").order_by("at"))
    found = list(
        Definition.objects.filter(stage__in=stages)
        .select_related("created_by", "proposed_by")
        .prefetch_related(yes)
        .order_by("-version")
    )
    today = Organisation.get().today(now)
    shown = []
    for stage in stages:
        mine = [one for one in found if one.stage == stage]
        if not mine:
            continue
        agreed = [one for one in mine if one.state == State.PUBLISHED]
        begun = [one for one in agreed if one.effective_at <= now]
        current = begun[0] if begun else agreed[-1] if agreed else None
        entry = Entry(
            stage, words.TITLES[stage], agreed, current,
            min(
                (one for one in agreed if current and one.version > current.version),
                key=lambda one: (one.effective_at, -one.version), default=None,
            ),
            next((one for one in mine if one.state != State.PUBLISHED), None), today,
        )  # fmt: skip
        if entry.draft is not None and entry.draft.state == State.PROPOSED:
            entry.waiting = waiting(entry.draft, user)
        if current is not None:
            _look(entry, current, now=now, all_versions=all_versions)
        shown.append(entry)
    return shown


def waiting(draft: Definition, user: Any) -> Waiting:
    given = list(draft.approvals.all())
    missing = asks.missing(given)
    mine = any(yes.by_id == user.pk for yes in given)
    may = [] if mine else [side for side in approving.sides_of(user) if side in missing]
    return Waiting(
        given, [(side, approving.asked(side)) for side in missing], may, mine or access.may(user, "administer")
    )


def outline(predicate: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The rule as an indented list; or why it can't be read any more (what it names was taken away)."""
    try:
        return (conditions.outline(predicate) if predicate else None), ""
    except Invalid as wrong:
        return None, wrong.detail


def history(entry: Entry) -> list[dict[str, Any]]:
    """[{definition, begun, ended, changes, approvals, outcome}], newest first; `never`: overtaken before its day."""
    ran = definition_outcomes.periods(entry.versions)
    before = {one.version: former for one, former in zip(entry.versions, entry.versions[1:], strict=False)}
    rows = []
    for one in entry.versions:
        begun, ended = ran[one.version]
        rows.append({
            "definition": one, "begun": begun, "ended": ended, "never": ended is not None and ended <= begun,
            "coming": one == entry.coming, "current": one == entry.current, "approvals": list(one.approvals.all()),
            "changes": words.changes(before.get(one.version), one), "first": one.version not in before,
            "outcome": entry.outcomes.get(one.version),
        })  # fmt: skip
    return rows


def _look(entry: Entry, current: Definition, *, now: datetime, all_versions: bool) -> None:
    entry.rule, entry.broken = outline(current.predicate)
    if not entry.broken:
        entry.violations = violators.count(current, now=now)
    ran = entry.versions[:VERSIONS]
    # Where each version's time ends depends on those after it, so all are named; only one is looked up by itself.
    found = definition_outcomes.of(entry.stage, ran)
    entry.outcomes = found if all_versions else {current.version: found[current.version]} if current in ran else {}
