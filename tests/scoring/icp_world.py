"""Firms with decided deals, for the tests of the ideal customer profile."""

from datetime import timedelta
from itertools import count

from django.db import connection

from deals.models import Deal
from leads.models import AttributeFact, Company, Lead, Person
from tests.scoring.model_of import T

_numbers = count(1)
LONG_AGO = T - timedelta(days=300)


def firms(
    n: int, stage: str, *, worth: int = 10_000, days: int = 30, closed=None, seniority: str = "", **fields
) -> list:
    """`n` firms of one kind, each with a contact and one deal of `worth` whole units, decided `days` after its
    opening; facts of what is known are as old as the deal."""
    closed = closed or LONG_AGO
    numbers = [next(_numbers) for _ in range(n)]
    made = Company.objects.bulk_create(Company(name=f"F{i}", name_key=f"f{i}", **fields) for i in numbers)
    opened = closed - timedelta(days=days)
    people = Person.objects.bulk_create(
        Person(first_name="P", company=firm, seniority=seniority, first_touch_at=opened) for firm in made
    )
    leads = Lead.objects.bulk_create(
        Lead(person=person, company=firm, stage=stage, source_id="webinar", created_at=opened, stage_at=closed)
        for firm, person in zip(made, people, strict=True)
    )
    known = {name: value for name, value in fields.items() if name != "attributes" and value not in ("", None, [])}
    known |= {f"custom.{name}": value for name, value in fields.get("attributes", {}).items()}
    facts = [AttributeFact(subject_kind="company", subject_id=firm.pk, at=opened, values=known) for firm in made]
    facts += [
        AttributeFact(subject_kind="person", subject_id=person.pk, at=opened, values={"seniority": seniority})
        for person in people
    ]
    AttributeFact.objects.bulk_create(facts)
    Deal.objects.bulk_create(
        Deal(
            name=firm.name, company=firm, person=lead.person, lead=lead, stage=stage, amount=worth * 100 + i,
            created_at=opened, closed_at=closed, reason="price" if stage == "lost" else "",
        )
        for i, (firm, lead) in enumerate(zip(made, leads, strict=True))
    )  # fmt: skip
    return made


def a_company() -> None:
    """25 fintech firms of which 10 are best, 25 of retail of which none is, and lost ones mostly of retail; all in the
    US, so that the country says nothing."""
    firms(10, "won", worth=900_000, days=20, industry="Fintech", employees=700, country="US", seniority="vp",
          technologies=["Kafka", "Salesforce"], attributes={"model": "Subscription"})  # fmt: skip
    firms(15, "won", worth=20_000, days=90, industry="Fintech", employees=40, country="US", seniority="manager",
          technologies=["Salesforce"], attributes={"model": "Licence"})  # fmt: skip
    firms(25, "won", worth=10_000, days=100, industry="Retail", employees=20, country="US", seniority="vp",
          technologies=["Salesforce"], attributes={"model": "Licence"})  # fmt: skip
    firms(4, "lost", industry="fintech", employees=700, country="US", technologies=["Salesforce"])
    firms(56, "lost", industry="Retail", employees=20, country="US", technologies=["Salesforce"])


def match_of(company: Company, *, at=None) -> float | None:
    """`company.icp` of a firm's first person, now or as it was at `at`."""
    from leads.attributes import in_the_past, known

    attribute = known(["company.icp"])["company.icp"]
    text = attribute.sql if at is None else in_the_past(attribute)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {text} FROM leads_person p JOIN leads_company c ON c.id = p.company_id "
            "LEFT JOIN leads_lead l ON l.person_id = p.id WHERE c.id = %(company)s ORDER BY p.id LIMIT 1",
            {"company": company.pk, "as_of": at},
        )
        value = cursor.fetchone()[0]
    return None if value is None else float(value)
