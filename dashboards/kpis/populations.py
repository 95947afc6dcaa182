"""The rows KPIs count, each set written once. `{starts}`, `{ends}`, `{seen}` are bound instants, `{only}` the filter.

Stamps count only when they are not after `{seen}`, so the same as-of gives the same number later. Skipped stages
count as reached: a lead that became a deal without an acceptance on record was accepted.
"""

from dashboards.kpis.base import Excluded, Population

# LEAST ignores NULLs in PostgreSQL, which is just what "the first of these that happened" needs.
_WORKED = "LEAST(l.sal_at, l.sql_at, l.opportunity_at, l.won_at, l.lost_at)"
_DEEPEST = """CASE WHEN l.won_at <= {seen} THEN 5
            WHEN LEAST(l.opportunity_at, l.won_at, l.lost_at) <= {seen} THEN 4
            WHEN LEAST(l.sql_at, l.opportunity_at, l.won_at, l.lost_at) <= {seen} THEN 3
            WHEN LEAST(l.sal_at, l.sql_at, l.opportunity_at, l.won_at, l.lost_at) <= {seen} THEN 2
            WHEN LEAST(l.mql_at, l.sal_at, l.sql_at, l.opportunity_at, l.won_at, l.lost_at) <= {seen} THEN 1
            ELSE 0 END"""
_ENDED = """CASE WHEN l.stage_at <= {seen} THEN l.stage IN ('rejected', 'recycled', 'disqualified', 'lost')
            ELSE COALESCE(LEAST(l.rejected_at, l.recycled_at, l.disqualified_at, l.lost_at) <= {seen}, false) END"""
# A record that turned out to be another's counts there, from the moment somebody saw it.
LIVES_ON = "AND NOT (l.stage = 'merged' AND l.stage_at <= {seen})"
LEAD_SOURCE = "COALESCE(l.source_id, 'unknown') AS source"
DEAL_SOURCE = "COALESCE(d.source_id, 'unknown') AS source"

ARRIVALS = Population(
    name="arrivals",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "deepest", "ended"),
    select=f"""
      SELECT l.id, l.id AS key, l.created_at AS at, {LEAD_SOURCE}, l.undated,
             {_DEEPEST} AS deepest,
             {_ENDED} AS ended
        FROM leads_lead l
       WHERE l.created_at >= {{starts}} AND l.created_at < {{ends}} AND l.created_at <= {{seen}}
             {LIVES_ON} {{only}}""",
)

# The present stage says it all, unless the lead has moved on since the as-of; only then do the stamps.
STOCK = Population(
    name="stock",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("deepest", "band"),
    span="open",
    select=f"""
      SELECT s.*, CASE WHEN s.entered > {{seen}} - INTERVAL '7 days' THEN 'week'
                       WHEN s.entered > {{seen}} - INTERVAL '30 days' THEN 'month'
                       WHEN s.entered > {{seen}} - INTERVAL '90 days' THEN 'quarter' ELSE 'older' END AS band,
             date_part('epoch', {{seen}} - s.entered) / 86400.0 AS age
        FROM (SELECT l.id, l.id AS key, l.created_at AS at, {LEAD_SOURCE},
                     CASE WHEN l.stage_at <= {{seen}}
                          THEN CASE l.stage WHEN 'inquiry' THEN 0 WHEN 'mql' THEN 1 WHEN 'sal' THEN 2 WHEN 'sql' THEN 3
                                            WHEN 'opportunity' THEN 4 ELSE 9 END
                          WHEN {_ENDED} THEN 9 ELSE {_DEEPEST} END AS deepest,
                     CASE WHEN l.stage_at <= {{seen}} THEN l.stage_at
                          ELSE GREATEST(l.created_at, CASE WHEN l.mql_at <= {{seen}} THEN l.mql_at END,
                                        CASE WHEN l.sal_at <= {{seen}} THEN l.sal_at END,
                                        CASE WHEN l.sql_at <= {{seen}} THEN l.sql_at END,
                                        CASE WHEN l.opportunity_at <= {{seen}} THEN l.opportunity_at END) END AS entered
                FROM leads_lead l
               WHERE l.created_at <= {{seen}} {{only}}) s
       WHERE s.deepest < 5""",
)

HANDOFFS = Population(
    name="handoffs",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "disposition", "reason", "qualified", "ripe", "intake_fault", "won", "ended"),
    select=f"""
      SELECT l.id, l.id AS key, l.mql_at AS at, {LEAD_SOURCE}, l.undated,
             CASE WHEN LEAST({_WORKED}, l.rejected_at, l.recycled_at) <= {{seen}} THEN
                       CASE LEAST({_WORKED}, l.rejected_at, l.recycled_at)
                            WHEN {_WORKED} THEN 'accepted' WHEN l.rejected_at THEN 'rejected' ELSE 'recycled' END
                  WHEN l.disqualified_at <= {{seen}} THEN 'disqualified'
                  ELSE 'pending' END AS disposition,
             CASE WHEN l.rejected_at <= {{seen}} THEN l.reason ELSE '' END AS reason, l.owner_id AS owner,
             COALESCE(LEAST(l.sql_at, l.opportunity_at, l.won_at, l.lost_at)
                      <= LEAST({{seen}}, l.mql_at + INTERVAL '90 days'), false) AS qualified,
             l.mql_at + INTERVAL '90 days' <= {{seen}} AS ripe,
             l.reason IN ('duplicate', 'existing_opportunity', 'existing_customer') AS intake_fault,
             COALESCE(l.won_at <= {{seen}}, false) AS won, {_ENDED} AS ended
        FROM leads_lead l
       WHERE l.mql_at >= {{starts}} AND l.mql_at < {{ends}} AND l.mql_at <= {{seen}} {LIVES_ON} {{only}}""",
)


def _step(number: int, name: str, came: str, went: str) -> str:
    return f"""
      SELECT l.id, l.id * 8 + {number} AS key, l.{went} AS at, {LEAD_SOURCE}, l.undated, '{name}' AS step,
             date_part('epoch', l.{went} - l.{came}) AS seconds, l.{went} >= l.{came} AS forward
        FROM leads_lead l
       WHERE l.{went} >= {{starts}} AND l.{went} < {{ends}} AND l.{went} <= {{seen}} AND l.{came} IS NOT NULL
             {LIVES_ON} {{only}}"""


STEPS = (
    ("inquiry-mql", "Inquiry → MQL", "created_at", "mql_at"),
    ("mql-sal", "MQL → SAL", "mql_at", "sal_at"),
    ("sal-sql", "SAL → SQL", "sal_at", "sql_at"),
    ("sql-deal", "SQL → deal", "sql_at", "opportunity_at"),
)
MOVES = Population(
    name="moves",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "step", "forward"),
    select=" UNION ALL ".join(_step(number, key, came, went) for number, (key, _, came, went) in enumerate(STEPS)),
)

_END = "l.rejected_at, l.recycled_at, l.disqualified_at, l.lost_at"
STAGES = (
    ("inquiry", "created_at", f"LEAST(l.mql_at, l.sal_at, l.sql_at, l.opportunity_at, l.won_at, {_END})"),
    ("mql", "mql_at", f"LEAST(l.sal_at, l.sql_at, l.opportunity_at, l.won_at, {_END})"),
    ("sal", "sal_at", f"LEAST(l.sql_at, l.opportunity_at, l.won_at, {_END})"),
    ("sql", "sql_at", f"LEAST(l.opportunity_at, l.won_at, {_END})"),
    ("opportunity", "opportunity_at", f"LEAST(l.won_at, {_END})"),
)


def _stint(number: int, stage: str, entered: str, left: str) -> str:
    return f"""
      SELECT l.id, l.id * 8 + {number} AS key, l.{entered} AS at, {LEAD_SOURCE}, l.undated, '{stage}' AS stage,
             COALESCE({left} <= {{seen}}, false) AS over, COALESCE({left} >= l.{entered}, true) AS forward,
             date_part('epoch', LEAST({left}, {{seen}}) - l.{entered}) AS seconds
        FROM leads_lead l
       WHERE l.{entered} >= {{starts}} AND l.{entered} < {{ends}} AND l.{entered} <= {{seen}} {LIVES_ON} {{only}}"""


STINTS = Population(
    name="stints",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "stage", "over", "forward"),
    select=" UNION ALL ".join(_stint(number, *stage) for number, stage in enumerate(STAGES)),
)

_RESULT = """CASE WHEN d.stage = 'won' THEN 'won' WHEN d.reason = 'no_decision' THEN 'no_decision' ELSE 'lost' END"""
AMOUNT = "CASE WHEN d.currency = %(currency)s THEN d.amount END AS amount"
FOREIGN = "(d.amount IS NOT NULL AND d.currency <> %(currency)s) AS foreign_money"
PRICED = "COALESCE(d.amount > 0 AND d.currency = %(currency)s, false) AS priced"
_CYCLE = (
    "CASE WHEN d.closed_at >= d.created_at THEN date_part('epoch', d.closed_at - d.created_at) / 86400.0 END AS cycle"
)
_TIMED = "COALESCE(d.closed_at >= d.created_at, false) AS timed"
# A renewal is won by service, not by selling: it would flatter win rates and shorten cycles.
UNDATED = Excluded("undated", "no dates of their own (import)")
RENEWALS = Excluded("NOT undated AND business = 'renewal'", "renewals")
SOLD = "NOT undated AND business <> 'renewal'"

CLOSINGS = Population(
    name="closings",
    subject="deal",
    source="d.source_id",
    owner="d.owner_id",
    kinds=("undated", "business", "result", "priced", "valued", "foreign_money", "timed"),
    select=f"""
      SELECT d.id, d.id AS key, d.closed_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business,
             {_RESULT} AS result, {AMOUNT}, {FOREIGN}, {PRICED}, {_CYCLE}, {_TIMED},
             CASE WHEN d.currency = %(currency)s THEN COALESCE(d.acv, d.amount) END AS yearly,
             COALESCE(COALESCE(d.acv, d.amount) > 0 AND d.currency = %(currency)s, false) AS valued
        FROM deals_deal d
       WHERE d.stage <> 'open' AND d.closed_at >= {{starts}} AND d.closed_at < {{ends}} AND d.closed_at <= {{seen}}
             {{only}}""",
)

# First touch of anybody in the buying group: the deal's person and who had a role on it by the win. Only a group known
# for more than a year can have the gap of 365 days before which touches do not count, so the touches themselves are
# read for those alone.
JOURNEYS = Population(
    name="journeys",
    subject="deal",
    source="d.source_id",
    owner="d.owner_id",
    kinds=("undated", "business", "known"),
    select=f"""
      SELECT d.id, d.id AS key, d.closed_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business, {_CYCLE},
             date_part('epoch', d.closed_at - f.first) / 86400.0 AS journey, f.first IS NOT NULL AS known
        FROM deals_deal d
        LEFT JOIN leads_lead l ON l.id = d.lead_id
        LEFT JOIN LATERAL (
             SELECT array_agg(p.id) AS people, min(p.first_touch_at) AS first
               FROM leads_person p
              WHERE p.id = ANY (array_append(ARRAY(SELECT r.person_id FROM deals_contactrole r
                                                    WHERE r.deal_id = d.id AND r.added_at <= d.closed_at), d.person_id))
             ) g ON true
        LEFT JOIN LATERAL (
             SELECT max(t.occurred_at) AS first
               FROM (SELECT t.occurred_at, lag(t.occurred_at) OVER (ORDER BY t.occurred_at) AS before
                       FROM leads_touch t
                      WHERE t.person_id = ANY (g.people) AND t.occurred_at <= d.closed_at
                        AND g.first < d.closed_at - INTERVAL '365 days') t
              WHERE t.before IS NULL OR t.occurred_at - t.before > INTERVAL '365 days') run ON true
        CROSS JOIN LATERAL (
             SELECT COALESCE(run.first, LEAST(CASE WHEN g.first <= d.closed_at THEN g.first END,
                                              CASE WHEN l.created_at <= d.closed_at THEN l.created_at END)) AS first) f
       WHERE d.stage = 'won' AND d.closed_at >= {{starts}} AND d.closed_at < {{ends}} AND d.closed_at <= {{seen}}
             {{only}}""",
)

PIPELINE = Population(
    name="pipeline",
    subject="deal",
    source="d.source_id",
    owner="d.owner_id",
    kinds=("undated", "business", "state", "priced", "foreign_money", "timed"),
    span="trailing",
    select=f"""
      SELECT d.id, d.id AS key, COALESCE(d.closed_at, d.created_at) AS at, {DEAL_SOURCE}, d.undated,
             d.kind AS business, {AMOUNT}, {FOREIGN}, {PRICED}, {_CYCLE}, {_TIMED},
             CASE WHEN d.closed_at <= {{seen}} THEN {_RESULT} ELSE 'open' END AS state
        FROM deals_deal d
       WHERE d.created_at <= {{seen}} AND (d.closed_at IS NULL OR d.closed_at > {{seen}} OR d.closed_at >= {{starts}})
             {{only}}""",
)

# The amount at the end of the period: an edit after it kept what stood before in the journal.
OPENINGS = Population(
    name="openings",
    subject="deal",
    source="d.source_id",
    owner="d.owner_id",
    kinds=("undated", "business", "state", "foreign_money", "sales_accepted"),
    select=f"""
      SELECT d.id, d.id AS key, d.created_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business, {AMOUNT},
             {FOREIGN}, CASE WHEN d.currency = %(currency)s
                  THEN CASE WHEN e.subject_id IS NULL THEN d.amount ELSE e.was END END AS amount_then,
             CASE WHEN d.stage <> 'open' AND d.closed_at <= {{seen}} THEN {_RESULT} ELSE 'open' END AS state,
             COALESCE(d.lead_id IS NOT NULL AND COALESCE(l.rejected_at > {{seen}}, true)
                      AND k.side = 'marketing', false) AS sales_accepted
        FROM deals_deal d
        LEFT JOIN leads_lead l ON l.id = d.lead_id
        LEFT JOIN marketing_channel k ON k.code = d.source_id
        LEFT JOIN (SELECT DISTINCT ON (j.subject_id) j.subject_id, (j.data ->> 'was_amount')::bigint AS was
                     FROM journal_entry j
                    WHERE j.kind = 'deal.edited' AND j.subject_kind = 'deal' AND j.at >= LEAST({{ends}}, {{seen}})
                      AND j.at > {{starts}} AND j.data ? 'was_amount'
                    ORDER BY j.subject_id, j.at, j.id) e ON e.subject_id = d.id
       WHERE d.created_at >= {{starts}} AND d.created_at < {{ends}} AND d.created_at <= {{seen}} {{only}}""",
)

PROMISES = Population(
    name="promises",
    subject="clock",
    source="(SELECT l.source_id FROM leads_lead l WHERE l.id = c.lead_id)",
    owner="c.owner_id",
    kinds=("history", "target", "tier", "scope", "state"),
    select="""
      SELECT c.id, c.id AS key, c.due_at AS at, '' AS source, c.history, c.target, c.tier, c.scope,
             CASE WHEN c.stopped_at <= {seen} THEN c.outcome
                  WHEN c.due_at < {seen} THEN 'overdue'
                  ELSE 'running' END AS state
        FROM sla_clock c
       WHERE c.due_at >= {starts} AND c.due_at < {ends} AND c.started_at <= {seen}
         AND coalesce(c.lead_id, c.deal_id) IS NOT NULL {only}""",
)
