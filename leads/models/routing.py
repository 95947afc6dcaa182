"""Who takes leads: versioned plans of ordered rules, the pools they lead to, named accounts, and what waits."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from leads.conditions.field import ConditionField
from revops.lib.runs import Run


class Pool(models.Model):
    """`is_fallback`: takes what no rule matches; exactly one. `method` claim: nobody is given its leads, members pick
    them, each at most `picks_open` open at a time and `picks_an_hour` in any hour (null = no limit)."""

    class Method(models.TextChoices):
        TURNS = "turns", "By turns"
        LEAST_LOADED = "least_loaded", "Least loaded"
        CLAIM = "claim", "Claim queue"

    name = models.CharField(max_length=80, unique=True)
    is_fallback = models.BooleanField(default=False)
    method = models.CharField(max_length=12, choices=Method.choices, default=Method.TURNS, db_default=Method.TURNS)
    picks_open = models.PositiveSmallIntegerField(null=True, blank=True)
    picks_an_hour = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_fallback"], condition=models.Q(is_fallback=True), name="one_fallback")
        ]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """`cap`: open leads above which the member is passed over; `per_day`, `per_week`: leads that pools may give them
    a day, and from Monday on, in the organisation's zone. Null = none. `skills`: lower-case words that rules ask for.
    """

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pools")
    weight = models.PositiveSmallIntegerField(default=1)
    cap = models.PositiveIntegerField(null=True, blank=True)
    per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    per_week = models.PositiveSmallIntegerField(null=True, blank=True)
    skills = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="pool_member_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="weight_at_least_one"),
        ]


class Rotation(models.Model):
    """The turn of a pool, its own row and lock: {user id: current weight} of the smooth round robin."""

    pool = models.OneToOneField(Pool, primary_key=True, on_delete=models.CASCADE, related_name="rotation")
    current = models.JSONField(default=dict)


class RoutingPlan(models.Model):
    """One version of the rules with what is asked before them. A draft is edited and compared by `edited_at`; what went
    live never changes.

    `deal_owner`: who has an open deal with the company, or won it, comes first. `named_accounts`: then who has it on a
    list. `account_owner`: then the owner of the account. `sticky_days`: then who had the person's last cycle, when that
    began at most so many days ago (null = never). `account_sticky`: then who has an open lead of the same company.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        PAST = "past"

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    note = models.CharField(max_length=400, blank=True, default="")
    deal_owner = models.BooleanField(default=True)
    named_accounts = models.BooleanField(default=True)
    account_owner = models.BooleanField(default=True)
    sticky_days = models.PositiveSmallIntegerField(null=True)
    account_sticky = models.BooleanField(default=False)
    based_on = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="live"), name="one_live_routing_plan"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_routing_plan"),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class RoutingRule(models.Model):
    """First match from the top wins; `condition` in the language of leads.conditions. `line`: the same rule through all
    versions. `to` pool: to who is next in `pool` (of method claim: into its queue) and has all the `skills`; person: to
    `person`; account_owner: to the owner of the account, where there is one who is here."""

    class To(models.TextChoices):
        POOL = "pool", "A pool"
        PERSON = "person", "A person"
        ACCOUNT_OWNER = "account_owner", "The account’s owner"

    plan = models.ForeignKey(RoutingPlan, on_delete=models.CASCADE, related_name="rules")
    line = models.UUIDField(default=uuid4)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    condition = ConditionField(default=dict)
    to = models.CharField(max_length=14, choices=To.choices, default=To.POOL)
    pool = models.ForeignKey(Pool, null=True, on_delete=models.PROTECT, related_name="rules")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "line"], name="routing_rule_line_once"),
            models.CheckConstraint(
                condition=Q(to="pool", pool__isnull=False, person=None)
                | Q(to="person", pool=None, person__isnull=False)
                | Q(to="account_owner", pool=None, person=None),
                name="routing_rule_leads_somewhere",
            ),
        ]


class AccountList(models.Model):
    """Accounts by name, before they are customers. `owner`: of those without an owner of their own."""

    name = models.CharField(max_length=80, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="account_lists")
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class NamedAccount(models.Model):
    """A firm on a list, known here or not yet: by its registrable `domain`, else by its normalised name (`name_key`).
    On several lists, the oldest entry counts."""

    list = models.ForeignKey(AccountList, on_delete=models.CASCADE, related_name="accounts")
    name = models.CharField(max_length=200, blank=True, default="")
    name_key = models.CharField(max_length=200, blank=True, default="")
    domain = models.CharField(max_length=255, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="named_accounts"
    )

    class Meta:
        ordering = ["name_key", "domain", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name_key="") | ~Q(domain=""), name="named_account_has_a_name"),
            models.UniqueConstraint(fields=["list", "domain"], condition=~Q(domain=""), name="named_domain_once"),
            models.UniqueConstraint(
                fields=["list", "name_key"], condition=Q(domain=""), name="named_account_name_once"
            ),
        ]
        indexes = [
            models.Index(fields=["domain"], condition=~Q(domain=""), name="named_account_domain"),
            models.Index(fields=["name_key"], condition=~Q(name_key=""), name="named_account_name"),
        ]


class Waiting(models.Model):
    """A lead without an owner. `kind` held: nobody can own it now, it is tried again at `retry_at`; claim: it lies in
    the queue `pool` until a member picks it who has all the `skills`. Gone once somebody owns the lead."""

    class Kind(models.TextChoices):
        HELD = "held"
        CLAIM = "claim"

    lead = models.OneToOneField("leads.Lead", primary_key=True, on_delete=models.CASCADE, related_name="waiting")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    pool = models.ForeignKey(Pool, null=True, on_delete=models.PROTECT, related_name="waiting", db_index=False)
    skills = ArrayField(models.CharField(max_length=40), default=list)
    since = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    why = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["pool", "since", "lead"], condition=Q(kind="claim"), name="waiting_to_be_picked"),
            models.Index(fields=["retry_at"], condition=Q(kind="held"), name="waiting_to_be_tried"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="held", retry_at__isnull=False) | Q(kind="claim", pool__isnull=False),
                name="waiting_for_something",
            )
        ]


class RoutingRun(Run):
    """The leads handed over in [since, until) as `plan` would have routed them. A newer run of the same plan and
    period takes the place of an older one."""

    plan = models.ForeignKey(RoutingPlan, on_delete=models.CASCADE, related_name="runs")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "since", "until"], name="one_routing_run_a_period"),
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="routing_run_ends_after_it_begins"),
            Run.has_result("done_routing_runs_have_results"),
        ]


class RoutingRunLead(models.Model):
    """One lead of a run: `had` is whom it was first given to, `gets` whom the plan gives it to (null = nobody, or a
    claim queue), `against` whom the live plan gives it to under a draft, else as `had`. `differs`: something else
    becomes of it than against what it is compared with. `found`: what the rules of each plan said, kept until the
    turns are taken (routing.month_turns.kept). `why`: as of a Decision."""

    run = models.ForeignKey(RoutingRun, on_delete=models.CASCADE, related_name="leads", db_index=False)
    lead_id = models.BigIntegerField()
    at = models.DateTimeField()
    had_id = models.BigIntegerField(null=True)
    gets_id = models.BigIntegerField(null=True)
    against_id = models.BigIntegerField(null=True)
    differs = models.BooleanField(default=False, db_default=False)
    cause = models.CharField(max_length=16, blank=True, default="")
    found = models.JSONField(default=list)
    why = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "lead_id"], name="routed_once_a_run")]
