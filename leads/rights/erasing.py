"""Somebody is erased: every room takes away what is readable of them, what was counted stays counted.

One transaction, each room by itself (settings.ERASERS). What is known of them by other records of the same human being
goes too. Their keys stay behind as keyed hashes, so that no import brings them back.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from journal.record import Fact, record
from leads.models import Lead, Person, PersonKey
from leads.models.stage import OPEN_STAGES, Reason, Stage
from leads.rights import hashes
from revops.lib import bulk
from revops.lib.errors import Refused
from teams import access

if TYPE_CHECKING:
    from teams.models import User

FAMILY = """
WITH RECURSIVE family(id) AS (
    SELECT %s::bigint
    UNION SELECT CASE WHEN p.merged_into_id = f.id THEN p.id ELSE p.merged_into_id END
            FROM family f JOIN leads_person p ON p.merged_into_id = f.id OR p.id = f.id
           WHERE p.merged_into_id IS NOT NULL)
SELECT id FROM family WHERE id IS NOT NULL ORDER BY id"""


def family(person: Person) -> list[int]:
    """The ids of all records of this human being, through however many merges."""
    return [row[0] for row in bulk.query(FAMILY, [person.pk])]


def erase(person: Person, *, by: "User", at: datetime, via: str = "page") -> list[int]:
    """Answers the ids of all records of this person. Administrators only; there is no way back.

    Raises Forbidden, or Refused (code `erased`) when it was done already.
    """
    access.require(by, "administer")
    with transaction.atomic():
        people = list[int]()
        while (known := family(person)) != people:  # somebody may merge them while these are waited for
            people = known
            bulk.query("SELECT id FROM leads_person WHERE id = ANY (%s) ORDER BY id FOR UPDATE", [people])
        if not Person.objects.filter(pk__in=people, erased_at=None).exists():
            raise Refused("This person was erased already. Nothing was changed.", code="erased")
        held = Lead.objects.filter(person__in=people).order_by("pk").select_for_update()
        leads = list(held.values_list("pk", flat=True))
        hashes.remember(list(PersonKey.objects.filter(person__in=people).values_list("kind", "key")), at=at)
        for path in settings.ERASERS:
            import_string(path)(people, leads, at=at)
        gone = list(Lead.objects.filter(pk__in=leads, stage__in=OPEN_STAGES).values_list("pk", flat=True))
        # Nobody is left to work on: an open cycle ends here, so that it waits in no queue.
        Lead.objects.filter(pk__in=gone).update(
            stage=Stage.DISQUALIFIED, stage_at=at, updated_at=at, reason=Reason.DO_NOT_CONTACT, next_due_at=None,
            decided_by=by,
        )  # fmt: skip
        facts = [Fact("lead.disqualified", "lead", pk, at, by=by.pk, via=via, data={"reason": "do_not_contact"})
                 for pk in gone]  # fmt: skip
        record([Fact("person.erased", "person", max(people), at, by=by.pk, via=via), *facts], now=at)
    return people
