"""A promise being timed, and what it set off."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Clock(models.Model):
    """(subject, target, scope, run) of DOMAIN 1.2. Phase × breached_at × outcome are stored; the shown state is
    computed at read from `due_at` and now (`sla.state.state_of`), so a dead worker never shows green.

    `run` numbers clocks of the same subject, target and scope. `next_at`/`next_level`: the next warning (50, 75, 90)
    or the breach (100) the pulse must act on; null when nothing is left to fire. `calendar_version` null = 24×7.
    `levels` and `marks` run in parallel: at which instant each level is reached; the last is 100 at `due_at`.
    Policies and calendar versions are immutable and kept for good: no constraint is checked for each clock.
    `outcome`: met, met_late, cancelled, breached_cancelled, not_required. `history`: for reports, fires nothing.
    """

    lead = models.ForeignKey("leads.Lead", on_delete=models.PROTECT, related_name="clocks", db_index=False)
    target = models.CharField(max_length=16)
    tier = models.CharField(max_length=10, blank=True, default="", db_default="")
    scope = models.CharField(max_length=6, default="lead", db_default="lead")
    run = models.PositiveSmallIntegerField(default=1, db_default=1)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    policy = models.ForeignKey(
        "sla.Policy", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    calendar_version = models.ForeignKey(
        "teams.CalendarVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list, db_default=[])
    phase = models.CharField(max_length=8, default="running", db_default="running")
    breached_at = models.DateTimeField(null=True)
    detected_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="", db_default="")
    reason = models.CharField(max_length=20, blank=True, default="", db_default="")
    next_at = models.DateTimeField(null=True)
    next_level = models.PositiveSmallIntegerField(null=True)
    levels = ArrayField(models.PositiveSmallIntegerField(), default=list, db_default=[])
    marks = ArrayField(models.DateTimeField(), default=list, db_default=[])
    history = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "target", "scope", "run"], name="clock_run_once"),
            models.CheckConstraint(
                condition=Q(phase="stopped") | Q(outcome=""), name="only_stopped_clocks_have_outcomes"
            ),
            models.CheckConstraint(condition=~Q(phase="stopped") | Q(next_at=None), name="stopped_clocks_fire_nothing"),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=~Q(next_at=None), name="clock_next"),
            models.Index(fields=["owner", "due_at"], condition=~Q(phase="stopped"), name="clock_owner_open"),
        ]


class Effect(models.Model):
    """That a clock's event happened, once: event warning (level 50/75/90) or breach (100).

    Written only beside the clock's own row, in one statement, and clocks are never deleted: no constraint to check."""

    clock = models.ForeignKey(
        Clock, on_delete=models.PROTECT, related_name="effects", db_index=False, db_constraint=False
    )
    event = models.CharField(max_length=12)
    level = models.PositiveSmallIntegerField()
    effective_at = models.DateTimeField()
    detected_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "event", "level"], name="effect_once")]
