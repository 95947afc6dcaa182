"""Two people work on one lead at the same moment: one after the other, and neither gets a fault for an answer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from leads.models import Lead
from revops.lib.errors import Refused
from tests.scoring.test_races import beside

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
pytestmark = pytest.mark.django_db(transaction=True)


def after_each_other(first, second):
    """`second` begins while `first` is not committed yet; answers what went wrong in it."""
    with transaction.atomic():
        first()
        thread, wrong = beside(second)
        thread.join(0.3)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(10)
    return wrong


def test_two_reassignments_leave_one_owner(cast, make_lead):
    lead = make_lead(at=NOW)
    mine, yours = Lead.objects.get(), Lead.objects.get()
    wrong = after_each_other(
        lambda: mine.reassign(by=cast.manager, at=LATER, to=cast.teammate),
        lambda: yours.reassign(by=cast.admin, at=LATER, to=cast.other),
    )
    assert wrong == []
    lead.refresh_from_db()
    assert lead.owner == cast.other
    assert list(lead.ownerships.order_by("id").values_list("owner", "to_at")) == [
        (cast.owner.pk, LATER), (cast.teammate.pk, LATER), (cast.other.pk, None),
    ]  # fmt: skip


def test_a_lead_rejected_a_moment_ago_is_not_reassigned(cast, make_lead):
    make_lead(at=NOW)
    mine, yours = Lead.objects.get(), Lead.objects.get()
    [refused] = after_each_other(
        lambda: mine.reject(by=cast.owner, at=LATER, reason="no_need"),
        lambda: yours.reassign(by=cast.manager, at=LATER, to=cast.teammate),
    )
    assert isinstance(refused, Refused)
    assert Lead.objects.get().owner == cast.owner


def test_the_last_two_items_confirmed_at_once_make_an_sql(cast, make_lead):
    make_lead(at=NOW).accept(by=cast.owner, at=NOW)

    def confirm(*names):
        said = {name: {"value": "yes", "evidence": "said so"} for name in names}
        lead = Lead.objects.get()
        return lambda: lead.qualify(by=cast.owner, at=LATER, items=said)

    assert after_each_other(confirm("budget", "authority"), confirm("need", "timeline")) == []
    assert Lead.objects.get().stage == "sql"


def test_nothing_is_confirmed_on_a_lead_recycled_a_moment_ago(cast, make_lead):
    make_lead(at=NOW).accept(by=cast.owner, at=NOW)
    mine, yours = Lead.objects.get(), Lead.objects.get()
    said = {"budget": {"value": "yes", "evidence": "said so"}}
    [refused] = after_each_other(
        lambda: mine.recycle(by=cast.owner, at=LATER, reason="timing", track="newsletter"),
        lambda: yours.qualify(by=cast.owner, at=LATER, items=said),
    )
    assert isinstance(refused, Refused)
    assert not yours.qualifications.exists()


def test_a_colleague_who_accepts_later_is_told_who_was_faster(cast, make_lead):
    lead = make_lead(at=NOW)
    lead.accept(by=cast.owner, at=NOW)
    with pytest.raises(Refused, match="Jonah Reyes accepted this lead"):
        lead.accept(by=cast.teammate, at=LATER)
    assert lead.accept(by=cast.owner, at=LATER).sal_at == NOW
