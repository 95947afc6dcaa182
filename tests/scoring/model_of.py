"""Building people, touches and models for the scoring tests."""

from datetime import UTC, datetime, timedelta
from itertools import count

from leads.models import Company, Lead, Person, Touch
from scoring.models import Rule, RuleGroup, ScoringModel

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
_numbers = count(1)


def person(*, company: dict | None = None, lead: dict | None = None, **fields) -> Person:
    """A person, with a firm and an open lead when their fields are given."""
    n = next(_numbers)
    firm = None
    if company is not None:
        firm = Company.objects.create(**{"name": f"Firm {n}", "name_key": f"firm {n}"} | company)
    made = Person.objects.create(**{"first_name": f"P{n}", "email": f"p{n}@firm{n}.example", "company": firm} | fields)
    if lead is not None:
        opened = lead.get("created_at", T - timedelta(days=1))
        Lead.objects.create(**{"person": made, "company": firm, "created_at": opened, "stage_at": opened} | lead)
    return made


def touch(of: Person, kind: str, at: datetime, **fields) -> Touch:
    return Touch.objects.create(
        **{"person": of, "kind": kind, "occurred_at": at, "received_at": at, "recorded_at": at} | fields
    )


def model(*rules: dict, published: bool = True, **fields) -> ScoringModel:
    """A new version with these rules; `group` in a rule is (name, cap). Published, it retires the one before."""
    n = next(_numbers)
    if published:
        ScoringModel.objects.filter(state="published").update(state="retired")
    made = ScoringModel.objects.create(
        version=1000 + n, state="published" if published else "draft",
        published_at=T - timedelta(days=400) + timedelta(microseconds=n), **fields,
    )  # fmt: skip
    groups: dict = {}
    for position, rule in enumerate(rules):
        given = dict(rule)
        named = given.pop("group", None)
        if named is not None and named not in groups:
            groups[named] = RuleGroup.objects.create(model=made, name=named[0], cap=named[1])
        Rule.objects.create(
            model=made, group=groups.get(named), position=position, **{"name": f"Rule {position}"} | given
        )
    return made


def days(n: float) -> timedelta:
    return timedelta(days=n)
