"""Who is meant by a few typed letters: people and companies by what people remember of them."""

from collections.abc import Iterable

from django.db.models import Q

from leads.models import Company, Lead, Person
from revops.lib.found import Hit

ENOUGH = 500


def people(text: str, *, limit: int) -> list[Hit]:
    """By name, mail or company; the newest cycle of each is where the hit leads. Two queries.

    Of a word that fits thousands only some are looked at: sorting a million to show eight would help nobody.
    """
    some = Person.objects.filter(matching(text)).values("pk")[:ENOUGH]
    found = Person.objects.filter(pk__in=some).select_related("company").order_by("-last_touch_at")[: limit * 4]
    by_id = {person.pk: person for person in found}
    leads: dict[int, Lead] = {}
    for lead in Lead.objects.filter(person_id__in=by_id).exclude(stage="merged").order_by("cycle"):
        leads[lead.person_id] = lead
    # Whoever has an open lead is more likely to be meant.
    known = sorted((p for p in by_id.values() if p.pk in leads), key=lambda p: not leads[p.pk].is_open)
    return [
        Hit(str(person), f"/leads/{leads[person.pk].pk}/", " · ".join(
            part for part in (person.title, str(person.company or ""), person.email) if part
        ), leads[person.pk].stage)
        for person in known[:limit]
    ]  # fmt: skip


def companies(text: str, *, limit: int) -> list[Hit]:
    """By name or domain; the hit is the list of their leads. One query."""
    word = " ".join(text.lower().split())
    found = Company.objects.filter(Q(name_key__contains=word) | Q(domain__startswith=word)).order_by("name")[:limit]
    return [
        Hit(company.name, f"/leads/?company={company.pk}&stage=any", " · ".join(
            part for part in (company.domain, company.industry) if part
        ))
        for company in found
    ]  # fmt: skip


def names(lead_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """{lead id: (the person's name, its address)}; one query."""
    rows = Lead.objects.filter(pk__in=list(lead_ids)).select_related("person")
    return {lead.pk: (str(lead.person), f"/leads/{lead.pk}/") for lead in rows}


def matching(text: str, prefix: str = "") -> Q:
    """Every word somewhere in the person's name, mail or company; one of one or two letters begins a word, because a
    trigram index finds shorter pieces only there."""
    found = Q()
    for word in text.lower().split()[:8]:
        field = f"{prefix}search"
        if len(word) < 3:
            found &= Q(**{f"{field}__startswith": word}) | Q(**{f"{field}__contains": f" {word}"})
        else:
            found &= Q(**{f"{field}__contains": word})
    return found
