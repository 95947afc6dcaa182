"""A form of ours on somebody's page: what it asks, what it says, who may embed it, and how it defends itself."""

from django.conf import settings
from django.db import models


class Form(models.Model):
    """`key` is its public name in addresses, no secret: it may create and nothing else. After a rotation `old_key`
    works until `old_key_until`.

    `fields`: [{name, label, required, options}], `name` as leads.webforms.fields knows it. `consents`: [{text: id of a
    ConsentText, required}]. `origins`: pages that may post it, like https://www.example.com; none: any page.
    `limits`: {ip, email, form, day: "50 per 10 seconds"}, over those of leads.webforms.limits. `min_seconds`: whoever
    sends it faster than this is held for review.
    """

    name = models.CharField(max_length=80, unique=True)
    key = models.CharField(max_length=40, unique=True)
    old_key = models.CharField(max_length=40, null=True, unique=True)
    old_key_until = models.DateTimeField(null=True)
    title = models.CharField(max_length=120, blank=True, default="")
    intro = models.CharField(max_length=500, blank=True, default="")
    button = models.CharField(max_length=40, default="Send")
    thanks = models.CharField(max_length=500, default="Thank you. We will be in touch.")
    redirect_url = models.CharField(max_length=500, blank=True, default="")
    fields = models.JSONField(default=list)
    consents = models.JSONField(default=list)
    origins = models.JSONField(default=list)
    hand_raise = models.CharField(max_length=20, blank=True, default="")
    product_interest = models.CharField(max_length=80, blank=True, default="")
    campaign = models.CharField(max_length=120, blank=True, default="")
    min_seconds = models.PositiveSmallIntegerField(default=3)
    proof_of_work = models.BooleanField(default=False)
    limits = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        """What its submissions and touches are kept under, whatever it is called later."""
        return f"form:{self.pk}"
