"""A board of ten thousand open deals opens in a second (case 19)."""

import time

import pytest
from django.db import connection

from tests.deals.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.long]


def test_ten_thousand_open_deals_are_shown_within_a_second(signed_in, cast, deal, frozen):
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO deals_deal (name, company_id, person_id, owner_id, stage, amount, currency, close_on,
                      created_at, updated_at, pipeline_id, pipeline_stage_id, stage_at, reason, competitor, note,
                      next_step, attributes, history, undated, flags)
               SELECT 'Deal ' || n, d.company_id, d.person_id, d.owner_id, 'open', 100 * n, 'USD', d.close_on + n %% 90,
                      d.created_at, d.updated_at, d.pipeline_id, s.id, d.stage_at, '', '', '', '', '{}', false, false,
                      '[]'
                 FROM deals_deal d, generate_series(1, 2500) n, deals_pipelinestage s WHERE d.id = %s""",
            [deal.pk],
        )
        cursor.execute("ANALYZE deals_deal")
    client = signed_in(cast.manager)
    with frozen(NOW):
        client.get("/deals/?q=warm")
        began = time.perf_counter()
        page = client.get("/deals/")
        took = time.perf_counter() - began
    counts = [column.count for column, _ in page.context["columns"]]
    assert counts == [2501, 2500, 2500, 2500, 0, 0]
    assert [len(deals) for _, deals in page.context["columns"]] == [50, 50, 50, 50, 0, 0]
    assert took < 1, took
