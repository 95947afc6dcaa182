"""What winning a customer took: spend, tools, sales time and the wins themselves, each a row with a source and a cost.

Spend is kept by month: a period that covers part of a month takes that share of it, by days. What belongs to no channel
(tools, hours nobody logged against a lead) is split by opp-days, the days deals of each channel were open in that
month, to the cent. A month's costs count from its first day, whenever they were typed in.
"""

from dashboards.kpis.base import Population

# A touch logged on the person alone belongs to the lead they last had.
_LAST_LEAD = (
    """(SELECT max(x.id) FROM leads_lead x WHERE x.person_id = t.person_id AND x.created_at <= t.occurred_at)"""
)


def _split(of: str, weights: str, cost: str, more: str) -> str:
    """Each row of `of` once a source with a weight there, `cost` split in proportion: cumulated sums are rounded, so
    that the parts add up. A row without weights is of an unknown source, whole."""
    return f"""
      SELECT s.*, (s.upto - lag(s.upto, 1, 0::numeric) OVER (PARTITION BY s.id ORDER BY s.source))::bigint AS cost,
             row_number() OVER (PARTITION BY s.id ORDER BY s.source) AS n
        FROM (SELECT o.id, o.at, COALESCE(v.source, 'unknown') AS source, o.foreign_money{more},
                     COALESCE(v.weight / sum(v.weight) OVER whole, 1) AS share,
                     round(o.{cost} * COALESCE(sum(v.weight) OVER running / sum(v.weight) OVER whole, 1)) AS upto
                FROM {of} o LEFT JOIN {weights} v ON v.id = o.id
              WINDOW whole AS (PARTITION BY o.id),
                     running AS (PARTITION BY o.id ORDER BY v.source)) s"""


ACQUISITION = Population(
    name="acquisition",
    subject="mixed",
    source="q.source",
    owner="q.owner",
    firm="q.company",
    kinds=("what", "undated", "foreign_money", "rateless", "paid", "bought", "spent"),
    select=f"""
      WITH place AS (SELECT COALESCE((SELECT timezone FROM teams_organisation WHERE id = 1), 'UTC') AS zone),
      span AS (
        SELECT zone, ({{starts}}::timestamptz AT TIME ZONE zone)::date AS first,
               ((LEAST({{ends}}::timestamptz, {{seen}}::timestamptz + INTERVAL '1 microsecond')
                 - INTERVAL '1 microsecond') AT TIME ZONE zone)::date AS last
          FROM place),
      months AS (
        SELECT m::date AS month, GREATEST(m::date, first)::timestamp AT TIME ZONE zone AS begins,
               LEAST((LEAST((m + INTERVAL '1 month')::date, last + 1))::timestamp AT TIME ZONE zone,
                     {{seen}}::timestamptz) AS stops,
               (LEAST((m + INTERVAL '1 month')::date, last + 1) - GREATEST(m::date, first))::numeric
               / ((m + INTERVAL '1 month')::date - m::date) AS part
          FROM span, generate_series(date_trunc('month', first::timestamp), last::timestamp, '1 month') m
         WHERE first <= last),
      spent AS (
        SELECT s.id, s.kind, m.month, m.begins AS at, COALESCE(s.channel_id, 'unknown') AS source,
               s.currency <> %(currency)s AS foreign_money, round(s.amount * m.part)::bigint AS whole
          FROM months m JOIN marketing_spend s ON s.month = m.month),
      alive AS MATERIALIZED (
        SELECT d.created_at, d.closed_at, COALESCE(d.source_id, 'unknown') AS source, d.owner_id AS owner
          FROM deals_deal d
         WHERE d.kind = 'new' AND NOT d.undated AND d.created_at < LEAST({{ends}}::timestamptz, {{seen}}::timestamptz)
           AND (d.closed_at IS NULL OR d.closed_at > {{starts}})),
      opp AS MATERIALIZED (
        SELECT m.month, d.source, d.owner,
               sum(EXTRACT(epoch FROM LEAST(d.closed_at, m.stops) - GREATEST(d.created_at, m.begins))) AS weight
          FROM months m JOIN alive d ON d.created_at < m.stops AND (d.closed_at IS NULL OR d.closed_at > m.begins)
         GROUP BY 1, 2, 3),
      tools AS (SELECT * FROM spent WHERE kind = 'tools'),
      tool_weights AS (
        SELECT t.id, o.source, sum(o.weight) AS weight FROM tools t JOIN opp o ON o.month = t.month GROUP BY 1, 2),
      rates AS (
        SELECT r.role, r.hourly, r.currency <> %(currency)s AS foreign_money,
               r.from_on::timestamp AT TIME ZONE zone AS since,
               lead(r.from_on::timestamp AT TIME ZONE zone) OVER (PARTITION BY r.role ORDER BY r.from_on) AS until
          FROM marketing_loadedrate r, place),
      worked AS MATERIALIZED (
        SELECT t.id, t.occurred_at AS at, t.by_id, u.role, COALESCE(t.minutes, n.minutes)::int AS minutes,
               COALESCE(t.lead_id, {_LAST_LEAD}) AS lead_id
          FROM leads_touch t JOIN teams_user u ON u.id = t.by_id
               LEFT JOIN marketing_effortnorm n ON n.kind = t.kind
         WHERE t.side = 'sales' AND NOT t.automatic AND t.standing IN ('', 'approved')
           AND t.occurred_at >= {{starts}} AND t.occurred_at < {{ends}} AND t.occurred_at <= {{seen}}
           AND COALESCE(t.minutes, n.minutes) > 0),
      idle AS (
        SELECT h.id, h.user_id AS owner, m.month, m.begins AS at, COALESCE(r.foreign_money, false) AS foreign_money,
               r.hourly IS NULL AS rateless, m.minutes,
               CASE WHEN r.hourly IS NULL THEN 0 ELSE round(m.minutes * r.hourly / 60.0) END::bigint AS whole
          FROM (SELECT m.*, h.id AS hours_id,
                       GREATEST(round(h.hours * m.part * 60)
                                - COALESCE((SELECT sum(w.minutes) FROM worked w WHERE w.by_id = h.user_id
                                             AND w.at >= m.begins AND w.at < m.stops), 0), 0)::int AS minutes
                  FROM months m JOIN marketing_saleshours h ON h.month = m.month) m
               JOIN marketing_saleshours h ON h.id = m.hours_id
               JOIN teams_user u ON u.id = h.user_id
               LEFT JOIN rates r ON r.role = u.role AND r.since < m.stops AND (r.until IS NULL OR r.until >= m.stops)
         WHERE m.minutes > 0),
      own AS (SELECT i.id, o.source, o.weight FROM idle i JOIN opp o ON o.month = i.month AND o.owner = i.owner),
      idle_weights AS (
        SELECT * FROM own
        UNION ALL
        SELECT i.id, o.source, sum(o.weight) FROM idle i JOIN opp o ON o.month = i.month
         WHERE NOT EXISTS (SELECT 1 FROM own WHERE own.id = i.id) GROUP BY 1, 2)
      SELECT q.*, COALESCE(k.paid, false) AS paid, COALESCE(k.side, 'marketing') = 'marketing' AS bought,
             q.source IN (SELECT source FROM spent WHERE kind = 'programme') AS spent
        FROM (
          SELECT 'spend' AS subject, p.id, p.id * 65536 AS key, p.at, p.source, NULL::bigint AS owner,
                 'programme' AS what, false AS undated, p.foreign_money, false AS rateless,
                 NULL::bigint AS company, p.whole AS cost, 0 AS minutes
            FROM spent p WHERE p.kind = 'programme'
          UNION ALL
          SELECT 'spend', t.id, t.id * 65536 + t.n * 8 + 1, t.at, t.source, NULL, 'tools', false, t.foreign_money,
                 false, NULL, t.cost, 0
            FROM ({_split("tools", "tool_weights", "whole", "")}) t
          UNION ALL
          SELECT 'touch', w.id, w.id * 65536 + 2, w.at, COALESCE(l.source_id, 'unknown'), w.by_id, 'touch', false,
                 COALESCE(r.foreign_money, false), r.hourly IS NULL, l.company_id,
                 COALESCE(round(w.minutes * r.hourly / 60.0), 0)::bigint, w.minutes
            FROM worked w LEFT JOIN leads_lead l ON l.id = w.lead_id
                 LEFT JOIN rates r ON r.role = w.role AND r.since <= w.at AND (r.until IS NULL OR r.until > w.at)
           WHERE l.won_at IS NULL OR l.won_at >= w.at
          UNION ALL
          SELECT 'hours', h.id, h.id * 65536 + h.n * 8 + 3, h.at, h.source, h.owner, 'hours', false, h.foreign_money,
                 h.rateless, NULL, h.cost, round(h.minutes * h.share)::int
            FROM ({_split("idle", "idle_weights", "whole", ", o.owner, o.rateless, o.minutes")}) h
          UNION ALL
          SELECT 'deal', d.id, d.id * 65536 + 4, d.closed_at, COALESCE(d.source_id, 'unknown'), d.owner_id, 'customer',
                 d.undated, false, false, d.company_id, 0, 0
            FROM deals_deal d
           WHERE d.stage = 'won' AND d.kind = 'new' AND d.closed_at >= {{starts}} AND d.closed_at < {{ends}}
             AND d.closed_at <= {{seen}}
             AND NOT EXISTS (SELECT 1 FROM deals_deal b WHERE b.company_id = d.company_id AND b.stage = 'won'
                                AND b.kind = 'new' AND (b.closed_at, b.id) < (d.closed_at, d.id))
        ) q LEFT JOIN marketing_channel k ON k.code = q.source
       WHERE true {{only}}""",
)
