"""BANT of many leads at once: enough items make an SQL, who is not accepted is passed over."""

from datetime import UTC, datetime

import pytest

from leads.bant import Confirmation, confirm_many
from leads.models import Lead, Qualification
from revops.lib.errors import Invalid

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
ALL = {item: {"value": "yes", "evidence": "said so"} for item in ("budget", "authority", "need", "timeline")}

pytestmark = pytest.mark.django_db


def of(lead, items, cast):
    return Confirmation(lead.pk, cast.owner.pk, NOW, items)


def test_all_four_make_an_sql_and_some_wait(cast, make_lead):
    ready, halfway, early = (make_lead(name, at=NOW) for name in ("Ann Lee", "Bo Moe", "Cy Roy"))
    for lead in (ready, halfway):
        lead.accept(by=cast.owner, at=NOW)
    some = {item: ALL[item] for item in ("budget", "need")}
    batch = [of(ready, ALL, cast), of(halfway, some, cast), of(early, ALL, cast)]
    confirm_many(batch, now=NOW)
    stages = dict(Lead.objects.values_list("id", "stage"))
    assert [stages[lead.pk] for lead in (ready, halfway, early)] == ["sql", "sal", "mql"]
    assert Qualification.objects.count() == 6
    confirm_many([of(halfway, {item: ALL[item] for item in ("authority", "timeline")}, cast)], now=NOW)
    halfway.refresh_from_db()
    assert (halfway.stage, halfway.sql_at) == ("sql", NOW)


def test_an_item_without_evidence_is_refused(cast, make_lead):
    lead = make_lead("Ann Lee", at=NOW).accept(by=cast.owner, at=NOW)
    with pytest.raises(Invalid):
        confirm_many([of(lead, {"need": {"value": "x", "evidence": ""}}, cast)], now=NOW)
