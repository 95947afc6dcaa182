"""10,000 wins with 100,000 touches, all models: at most five seconds, on the small machine too."""

import time

import pytest
from django.db import connection

from dashboards import attribution

WINS, TOUCHES = 10_000, 100_000


@pytest.fixture
def many(db):
    """A firm a deal, one win to one loss, two people a firm; ten touches a win and five a loss, spread over 80 days."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO leads_company (id, name, name_key)
               SELECT 1000000 + n, 'Firm ' || n, 'firm ' || n FROM generate_series(1, %(deals)s) n""",
            {"deals": 2 * WINS},
        )
        cursor.execute(
            """INSERT INTO leads_person (id, company_id, first_name)
               SELECT 1000000 + 2 * n + k, 1000000 + n, 'Ana' FROM generate_series(1, %(deals)s) n, (VALUES (0), (1)) v(k)""",
            {"deals": 2 * WINS},
        )
        cursor.execute(
            """INSERT INTO deals_deal (id, name, company_id, person_id, source_id, stage, amount, currency, created_at,
                                       closed_at, reason, history, undated, kind, competitor, note, next_step,
                                       attributes, flags)
               SELECT 1000000 + n, 'Deal', 1000000 + n, 1000000 + 2 * n, 'webinar',
                      CASE WHEN n %% 2 = 0 THEN 'won' ELSE 'lost' END, 100000 + n, 'USD',
                      timestamptz '2026-11-01 12:00Z', timestamptz '2026-11-20 12:00Z',
                      CASE WHEN n %% 2 = 0 THEN '' ELSE 'price' END, false, false, 'new', '', '', '', '{}', '[]'
                 FROM generate_series(1, %(deals)s) n""",
            {"deals": 2 * WINS},
        )
        cursor.execute(
            """INSERT INTO leads_touch (person_id, kind, channel_id, occurred_at, received_at)
               SELECT 1000000 + 2 * n + k %% 2, (ARRAY['page_view', 'form', 'ad_click', 'download'])[1 + (n + k) %% 4],
                      (ARRAY['organic_search', 'paid_search', 'webinar', 'email', 'direct', 'event', 'referral'])
                      [1 + (n * 7 + k * k * 3 + n / 5) %% 7],
                      timestamptz '2026-11-20 11:00Z' - make_interval(hours => 1 + (n * 37 + k * 191) %% 1900), now()
                 FROM generate_series(1, %(deals)s) n, generate_series(1, 10) k
                WHERE n %% 2 = 0 OR k <= 5""",
            {"deals": 2 * WINS},
        )
        cursor.execute("ANALYZE leads_touch; ANALYZE leads_person; ANALYZE deals_deal; ANALYZE leads_company")


@pytest.mark.long
def test_ten_thousand_wins_under_all_models_take_less_than_five_seconds(many, ask):
    began = time.perf_counter()
    result = attribution.of(ask(), own=(30, 30, 40))
    took = time.perf_counter() - began
    assert result.wins == WINS and result.touches == TOUCHES and not result.absent
    assert {sum(line.credits[m.key] for line in result.lines) for m in result.models} == {result.credited}
    assert took < 5, f"{took:.2f} s"
