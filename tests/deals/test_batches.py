"""The batch forms of a deal's verbs: the same result, once each."""

from datetime import date, timedelta

import pytest

from deals.batches import Closing, Opening, close_many, open_many
from deals.models import Deal
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def opening(sql_lead, cast, now):
    return Opening(sql_lead.pk, "Rollout", 5_200_000, "USD", date(2027, 1, 15), cast.owner.pk, now)


def test_an_sql_becomes_a_deal_once(opening, sql_lead, now):
    assert list(open_many([opening], now=now)) == [sql_lead.pk]
    assert open_many([opening], now=now) == {}
    deal = Deal.objects.select_related("lead", "company").get()
    assert (deal.amount_created, deal.owner, deal.source_id) == (5_200_000, sql_lead.owner, "webinar")
    assert (deal.lead.stage, deal.lead.opportunity_at, deal.company.owner) == ("opportunity", now, sql_lead.owner)
    told = Entry.objects.exclude(kind__startswith="clock.").order_by("id")
    assert list(told.values_list("kind", flat=True)) == ["deal.opened", "lead.opportunity"]


def test_a_lead_that_is_no_sql_is_passed_over(opening, sql_lead, now):
    sql_lead.stage = "sal"
    sql_lead.save()
    assert open_many([opening], now=now) == {}
    assert not Deal.objects.exists()


@pytest.mark.parametrize(("won", "reason", "stage"), [(True, "", "won"), (False, "price", "lost")])
def test_it_ends_once_and_the_lead_follows(opening, sql_lead, cast, now, won, reason, stage):
    open_many([opening], now=now)
    end = now + timedelta(days=9)
    close_many([Closing(sql_lead.pk, won, cast.owner.pk, end, reason=reason)], now=end)
    close_many([Closing(sql_lead.pk, not won, cast.owner.pk, end, reason="other")], now=end)
    deal = Deal.objects.get()
    sql_lead.refresh_from_db()
    assert (deal.stage, deal.reason, deal.closed_at) == (stage, reason, end)
    assert (sql_lead.stage, sql_lead.stage_at) == (stage, end)
    assert Entry.objects.filter(kind=f"deal.{stage}").count() == 1
