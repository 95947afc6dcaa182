"""The three-way call of a won deal."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class HandoverCall(models.Model):
    """The three-way call of a won deal: booked for `booked_for`, later held, or let go (another took its place).

    It counts only with the rep, the customer and the customer success manager in it. At most one waits to be held.
    """

    deal = models.ForeignKey("deals.Deal", on_delete=models.PROTECT, related_name="handover_calls")
    booked_for = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="When somebody said that it was held.")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    rep = models.BooleanField(default=False)
    customer = models.BooleanField(default=False)
    csm = models.BooleanField(default=False)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deal"], condition=Q(held_at=None, let_go_at=None), name="one_booked_handover_call_a_deal"
            ),
            models.CheckConstraint(
                condition=~Q(booked_for=None) | ~Q(held_at=None), name="handover_calls_are_booked_or_held"
            ),
        ]

    @property
    def missing(self) -> list[str]:
        """Who of the three was not there."""
        return [who for who in ("rep", "customer", "csm") if not getattr(self, who)]

    @property
    def counts(self) -> bool:
        return self.held_at is not None and not self.missing
