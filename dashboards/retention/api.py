"""REST: retention by month, and cohorts of first months. The totals are KPIs: K21, K22, K21M."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards import told
from dashboards.api import FILTERS, MONEY, NAMES, asked
from dashboards.retention import page
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.openapi import reads


def _money() -> s.Field:
    return extend_schema_field(MONEY)(s.JSONField())


class RetentionMonth(s.Serializer):
    first = s.DateField()
    last = s.DateField()
    customers = s.IntegerField(help_text="That paid when the month began.")
    lost = s.IntegerField()
    monthly = _money()
    net = s.FloatField(allow_null=True)
    gross = s.FloatField(allow_null=True)
    logos = s.FloatField(allow_null=True)
    small_sample = s.BooleanField()


class CohortMonth(s.Serializer):
    months_after = s.IntegerField(help_text="0: at the end of the first month.")
    customers = s.IntegerField()
    monthly = _money()


class RetentionCohort(s.Serializer):
    first = s.DateField()
    size = s.IntegerField()
    small_sample = s.BooleanField()
    months = CohortMonth(many=True)


class RetentionAnswer(s.Serializer):
    as_of = s.DateTimeField()
    months = RetentionMonth(many=True)
    cohorts = RetentionCohort(many=True)


class Retention(Endpoint):
    @reads("Retention by month and by cohort", RetentionAnswer, parameters=FILTERS, operation_id="retention")
    def get(self, request):
        known_parameters(request, *NAMES)
        found = asked(request)
        months, cohorts = page.of(found)
        share = lambda value: told.number(value, "share", found.currency)  # noqa: E731
        money = lambda cents: told.number(cents, "money", found.currency)  # noqa: E731
        return Response({
            "as_of": found.as_of,
            "months": [
                {"first": one.first, "last": one.last, "customers": one.n, "lost": one.lost,
                 "monthly": money(one.start), "net": share(one.net), "gross": share(one.gross),
                 "logos": share(one.logos), "small_sample": 0 < one.n < 20}
                for one in months
            ],
            "cohorts": [
                {"first": one.first, "size": one.size, "small_sample": one.size < 20,
                 "months": [{"months_after": n, "customers": count, "monthly": money(mrr)}
                            for n, (count, mrr) in enumerate(one.held)]}
                for one in cohorts
            ],
        })  # fmt: skip
