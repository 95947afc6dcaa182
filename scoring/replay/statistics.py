"""What is known of each rule of a model, from the newest replay that counted it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from revops.lib.runs import RunState
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
    """{line: …}; empty when the model was in no replay yet."""
    mine = Q(draft=model)
    if model.state == ScoringModel.State.PUBLISHED:
        # Of what was published, not of an earlier state of the draft.
        edited = model.edited_at.isoformat() if model.edited_at else ""
        mine = Q(draft=model, key__contains=f" m{model.pk} {edited}") | Q(key__startswith=f"m{model.pk} ")
    run = ReplayRun.objects.filter(mine, state=RunState.DONE).order_by("-started_at", "-pk").first()
    if run is None:
        return {}
    found = Result.from_json(run.result)
    return {UUID(one.line): _stats(one) for one in (found.rules if run.draft_id == model.pk else found.live_rules)}


def _stats(one: RuleEffect) -> RuleStats:
    return RuleStats(one.fires, one.of, one.known, one.won, one.sql_known, one.sql, one.points_30d)
