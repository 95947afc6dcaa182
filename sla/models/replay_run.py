"""A replay of a draft: its result once it is there, its progress while it is counted."""

from django.db import models

from revops.lib.runs import Run


class ReplayRun(Run):
    """One for a draft, a target and a number of days: a newer one takes its place. `draft`: a PolicySet's id.

    `key`: what was replayed (draft and live set as they were, the day); `done` of `total` hand-offs are counted;
    `result`: a `replay.Replay` as JSON."""

    draft = models.BigIntegerField()
    target = models.CharField(max_length=16)
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "target", "days"], name="one_replay_a_draft"),
            Run.has_result("done_replays_have_results"),
        ]
