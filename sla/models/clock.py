"""A promise being timed, and what it set off."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Clock(models.Model):
    """(subject, target, scope, run) of DOMAIN 1.2. Phase × breached_at × outcome are stored; the shown state is
    computed at read from `due_at` and now (`sla.state.state_of`), so a dead worker never shows green.

    The subject is a lead, a deal, a request about somebody's data or a request for content, one of them.
    `run` numbers clocks of the same subject, target and scope.
    `seconds`: open seconds from start to due without pauses, whatever the unit of the line.
    `next_at`/`next_level`: the next step (percent, 100 = due, 101… after due) the pulse must act on; null when nothing
    is left to fire. A paused clock has no due and nothing to fire; `resume_at`: when it goes on by itself.
    `calendar_version` null = 24×7. `levels` and `marks` run in parallel: at which instant each step is reached; 100 is
    at `due_at`. Policies and calendar versions are immutable and kept for good: no constraint is checked for them.
    `outcome`: met, met_late, cancelled, breached_cancelled, not_required. `history`: for reports, fires nothing.
    `tightened`: a stricter promise was carried over; due was never set before the moment of the change.
    """

    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    request = models.ForeignKey(
        "leads.DataRequest", null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False
    )
    content_request = models.ForeignKey(
        "marketing.ContentRequest", null=True, on_delete=models.PROTECT, related_name="clocks", db_index=False
    )
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
    resume_at = models.DateTimeField(null=True)
    tightened = models.BooleanField(default=False, db_default=False)
    history = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "target", "scope", "run"], name="clock_run_once"),
            models.UniqueConstraint(
                fields=["deal", "target", "scope", "run"], condition=~Q(deal=None), name="deal_clock_run_once"
            ),
            models.UniqueConstraint(
                fields=["request", "target", "scope", "run"], condition=~Q(request=None), name="request_clock_run_once"
            ),
            models.UniqueConstraint(
                fields=["content_request", "target", "scope", "run"],
                condition=~Q(content_request=None),
                name="content_clock_run_once",
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=False, deal=None, request=None, content_request=None)
                | Q(lead=None, deal__isnull=False, request=None, content_request=None)
                | Q(lead=None, deal=None, request__isnull=False, content_request=None)
                | Q(lead=None, deal=None, request=None, content_request__isnull=False),
                name="one_subject_a_clock",
            ),
            models.CheckConstraint(
                condition=Q(phase="stopped") | Q(outcome=""), name="only_stopped_clocks_have_outcomes"
            ),
            models.CheckConstraint(condition=Q(phase="running") | Q(next_at=None), name="only_running_clocks_fire"),
        ]
        indexes = [
            models.Index(fields=["next_at", "id"], condition=~Q(next_at=None), name="clock_next"),
            models.Index(fields=["owner", "due_at"], condition=~Q(phase="stopped"), name="clock_owner_open"),
            models.Index(fields=["resume_at"], condition=Q(phase="paused"), name="clock_resume"),
        ]


class Effect(models.Model):
    """That a clock's event happened, once: event warning (level below 100), breach (100) or chain (101…).

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


class Pause(models.Model):
    """A window [from_at, to_at) in which a clock did not count; open while `to_at` is null.

    `until`: when it ends by itself, null = when somebody says so. `stands`: recorded after the breach, which it doesn't
    undo, so it moves no due (DOMAIN 1.5). `approved_by`: the manager, where more than five business days were asked."""

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=16)
    note = models.CharField(max_length=400, blank=True, default="")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    stands = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["from_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(to_at=None), name="one_open_pause_a_clock"),
            models.CheckConstraint(
                condition=Q(to_at=None) | Q(to_at__gte=models.F("from_at")), name="pauses_end_after_they_begin"
            ),
        ]
