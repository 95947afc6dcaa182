"""What is known of each rule of a model, from the newest replay that counted it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from revops.lib.runs import RunState
from scoring.draft_differences import between, rules_of
from scoring.models import ReplayRun, ScoringModel
from scoring.replay.result import Result, RuleEffect


@dataclass(frozen=True, slots=True)
class RuleStats:
    """It gave points to `fires` of `of` leads opened in the period; of those who got some, were worked and are old
    enough, `won` of `known` were won and `sql` of `sql_known` became SQL; `points_30d`: given to the leads opened in
    the last 30 days."""

    fires: int
    of: int
    known: int
    won: int
    sql_known: int
    sql: int
    points_30d: float


def of(model: ScoringModel) -> dict[UUID, RuleStats]:
    """{line: …} of the rules as they are now. What was counted before the last edit is of other rules and left out;
    until a model is counted itself, the rules it has unchanged from the one before it keep what was known of them."""
    if found := _counted(model):
        return found
    former = model.based_on
    known = _counted(former) if former is not None and model.state == ScoringModel.State.PUBLISHED else {}
    if not known:
        return {}
    other = {one.line for one in between(rules_of(former), rules_of(model)) if one.field not in ("name", "place")}
    return {line: one for line, one in known.items() if line not in other}


def in_result(found: Result, *, live: bool = False) -> dict[UUID, RuleStats]:
    """{line: …} of the draft's rules, or of the live model's."""
    return {UUID(one.line): _stats(one) for one in (found.live_rules if live else found.rules)}


def _counted(model: ScoringModel) -> dict[UUID, RuleStats]:
    edited = model.edited_at or model.published_at
    mine = Q(key__startswith=f"m{model.pk} ")
    mine |= Q(draft=model, key__contains=f" m{model.pk} {edited.isoformat() if edited else ''}")
    run = ReplayRun.objects.filter(mine, state=RunState.DONE).order_by("-started_at", "-pk").first()
    return in_result(Result.from_json(run.result), live=run.draft_id != model.pk) if run is not None else {}


def _stats(one: RuleEffect) -> RuleStats:
    return RuleStats(one.fires, one.of, one.known, one.won, one.sql_known, one.sql, one.points_30d)
