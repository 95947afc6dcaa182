"""Handing a lead over though it does not meet the definition: allowed to few, never quiet (DOMAIN 1.3, MKT_QUALITY)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from leads import handoff, touches
from leads.models import Lead
from leads.models.stage import Stage
from revops.lib.errors import Forbidden, Invalid, Refused
from teams import access
from teams.models import User

BECAUSE = "override"


def hand_over_anyway(lead: Lead, *, by: User, at: datetime, reason: str, via: str = "page") -> Lead:
    """Inquiry → MQL by hand: routed and timed like any other, with a name, a day and a reason on it.

    The reason is kept as a note on the person's timeline, so that it can be erased with them; the journal keeps who and
    when. Done twice is done once. Raises Forbidden, Invalid (no reason) or Refused (no inquiry, not to be contacted).
    """
    if by.is_service:
        raise Forbidden("A hand-over by hand carries a person's name; a key has none.", code="role")
    access.require_work(by, lead, BECAUSE)
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("Say why this lead is handed over anyway.", code="required", field="reason")
    with transaction.atomic():
        lead = Lead.objects.select_related("person").get(pk=lead.pk)
        if lead.stage == Stage.MQL and lead.snapshot.because == BECAUSE:
            return lead
        if lead.stage != Stage.INQUIRY:
            stage = lead.get_stage_display()
            raise Refused(f"{lead.person} is {stage}; only an inquiry is handed over.", code="stage")
        if lead.person.suppressed:
            raise Refused(f"{lead.person} does not want to be contacted. Nothing was changed.", code="suppressed")
        [note] = touches.log([touches.HumanTouch(lead.pk, "note", at, note=reason)], by=by.pk, at=at, via=via)
        definition = import_string(settings.STAGE_DEFINITION)("mql", at=at)
        person = lead.person
        crossing = handoff.Crossing(
            lead.pk, BECAUSE, person.fit, person.engagement, person.usage, person.cell,
            definition.version if definition else None, person.score_version,
        )  # fmt: skip
        handoff.qualify([crossing], now=at, via=via, by=by.pk, data={"note_touch": note})
    lead.refresh_from_db()
    return lead
