"""A model run over the past: what it would have handed over, and what became of those leads."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from revops.lib.runs import Run


class ReplayRun(Run):
    """The live model beside a draft (`draft` null: the live model alone), over `days` days before `started_at`.

    `definition`: the MQL definition that the draft was asked with, null = the one in force. `every`: only each n-th
    lead is looked at. A newer run of the same draft and days takes the place of an older one.
    """

    draft = models.ForeignKey("scoring.ScoringModel", null=True, on_delete=models.CASCADE, related_name="replays")
    definition = models.ForeignKey("scoring.Definition", null=True, on_delete=models.SET_NULL, related_name="+")
    days = models.PositiveSmallIntegerField()
    every = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "days"], nulls_distinct=False, name="one_replay_a_model"),
            Run.has_result("done_scoring_replays_have_results"),
        ]


class ReplayLead(models.Model):
    """One lead under both models. `*_at`: when it would have been handed over, null = never; `*_best`: the highest
    priority it reached before its real hand-over; `*_cell`: at the hand-over, else at the best; `*_points`:
    ten-thousandths of each rule at that moment, in the order of the model's rules. `needed`: places of the
    draft's rules without which it would not have been handed over; `held_back`: of those without which it would.
    """

    run = models.ForeignKey(ReplayRun, on_delete=models.CASCADE, related_name="leads", db_index=False)
    lead_id = models.BigIntegerField()
    opened_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    draft_at = models.DateTimeField(null=True)
    live_best = models.FloatField()
    draft_best = models.FloatField()
    live_cell = models.CharField(max_length=2)
    draft_cell = models.CharField(max_length=2)
    live_points = ArrayField(models.IntegerField(null=True))
    draft_points = ArrayField(models.IntegerField(null=True))
    needed = ArrayField(models.SmallIntegerField(), default=list)
    held_back = ArrayField(models.SmallIntegerField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "lead_id"], name="replayed_once")]
