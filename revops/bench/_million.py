"""A company of any size in a few statements: three years of leads with five touches each, clocks, journal and deals.

Straight into the tables, because telling a million leads through the verbs would take the day; the shape is the demo's.
"""

from collections.abc import Sequence

from django.db import connection

TABLES = ["leads_company", "leads_person", "leads_personkey", "leads_lead", "leads_touch", "leads_ownership",
          "leads_snapshot", "sla_clock", "sla_effect", "journal_entry", "notify_notice", "deals_deal",
          "leads_submission", "leads_qualification", "leads_attributefact", "deals_stint", "deals_contactrole",
          "deals_dealline", "customers_customer", "customers_subscriptionmovement", "customers_healthreading",
          "marketing_spend", "marketing_saleshours"]  # fmt: skip
DAYS = 1_095

# h: a number from 0 to 999 that decides a lead's fate; age: days since it came.
LEADS = """
INSERT INTO leads_lead (id, person_id, company_id, cycle, stage, owner_id, source_id, hand_raise, fit, engagement, cell,
                        created_at, updated_at, mql_at, assigned_at, sal_at, sql_at, opportunity_at, won_at, lost_at,
                        rejected_at, recycled_at, stage_at, first_touch_at, first_response_at, last_touch_at, next_due_at,
                        reason, track)
SELECT n, n, 1 + n / 5, 1, stage, CASE WHEN mql_at IS NOT NULL THEN (%(owners)s::bigint[])[1 + n %% %(sellers)s] END,
       (%(channels)s::text[])[1 + n %% 7], CASE WHEN h < 150 THEN 'demo' ELSE '' END, h %% 100, h %% 80,
       (ARRAY['A1','A2','B1','B2','C2','C3'])[1 + h %% 6],
       at, coalesce(decided, mql_at, at), mql_at, mql_at, sal_at, sql_at, opp_at,
       CASE WHEN stage = 'won' THEN closed END, CASE WHEN stage = 'lost' THEN closed END,
       CASE WHEN stage = 'rejected' THEN decided END, CASE WHEN stage = 'recycled' THEN decided END,
       CASE stage WHEN 'inquiry' THEN at WHEN 'mql' THEN mql_at WHEN 'sal' THEN sal_at WHEN 'sql' THEN sql_at
                  WHEN 'opportunity' THEN opp_at WHEN 'rejected' THEN decided WHEN 'recycled' THEN decided ELSE closed END,
       at - interval '3 days', CASE WHEN stage <> 'mql' OR h %% 3 = 0 THEN mql_at + (h %% 50) * interval '1 minute' END,
       coalesce(decided, at), CASE WHEN stage = 'mql' THEN mql_at + interval '2 days' END,
       CASE stage WHEN 'rejected' THEN 'no_need' WHEN 'recycled' THEN 'timing' ELSE '' END,
       CASE stage WHEN 'recycled' THEN 'nurture-late' ELSE '' END
  FROM (SELECT b.*, coalesce(opp_at, sql_at, sal_at, mql_at) + interval '1 day' AS decided, opp_at + interval '50 days' AS closed,
               CASE WHEN mql_at IS NULL THEN 'inquiry'
                    WHEN age < 2 THEN 'mql'
                    WHEN h >= 300 THEN 'recycled' WHEN h >= 230 THEN 'rejected'
                    WHEN sql_at IS NULL THEN CASE WHEN age < 40 THEN 'sal' ELSE 'recycled' END
                    WHEN opp_at IS NULL THEN CASE WHEN age < 30 THEN 'sql' ELSE 'recycled' END
                    WHEN age < 75 THEN 'opportunity' WHEN h < 28 THEN 'won' ELSE 'lost' END AS stage
          FROM (SELECT a.*, CASE WHEN h < 400 THEN at + (h %% 24) * interval '1 minute' END AS mql_at,
                       CASE WHEN h < 230 AND age >= 2 THEN at + interval '1 day' END AS sal_at,
                       CASE WHEN h < 130 AND age >= 10 THEN at + interval '9 days' END AS sql_at,
                       CASE WHEN h < 85 AND age >= 14 THEN at + interval '13 days' END AS opp_at
                  FROM (SELECT n, abs(hashint4(n)) %% 1000 AS h, %(days)s * (1 - n::float8 / %(count)s) AS age,
                               %(now)s::timestamptz - %(days)s * (1 - n::float8 / %(count)s) * interval '1 day'
                                   - interval '30 minutes' AS at
                          FROM generate_series(1, %(count)s) n) a) b) c"""
STATEMENTS = [
    """INSERT INTO leads_company (id, name, name_key, domain, industry, employees, country, created_at)
       SELECT n, 'Firm ' || n, 'firm ' || n, 'firm' || n || '.example', (ARRAY['SaaS','Retail','Logistics'])[1 + n %% 3],
              10 + n %% 5000, 'US', %(now)s FROM generate_series(1, 1 + %(count)s / 5) n""",
    """INSERT INTO leads_person (id, company_id, first_name, last_name, email, title, seniority, country, region, search,
                                 first_touch_at, first_channel_id, last_touch_at, score_version, created_at)
       SELECT n, 1 + n / 5, 'Bo', 'Person ' || n, 'p' || n || '@firm' || n / 5 || '.example', 'VP Sales', 'vp', 'US', 'Midwest',
              'bo person ' || n || ' p' || n || '@firm' || n / 5 || '.example firm ' || n / 5, %(now)s - interval '1 day',
              'paid_search', %(now)s, 1, %(now)s
         FROM generate_series(1, %(count)s) n""",
    """INSERT INTO leads_personkey (person_id, kind, key, created_at)
       SELECT n, 'email', 'p' || n || '@firm' || n / 5 || '.example', %(now)s FROM generate_series(1, %(count)s) n""",
    LEADS,
    """INSERT INTO leads_touch (person_id, lead_id, kind, side, channel_id, asset, url, direction, automatic, source,
                                occurred_at, received_at)
       SELECT l.person_id, l.id, (ARRAY['page_view','form','email_click','webinar','download'])[k], 'marketing',
              'paid_search', '', CASE k WHEN 1 THEN 'https://www.northwind.example/pricing' ELSE '' END, 'in', true, '',
              l.created_at - k * interval '7 hours', l.created_at
         FROM leads_lead l CROSS JOIN generate_series(1, 5) k""",
    """INSERT INTO leads_ownership (lead_id, owner_id, from_at, cause, why)
       SELECT id, owner_id, assigned_at, 'rule', '{"cause": "rule"}' FROM leads_lead WHERE owner_id IS NOT NULL""",
    """INSERT INTO sla_clock (lead_id, target, tier, scope, run, owner_id, policy_id, started_at, seconds, due_at, phase,
                              stopped_at, outcome, breached_at, next_at, next_level, levels, marks)
       SELECT l.id, t.target, t.tier, t.scope, 1, l.owner_id, p.id, l.mql_at, t.seconds, d.due_at,
              CASE WHEN e.ended IS NULL THEN 'running' ELSE 'stopped' END, e.ended,
              CASE WHEN e.ended IS NULL THEN '' WHEN e.ended <= d.due_at THEN 'met' ELSE 'met_late' END,
              CASE WHEN coalesce(e.ended, %(now)s) > d.due_at THEN d.due_at END, NULL, NULL, '{100}', ARRAY[d.due_at]
         FROM leads_lead l
        CROSS JOIN (VALUES ('assignment', '', 'lead', 120), ('first_response', 'intent', 'lead', 3600),
                           ('first_response', 'intent', 'owner', 3600), ('disposition', '', 'lead', 172800)
                   ) AS t(target, tier, scope, seconds)
        CROSS JOIN LATERAL (SELECT l.mql_at + t.seconds * interval '1 second' AS due_at) d
        CROSS JOIN LATERAL (SELECT CASE t.target WHEN 'assignment' THEN l.mql_at WHEN 'first_response' THEN l.first_response_at
                                   ELSE least(l.sal_at, l.rejected_at, l.recycled_at) END AS ended) e
        CROSS JOIN LATERAL (SELECT min(id) AS id FROM sla_policy WHERE target = t.target AND tier = t.tier) p
        WHERE l.mql_at IS NOT NULL""",
    """INSERT INTO deals_deal (name, lead_id, company_id, person_id, owner_id, source_id, stage, amount, amount_created,
                               currency, close_on, created_at, closed_at, updated_at, reason, competitor, note, next_step,
                               attributes, history, undated, flags)
       SELECT 'Deal ' || id, id, company_id, person_id, owner_id, source_id,
              CASE stage WHEN 'opportunity' THEN 'open' ELSE stage END, 2000000 + id %% 900 * 10000,
              2000000 + id %% 900 * 10000, 'USD', (opportunity_at + interval '60 days')::date, opportunity_at,
              coalesce(won_at, lost_at), coalesce(won_at, lost_at, opportunity_at),
              CASE stage WHEN 'lost' THEN (ARRAY['no_decision','price','competitor'])[1 + id %% 3] ELSE '' END, '', '', '',
              '{}', false, false, '[]'
         FROM leads_lead WHERE opportunity_at IS NOT NULL AND stage IN ('opportunity', 'won', 'lost')""",
    # A firm buys again: twice as many deals again without a lead of their own, up to 200,000 of a million.
    """INSERT INTO deals_deal (name, company_id, person_id, owner_id, source_id, stage, kind, amount, amount_created,
                               currency, close_on, created_at, closed_at, updated_at, reason, competitor, note, next_step,
                               attributes, history, undated, flags)
       SELECT 'More ' || n, 1 + n / 5, n, (%(owners)s::bigint[])[1 + n %% %(sellers)s],
              (%(channels)s::text[])[1 + n %% 7], CASE WHEN age < 50 THEN 'open' WHEN n / 9 %% 4 = 0 THEN 'won' ELSE 'lost' END,
              CASE WHEN n %% 5 = 0 THEN 'expansion' ELSE 'new' END, 1000000 + n %% 700 * 10000, 1000000 + n %% 700 * 10000,
              'USD', (at + interval '60 days')::date, at, CASE WHEN age >= 50 THEN at + (20 + n %% 30) * interval '1 day' END,
              at, CASE WHEN age >= 50 AND n / 9 %% 4 <> 0 THEN 'price' ELSE '' END, '', '', '', '{}', false, false, '[]'
         FROM (SELECT n, %(days)s * (1 - n::float8 / %(count)s) AS age,
                      %(now)s::timestamptz - %(days)s * (1 - n::float8 / %(count)s) * interval '1 day' AS at
                 FROM generate_series(9, %(count)s, 9) n) b""",
    """UPDATE deals_deal SET list_amount = amount * 110 / 100, acv = amount * 9 / 10,
              pipeline_id = (SELECT id FROM deals_pipeline WHERE is_default)""",
    """INSERT INTO deals_stint (deal_id, stage_id, entered_at, left_at, skipped)
       SELECT d.id, s.id, d.created_at + (s.position - 1) * length, CASE WHEN s.position < reached OR d.closed_at IS NOT NULL
              THEN d.created_at + s.position * length END, false
         FROM (SELECT d.*, 1 + id %% 4 AS reached, (coalesce(closed_at, %(now)s) - created_at) / (1 + id %% 4) AS length
                 FROM deals_deal d) d
         JOIN deals_pipelinestage s ON s.pipeline_id = d.pipeline_id AND s.position <= reached""",
    """UPDATE deals_deal d SET pipeline_stage_id = s.stage_id, stage_at = s.entered_at FROM deals_stint s
        WHERE s.deal_id = d.id AND s.left_at IS NULL AND d.stage = 'open'""",
    """INSERT INTO deals_contactrole (deal_id, person_id, role, is_primary, added_at)
       SELECT id, person_id, 'champion', true, created_at FROM deals_deal WHERE person_id IS NOT NULL""",
    # What reps did, so that their hours cost something.
    """INSERT INTO leads_touch (person_id, lead_id, kind, side, asset, url, direction, automatic, outcome, by_id, source,
                                occurred_at, received_at)
       SELECT person_id, id, (ARRAY['call','email','meeting'])[1 + id %% 3], 'sales', '', '', 'out', false, 'two_way',
              owner_id, '', sal_at - interval '1 hour', sal_at FROM leads_lead WHERE sal_at IS NOT NULL""",
    """INSERT INTO customers_customer (company_id, first_deal_id, status, since, activated_at, first_value_at, first_value,
                                       churn_reason, churn_note, history)
       SELECT DISTINCT ON (company_id) company_id, id, CASE WHEN company_id %% 9 = 0 THEN 'churned' ELSE 'active' END,
              closed_at, closed_at, closed_at + company_id %% 40 * interval '1 day', 'first answers', '', '', false
         FROM deals_deal WHERE stage = 'won' AND company_id IS NOT NULL ORDER BY company_id, closed_at, id""",
    """INSERT INTO customers_subscriptionmovement (source, key, kind, subscription, customer, currency, before, after,
                                                   occurred_at, recorded_at, company_id)
       SELECT 'deals', c.id || ' ' || m.kind, m.kind, 's' || c.id, c.company_id::text, 'USD', m.before, m.after,
              c.since + m.days * interval '1 day', %(now)s, c.company_id
         FROM customers_customer c
         JOIN (VALUES ('new', 0, 100000, 0, 1), ('expansion', 100000, 130000, 200, 2), ('contraction', 130000, 110000, 300, 3),
                      ('churn', 100000, 0, 250, 9)) AS m(kind, before, after, days, every)
           ON c.company_id %% m.every = 0 AND c.since + m.days * interval '1 day' < %(now)s
          AND (m.kind IN ('new', 'churn') OR c.company_id %% 9 <> 0)""",
    """INSERT INTO customers_healthreading (customer_id, component, value, at, source, note)
       SELECT c.id, k.name, 40 + (c.id * k.n) %% 60, %(now)s - interval '9 days', 'hand', ''
         FROM customers_customer c CROSS JOIN (VALUES ('usage', 3), ('support', 7), ('engagement', 11)) AS k(name, n)""",
    """INSERT INTO marketing_spend (month, channel_id, kind, amount, currency, note, source, recorded_at)
       SELECT month, channel, 'programme', 5000000, 'USD', '', 'hand', %(now)s
         FROM generate_series(date_trunc('month', %(now)s - interval '3 years'), %(now)s, interval '1 month') month
        CROSS JOIN unnest(%(channels)s::text[]) channel""",
    *(
        f"""INSERT INTO journal_entry (kind, subject_kind, subject_id, at, recorded_at, via, data)
            SELECT 'lead.{kind}', 'lead', id, {stamp}, {stamp}, 'api', '{{"cycle": 1}}' FROM leads_lead WHERE {stamp} IS NOT NULL"""
        for kind, stamp in (("opened", "created_at"), ("mql", "mql_at"), ("sal", "sal_at"), ("sql", "sql_at"),
                            ("rejected", "rejected_at"), ("recycled", "recycled_at"))
    ),
]  # fmt: skip


def fill(count: int, *, owners: Sequence[int], channels: Sequence[str], now) -> None:
    """Empty the tables and put `count` leads in. Indexes are made again afterwards, which is quicker than growing them."""
    params = {"count": count, "owners": list(owners), "sellers": len(owners), "channels": list(channels), "now": now,
              "days": DAYS}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        cursor.execute("SET synchronous_commit = off")
        # References hold by construction; checking 20 million of them would be most of the time.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND indexdef NOT LIKE '%%UNIQUE%%'",
            [TABLES],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for statement in STATEMENTS:
            cursor.execute(statement, params)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("SET session_replication_role = origin")
        for table in TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
