"""A condition with a name, kept to be asked again."""

from django.conf import settings
from django.db import models

from leads.conditions.field import ConditionField


class Segment(models.Model):
    """The leads that meet `condition` at the moment somebody asks."""

    name = models.CharField(max_length=80, unique=True)
    about = models.CharField(max_length=400, blank=True, default="", db_default="")
    condition = ConditionField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
