"""What deals tell the rooms below: the company's standing for conditions, and the panel of a lead."""

from datetime import timedelta

import pytest
from django.db import connection

from deals import panels
from deals.attributes import OFFERED

pytestmark = pytest.mark.django_db


def standing(company, as_of=None):
    found = {}
    with connection.cursor() as cursor:
        for attribute in OFFERED:
            sql = attribute.past if as_of else attribute.sql
            cursor.execute(f"SELECT {sql} FROM leads_company c WHERE c.id = %(id)s", {"id": company.pk, "as_of": as_of})
            found[attribute.name] = cursor.fetchone()[0]
    return found["company.has_open_deal"], found["company.is_customer"]


def test_a_company_has_an_open_deal_then_is_a_customer(sql_lead, open_it, cast, now):
    assert standing(sql_lead.company) == (False, False)
    deal = open_it(sql_lead)
    assert standing(sql_lead.company) == (True, False)
    deal.win(by=cast.owner, at=now + timedelta(days=1))
    assert standing(sql_lead.company) == (False, True)


def test_the_past_is_as_it_was(sql_lead, open_it, cast, now):
    open_it(sql_lead).win(by=cast.owner, at=now + timedelta(days=2))
    assert standing(sql_lead.company, now - timedelta(days=1)) == (False, False)
    assert standing(sql_lead.company, now + timedelta(days=1)) == (True, False)
    assert standing(sql_lead.company, now + timedelta(days=2)) == (False, True)


def test_the_panel_is_one_query_for_any_number_of_leads(deal, sql_lead, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = panels.deals([sql_lead.pk, 0], now=now)
    assert found[sql_lead.pk]["amount"] == {"amount": "52000.00", "currency": "USD"}
    assert list(found) == [sql_lead.pk]
