"""What is due is fired: one statement a lot, safe to run in any number of processes at once.

A lot is claimed oldest first with SKIP LOCKED. Each clock moves to its next level, its effect row is the proof that the
event happened once (a unique key), and only effects that are new write the journal and the notices. A breach is dated
at due, whenever it is noticed; due itself is still in time.
"""

from datetime import datetime

from django.db import connection, transaction

LOT = 2_000

# `now` is frozen by the caller. Who is told: the owner of each level; at a breach also the owner's manager, one step
# (the hand-off monitor where there is no owner, no manager, or the manager is the owner or gone). The lead's
# own response clock speaks only for leads nobody owns: the owner's clock beside it says the same at the same moment.
DRAIN = """
WITH claimed AS (
    SELECT c.id, c.lead_id, c.target, c.tier, c.scope, c.due_at, c.owner_id, c.levels, c.marks
      FROM sla_clock c
     WHERE c.next_at < %(now)s
     ORDER BY c.next_at, c.id LIMIT %(limit)s
       FOR NO KEY UPDATE SKIP LOCKED),
levelled AS (
    -- How many marks lie strictly before now: marks and levels are both in order.
    SELECT c.id, c.lead_id, c.target, c.tier, c.scope, c.due_at, c.owner_id, c.levels[k] AS level,
           c.marks[k] AS reached_at, c.levels[k + 1] AS next_level, c.marks[k + 1] AS next_at
      FROM claimed c
      JOIN LATERAL (SELECT width_bucket(%(now)s::timestamptz - interval '1 microsecond', c.marks) AS k) past ON true),
moved AS (
    UPDATE sla_clock c SET next_level = l.next_level, next_at = l.next_at,
           breached_at = CASE WHEN l.level = 100 THEN coalesce(c.breached_at, c.due_at) ELSE c.breached_at END,
           detected_at = CASE WHEN l.level = 100 THEN coalesce(c.detected_at, %(now)s) ELSE c.detected_at END
      FROM levelled l WHERE c.id = l.id
    RETURNING c.id),
fired AS (
    INSERT INTO sla_effect (clock_id, event, level, effective_at, detected_at)
    SELECT l.id, CASE WHEN l.level = 100 THEN 'breach' ELSE 'warning' END, l.level, l.reached_at, %(now)s
      FROM levelled l
    ON CONFLICT DO NOTHING RETURNING clock_id, event, level),
news AS (
    SELECT l.id, l.lead_id, l.target, l.tier, l.scope, l.level, l.reached_at, f.event, l.owner_id,
           jsonb_build_object('clock', l.id, 'target', l.target, 'tier', l.tier, 'scope', l.scope, 'level', l.level,
                              'owner', l.owner_id) AS data,
           l.scope = 'owner' OR l.target <> 'first_response' OR l.owner_id IS NULL AS speaks
      FROM fired f JOIN levelled l ON l.id = f.clock_id),
heard AS (
    SELECT n.*, ld.owner_id AS told_id FROM news n JOIN leads_lead ld ON ld.id = n.lead_id
     WHERE n.speaks AND ld.owner_id IS NOT NULL),
chosen AS (
    SELECT n.*, coalesce(nullif(m.id, ld.owner_id), monitor.id) AS told_id
      FROM news n JOIN leads_lead ld ON ld.id = n.lead_id
      LEFT JOIN teams_user o ON o.id = ld.owner_id LEFT JOIN teams_team t ON t.id = o.team_id
      LEFT JOIN teams_user m ON m.id = t.manager_id AND m.is_active
      LEFT JOIN LATERAL (SELECT u.id FROM teams_user u WHERE u.watches_handoffs AND u.is_active ORDER BY u.id LIMIT 1
                        ) monitor ON true
     WHERE n.speaks AND n.level = 100),
journaled AS (
    INSERT INTO journal_entry (kind, subject_kind, subject_id, at, recorded_at, via, data)
    SELECT CASE WHEN level = 100 THEN 'clock.breached' ELSE 'clock.warned' END, 'lead', lead_id, reached_at, %(now)s,
           'task', data FROM news
    UNION ALL
    SELECT 'clock.escalated', 'lead', lead_id, %(now)s, %(now)s, 'task', data || jsonb_build_object('to', told_id)
      FROM chosen WHERE told_id IS NOT NULL),
noticed AS (
    INSERT INTO notify_notice (user_id, kind, subject_kind, subject_id, key, at, data)
    SELECT told_id, CASE WHEN level = 100 THEN 'clock.breached' ELSE 'clock.warned' END, 'lead', lead_id,
           'clock:' || id || ':' || level, %(now)s, data FROM heard
    UNION ALL
    SELECT told_id, 'clock.escalated', 'lead', lead_id, 'clock:' || id || ':' || level || ':escalated', %(now)s, data
      FROM chosen WHERE told_id IS NOT NULL
    ON CONFLICT DO NOTHING)
SELECT count(*) FROM claimed
"""


def drain(now: datetime, limit: int = LOT) -> int:
    """Fire one lot of what is due strictly before `now`, oldest first; answers how many clocks were claimed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DRAIN, {"now": now, "limit": limit})
        return cursor.fetchone()[0]


def oldest_due(now: datetime) -> float:
    """Seconds the oldest unclaimed due clock has been waiting; 0 when nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(next_at) FROM sla_clock WHERE next_at < %s", [now])
        oldest = cursor.fetchone()[0]
    return (now - oldest).total_seconds() if oldest else 0.0
