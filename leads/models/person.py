"""A human being: permanent, known by any of several keys, carrying the score of all their touches."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Person(models.Model):
    """`email` is shown as typed; matching uses PersonKey. Scores are caches of `scoring` at `scored_at`.

    fit, engagement: 0–100; `priority` = fit + engagement, 0–200 (the number threshold modes compare);
    `cell` A1…C3; `pql`: a usage rule holds; `score_due_at`: when time alone may change the score, null = never.
    `merged_into`: the same human being, kept there; this row then has no keys.
    `erased_at`: everything that told who it was is gone, on their request; what was counted stays counted.
    """

    company = models.ForeignKey("leads.Company", null=True, blank=True, on_delete=models.PROTECT, related_name="people")
    first_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    last_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    email = models.CharField(max_length=254, blank=True, default="", db_default="")
    phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    title = models.CharField(max_length=160, blank=True, default="", db_default="")
    seniority = models.CharField(max_length=12, blank=True, default="", db_default="")
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    region = models.CharField(max_length=80, blank=True, default="", db_default="")
    attributes = models.JSONField(default=dict, db_default={}, blank=True)
    consent = models.JSONField(default=dict, db_default={}, blank=True)
    suppressed = models.BooleanField(default=False, db_default=False)
    search = models.CharField(
        max_length=600, default="", db_default="", help_text="Lower-case name, mail and company for search."
    )
    first_touch_at = models.DateTimeField(null=True)
    first_channel = models.ForeignKey(
        "marketing.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    last_touch_at = models.DateTimeField(null=True)
    fit = models.FloatField(default=0, db_default=0)
    engagement = models.FloatField(default=0, db_default=0)
    usage = models.FloatField(default=0, db_default=0)
    pql = models.BooleanField(default=False, db_default=False)
    cell = models.CharField(max_length=2, default="C3", db_default="C3")
    score_version = models.PositiveIntegerField(null=True)
    scored_at = models.DateTimeField(null=True)
    score_due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed", db_index=False
    )

    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "people"
        indexes = [
            models.Index(fields=["company"], name="person_company"),
            models.Index(fields=["score_due_at"], condition=~models.Q(score_due_at=None), name="person_score_due"),
            GinIndex(fields=["search"], opclasses=["gin_trgm_ops"], name="person_search_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        if self.erased_at is not None:
            return f"Erased person {self.pk}"
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone or f"Person {self.pk}"


class PersonKey(models.Model):
    """One way to recognise a person. kind `email`: exact_key of DOMAIN 7.1; `phone`: E.164 digits;
    `external`: `source:id`; `gmail`: the mailbox that Gmail delivers a mail address to, whatever its dots and tags.
    The unique pair is what holds against races. `shown`: as typed, where it was typed on the page of their addresses.
    """

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"
        EXTERNAL = "external"
        GMAIL = "gmail"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=320)
    shown = models.CharField(max_length=254, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="person_key_once")]
