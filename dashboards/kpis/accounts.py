"""Who paid us each month: one row an account with what it paid when the period began and when it ended, and one row a
change. Both read subscription movements: what a subscription costs a month is what its newest change left.
"""

from dashboards.kpis.base import Population

# The company, or the source's own customer where we don't know the firm; a subscription linked later is one account.
_IDENTITY = "COALESCE('company ' || {company}, {customer})"
ACCOUNT = _IDENTITY.format(company="max(m.company_id)", customer="max(m.source || ' ' || m.customer)")
ACCOUNT_OF = _IDENTITY.format(company="m.company_id", customer="m.source || ' ' || m.customer")
_NEWEST = "(array_agg(m.after ORDER BY m.occurred_at DESC, m.id DESC) FILTER (WHERE {when}))[1]"
_STARTS = _NEWEST.format(when="m.occurred_at < {starts}")
_ENDS = _NEWEST.format(when="m.occurred_at < {ends} AND m.occurred_at <= {seen}")
KNOWN = "m.occurred_at < {ends} AND m.occurred_at <= {seen}"
CUSTOMER = """LEFT JOIN customers_customer c ON c.company_id = a.company_id
             LEFT JOIN deals_deal d ON d.id = c.first_deal_id"""

ACCOUNTS = Population(
    name="accounts",
    subject="mixed",
    source="d.source_id",
    owner="c.csm_id",
    firm="a.company_id",
    kinds=("state", "foreign_money"),
    select=f"""
      SELECT a.*, c.id IS NOT NULL AS known, CASE WHEN c.id IS NULL THEN 'movement' ELSE 'customer' END AS subject,
             COALESCE(c.id, a.key) AS id, COALESCE(d.source_id, 'unknown') AS source,
             CASE WHEN a.mrr_start > 0 THEN CASE WHEN a.mrr_end = 0 THEN 'gone' WHEN a.mrr_end > a.mrr_start THEN 'more'
                                                 WHEN a.mrr_end < a.mrr_start THEN 'less' ELSE 'same' END
                  WHEN a.paid_before THEN 'back' ELSE 'new' END AS state
        FROM (SELECT s.account, max(s.company_id) AS company_id, max(s.key) AS key, s.foreign_money,
                     GREATEST(max(s.last_at), {{starts}}) AS at, sum(s.mrr_start) AS mrr_start,
                     sum(s.mrr_end) AS mrr_end, bool_or(s.paid_before) AS paid_before
                FROM (SELECT {ACCOUNT} AS account, max(m.company_id) AS company_id, max(m.id) AS key,
                             m.currency <> %(currency)s AS foreign_money, max(m.occurred_at) AS last_at,
                             COALESCE({_STARTS}, 0) AS mrr_start, COALESCE({_ENDS}, 0) AS mrr_end,
                             bool_or(m.occurred_at < {{starts}} AND m.after > 0) AS paid_before
                        FROM customers_subscriptionmovement m
                       WHERE {KNOWN}
                       GROUP BY m.source, m.subscription, m.currency) s
               GROUP BY s.account, s.foreign_money) a
             {CUSTOMER}
       WHERE (a.mrr_start > 0 OR a.mrr_end > 0) {{only}}""",
)

CHANGES = Population(
    name="changes",
    subject="movement",
    source="d.source_id",
    owner="c.csm_id",
    firm="a.company_id",
    kinds=("kind", "foreign_money", "reason"),
    select=f"""
      SELECT a.id, a.id AS key, a.occurred_at AS at, COALESCE(d.source_id, 'unknown') AS source, a.kind,
             a.currency <> %(currency)s AS foreign_money, a.after - a.before AS change, a.reason
        FROM customers_subscriptionmovement a
             {CUSTOMER}
       WHERE a.occurred_at >= {{starts}} AND a.occurred_at < {{ends}} AND a.occurred_at <= {{seen}} {{only}}""",
)
