"""A firm: permanent, matched by registrable domain or normalised name."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Company(models.Model):
    """`name_key`: normalised name; `domain`: registrable, never a free-mail one. `owner`: the account's owner."""

    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, db_index=True)
    domain = models.CharField(max_length=255, null=True, blank=True)
    industry = models.CharField(max_length=80, blank=True, default="", db_default="")
    employees = models.PositiveIntegerField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    region = models.CharField(max_length=80, blank=True, default="", db_default="")
    technologies = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    attributes = models.JSONField(default=dict, db_default={}, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "companies"
        constraints = [models.UniqueConstraint(fields=["domain"], name="company_domain_once")]
        indexes = [GinIndex(fields=["name_key"], opclasses=["gin_trgm_ops"], name="company_name_trgm")]

    def __str__(self) -> str:
        return self.name
