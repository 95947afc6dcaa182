"""REST: why a lead's score is what it is."""

from rest_framework import serializers as s
from rest_framework.response import Response

from leads.answer_serializers import Score
from leads.api import find
from revops.lib.endpoint import Endpoint
from revops.lib.openapi import reads
from scoring import panels, receipt


class ReceiptLine(s.Serializer):
    part = s.ChoiceField(list(receipt.PARTS))
    kind = s.CharField(help_text="rule, touch, cap (of a group), limit (0 and 100) or missing.")
    label = s.CharField()
    points = s.FloatField()
    note = s.CharField(allow_blank=True)
    touch = s.IntegerField(allow_null=True)
    rule = s.IntegerField(allow_null=True)
    until = s.DateTimeField(allow_null=True)


class ScoreReceipt(s.Serializer):
    """The lines of each part add up to that part's points."""

    lead = s.IntegerField()
    person = s.IntegerField()
    score = Score(help_text="What the lead carries; a closed lead keeps what it had when it closed.")
    as_of = s.DateTimeField()
    version = s.IntegerField(allow_null=True)
    cell = s.CharField()
    pql = s.BooleanField()
    fit = s.FloatField()
    engagement = s.FloatField()
    usage = s.FloatField()
    lines = ReceiptLine(many=True)


class LeadScore(Endpoint):
    @reads("A lead's score with its receipt", ScoreReceipt)
    def get(self, request, pk: int):
        lead = find(pk)
        carried = panels.score([lead.pk], now=request.now)[lead.pk]
        # Points fade by the hour: the receipt is of the moment the score was written, so that it adds up to it.
        found = receipt.of(lead.person_id, as_of=carried["as_of"] or request.now)
        score = {name: carried[name] for name in ("fit", "engagement", "usage", "cell", "version")}
        lines = found.as_json() if found else {}
        return Response({"lead": lead.pk, "person": lead.person_id, "score": score, **lines})
