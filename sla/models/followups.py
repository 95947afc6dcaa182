"""What a breach or a person asks to be done next: moving a lead on, a next step, a row that could not be fired."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Hop(models.Model):
    """A breach that asks for another owner. Written beside the breach, worked off by a drain of its own.

    `outcome`: moved, limit (as often as the policy allows: the manager decides), nobody (no one able), answered (it was
    answered or decided in between); empty while it waits. `turn`: which hop of the lead's cycle it is, from 1."""

    clock = models.OneToOneField("sla.Clock", on_delete=models.PROTECT, related_name="hop", primary_key=True)
    lead = models.ForeignKey("leads.Lead", on_delete=models.PROTECT, related_name="hops")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="", db_default="")
    turn = models.PositiveSmallIntegerField(null=True)
    from_owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    to_owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["at"], condition=Q(done_at=None), name="hop_waiting")]


class NextStep(models.Model):
    """What happens next on a lead or a deal, by when, by whom; timed by a clock of target next_step.

    One open step a subject: a new one takes the place of the old. `state`: open, done, dropped."""

    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.PROTECT, related_name="steps")
    deal = models.ForeignKey("deals.Deal", null=True, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="steps")
    by_when = models.DateTimeField()
    clock = models.OneToOneField("sla.Clock", null=True, on_delete=models.PROTECT, related_name="step")
    state = models.CharField(max_length=8, default="open")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lead=None, deal__isnull=False) | Q(deal=None, lead__isnull=False), name="one_subject_a_step"
            ),
            models.UniqueConstraint(fields=["lead"], condition=Q(state="open"), name="one_open_step_a_lead"),
            models.UniqueConstraint(fields=["deal"], condition=Q(state="open"), name="one_open_step_a_deal"),
        ]


class Parked(models.Model):
    """A clock that could not be fired: the others go on without it, and somebody sees it.

    `retry_at`: when the pulse tries again by itself; null = after the fifth failure, only when a person asks."""

    clock = models.OneToOneField(
        "sla.Clock", on_delete=models.PROTECT, related_name="parked", primary_key=True, db_constraint=False
    )
    attempts = models.PositiveSmallIntegerField(default=1)
    error = models.CharField(max_length=400)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["retry_at"], name="parked_retry")]
