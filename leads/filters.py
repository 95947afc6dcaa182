"""Which leads: the same filters for the page's address bar, its CSV and the REST API."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import django_filters as f
from django import forms
from django.db.models import QuerySet

from leads.custom_attributes import fitted
from leads.finding import matching
from leads.models import OPEN_STAGES, AttributeDefinition, Lead, Segment, Stage
from leads.segment_members import members

CELLS = [(row + col, row + col) for row in "ABC" for col in "123"]
ANY_STAGE = "any"
WITHIN = [
    ("1", "last 24 hours"),
    ("7", "last 7 days"),
    ("30", "last 30 days"),
    ("90", "last 90 days"),
    ("365", "last year"),
]
DUE = [("late", "late"), ("today", "today"), ("week", "within 7 days"), ("none", "nothing")]
ANSWERED = [("no", "not yet"), ("yes", "yes")]
BACK = [("7", "within 7 days"), ("14", "within 14 days"), ("30", "within 30 days"), ("90", "within 90 days")]
ATTRIBUTE = re.compile(r"attr\.(person|company|lead)\.([-a-zA-Z0-9_]{1,60})")


class CodesFilter(f.BaseInFilter, f.ChoiceFilter):
    """Several codes with commas between them: ?stage=mql,sal."""


class LeadFilter(f.FilterSet):
    stage = CodesFilter(choices=Stage.choices)
    owner = f.NumberFilter(field_name="owner_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    source = f.CharFilter(field_name="source_id", max_length=32)
    q = f.CharFilter(method="search", max_length=200, label="name, mail or company")
    cell = f.ChoiceFilter(choices=CELLS)
    updated_after = f.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Lead
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """By name, mail or company of the person."""
        return queryset.filter(matching(value, "person__"))


class OwnerFilter(f.CharFilter):
    """An id, `me` or `none`."""

    field_class = forms.RegexField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, regex=r"^(me|none|[1-9][0-9]{0,17})$", **kwargs)


class ListFilter(LeadFilter):
    """The page's: what people ask of a list on top of what programs do. Without a stage it shows the open ones.

    Give `now` (the request's) and the `request`, whose user is `me` and whose zone says when today ends.
    """

    stage = CodesFilter(choices=[*Stage.choices, (ANY_STAGE, "Any")], method="in_stage")
    owner = OwnerFilter(method="owned")
    team = f.NumberFilter(field_name="owner__team_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    source = CodesFilter(choices=[], field_name="source_id")
    cell = CodesFilter(choices=CELLS, field_name="cell")
    company = f.NumberFilter(field_name="company_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    entered = f.ChoiceFilter(choices=WITHIN, method="since", field_name="stage_at")
    created = f.ChoiceFilter(choices=WITHIN, method="since", field_name="created_at")
    due = f.ChoiceFilter(choices=DUE, method="owed")
    answered = f.ChoiceFilter(choices=ANSWERED, method="was_answered")
    back = f.ChoiceFilter(choices=BACK, method="comes_back")
    segment = f.ModelChoiceFilter(queryset=Segment.objects.all(), method="in_segment", error_messages={
        "invalid_choice": "There is no such segment any more.",
    })  # fmt: skip

    def __init__(self, *args: Any, now: datetime, zone: Any, sources: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.zone = now, zone
        self.filters["source"].extra["choices"] = sources
        self.attributes = {key: ATTRIBUTE.fullmatch(key).groups() for key in self.data if ATTRIBUTE.fullmatch(key)}

    @property
    def asked(self) -> dict[str, str]:
        """The parameters in force, as they stand in the address, in the order of the filters."""
        names = [*self.filters, *self.attributes]
        return {name: self.data[name] for name in names if self.data.get(name)}

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        queryset = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("stage"):
            queryset = queryset.filter(stage__in=OPEN_STAGES)
        return self._with_attributes(queryset)

    def in_stage(self, queryset: QuerySet, name: str, codes: list[str]) -> QuerySet:
        return queryset if ANY_STAGE in codes else queryset.filter(stage__in=codes)

    def owned(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "none":
            return queryset.filter(owner=None)
        return queryset.filter(owner_id=self.request.user.pk if value == "me" else int(value))

    def since(self, queryset: QuerySet, name: str, days: str) -> QuerySet:
        return queryset.filter(**{f"{name}__gte": self.now - timedelta(days=int(days))})

    def owed(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == "none":
            return queryset.filter(next_due_at=None)
        if value == "late":
            return queryset.filter(next_due_at__lt=self.now)
        until = self.now + timedelta(days=7)
        if value == "today":
            tomorrow = self.now.astimezone(self.zone).date() + timedelta(days=1)
            until = datetime.combine(tomorrow, time(), tzinfo=self.zone)
        return queryset.filter(next_due_at__gte=self.now, next_due_at__lt=until)

    def was_answered(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        handed_over = queryset.exclude(mql_at=None)
        return handed_over.filter(first_response_at__isnull=value == "no")

    def comes_back(self, queryset: QuerySet, name: str, days: str) -> QuerySet:
        today = self.now.astimezone(self.zone).date()
        return queryset.filter(revisit_on__gte=today, revisit_on__lte=today + timedelta(days=int(days)))

    def in_segment(self, queryset: QuerySet, name: str, segment: Segment) -> QuerySet:
        return members(queryset, segment.condition, now=self.now)

    def _with_attributes(self, queryset: QuerySet) -> QuerySet:
        """`attr.company.tier=gold`: a custom attribute has that value. One that doesn't exist matches nobody."""
        if not self.attributes:
            return queryset
        known = {(d.subject, d.name): d for d in AttributeDefinition.objects.all()}
        for key, named in self.attributes.items():
            if not self.data.get(key):
                continue
            definition = known.get(named)
            value = _typed(self.data[key], definition) if definition else None
            if value is None:
                return queryset.none()
            subject, name = named
            column = "attributes" if subject == "lead" else f"{subject}__attributes"
            queryset = queryset.filter(**{f"{column}__contains": {name: value}})
        return queryset


def _typed(text: str, definition: AttributeDefinition) -> Any:
    """The address's text as the attribute's type keeps it; None when it can't be one."""
    value: Any = text
    if "\0" in text:
        return None
    if definition.type == "number":
        try:
            value = float(text)
        except ValueError:
            return None
    elif definition.type == "yes_no":
        value = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    elif definition.type == "list":
        value = [text]
    found, _ = fitted(value, definition.type, definition.options)
    return found
