"""Who may be the same person as whom, and what was merged."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ToCompare(models.Model):
    """People who are new or have changed, waiting to be compared with the others; the pulse works it off."""

    person_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["since", "person_id"], name="to_compare_oldest")]


class Likeness(models.Model):
    """One thing a person may share with their double (a mailbox, a number, a name at a firm), as a number. Whoever has
    the same number is looked at; one that many people have says nothing.

    No constraint to the person: it must not keep an import from being undone, and is only ever joined with people.
    """

    person = models.ForeignKey(
        "leads.Person", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "person"], name="likeness_once")]
        indexes = [models.Index(fields=["person"], name="likeness_person")]


class PairState(models.TextChoices):
    OPEN = "open", "To review"
    MERGED = "merged", "Merged"
    DIFFERENT = "different", "Not the same"


class Pair(models.Model):
    """Two people who are likely one. `strength` 1–100; `reasons`: codes of leads.duplicates.judging.

    `one` has the smaller id. A pair that somebody has called different is never asked about again.
    """

    one = models.ForeignKey(
        "leads.Person", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    other = models.ForeignKey(
        "leads.Person", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    strength = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list, db_default=[])
    state = models.CharField(max_length=10, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="pair_in_order"),
        ]
        indexes = [
            models.Index(fields=["-strength", "-id"], condition=Q(state="open"), name="pair_to_review"),
        ]

    def __str__(self) -> str:
        return f"Pair {self.pk}"


class Merge(models.Model):
    """`loser` became part of `survivor` by `work`, which takes it back until `work.until`.

    `kept`, `lost`: the leads of which the second went on as the first; null where not both had an open one.
    """

    survivor = models.ForeignKey(
        "leads.Person", on_delete=models.DO_NOTHING, related_name="merges", db_constraint=False
    )
    loser = models.ForeignKey(
        "leads.Person", on_delete=models.DO_NOTHING, related_name="merged_by", db_constraint=False
    )
    kept = models.ForeignKey(
        "leads.Lead", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    lost = models.ForeignKey(
        "leads.Lead", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    work = models.OneToOneField("journal.Work", on_delete=models.PROTECT, related_name="merge")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    unmerged_at = models.DateTimeField(null=True)
    unmerged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loser"], condition=Q(unmerged_at=None), name="merged_into_one")
        ]
