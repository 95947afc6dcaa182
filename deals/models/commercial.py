"""What is sold for how much, and what is given away for what in return. Money in minor units."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Billing(models.TextChoices):
    ONE_OFF = "one_off", "One-off"
    MONTHLY = "monthly", "A month"
    ANNUAL = "annual", "A year"


class Product(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    billing = models.CharField(max_length=8, choices=Billing.choices, default=Billing.ANNUAL)
    list_price = models.BigIntegerField(help_text="Of one unit, for one billing period.")
    currency = models.CharField(max_length=3, default="USD")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class DealLine(models.Model):
    """`unit_list`, `unit_net`: of one unit for one billing period; a deal counts a year of what recurs."""

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    billing = models.CharField(max_length=8, choices=Billing.choices)
    quantity = models.PositiveIntegerField(default=1)
    unit_list = models.BigIntegerField()
    unit_net = models.BigIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_list__gte=0, unit_net__gte=0), name="deal_lines_are_not_negative"
            )
        ]


class Concession(models.Model):
    """A row of the matrix: what we may give, what it costs us and is worth to them, and what we get for it."""

    give = models.CharField(max_length=120)
    cost = models.BigIntegerField(help_text="What it costs us.")
    value = models.BigIntegerField(help_text="What it is worth to the customer.")
    get = models.CharField(max_length=160, help_text="What is asked in return.")
    get_value = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    segments = ArrayField(models.CharField(max_length=12), default=list, blank=True, help_text="Empty: all.")
    expires_on = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.give


class DiscountAuthority(models.Model):
    """Up to which share of the list price (percent, bound included) somebody may give; `rep` is the deal's owner,
    `manager` the owner's team's, the others are named; null: asked of the next one up."""

    class Level(models.TextChoices):
        REP = "rep", "Rep"
        MANAGER = "manager", "Manager"
        DIRECTOR = "director", "Director"
        VP = "vp", "VP"
        CFO = "cfo", "CFO"

    level = models.CharField(max_length=8, choices=Level.choices, unique=True)
    up_to = models.DecimalField(max_digits=5, decimal_places=2)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["up_to"]


class DiscountRequest(models.Model):
    """`percent`: off the list, asked. `combined`: (discount + our cost of the gives) ÷ list, percent, exact to four
    places: what authority is measured by. At most one of a deal waits."""

    class State(models.TextChoices):
        OPEN = "open", "Waits"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="discounts")
    run = models.PositiveSmallIntegerField(default=1)
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    combined = models.DecimalField(max_digits=7, decimal_places=4)
    list_amount = models.BigIntegerField()
    why = models.CharField(max_length=300)
    level = models.CharField(max_length=8, choices=DiscountAuthority.Level.choices)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["deal"], condition=Q(state="open"), name="one_open_discount_a_deal"),
            models.UniqueConstraint(fields=["deal", "run"], name="discount_run_once"),
            models.CheckConstraint(
                condition=Q(decided_at=None, state="open") | Q(decided_at__gte=F("asked_at")) & ~Q(state="open"),
                name="decided_discounts_have_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["approver"], condition=Q(state="open"), name="discount_waits")]


class Give(models.Model):
    """Something given on a deal for something got. A give of money is the discount itself (no concession row)."""

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="gives")
    concession = models.ForeignKey(Concession, null=True, on_delete=models.PROTECT, related_name="+")
    discount = models.ForeignKey(DiscountRequest, null=True, on_delete=models.CASCADE, related_name="gives")
    give = models.CharField(max_length=120)
    cost = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    get = models.CharField(max_length=160)
    get_value = models.BigIntegerField(default=0)
    given_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    got_at = models.DateTimeField(null=True)
    got_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["given_at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(get=""), name="a_give_has_a_get")]
