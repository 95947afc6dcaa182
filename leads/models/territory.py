"""Where a lead belongs: named groups of countries and regions, read from the top."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Territory(models.Model):
    """`code` is what rules keep, so that a new name breaks none. A removed one stays as a row and matches nobody."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "territories"
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("name"), condition=models.Q(removed_at=None), name="territory_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TerritoryArea(models.Model):
    """A country (`region` empty), or a region or state of it. `spellings`: the region in lower case as people write it
    (`co`, `colorado`); empty = the whole country."""

    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="areas")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=80, blank=True, default="")
    spellings = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        ordering = ["country", "region"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "country", "region"], name="territory_area_once"),
        ]
