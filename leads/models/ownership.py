"""Who had the lead when, and why them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Ownership(models.Model):
    """Half-open [from_at, to_at). `cause`: deal_owner, named_account, account_owner, sticky, account_sticky, rule,
    fallback, picked, manual, accepted, handover, breach, merge, import, undone. `why` keeps the decision: rule and pool
    names by id, who was eligible, who was skipped and for what."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.PROTECT, related_name="ownerships")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ownerships", db_index=False
    )
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=16)
    why = models.JSONField(default=dict, db_default={})
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        indexes = [models.Index(fields=["owner", "-from_at"], name="ownership_owner_new")]
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=Q(to_at=None), name="one_owner_at_a_time"),
            models.CheckConstraint(
                condition=Q(to_at=None) | Q(to_at__gte=F("from_at")), name="ownership_ends_after_it_starts"
            ),
        ]
