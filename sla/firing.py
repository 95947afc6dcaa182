"""The statement that fires what is due: one a lot, safe to run in any number of processes at once.

A lot is claimed oldest first with SKIP LOCKED. Each clock moves to its next rung, its effect rows are the proof that an
event happened once (a unique key), and only effects that are new write the journal, the notices and the hops. A breach
is dated at due, whenever it is noticed; due itself is still in time.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

log = logging.getLogger("revops.sla")
LATE = timedelta(seconds=60)  # noticed later than this after the rung was reached: the notice says so

# Of a clock `c`: not set aside after failing, or due to be tried again (sla.parking).
NOT_SET_ASIDE = """NOT EXISTS (
               SELECT 1 FROM sla_parked p WHERE p.clock_id = c.id AND (p.retry_at > %(now)s OR p.retry_at IS NULL))"""
# What may be claimed at `now`.
CLAIMABLE = f"c.next_at < %(now)s AND {NOT_SET_ASIDE}"
# `now` is frozen by the caller; `ids` null = any. Below due only the highest rung crossed is told; from due on all that
# were crossed count, and each person hears of a clock once, whoever of them each rung asks for. Nobody is told by a
# name that has left: owner, their manager, the monitor, the executive, any admin: the next who is here and has not been
# told. The lead's own response clock keeps silent while an owner's beside it says the same at the same moment.
DRAIN = f"""
WITH claimed AS (
    SELECT c.* FROM sla_clock c
     WHERE {CLAIMABLE} AND (%(ids)s::bigint[] IS NULL OR c.id = ANY (%(ids)s::bigint[]))
     ORDER BY c.next_at, c.id LIMIT %(limit)s
       FOR NO KEY UPDATE OF c SKIP LOCKED),
levelled AS (
    -- How many marks lie strictly before now: marks and levels are both in order.
    SELECT c.*, k, c.levels[k] AS level, c.levels[k + 1] AS then_level, c.marks[k + 1] AS then_at
      FROM claimed c
      JOIN LATERAL (SELECT width_bucket(%(now)s::timestamptz - interval '1 microsecond', c.marks) AS k) past ON true),
moved AS (
    UPDATE sla_clock c SET next_level = l.then_level, next_at = l.then_at,
           breached_at = CASE WHEN l.level >= 100 THEN coalesce(c.breached_at, c.due_at) ELSE c.breached_at END,
           detected_at = CASE WHEN l.level >= 100 THEN coalesce(c.detected_at, %(now)s) ELSE c.detected_at END
      FROM levelled l WHERE c.id = l.id),
released AS (DELETE FROM sla_parked p USING levelled l WHERE p.clock_id = l.id),
fired AS (
    INSERT INTO sla_effect (clock_id, event, level, effective_at, detected_at)
    SELECT l.id, CASE WHEN r.level < 100 THEN 'warning' WHEN r.level = 100 THEN 'breach' ELSE 'chain' END,
           r.level, r.at, %(now)s
      FROM levelled l, LATERAL unnest(l.levels[:l.k], l.marks[:l.k]) AS r(level, at)
     WHERE r.level = l.level OR r.level >= greatest(100, l.next_level)
    ON CONFLICT DO NOTHING RETURNING clock_id, level, effective_at),
news AS (
    SELECT l.id, l.lead_id, l.deal_id, l.target, l.policy_id, l.calendar_version_id, l.owner_id, f.low, f.high,
           CASE WHEN l.content_request_id IS NOT NULL THEN 'content_request'
                WHEN l.request_id IS NOT NULL THEN 'request' WHEN l.deal_id IS NULL THEN 'lead' ELSE 'deal' END
           AS subject_kind, coalesce(l.content_request_id, l.request_id, l.deal_id, l.lead_id) AS subject_id,
           l.scope, l.due_at,
           jsonb_build_object('clock', l.id, 'target', l.target, 'tier', l.tier, 'scope', l.scope, 'level', f.high,
                              'owner', l.owner_id, 'late', f.reached_at < %(now)s - %(late)s) AS data
      FROM (SELECT clock_id, min(level) AS low, max(level) AS high, max(effective_at) AS reached_at
              FROM fired GROUP BY clock_id) f JOIN levelled l ON l.id = f.clock_id),
asks AS MATERIALIZED (
    SELECT a.policy_id, a.low, a.high,
           (SELECT array_agg(DISTINCT w) FROM sla_step s, unnest(s.who) w
             WHERE s.policy_id = a.policy_id AND s.level BETWEEN a.low AND a.high) AS who,
           (SELECT array_agg(DISTINCT h) FROM sla_step s, unnest(s.how) h
             WHERE s.policy_id = a.policy_id AND s.level BETWEEN a.low AND a.high) AS how,
           (SELECT bool_or(s."then" = 'reassign') FROM sla_step s
             WHERE s.policy_id = a.policy_id AND s.level BETWEEN a.low AND a.high) AS moves_on
      FROM (SELECT DISTINCT policy_id, low, high FROM news) a),
here AS MATERIALIZED (
    SELECT u.id, u.watches_handoffs, u.role = 'admin' AS admin FROM teams_user u
     WHERE u.is_active AND NOT u.is_service
       AND NOT EXISTS (SELECT 1 FROM teams_leave a
                        WHERE a.user_id = u.id AND a.starts_at <= %(now)s AND a.ends_at > %(now)s)),
above AS MATERIALIZED (
    SELECT coalesce(array_agg(h.id ORDER BY h.id) FILTER (WHERE h.watches_handoffs), '{{}}') AS monitors,
           coalesce(array_agg(h.id) FILTER (WHERE h.id = o.executive_id), '{{}}')
           || coalesce((array_agg(h.id ORDER BY h.id) FILTER (WHERE h.admin))[:5], '{{}}') AS top
      FROM here h LEFT JOIN teams_organisation o ON o.id = 1),
asked AS (
    SELECT n.*, s.who, s.how, own.id AS owner_told, o.id AS own_here, m.id AS manager_here
      FROM news n JOIN asks s ON s.policy_id = n.policy_id AND s.low = n.low AND s.high = n.high
      LEFT JOIN leads_lead ld ON ld.id = n.lead_id LEFT JOIN deals_deal dl ON dl.id = n.deal_id
      LEFT JOIN teams_user own
             ON own.id = CASE WHEN n.target IN ('next_step', 'data_request', 'discount', 'content') THEN n.owner_id
                              ELSE coalesce(ld.owner_id, dl.owner_id) END
      LEFT JOIN here o ON o.id = own.id
      LEFT JOIN teams_team t ON t.id = own.team_id LEFT JOIN here m ON m.id = t.manager_id
     WHERE s.who IS NOT NULL AND NOT (n.target = 'first_response' AND n.scope = 'lead' AND EXISTS (
           SELECT 1 FROM sla_clock c WHERE c.lead_id = n.lead_id AND c.target = 'first_response' AND c.scope = 'owner'
              AND c.phase = 'running' AND c.due_at = n.due_at))),
found AS (
    SELECT a.*, ARRAY[first.id, second.id, third.id, fourth.id] AS told
      FROM asked a, above,
   LATERAL (SELECT CASE WHEN 'owner' = ANY (who) THEN
               (array_remove(ARRAY[own_here, manager_here] || monitors || top, NULL))[1] END AS id) first,
   LATERAL (SELECT CASE WHEN 'manager' = ANY (who) THEN (array_remove(
               array_remove(ARRAY[manager_here] || monitors || top, first.id), NULL))[1] END AS id) second,
   LATERAL (SELECT CASE WHEN 'monitor' = ANY (who) THEN
               (array_remove(array_remove(monitors || top, first.id), second.id))[1] END AS id) third,
   LATERAL (SELECT CASE WHEN 'executive' = ANY (who) THEN
               (array_remove(array_remove(array_remove(top, first.id), second.id), third.id))[1] END AS id) fourth),
heard AS (
    SELECT f.*, p.told_id, CASE WHEN p.told_id IS DISTINCT FROM f.owner_told THEN 'clock.escalated'
                                WHEN f.high < 100 THEN 'clock.warned' ELSE 'clock.breached' END AS kind
      FROM found f, unnest(f.told) AS p(told_id) WHERE p.told_id IS NOT NULL),
unheard AS (SELECT * FROM found WHERE coalesce(told[1], told[2], told[3], told[4]) IS NULL),
journaled AS (
    INSERT INTO journal_entry (kind, subject_kind, subject_id, at, recorded_at, via, data)
    SELECT CASE WHEN f.level = 100 THEN 'clock.breached' ELSE 'clock.warned' END, n.subject_kind, n.subject_id,
           f.effective_at, %(now)s, 'task', n.data || jsonb_build_object('level', f.level)
      FROM fired f JOIN news n ON n.id = f.clock_id WHERE f.level <= 100
    UNION ALL
    SELECT kind, subject_kind, subject_id, %(now)s, %(now)s, 'task', data || jsonb_build_object('to', told_id)
      FROM heard WHERE kind = 'clock.escalated'
    UNION ALL
    SELECT 'clock.unheard', subject_kind, subject_id, %(now)s, %(now)s, 'task',
           data || jsonb_build_object('who', to_jsonb(who))
      FROM unheard),
noticed AS (
    INSERT INTO notify_notice (user_id, kind, subject_kind, subject_id, key, at, data, how, hours_id)
    SELECT told_id, kind, subject_kind, subject_id, 'clock:' || id || ':' || high, %(now)s,
           data || jsonb_build_object('due', due_at), coalesce(how, '{{}}'),
           calendar_version_id
      FROM heard
    ON CONFLICT DO NOTHING),
hopping AS (
    INSERT INTO sla_hop (clock_id, lead_id, at, from_owner_id)
    SELECT n.id, n.lead_id, %(now)s, n.owner_id
      FROM news n JOIN asks s ON s.policy_id = n.policy_id AND s.low = n.low AND s.high = n.high
     WHERE s.moves_on AND n.target = 'first_response' AND n.scope = 'owner' AND n.low <= 100 AND n.high >= 100
    ON CONFLICT DO NOTHING)
SELECT (SELECT count(*) FROM claimed), (SELECT count(*) FROM unheard)
"""


def fire(now: datetime, limit: int, ids: Sequence[int] | None = None) -> int:
    """The statement itself, in a transaction of its own; `ids`: only these clocks."""
    asked = {"now": now, "limit": limit, "late": LATE, "ids": None if ids is None else list(ids)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DRAIN, asked)
        claimed, unheard = cursor.fetchone()
    if unheard:
        log.error("%s clocks rang and there is nobody to hear them: every admin is away or gone", unheard)
    return claimed
