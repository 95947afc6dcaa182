"""Accounts over twelve months: how long each paid, what it pays now, how often it left.

One row an account and currency. What a subscription costs a month is what its newest change left; an account's revenue
is the sum of its subscriptions', so moving from one plan to another is no leaving.
"""

from dashboards.kpis.base import Population

MONTH = 365 * 86_400 // 12  # seconds

LIVES = Population(
    name="lives",
    subject="mixed",
    source="q.source",
    owner="q.csm",
    firm="q.company_id",
    kinds=("foreign_money", "paying", "went"),
    span="trailing",
    select=f"""
      WITH moves AS (
        SELECT m.id, m.occurred_at, m.currency <> %(currency)s AS foreign_money, m.person_id,
               max(m.company_id) OVER whole AS company_id,
               COALESCE('company ' || max(m.company_id) OVER whole, max(m.source || ' ' || m.customer) OVER whole)
               AS account,
               m.after - COALESCE(lag(m.after) OVER (PARTITION BY m.source, m.subscription, m.currency
                                                     ORDER BY m.occurred_at, m.id), 0) AS change
          FROM customers_subscriptionmovement m WHERE m.occurred_at <= {{seen}}
        WINDOW whole AS (PARTITION BY m.source, m.subscription)),
      levels AS (
        SELECT s.*, sum(s.change) OVER running AS mrr, lead(s.at) OVER running AS until
          FROM (SELECT account, foreign_money, occurred_at AS at, max(id) AS key, max(company_id) AS company_id,
                       max(person_id) AS person_id, sum(change) AS change
                  FROM moves GROUP BY 1, 2, 3) s
        WINDOW running AS (PARTITION BY s.account, s.foreign_money ORDER BY s.at)),
      lives AS (
        SELECT account, foreign_money, max(key) AS key, max(company_id) AS company_id, max(person_id) AS person_id,
               GREATEST(max(at), {{starts}}) AS at, (array_agg(mrr ORDER BY at DESC))[1] AS mrr,
               COALESCE(sum(GREATEST(EXTRACT(epoch FROM COALESCE(until, {{seen}}) - GREATEST(at, {{starts}})), 0))
                        FILTER (WHERE mrr > 0), 0) / {MONTH} AS months,
               count(*) FILTER (WHERE mrr <= 0 AND mrr - change > 0 AND at >= {{starts}}) AS leavings
          FROM levels GROUP BY 1, 2)
      SELECT q.*, q.mrr > 0 AS paying, q.leavings > 0 AS went
        FROM (SELECT CASE WHEN c.id IS NULL THEN 'movement' ELSE 'customer' END AS subject, COALESCE(c.id, v.key) AS id,
                     v.key, v.at, v.foreign_money, v.mrr, v.months, v.leavings, v.company_id, c.csm_id AS csm,
                     COALESCE(d.source_id, l.source_id, 'unknown') AS source
                FROM lives v
                LEFT JOIN customers_customer c ON c.company_id = v.company_id
                LEFT JOIN deals_deal d ON d.id = c.first_deal_id
                LEFT JOIN LATERAL (SELECT x.source_id FROM leads_lead x
                                    WHERE d.id IS NULL AND x.person_id = v.person_id
                                    ORDER BY x.created_at, x.id LIMIT 1) l ON true
               WHERE v.months > 0 OR v.leavings > 0 OR v.mrr > 0) q
       WHERE true {{only}}""",
)
