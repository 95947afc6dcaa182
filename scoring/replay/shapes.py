"""Replays as REST tells them: the shapes for the OpenAPI document, and how they are written."""

from typing import Any

from rest_framework import serializers as s

from revops.lib.openapi import Strict, shaped
from revops.lib.runs import RunState
from scoring.models import ReplayRun
from scoring.replay import running

OF = ["draft", "shadow", "live"]
DEFINITIONS = ["in_force", "open"]


class ReplayBody(Strict):
    """Which model runs over how many days, and by which MQL definition it hands over."""

    of = shaped({"type": "string", "enum": OF}, help_text="The draft if unsaid; `live`: the published model alone.")
    days = shaped({"type": "integer", "minimum": 1, "maximum": running.MOST_DAYS})
    definition = shaped({"type": "string", "enum": DEFINITIONS}, help_text="`open`: the one being drafted or proposed.")


class ThresholdRow(s.Serializer):
    at_least = s.FloatField()
    tp = s.IntegerField()
    fp = s.IntegerField()
    fn = s.IntegerField()
    tn = s.IntegerField()
    precision = s.FloatField(allow_null=True)
    recall = s.FloatField(allow_null=True)
    f1 = s.FloatField(allow_null=True)


class ReplaySide(s.Serializer):
    """`handed` in the period, `a_day`. Of the leads old enough: `old_handed` it hands over, `known` of these were
    worked, `sql` of those became SQL; `unknown` were never worked. `won` of `won_known` were won. `auc`, `lift` (at
    20%) and the shares held by the top fifth rank by the best priority before the real hand-over."""

    version = s.IntegerField()
    definition = s.IntegerField(allow_null=True)
    handed = s.IntegerField()
    a_day = s.FloatField()
    old_handed = s.IntegerField()
    known = s.IntegerField()
    sql = s.IntegerField()
    unknown = s.IntegerField()
    won_known = s.IntegerField()
    won = s.IntegerField()
    precision = s.FloatField(allow_null=True)
    recall = s.FloatField(allow_null=True)
    auc = s.FloatField(allow_null=True)
    lift = s.FloatField(allow_null=True)
    top_fifth_sqls = s.FloatField(allow_null=True)
    top_fifth_wins = s.FloatField(allow_null=True)
    thresholds = ThresholdRow(many=True)


class ReplayDay(s.Serializer):
    date = s.DateField()
    live = s.IntegerField()
    draft = s.IntegerField()


class ReplayRule(s.Serializer):
    """`needed`: hand-overs of the period that hang on the rule; `held_back`: leads it keeps out."""

    line = s.UUIDField()
    name = s.CharField()
    kind = s.CharField()
    points = s.FloatField()
    fires = s.IntegerField()
    of = s.IntegerField()
    sql = s.IntegerField()
    sql_known = s.IntegerField()
    won = s.IntegerField()
    known = s.IntegerField()
    points_30d = s.FloatField()
    needed = s.IntegerField()
    needed_sql = s.IntegerField()
    held_back = s.IntegerField()


class LoadOfRep(s.Serializer):
    user = s.IntegerField(allow_null=True)
    name = s.CharField()
    team = s.CharField(allow_blank=True)
    live = s.FloatField(help_text="Leads a working day.")
    draft = s.FloatField()
    capacity = s.FloatField(allow_null=True)


class LoadOfHour(s.Serializer):
    hour = s.IntegerField()
    live = s.FloatField(help_text="Response clocks begun in this hour of a working day.")
    draft = s.FloatField()
    on_shift = s.FloatField()
    can_answer = s.FloatField(allow_null=True)


class LoadRow(s.Serializer):
    reps = LoadOfRep(many=True)
    hours = LoadOfHour(many=True)
    zone = s.CharField()
    note = s.CharField(allow_blank=True)


class ExcludedRow(s.Serializer):
    young_sql = s.IntegerField(help_text="Opened in the last 60 days.")
    young_won = s.IntegerField(help_text="Opened in the last 180 days.")
    undated = s.IntegerField()


class ReplayResult(s.Serializer):
    """The live model beside the other one, over [since, until). `every`: only each n-th lead was looked at."""

    days = s.IntegerField()
    since = s.DateTimeField()
    until = s.DateTimeField()
    zone = s.CharField()
    short_of = s.IntegerField(allow_null=True, help_text="Days of history, where there are fewer than asked for.")
    leads = s.IntegerField()
    every = s.IntegerField()
    live = ReplaySide()
    draft = ReplaySide(allow_null=True)
    judged_sql = s.IntegerField()
    sqls = s.IntegerField()
    judged_won = s.IntegerField()
    wins = s.IntegerField()
    entering = s.IntegerField()
    entering_sql = s.IntegerField()
    entering_unknown = s.IntegerField()
    leaving = s.IntegerField()
    leaving_sql = s.IntegerField()
    by_day = ReplayDay(many=True)
    rules = ReplayRule(many=True)
    live_rules = ReplayRule(many=True)
    load = LoadRow()
    excluded = ExcludedRow()
    without_history = s.ListField(child=s.CharField())
    best_estimated = s.BooleanField(help_text="The cuts of a best share in the past are estimated week by week.")
    took = s.FloatField()
    missing = s.CharField(allow_blank=True)


class Replay(s.Serializer):
    """`done` of `total` leads are counted. `stale`: of a draft, live model or definition that has changed since."""

    id = s.IntegerField()
    state = s.ChoiceField(list(RunState.values))
    done = s.IntegerField()
    total = s.IntegerField()
    model = s.IntegerField(allow_null=True, help_text="Null: the live model alone.")
    definition = s.IntegerField(allow_null=True, help_text="Null: the one in force.")
    days = s.IntegerField()
    started_at = s.DateTimeField()
    beat_at = s.DateTimeField()
    stale = s.BooleanField()
    result = ReplayResult(allow_null=True)


class MovedLead(s.Serializer):
    """`worked`: it was really handed over; else nobody knows what would have become of it."""

    lead_id = s.IntegerField()
    name = s.CharField()
    company = s.CharField(allow_blank=True)
    opened_at = s.DateTimeField()
    at = s.DateTimeField()
    live_cell = s.CharField()
    draft_cell = s.CharField()
    stage = s.CharField()
    worked = s.BooleanField()


class MovedLeads(s.Serializer):
    next = s.URLField(allow_null=True)
    previous = s.URLField(allow_null=True)
    results = MovedLead(many=True)


def as_json(run: ReplayRun, *, now: Any) -> dict[str, Any]:
    return {
        "id": run.pk, "state": run.state, "done": run.done, "total": run.total, "model": run.draft_id,
        "definition": run.definition_id, "days": run.days, "started_at": run.started_at, "beat_at": run.beat_at,
        "stale": not running.stands_for(run, now=now), "result": run.result if run.state == RunState.DONE else None,
    }  # fmt: skip
