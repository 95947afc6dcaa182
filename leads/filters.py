"""Which leads: the same filters for the page's address bar, its CSV and the REST API."""

import django_filters as f
from django.db.models import QuerySet

from leads.models import Lead, Stage


class CodesFilter(f.BaseInFilter, f.ChoiceFilter):
    """Several codes with commas between them: ?stage=mql,sal."""


class LeadFilter(f.FilterSet):
    stage = CodesFilter(choices=Stage.choices)
    owner = f.NumberFilter(field_name="owner_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    source = f.CharFilter(field_name="source_id", max_length=32)
    q = f.CharFilter(method="search", max_length=200, label="name, mail or company")
    cell = f.ChoiceFilter(choices=[(row + col, row + col) for row in "ABC" for col in "123"])
    updated_after = f.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Lead
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Every word somewhere in the person's name, mail or company."""
        for word in value.lower().split()[:8]:
            queryset = queryset.filter(person__search__contains=word)
        return queryset
