"""Which leads an address asks for: its filters, order and words; the same for the list, its CSV and its bulk verbs."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from leads import paging
from leads.filters import ATTRIBUTE, ListFilter
from leads.models import AttributeDefinition, Company, Lead, Segment
from marketing.models import Channel
from revops.lib.frame import reader_zone
from teams.models import Team, User

NAMES = {
    "q": "Search",
    "stage": "Stage is",
    "owner": "Owner is",
    "team": "Team is",
    "source": "Source is",
    "cell": "Cell is",
    "company": "Company is",
    "entered": "Entered stage",
    "created": "Opened",
    "due": "Due",
    "answered": "Answered",
    "back": "Comes back",
    "updated_after": "Changed after",
    "segment": "In the segment",
}
NAMED: dict[str, Any] = {"team": Team, "company": Company, "segment": Segment}
MANY = {"stage", "source", "cell"}
NOT_FILTERS = {"sort", "cursor"}


@dataclass(slots=True)
class Asked:
    """`queryset`: the leads, unordered; `problem`: why the address can't be read, then `queryset` is empty."""

    query: QueryDict
    filter: ListFilter
    queryset: QuerySet
    sort: str
    sources: dict[str, str]
    problem: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: HttpRequest, query: QueryDict) -> "Asked":
        """One query for the channels; a broken filter is said, not guessed."""
        return cls.of_known(request, query, dict(Channel.objects.values_list("code", "name")))

    @classmethod
    def of_known(cls, request: HttpRequest, query: QueryDict, sources: dict[str, str]) -> "Asked":
        found = ListFilter(
            query,
            queryset=Lead.objects.all(),
            request=request,
            now=request.now,
            zone=reader_zone(request),
            sources=list(sources.items()),
        )
        sort = query.get("sort", paging.FIRST_SORT)
        sort = sort if sort in paging.SORTS else paging.FIRST_SORT
        if found.is_valid():
            return cls(query, found, found.qs.order_by(), sort, sources)
        name, errors = next(iter(found.form.errors.items()))
        problem = f"{NAMES.get(name, name)}: {errors[0]}"
        return cls(query, found, Lead.objects.none(), sort, sources, problem)

    @property
    def by_condition(self) -> bool:
        """No index serves it: such a list is counted within a time limit."""
        return "segment" in self.filters

    @property
    def filters(self) -> dict[str, str]:
        return self.filter.asked

    def text(self, **changed: str) -> str:
        """The address's query with some parameters changed ("" removes one), never with a cursor."""
        query = QueryDict(mutable=True)
        for name, value in {**self.filters, "sort": self.query.get("sort", ""), **changed}.items():
            if value:
                query[name] = value
        return query.urlencode(safe=",")

    def tokens(self) -> list[dict[str, str]]:
        """The filters in force, in words, each with the address without it. A query for each kind of name in use."""
        return [
            {
                "name": self._name(name),
                "value": self._value(name, value),
                "remove": f"/leads/?{self.text(**{name: ''})}",
                "code": name,
            }
            for name, value in self.filters.items()
        ]

    def _name(self, name: str) -> str:
        if match := ATTRIBUTE.fullmatch(name):
            subject, slug = match.groups()
            label = (
                AttributeDefinition.objects.filter(subject=subject, name=slug).values_list("label", flat=True).first()
            )
            return f"{label or slug} is"
        return NAMES.get(name, name)

    def _value(self, name: str, value: str) -> str:
        choices = dict(self.filter.filters[name].extra.get("choices", [])) if name in self.filter.filters else {}
        if name in MANY:
            return " or ".join(str(choices.get(code, code)) for code in value.split(","))
        if name == "owner":
            plain = {"me": "me", "none": "nobody"}
            return plain.get(value) or self._of(User, value)
        if name in NAMED:
            return self._of(NAMED[name], value)
        return str(choices.get(value, value))

    @staticmethod
    def _of(model: Any, pk: str) -> str:
        found = model.objects.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
        return str(found) if found else f"number {pk}"


def canonical(query: QueryDict) -> str | None:
    """The address a filter form's answer should have: lists joined by commas, empty fields and the usual order left
    out; None when it is so already."""
    tidy = QueryDict(mutable=True)
    for name in query:
        if name in ("attribute", "value") or (name == "sort" and query["sort"] == paging.FIRST_SORT):
            continue
        values = [value.strip() for value in query.getlist(name) if value.strip()]
        if values:
            tidy[name] = ",".join(values) if name in MANY else values[-1]
    attribute, value = query.get("attribute", ""), query.get("value", "").strip()
    if ATTRIBUTE.fullmatch(attribute) and value:
        tidy[attribute] = value
    same = not {"attribute", "value"} & set(query) and all(query.getlist(name) == [tidy.get(name)] for name in query)
    return None if same else tidy.urlencode(safe=",")
