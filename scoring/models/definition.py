"""What a stage means here: the sentence for people and the predicate, approved by both sides, dated, versioned."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from leads.conditions.field import ConditionField


class Side(models.TextChoices):
    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"


class Definition(models.Model):
    """A stage in words and as a predicate; a stage entry keeps the version it met. `items`: BANT asked for an SQL,
    [{item, label, evidence}].

    A draft is edited; proposed, it waits for one approval of each side; published, it is in force from `effective_at`
    and never changes again.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Waits for approval"
        PUBLISHED = "published", "Published"

    stage = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PUBLISHED, db_default="published")
    sentence = models.TextField()
    predicate = ConditionField(default=dict)
    items = models.JSONField(default=list)
    items_needed = models.PositiveSmallIntegerField(default=4)
    effective_at = models.DateTimeField(help_text="Of a draft: the moment it was begun.")
    asked_on = models.DateField(null=True, help_text="The day it should hold from; null: as soon as both have agreed.")
    review_on = models.DateField(null=True)
    note = models.CharField(max_length=400, blank=True, default="", db_default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "version"], name="definition_once"),
            models.UniqueConstraint(
                fields=["stage"], condition=~Q(state="published"), name="one_open_definition_a_stage"
            ),
        ]
        ordering = ["stage", "-version"]

    def __str__(self) -> str:
        return f"{self.stage.upper()} v{self.version}"


class Approval(models.Model):
    """One side's yes to a proposed definition; editing it takes the approvals away."""

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="approvals")
    side = models.CharField(max_length=10, choices=Side.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["definition", "side"], name="approved_once_a_side")]
