"""The ideal customer profile: what sets the best customers apart from lost deals, agreed by both sides (DOMAIN 6)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from scoring.models.definition import Side


class Icp(models.Model):
    """One version. `criteria`: [{attribute, label, values, lift, low, high, best, n}] that people kept; a firm's
    `company.icp` is the share of `criteria` it meets, 0–100. `basis`: the whole table it was chosen from, with counts.
    Proposed, it waits for one approval of each side; published, it is in force from `effective_at`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Waits for approval"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    sentence = models.TextField(blank=True, default="")
    criteria = models.JSONField(default=list)
    basis = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()
    effective_at = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_icp"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_icp"),
        ]

    def __str__(self) -> str:
        return f"ICP v{self.version}"


class IcpApproval(models.Model):
    icp = models.ForeignKey(Icp, on_delete=models.CASCADE, related_name="approvals")
    side = models.CharField(max_length=10, choices=Side.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["icp", "side"], name="icp_approved_once_a_side")]
