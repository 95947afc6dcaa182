"""What the outcomes teach: a fitted model with its honesty beside it, and the points it suggests one by one."""

from django.conf import settings
from django.db import models

from revops.lib.runs import Run


class LearningRun(Run):
    """A logistic regression over the leads old enough to be judged. `outcome`: sql or won; `horizon`: days."""

    outcome = models.CharField(max_length=8)
    horizon = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [Run.has_result("done_learning_has_a_result")]


class Suggestion(models.Model):
    """Points for one rule, as the outcomes suggest them. `rule`: its lasting line. `low`, `high`: of the points, 95%.
    `accepted_into`: the draft a person took it into."""

    run = models.ForeignKey(LearningRun, on_delete=models.CASCADE, related_name="suggestions")
    rule = models.UUIDField()
    points_now = models.FloatField()
    points = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    beta = models.FloatField()
    leads_with = models.PositiveIntegerField()
    leads_without = models.PositiveIntegerField()
    conversions = models.PositiveIntegerField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_into = models.ForeignKey("scoring.ScoringModel", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "rule"], name="suggested_once")]
