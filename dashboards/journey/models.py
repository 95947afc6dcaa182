"""How long a lead may hear nothing."""

from django.db import models


class Silence(models.Model):
    """`days`: of silence a lead of this stage (mql, sal or sql) may have; longer is a dead zone."""

    stage = models.CharField(max_length=4, primary_key=True)
    days = models.PositiveSmallIntegerField()
