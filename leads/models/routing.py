"""Pools of people who take turns, and the ordered rules that lead to them."""

from django.conf import settings
from django.db import models

from leads.conditions.field import ConditionField


class Pool(models.Model):
    """`is_fallback`: takes what no rule matches; exactly one."""

    name = models.CharField(max_length=80, unique=True)
    is_fallback = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_fallback"], condition=models.Q(is_fallback=True), name="one_fallback")
        ]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """`cap`: open leads above which the member is passed over; null = none."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pools")
    weight = models.PositiveSmallIntegerField(default=1)
    cap = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="pool_member_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="weight_at_least_one"),
        ]


class Rotation(models.Model):
    """The turn of a pool, its own row and lock: {user id: current weight} of the smooth round robin."""

    pool = models.OneToOneField(Pool, primary_key=True, on_delete=models.CASCADE, related_name="rotation")
    current = models.JSONField(default=dict)


class RoutingRule(models.Model):
    """First match from the top wins; `condition` in the language of leads.conditions."""

    position = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=80)
    condition = ConditionField(default=dict)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="rules")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position"]
