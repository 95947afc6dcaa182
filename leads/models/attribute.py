"""Typed custom attributes, defined once, and the facts that let `as_of` read the past."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class AttributeDefinition(models.Model):
    """A custom attribute of person, company or lead; its value lives in the subject's `attributes` JSON."""

    class Subject(models.TextChoices):
        PERSON = "person"
        COMPANY = "company"
        LEAD = "lead"

    class Type(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        YES_NO = "yes_no", "Yes or no"
        LIST = "list", "List"

    subject = models.CharField(max_length=8, choices=Subject.choices)
    name = models.SlugField(max_length=60)
    label = models.CharField(max_length=80)
    type = models.CharField(max_length=8, choices=Type.choices)
    options = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "name"], name="attribute_once")]

    def __str__(self) -> str:
        return f"{self.subject}.{self.name}"


class AttributeFact(models.Model):
    """What became known about a subject at `at`: {name: value}, built-in and custom alike; append-only."""

    subject_kind = models.CharField(max_length=8)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    values = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "-at"], name="attribute_fact_subject")]
