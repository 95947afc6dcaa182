"""A lead somebody types in: the same way in as every other, and theirs when nobody else is given it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from journal.record import record
from leads import custom_attributes, ownership
from leads.incoming import parse
from leads.intake import Outcome, capture
from leads.models import Lead
from teams import access
from teams.models import Role

MAY_OWN = {Role.SALES, Role.ADMIN}


def create(data: dict[str, Any], *, by: Any, at: datetime, via: str = "page") -> Outcome:
    """Take in what was typed (the REST shape). Raises Forbidden, and Invalid with the fields to blame.

    The maker becomes the owner of a new lead that no rule has routed, if they may own leads at all.
    """
    access.require(by, "create_lead")
    item = parse(data, now=at, types=custom_attributes.types)
    with transaction.atomic():
        [outcome] = capture([item], by=by, via=via, now=at)
        if outcome.status == "created" and by.role in MAY_OWN and outcome.lead_id:
            unowned = Lead.objects.filter(pk=outcome.lead_id, owner=None).exists()
            mine = [ownership.Assignment(outcome.lead_id, by.pk, "manual", {"made_by": by.pk})] if unowned else []
            record(ownership.assign(mine, at=at, now=at, by=by.pk, via=via), now=at)
    return outcome
