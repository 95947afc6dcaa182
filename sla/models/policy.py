"""What we promise: an ordered list of lines, published as a set with a version."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from leads.conditions.field import ConditionField


class Target(models.TextChoices):
    """What a clock asks for (DOMAIN 1.3). The last four may run on a deal as well as, or instead of, a lead."""

    FIRST_RESPONSE = "first_response", "First response"
    ASSIGNMENT = "assignment", "Assignment"
    DISPOSITION = "disposition", "Disposition"
    TOUCH_MINIMUM = "touch_minimum", "Touches"
    STAGE_AGE = "stage_age", "Time in stage"
    NEXT_STEP = "next_step", "Next step"
    HANDOFF_SCHEDULED = "handoff_sched", "Hand-over call booked"
    HANDOFF_HELD = "handoff_call", "Hand-over call held"


class Tier(models.TextChoices):
    HOT = "hot", "Hot"
    INTENT = "intent", "High intent"
    STANDARD = "standard", "Standard"
    NONE = "", "–"


class Unit(models.TextChoices):
    """`amount` counts open seconds, nothing (the closing of the business day), business days or calendar days."""

    SECONDS = "seconds", "open time"
    SAME_BUSINESS_DAY = "same_business_day", "same business day"
    BUSINESS_DAYS = "business_days", "business days"
    DAYS = "days", "days"


class Hours(models.TextChoices):
    TEAM = "team", "the owner's team's hours"
    CALENDAR = "calendar", "a calendar"
    ALWAYS = "always", "round the clock"


class PauseReason(models.TextChoices):
    PROSPECT_ASKED = "prospect_asked", "The prospect asked for a time"
    LEGAL_HOLD = "legal_hold", "Legal hold"


class Carry(models.TextChoices):
    """What publishing does to clocks that run: they keep the line they began under, or take the new one."""

    PIN = "pin", "Open clocks keep their promise"
    CARRY = "carry", "Open clocks take the new promise"


class SetState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Live"
    RETIRED = "retired", "Retired"
    LAW = "law", "Not edited"


class PolicySet(models.Model):
    """One version of all lines. A draft may be edited; what was ever published never changes again.

    Version 0 holds what nobody edits line by line: what the law gives (requests about data), and what the two desks
    owe each other (a decision on a discount, a first answer to a request for content)."""

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=SetState.choices, default=SetState.DRAFT)
    change_mode = models.CharField(max_length=5, choices=Carry.choices, default=Carry.PIN)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_policy_set"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_policy_set"),
        ]


class Policy(models.Model):
    """First line of a target whose condition holds wins; a catch-all (`{}`) must end each target's list.

    `line`: the same line through all versions. `amount`: open seconds, or days, by `unit`. `hours`: team (the owner's
    team's calendar, else the organisation's), calendar (the one named), always (24×7). `goal`: the share that must be
    kept, in percent. `pause_reasons`: for which a clock may be paused; none = never. `hops`: how often a breach moves
    the lead on (0 = never); `bench`: whoever missed it gets no new leads until their manager says so. `terms`: what
    only one target needs: touch_minimum {"touches", "channels", "per_day"}; stage_age {"factor", "sample"} (amount is
    the least, in days); first_response {"cutoff"} (seconds, same business day).
    """

    policy_set = models.ForeignKey(PolicySet, on_delete=models.PROTECT, related_name="lines")
    line = models.UUIDField(default=uuid4)
    position = models.PositiveSmallIntegerField()
    target = models.CharField(max_length=16, choices=Target.choices)
    tier = models.CharField(max_length=10, choices=Tier.choices, default="", blank=True)
    name = models.CharField(max_length=80)
    condition = ConditionField(default=dict)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, choices=Unit.choices, default=Unit.SECONDS)
    hours = models.CharField(max_length=10, choices=Hours.choices, default=Hours.TEAM)
    calendar = models.ForeignKey("teams.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    goal = models.PositiveSmallIntegerField(default=90)
    pause_reasons = ArrayField(models.CharField(max_length=16, choices=PauseReason.choices), default=list)
    hops = models.PositiveSmallIntegerField(default=0)
    bench = models.BooleanField(default=False)
    terms = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy_set", "position"], name="policy_line_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["policy_set", "line"], name="policy_line_id_once"),
        ]


class Who(models.TextChoices):
    """Who hears a step, found when it fires: nobody is told by a name that has left."""

    OWNER = "owner", "owner"
    MANAGER = "manager", "manager"
    MONITOR = "monitor", "hand-off monitor"
    EXECUTIVE = "executive", "head of revenue"


class Channel(models.TextChoices):
    """How loudly a step asks to be heard; the app always shows it. People may choose otherwise for themselves."""

    APP = "app", "in the app"
    BROWSER = "browser", "push"
    EMAIL = "email", "e-mail"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Teams"


class Step(models.Model):
    """One rung of a line's ladder. `level` 1–99: percent of the target used; 100: due; from 101 on: `after` open
    seconds past due, in their order. `then` is "reassign" or nothing; only due may reassign."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="steps")
    level = models.PositiveSmallIntegerField()
    after = models.PositiveIntegerField(null=True)
    who = ArrayField(models.CharField(max_length=10, choices=Who.choices), default=list)
    how = ArrayField(models.CharField(max_length=10, choices=Channel.choices), default=list)
    then = models.CharField(max_length=10, blank=True, default="")

    class Meta:
        ordering = ["level"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "level"], name="step_once"),
            models.CheckConstraint(
                condition=Q(level__lte=100, after=None) | Q(level__gt=100, after__gt=0), name="steps_after_due_say_when"
            ),
        ]
