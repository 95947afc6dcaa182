"""What an anonymous id did joins the person it turns out to be (DOMAIN 5.1).

Events of the last 365 days become touches if the id has belonged to exactly one person. An id that belonged to two
stays nobody’s from then on; what was a touch before stays one.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk

LOOK_BACK = timedelta(days=365)
OPEN = [stage.value for stage in OPEN_STAGES]
# `user:` is for users of a product, by their sender's own word; a browser cannot claim to be one.
BROWSER_ID = re.compile(r"(?!user:)[A-Za-z0-9_\-.:|]{1,120}")

# Where a merge has taken a person: the record that is kept.
KEPT = """(WITH RECURSIVE up(id, next) AS (
              SELECT p.id, p.merged_into_id FROM leads_person p WHERE p.id = {0}
              UNION ALL SELECT p.id, p.merged_into_id FROM up JOIN leads_person p ON p.id = up.next)
           SELECT id FROM up WHERE next IS NULL)"""

# Decided on the visitor's row as it is when its lock is had, whoever wrote it meanwhile.
OWN = f"""INSERT INTO leads_visitor AS o (anonymous_id, person_id, is_ambiguous, first_seen_at, last_seen_at)
          SELECT v.anonymous_id, min(v.person_id), count(DISTINCT v.person_id) > 1, %s, %s
            FROM {{0}} GROUP BY v.anonymous_id ORDER BY v.anonymous_id
              ON CONFLICT (anonymous_id) DO UPDATE SET
                 person_id = coalesce(o.person_id, excluded.person_id),
                 is_ambiguous = o.is_ambiguous OR excluded.is_ambiguous OR (
                     o.person_id IS NOT NULL AND {KEPT.format("o.person_id")} <> excluded.person_id),
                 last_seen_at = greatest(o.last_seen_at, excluded.last_seen_at)"""

# A statement of its own: it sees what was committed while the first one waited for a visitor's lock.
STITCH = """
    WITH stitched AS (
        UPDATE leads_visitevent e SET person_id = v.person_id
          FROM {0} JOIN leads_visitor o ON o.anonymous_id = v.anonymous_id AND NOT o.is_ambiguous
         WHERE e.visitor_id = o.id AND e.person_id IS NULL AND e.occurred_at > %s
        RETURNING e.*),
    touched AS (
        INSERT INTO leads_touch (person_id, lead_id, kind, side, channel_id, campaign_id, asset, url, source,
                                 external_id, occurred_at, received_at, recorded_at, sent_at, clamped)
        SELECT s.person_id, l.id, s.touch_kind, s.side, s.channel_id, s.campaign_id, s.asset, s.url, s.source,
               s.message_id, s.occurred_at, s.received_at, %s, s.sent_at, s.clamped
          FROM stitched s LEFT JOIN leads_lead l ON l.person_id = s.person_id AND l.stage = ANY (%s)
         WHERE s.touch_kind <> ''
            ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING
        RETURNING person_id, occurred_at, channel_id),
    summed AS (
        SELECT person_id, count(*) AS touches, min(occurred_at) AS first, max(occurred_at) AS last,
               (array_agg(channel_id ORDER BY occurred_at))[1] AS channel
          FROM touched GROUP BY person_id),
    people AS (
        UPDATE leads_person p
           SET first_channel_id = CASE WHEN p.first_touch_at <= s.first THEN p.first_channel_id
                                       ELSE coalesce(s.channel, p.first_channel_id) END,
               first_touch_at = least(p.first_touch_at, s.first), last_touch_at = greatest(p.last_touch_at, s.last)
          FROM summed s WHERE p.id = s.person_id),
    leads AS (
        UPDATE leads_lead l SET first_touch_at = least(l.first_touch_at, s.first)
          FROM summed s WHERE l.person_id = s.person_id AND l.stage = ANY (%s))
    SELECT person_id, touches FROM summed"""


def browser_id(value: object) -> str:
    """`value` when it can be the id of a browser, else ""."""
    return value if isinstance(value, str) and BROWSER_ID.fullmatch(value) else ""


def statements(pairs: Iterable[tuple[str, int]], *, now: datetime) -> list[tuple[str, list]]:
    """For (anonymous id, person): whose it is, and what it did before. The last one answers (person, touches made).

    The people must be held or new, and not merged away. One round trip, however many; none when there are no pairs.
    """
    pairs = sorted({pair for pair in pairs if pair[0]})
    if not pairs:
        return []
    relation, params = bulk.source({"anonymous_id": "text", "person_id": "bigint"}, pairs)
    return [
        (OWN.format(relation), [now, now, *params]),
        (STITCH.format(relation), [*params, now - LOOK_BACK, now, OPEN, OPEN]),
    ]
