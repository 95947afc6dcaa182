"""After a new version: everybody is scored again in lots, and who may cross the line only by something new."""

from django.db import models

from revops.lib.runs import Run


class Rescoring(Run):
    """People scored anew after `model` (or an MQL definition) came into force; `cursor`: the last person's id.

    `hand_over`: inquiries that now meet the definition are handed over at once; else they wait (Waiting) for something
    new to happen. `waiting`: how many do; `crossed`: how many were handed over.
    """

    model = models.ForeignKey("scoring.ScoringModel", on_delete=models.CASCADE, related_name="rescorings")
    definition = models.ForeignKey("scoring.Definition", null=True, on_delete=models.SET_NULL, related_name="+")
    hand_over = models.BooleanField(default=False)
    waiting = models.PositiveIntegerField(default=0)
    crossed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="rescoring_state")]


class Waiting(models.Model):
    """An inquiry that meets the definition only because the rules changed: time alone does not hand it over."""

    lead = models.OneToOneField("leads.Lead", on_delete=models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField()


class ShadowScore(models.Model):
    """A person's score under the model in the shadow, as it was when their live score was last written. `met_at`: when
    the open lead first met the definition under it."""

    person = models.OneToOneField("leads.Person", on_delete=models.CASCADE, primary_key=True, related_name="+")
    model = models.ForeignKey("scoring.ScoringModel", on_delete=models.CASCADE, related_name="+")
    lead_id = models.BigIntegerField(null=True)
    fit = models.FloatField()
    engagement = models.FloatField()
    usage = models.FloatField()
    pql = models.BooleanField()
    cell = models.CharField(max_length=2)
    at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)


class Cut(models.Model):
    """Last night's pool: its k-th priority and that lead's fit are the day's cut (DOMAIN 3.3). `k` of `pool` passed;
    an empty pool has none (all null). `intent_at`, `lead_id`: what told the last apart from their equals."""

    at = models.DateTimeField(db_index=True)
    model = models.ForeignKey("scoring.ScoringModel", on_delete=models.CASCADE, related_name="cuts")
    share = models.PositiveSmallIntegerField()
    pool = models.PositiveIntegerField()
    k = models.PositiveIntegerField()
    priority = models.FloatField(null=True)
    fit = models.FloatField(null=True)
    intent_at = models.DateTimeField(null=True)
    lead_id = models.BigIntegerField(null=True)
