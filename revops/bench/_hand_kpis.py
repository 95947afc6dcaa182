"""Each KPI as somebody would write it by hand, for 90 days and the 90 before: what the engine's own SQL is held against.

One statement, or two, a KPI; the same rows are looked at, exclusions and slices by source included where the KPI has
them. Values are not compared here: the worked examples are tests.
"""

STARTS, BEFORE, NOW = "%(starts)s", "%(before)s", "%(now)s"
_THIS = "{at} >= %(starts)s"
_DEALS = "NOT d.undated AND d.kind <> 'renewal'"
_CLOSED = f"d.stage <> 'open' AND d.closed_at >= {BEFORE} AND d.closed_at <= {NOW} AND {_DEALS}"
_OPENED = f"d.created_at >= {BEFORE} AND d.created_at <= {NOW} AND {_DEALS}"
_MEDIAN = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY {what})"


def _handed(what: str, more: str = "") -> str:
    return f"""SELECT source_id, date_trunc('week', mql_at), mql_at >= {STARTS}, count(*), {what}
                 FROM leads_lead WHERE mql_at >= {BEFORE} AND mql_at <= {NOW} AND NOT undated AND stage <> 'merged' {more}
                GROUP BY 1, 2, 3"""


_DECIDED = """count(*) FILTER (WHERE least(sal_at, sql_at, opportunity_at, rejected_at, recycled_at) = sal_at),
              count(*) FILTER (WHERE least(sal_at, sql_at, opportunity_at, rejected_at, recycled_at) = rejected_at),
              count(*) FILTER (WHERE least(sal_at, sql_at, opportunity_at, rejected_at, recycled_at) = recycled_at)"""
_LEVELS = """WITH l AS (SELECT company_id, source, subscription,
                 (array_agg(after ORDER BY occurred_at DESC, id DESC) FILTER (WHERE occurred_at < {first}))[1] AS was,
                 (array_agg(after ORDER BY occurred_at DESC, id DESC))[1] AS present
            FROM customers_subscriptionmovement WHERE occurred_at <= {last} AND currency = 'USD' GROUP BY 1, 2, 3),
          a AS (SELECT company_id, coalesce(sum(was), 0) AS was, coalesce(sum(present), 0) AS present FROM l GROUP BY 1)
        SELECT d.source_id, sum(a.was), sum(least(a.was, a.present)) FILTER (WHERE a.was > 0), sum(a.present) FILTER (WHERE a.was > 0),
               count(*) FILTER (WHERE a.was > 0), count(*) FILTER (WHERE a.was > 0 AND a.present = 0)
          FROM a LEFT JOIN customers_customer c USING (company_id) LEFT JOIN deals_deal d ON d.id = c.first_deal_id
         GROUP BY 1"""
_RETAINED = [_LEVELS.format(first=STARTS, last=NOW), _LEVELS.format(first=BEFORE, last=STARTS)]
_COST = f"""SELECT k.source, k.this, sum(k.cost), sum(k.won) FROM (
        SELECT channel_id AS source, month >= {STARTS}::date AS this, amount AS cost, 0 AS won FROM marketing_spend
         WHERE month >= {BEFORE}::date - 31 AND kind = 'programme'
        UNION ALL
        SELECT l.source_id, t.occurred_at >= {STARTS}, coalesce(t.minutes, n.minutes) * 100, 0
          FROM leads_touch t JOIN marketing_effortnorm n ON n.kind = t.kind LEFT JOIN leads_lead l ON l.id = t.lead_id
         WHERE t.side = 'sales' AND NOT t.automatic AND t.occurred_at >= {BEFORE} AND t.occurred_at <= {NOW}
        UNION ALL
        SELECT d.source_id, d.closed_at >= {STARTS}, 0, 1 FROM deals_deal d
         WHERE d.stage = 'won' AND d.kind = 'new' AND d.closed_at >= {BEFORE} AND d.closed_at <= {NOW}
           AND NOT EXISTS (SELECT 1 FROM deals_deal b WHERE b.company_id = d.company_id AND b.stage = 'won'
                              AND b.kind = 'new' AND b.closed_at < d.closed_at)) k GROUP BY 1, 2"""
_LIFE = """WITH m AS (SELECT company_id, subscription, occurred_at, after, after - coalesce(lag(after) OVER w, 0) AS change,
                 lead(occurred_at) OVER w AS until FROM customers_subscriptionmovement
                WHERE occurred_at <= {at} AND currency = 'USD'
               WINDOW w AS (PARTITION BY source, subscription ORDER BY occurred_at, id))
        SELECT d.source_id, count(DISTINCT m.company_id) FILTER (WHERE m.until IS NULL AND m.after > 0),
               sum(m.after) FILTER (WHERE m.until IS NULL),
               sum(extract(epoch FROM coalesce(m.until, {at}) - greatest(m.occurred_at, {at} - interval '365 days')))
                   FILTER (WHERE m.after > 0 AND coalesce(m.until, {at}) > {at} - interval '365 days'),
               count(*) FILTER (WHERE m.after = 0 AND m.occurred_at > {at} - interval '365 days')
          FROM m LEFT JOIN customers_customer c USING (company_id) LEFT JOIN deals_deal d ON d.id = c.first_deal_id
         GROUP BY 1"""
_LIVES = [_LIFE.format(at=NOW), _LIFE.format(at=STARTS)]
_CYCLES = f"""SELECT closed_at >= {STARTS}, stage, {_MEDIAN.format(what="closed_at - created_at")},
              avg(closed_at - created_at) FROM deals_deal d WHERE {_CLOSED} AND closed_at >= created_at GROUP BY 1, 2"""
_SOURCED = f"""SELECT d.created_at >= {STARTS}, sum(d.amount), sum(d.amount) FILTER (WHERE f.side = 'marketing'), count(*),
              sum(d.amount) FILTER (WHERE EXISTS (SELECT 1 FROM deals_contactrole r JOIN leads_touch t ON t.person_id = r.person_id
                  WHERE r.deal_id = d.id AND t.side = 'marketing' AND t.occurred_at >= d.created_at - interval '90 days'
                    AND t.occurred_at < least(coalesce(d.closed_at, {NOW}), {NOW})))
         FROM deals_deal d LEFT JOIN LATERAL (
              SELECT t.side FROM deals_contactrole r JOIN leads_touch t ON t.person_id = r.person_id
               WHERE r.deal_id = d.id AND t.occurred_at >= d.created_at - interval '90 days'
                 AND t.occurred_at <= d.created_at ORDER BY t.occurred_at LIMIT 1) f ON true
        WHERE {_OPENED} GROUP BY 1"""
_INFLUENCED = f"""SELECT d.closed_at >= {STARTS}, d.stage, e.yes, count(*) FROM deals_deal d CROSS JOIN LATERAL (
              SELECT EXISTS (SELECT 1 FROM deals_contactrole r JOIN leads_touch t ON t.person_id = r.person_id
                  WHERE r.deal_id = d.id AND t.side = 'marketing' AND t.occurred_at >= d.created_at - interval '90 days'
                    AND t.occurred_at < d.closed_at) AS yes) e WHERE {_CLOSED} GROUP BY 1, 2, 3"""
KPIS: dict[str, list[str]] = {
    "pipeline-velocity": [
        f"""SELECT count(*) FILTER (WHERE stage = 'open'), count(*) FILTER (WHERE stage = 'won'),
                   count(*) FILTER (WHERE stage = 'lost'), avg(amount) FILTER (WHERE stage = 'won'),
                   avg(closed_at - created_at) FILTER (WHERE stage = 'won')
              FROM deals_deal d WHERE (stage = 'open' OR closed_at >= {since}) AND created_at <= {until} AND {_DEALS}"""
        for since, until in ((f"{NOW} - interval '365 days'", NOW), (f"{STARTS} - interval '365 days'", STARTS))
    ],
    "pipeline-velocity-days": [
        f"""SELECT d.closed_at >= {STARTS}, {_MEDIAN.format(what="d.closed_at - p.first_touch_at")}, avg(d.closed_at - p.first_touch_at)
              FROM deals_deal d JOIN leads_person p ON p.id = d.person_id WHERE {_CLOSED} AND d.stage = 'won' GROUP BY 1"""
    ],
    "sales-cycle": [_CYCLES],
    "win-rate": [
        f"""SELECT source_id, date_trunc('week', closed_at), closed_at >= {STARTS}, stage, reason = 'no_decision', count(*)
              FROM deals_deal d WHERE {_CLOSED} GROUP BY 1, 2, 3, 4, 5"""
    ],
    "win-rate-cohort": [
        f"""SELECT created_at >= {STARTS}, stage, reason = 'no_decision', count(*) FROM deals_deal d WHERE {_OPENED}
             GROUP BY 1, 2, 3"""
    ],
    "win-rate-by-value": [
        f"""SELECT source_id, closed_at >= {STARTS}, stage, count(*), sum(amount) FROM deals_deal d WHERE {_CLOSED} GROUP BY 1, 2, 3"""
    ],
    "funnel": [
        f"""SELECT created_at >= {STARTS}, count(*), count(mql_at), count(sal_at), count(sql_at), count(opportunity_at),
                   count(won_at), count(*) FILTER (WHERE stage IN ('rejected', 'recycled', 'lost', 'disqualified'))
              FROM leads_lead WHERE created_at >= {BEFORE} AND created_at <= {NOW} AND NOT undated GROUP BY 1"""
    ],
    "deal-funnel": [
        f"""SELECT x.source_id, x.this, x.stage_id, count(*), count(*) FILTER (WHERE x.on_), count(*) FILTER (WHERE x.stage = 'lost')
              FROM (SELECT DISTINCT ON (s.deal_id, s.stage_id) d.source_id, s.entered_at >= {STARTS} AS this, s.stage_id, d.stage,
                           d.stage = 'won' OR EXISTS (SELECT 1 FROM deals_stint n JOIN deals_pipelinestage g ON g.id = n.stage_id
                               JOIN deals_pipelinestage h ON h.id = s.stage_id WHERE n.deal_id = s.deal_id
                                AND n.entered_at >= s.entered_at AND g.position > h.position) AS on_
                      FROM deals_stint s JOIN deals_deal d ON d.id = s.deal_id
                     WHERE s.entered_at >= {BEFORE} AND s.entered_at <= {NOW} AND {_DEALS}
                     ORDER BY s.deal_id, s.stage_id, s.entered_at) x GROUP BY 1, 2, 3"""
    ],
    "stock": [
        f"""SELECT stage, CASE WHEN stage_at > {NOW} - interval '7 days' THEN 1 WHEN stage_at > {NOW} - interval '30 days'
                   THEN 2 WHEN stage_at > {NOW} - interval '90 days' THEN 3 ELSE 4 END, count(*)
              FROM leads_lead WHERE stage IN ('inquiry', 'mql', 'sal', 'sql', 'opportunity') GROUP BY 1, 2"""
    ],
    "mql-to-sql": [_handed("count(*) FILTER (WHERE sql_at <= mql_at + interval '90 days')")],
    "acceptance-rate": [_handed(_DECIDED)],
    "rejection-rate": [_handed(_DECIDED)],
    "time-to-first-contact": [
        f"""SELECT mql_at >= {STARTS}, {_MEDIAN.format(what="coalesce(extract(epoch FROM first_response_at - mql_at), 'Infinity')")},
                   percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY c.calendar_version_id)
              FROM leads_lead LEFT JOIN sla_clock c ON c.lead_id = leads_lead.id AND c.target = 'first_response'
                   AND c.scope = 'lead' AND c.run = 1 WHERE mql_at >= {BEFORE} AND mql_at <= {NOW} AND NOT undated GROUP BY 1"""
    ],
    "sla-attainment": [
        f"""SELECT target, tier, scope, date_trunc('week', due_at), due_at >= {STARTS}, phase, outcome, due_at < {NOW}, count(*)
              FROM sla_clock WHERE due_at >= {BEFORE} AND due_at < {NOW} AND NOT history GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
    ],
    "pipeline-generated": [
        f"""SELECT d.source_id, d.created_at >= {STARTS}, count(*), sum(d.amount) FROM deals_deal d
             WHERE {_OPENED} AND NOT EXISTS (SELECT 1 FROM journal_entry j WHERE j.kind = 'deal.edited' AND j.subject_id = d.id
                   AND j.subject_kind = 'deal' AND j.at >= {NOW}) GROUP BY 1, 2"""
    ],
    "sales-accepted-pipeline": [
        f"""SELECT d.created_at >= {STARTS}, count(*), sum(d.amount) FILTER (WHERE l.rejected_at IS NULL AND k.side = 'marketing')
              FROM deals_deal d LEFT JOIN leads_lead l ON l.id = d.lead_id LEFT JOIN marketing_channel k ON k.code = d.source_id
             WHERE {_OPENED} GROUP BY 1"""
    ],
    "marketing-sourced-pipeline": [_SOURCED],
    "marketing-influenced-pipeline": [_SOURCED],
    "influenced-win-rate": [_INFLUENCED],
    "cac": [_COST],
    "ltv": _LIVES,
    "ltv-cac": [*_LIVES, _COST],
    "cac-payback": [*_LIVES, _COST],
    "ltv-by-channel": _LIVES,
    "net-revenue-retention": _RETAINED,
    "logo-retention": _RETAINED,
    "average-deal-size": [
        f"""SELECT closed_at >= {STARTS}, avg(coalesce(acv, amount)), {_MEDIAN.format(what="coalesce(acv, amount)")}
              FROM deals_deal d WHERE {_CLOSED} AND stage = 'won' AND kind = 'new' AND amount > 0 GROUP BY 1"""
    ],
    "health-score": [
        """SELECT d.source_id, avg(h.score) FROM (SELECT r.customer_id, sum(r.value * w.weight)::float8 / sum(w.weight) AS score
              FROM (SELECT DISTINCT ON (customer_id, component) customer_id, component, value FROM customers_healthreading
                     WHERE at <= %(now)s ORDER BY customer_id, component, at DESC, id DESC) r
              JOIN customers_healthweight w USING (component) GROUP BY 1) h
              JOIN customers_customer c ON c.id = h.customer_id LEFT JOIN deals_deal d ON d.id = c.first_deal_id
             WHERE c.status <> 'churned' GROUP BY 1"""
    ],
    "weighted-forecast": [
        """SELECT d.pipeline_stage_id, sum(d.amount), count(*) FROM deals_deal d WHERE stage = 'open' GROUP BY 1""",
        """SELECT s.stage_id, count(DISTINCT s.deal_id) FILTER (WHERE d.stage = 'won'), count(DISTINCT s.deal_id)
             FROM deals_stint s JOIN deals_deal d ON d.id = s.deal_id
            WHERE s.entered_at >= %(now)s - interval '365 days' AND d.stage <> 'open' GROUP BY 1""",
    ],
    "qualified-leads": [
        f"""SELECT source_id, sql_at >= {STARTS}, count(*) FROM leads_lead WHERE sql_at >= {BEFORE} AND sql_at <= {NOW}
               AND NOT undated GROUP BY 1, 2"""
    ],
    "stage-velocity": [
        f"""SELECT {went} >= {STARTS}, count(*), {_MEDIAN.format(what=f"{went} - {came}")}
              FROM leads_lead WHERE {went} >= {BEFORE} AND {went} <= {NOW} AND {came} IS NOT NULL AND NOT undated GROUP BY 1"""
        for came, went in (("created_at", "mql_at"), ("mql_at", "sal_at"), ("sal_at", "sql_at"), ("sql_at", "opportunity_at"))
    ],
    "mql-volume": [_handed("count(owner_id)")],
    "sql-to-deal": [
        f"""SELECT source_id, sql_at >= {STARTS}, count(*), count(*) FILTER (WHERE opportunity_at <= sql_at + interval '90 days'),
                   count(*) FILTER (WHERE sql_at > {NOW} - interval '90 days')
              FROM leads_lead WHERE sql_at >= {BEFORE} AND sql_at <= {NOW} AND NOT undated GROUP BY 1, 2"""
    ],
    "lead-to-deal": [
        f"""SELECT source_id, created_at >= {STARTS}, count(*), count(*) FILTER (WHERE opportunity_at <= created_at + interval '90 days')
              FROM leads_lead WHERE created_at >= {BEFORE} AND created_at <= {NOW} AND NOT undated GROUP BY 1, 2"""
    ],
    "cycle-by-source": [
        f"""SELECT source_id, closed_at >= {STARTS}, {_MEDIAN.format(what="closed_at - created_at")}, avg(closed_at - created_at)
              FROM deals_deal d WHERE {_CLOSED} AND stage = 'won' AND closed_at >= created_at GROUP BY 1, 2"""
    ],
    "won-amount": [
        f"""SELECT source_id, closed_at >= {STARTS}, sum(amount) FROM deals_deal d WHERE {_CLOSED} AND stage = 'won' GROUP BY 1, 2"""
    ],
}  # fmt: skip
