"""The dashboard's numbers as somebody would write them by hand for one period of 90 days and the one before."""

from datetime import datetime, timedelta

from django.db import connection

PERIOD = timedelta(days=90)
STATEMENTS = [
    # funnel of the cohort, by source
    """SELECT source_id, created_at >= %(starts)s AS this, count(*), count(mql_at), count(sal_at), count(sql_at),
              count(opportunity_at), count(won_at), count(*) FILTER (WHERE stage IN ('rejected', 'recycled', 'lost'))
         FROM leads_lead WHERE created_at >= %(before)s AND NOT undated GROUP BY 1, 2""",
    # stock
    """SELECT stage, CASE WHEN stage_at > %(now)s - interval '7 days' THEN 1 WHEN stage_at > %(now)s - interval '30 days'
              THEN 2 WHEN stage_at > %(now)s - interval '90 days' THEN 3 ELSE 4 END, count(*)
         FROM leads_lead WHERE stage IN ('inquiry', 'mql', 'sal', 'sql', 'opportunity') GROUP BY 1, 2""",
    # hand-overs: decisions by source and week, and time to first contact
    """SELECT source_id, date_trunc('week', mql_at), mql_at >= %(starts)s, count(*),
              count(*) FILTER (WHERE least(sal_at, rejected_at, recycled_at) = sal_at),
              count(*) FILTER (WHERE least(sal_at, rejected_at, recycled_at) = rejected_at),
              count(*) FILTER (WHERE least(sal_at, rejected_at, recycled_at) = recycled_at), count(first_response_at),
              count(*) FILTER (WHERE sql_at <= mql_at + interval '90 days')
         FROM leads_lead WHERE mql_at >= %(before)s AND NOT undated GROUP BY 1, 2, 3""",
    """SELECT mql_at >= %(starts)s, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
              ORDER BY extract(epoch FROM first_response_at - mql_at))
         FROM leads_lead WHERE mql_at >= %(before)s AND first_response_at >= mql_at AND NOT undated GROUP BY 1""",
    # velocity of each step
    *(
        f"""SELECT {went} >= %(starts)s, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
                   ORDER BY extract(epoch FROM {went} - {came}))
              FROM leads_lead WHERE {went} >= %(before)s AND {came} IS NOT NULL AND NOT undated GROUP BY 1"""
        for came, went in (("created_at", "mql_at"), ("mql_at", "sal_at"), ("sal_at", "sql_at"), ("sql_at", "opportunity_at"))
    ),
    # closings by source and week
    """SELECT source_id, date_trunc('week', closed_at), closed_at >= %(starts)s, stage, reason = 'no_decision', count(*),
              sum(amount)
         FROM deals_deal WHERE stage <> 'open' AND closed_at >= %(before)s AND NOT undated GROUP BY 1, 2, 3, 4, 5""",
    """SELECT closed_at >= %(starts)s, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
              ORDER BY extract(epoch FROM closed_at - d.created_at)), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
              ORDER BY extract(epoch FROM closed_at - p.first_touch_at))
         FROM deals_deal d LEFT JOIN leads_person p ON p.id = d.person_id
        WHERE stage = 'won' AND closed_at >= %(before)s GROUP BY 1""",
    # pipeline velocity in money, trailing year
    """SELECT count(*) FILTER (WHERE stage = 'open'), count(*) FILTER (WHERE stage = 'won'), count(*) FILTER (WHERE stage = 'lost'),
              avg(amount) FILTER (WHERE stage = 'won'), avg(extract(epoch FROM closed_at - created_at)) FILTER (WHERE stage = 'won'),
              sum(amount) FILTER (WHERE stage = 'open')
         FROM deals_deal WHERE stage = 'open' OR closed_at >= %(now)s - interval '365 days'""",
    # pipeline generated, sales-accepted
    """SELECT d.created_at >= %(starts)s, count(*), sum(d.amount), sum(d.amount) FILTER (
              WHERE l.rejected_at IS NULL AND k.side = 'marketing')
         FROM deals_deal d JOIN leads_lead l ON l.id = d.lead_id LEFT JOIN marketing_channel k ON k.code = d.source_id
        WHERE d.created_at >= %(before)s GROUP BY 1""",
    # promises
    """SELECT target, tier, scope, date_trunc('week', due_at), due_at >= %(starts)s, phase, outcome, due_at < %(now)s, count(*)
         FROM sla_clock WHERE due_at >= %(before)s AND due_at < %(now)s AND NOT history GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
]  # fmt: skip


def run(now: datetime) -> None:
    params = {"now": now, "starts": now - PERIOD, "before": now - 2 * PERIOD}
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, params)
            cursor.fetchall()
