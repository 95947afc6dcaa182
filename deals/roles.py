"""Who is on the other side: people and the parts they play, one of them the primary contact."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from deals.models import ContactRole, Deal
from journal.record import Fact, record
from leads.models import Person
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams.access import require_work


def first(deal_ids: Sequence[int]) -> None:
    """The person a new deal is with is its primary contact, until somebody says more. One statement."""
    bulk.run([(
        """INSERT INTO deals_contactrole (deal_id, person_id, role, is_primary, added_at)
           SELECT d.id, d.person_id, 'champion', true, d.created_at FROM deals_deal d
            WHERE d.id = ANY (%s) AND d.person_id IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM deals_contactrole r WHERE r.deal_id = d.id)""",
        [list(deal_ids)],
    )])  # fmt: skip


def give(
    deal: Deal, *, person: Person, role: str, primary: bool = False, by, at: datetime, via: str = "page"
) -> ContactRole:
    """The person plays this part on the deal, instead of the one before; the first one named is the primary contact.

    A primary contact becomes the deal's person. Records `deal.role` when something changed. Raises Invalid, Forbidden.
    """
    if role not in ContactRole.Role.values:
        raise Invalid(f"Choose one of: {', '.join(ContactRole.Role.values)}.", code="unknown_role", field="role")
    require_work(by, deal, "edit")
    if person.merged_into_id or person.erased_at:
        why = "was merged into another record" if person.merged_into_id else "was erased on their request"
        raise Invalid(f"This person {why}.", code="gone", field="person")
    with transaction.atomic():
        Deal.objects.select_for_update().get(pk=deal.pk)
        had = {r.person_id: r for r in ContactRole.objects.filter(deal=deal)}
        old = had.get(person.pk)
        primary = primary or not any(r.is_primary for r in had.values()) or bool(old and old.is_primary)
        if old is not None and (old.role, old.is_primary) == (role, primary):
            return old
        if primary:
            ContactRole.objects.filter(deal=deal, is_primary=True).exclude(person=person).update(is_primary=False)
            Deal.objects.filter(pk=deal.pk).exclude(person=person).update(person=person, updated_at=at)
            deal.person = person
        given, _ = ContactRole.objects.update_or_create(
            deal=deal, person=person,
            defaults={"role": role, "is_primary": primary},
            create_defaults={"role": role, "is_primary": primary, "added_at": at, "added_by": by},
        )  # fmt: skip
        data = {"person": person.pk, "role": role, "primary": primary}
        record([Fact("deal.role", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
    return given


def take(deal: Deal, *, person_id: int, by, at: datetime, via: str = "page") -> None:
    """The person has no part in it any more. Refused for the last one; of the primary contact, the next one takes over.
    Nothing happens for somebody without a part."""
    require_work(by, deal, "edit")
    with transaction.atomic():
        Deal.objects.select_for_update().get(pk=deal.pk)
        roles = list(ContactRole.objects.filter(deal=deal))
        gone = next((r for r in roles if r.person_id == person_id), None)
        if gone is None:
            return
        if len(roles) == 1:
            raise Refused("Not removed: a deal needs at least one person. Name another first.", code="last_person")
        gone.delete()
        if gone.is_primary:
            heir = next(r for r in roles if r.person_id != person_id)
            ContactRole.objects.filter(pk=heir.pk).update(is_primary=True)
            Deal.objects.filter(pk=deal.pk).update(person=heir.person_id, updated_at=at)
            deal.person_id = heir.person_id
        data = {"person": person_id, "gone": True}
        record([Fact("deal.role", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
