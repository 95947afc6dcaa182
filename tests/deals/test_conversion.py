"""An SQL becomes a deal, once, by somebody who may, with what a deal needs."""

import threading
from datetime import date

import pytest
from django.db import connection

from deals.models import Deal
from journal.models import Entry
from leads.models import Lead
from revops.lib.errors import Forbidden, Invalid, Refused

pytestmark = pytest.mark.django_db


def test_a_deal_carries_what_the_lead_knows(deal, sql_lead, cast, now):
    sql_lead.refresh_from_db()
    assert (deal.company, deal.person, deal.owner) == (sql_lead.company, sql_lead.person, cast.owner)
    assert (deal.source_id, deal.amount, deal.amount_created, deal.stage) == ("webinar", 5_200_000, 5_200_000, "open")
    assert (sql_lead.stage, sql_lead.opportunity_at) == ("opportunity", now)


def test_the_journal_tells_of_deal_and_lead(deal, sql_lead, cast):
    opened = Entry.objects.get(kind="deal.opened")
    assert (opened.subject_kind, opened.subject_id, opened.by_id) == ("deal", deal.pk, cast.owner.pk)
    assert opened.data == {"lead": sql_lead.pk, "amount": 5_200_000, "currency": "USD", "owner": cast.owner.pk}
    assert Entry.objects.get(kind="lead.opportunity").data["deal"] == deal.pk


def test_twice_is_once(deal, sql_lead, open_it):
    again = open_it(sql_lead, amount=1, name="Another")
    assert again == deal and Deal.objects.count() == 1
    assert Entry.objects.filter(kind="deal.opened").count() == 1


def test_the_owner_of_the_first_deal_owns_the_account(deal, cast):
    deal.company.refresh_from_db()
    assert deal.company.owner == cast.owner


def test_an_account_keeps_its_owner(sql_lead, open_it, cast):
    sql_lead.company.owner = cast.other
    sql_lead.company.save()
    open_it(sql_lead)
    sql_lead.company.refresh_from_db()
    assert sql_lead.company.owner == cast.other


@pytest.mark.parametrize("stage", ["inquiry", "mql", "sal", "recycled", "rejected"])
def test_only_an_sql_becomes_a_deal(sql_lead, open_it, stage):
    Lead.objects.filter(pk=sql_lead.pk).update(stage=stage)
    with pytest.raises(Refused, match="only an SQL becomes a deal"):
        open_it(sql_lead)
    assert not Deal.objects.exists()


def test_a_deal_needs_an_account(sql_lead, open_it):
    Lead.objects.filter(pk=sql_lead.pk).update(company=None)
    with pytest.raises(Refused, match="no company"):
        open_it(sql_lead)


@pytest.mark.parametrize(
    ("field", "value"), [("amount", 0), ("amount", -5), ("amount", None), ("currency", "dollars"), ("close_on", None)]
)
def test_bad_money_and_dates_are_named(sql_lead, open_it, field, value):
    with pytest.raises(Invalid) as refusal:
        open_it(sql_lead, **{field: value})
    assert refusal.value.field == field
    sql_lead.refresh_from_db()
    assert sql_lead.stage == "sql"


@pytest.mark.parametrize("who", ["other", "viewer", "marketer", "teammate"])
def test_others_may_not(sql_lead, open_it, cast, who):
    with pytest.raises(Forbidden):
        open_it(sql_lead, by=getattr(cast, who))


@pytest.mark.parametrize("who", ["owner", "manager", "admin"])
def test_owner_manager_and_administrator_may(sql_lead, open_it, cast, who):
    assert open_it(sql_lead, by=getattr(cast, who)).owner == cast.owner


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_deal(sql_lead, cast, now):
    from deals.conversion import convert

    both, made, wrong = threading.Barrier(2, timeout=10), [], []

    def click():
        try:
            both.wait()
            made.append(
                convert(
                    sql_lead, name="", amount=100, currency="USD", close_on=date(2027, 1, 1), by=cast.owner, at=now
                ).pk
            )
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(20)
    assert not wrong and len(made) == 2 and len(set(made)) == 1
    assert Entry.objects.filter(kind="deal.opened").count() == 1
